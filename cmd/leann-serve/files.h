/* files: what the program carries with it. */
#ifndef LEANN_SERVE_FILES_H
#define LEANN_SERVE_FILES_H

#include <stddef.h>

struct file_text {
	const char *p;
	size_t n;
};

/* openapi.json, as it stands beside files.c. */
struct file_text file_openapi(void);

#endif
