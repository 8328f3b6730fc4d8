/* files: what the program carries with it. */
#ifndef LEANN_SERVE_FILES_H
#define LEANN_SERVE_FILES_H

#include <stddef.h>

struct file_text {
	const char *p;
	size_t n;
};

/* openapi.json and page.html, as they stand beside files.c; a NUL is behind each. */
struct file_text file_openapi(void);
struct file_text file_page(void);

#endif
