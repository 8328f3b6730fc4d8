/* remove: an index, and what was made for it alone. */
#ifndef LEANN_REGISTRY_REMOVE_H
#define LEANN_REGISTRY_REMOVE_H

#include <stdbool.h>

#include "base/err.h"

/* Does the file begin as an index does? A damaged one is one, too. */
bool is_index(const char *path);
/*
 * Remove the index, its lock, and a folder .leann that has nothing else. *gone: there was no file.
 * ERR_DATA: not an index; ERR_TEMP: somebody writes it.
 */
int remove_index(const char *path, double wait_s, bool *gone, struct err *e) MUST_CHECK;

#endif
