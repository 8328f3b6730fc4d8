/* front: what a file says of itself before its text begins. */
#ifndef LEANN_CMD_FRONT_H
#define LEANN_CMD_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "fmt/meta.h"

/*
 * Front matter of Markdown (--- YAML: or +++ TOML) and #+KEY: lines of Org, into m; nothing where
 * there is none. False: some of it did not fit.
 */
bool front_read(const char *lang, size_t n_lang, const char *text, size_t n, struct meta *m);

/* The lines #+KEY: value that an Org file begins with. */
bool front_org(const char *p, size_t n, struct meta *m);

#endif
