/* model_file: the small files of a model directory. */
#ifndef LEANN_NN_MODEL_FILE_H
#define LEANN_NN_MODEL_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/js.h"

char *model_file_path(const char *dir, const char *name);	/* "dir/name"; caller frees */
bool model_file_exists(const char *dir, const char *name);
/* Parse a JSON object of at most 4 MiB. Absent: ERR_DATA if needed, else *out is NULL. */
int model_file_json(const char *dir, const char *name, bool needed, struct js **out,
		    struct err *e) MUST_CHECK;

#endif
