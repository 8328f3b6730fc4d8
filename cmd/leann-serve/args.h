/* args: what a path and a query string say, as the JSON that a body would have. */
#ifndef LEANN_SERVE_ARGS_H
#define LEANN_SERVE_ARGS_H

#include "base/js.h"

/*
 * Of a query string: q becomes query; numbers and flags are such where they read so; languages, paths,
 * types (comma-separated) and where become filters.
 */
struct js *args_json(const struct js *args);
/* Part i of a path, from 0; caller: mem_free. */
char *args_part(const char *path, size_t i);
/* s as a number where it reads as one, else as it is, into obj. */
void args_number(struct js *obj, const char *key, const char *s);

#endif
