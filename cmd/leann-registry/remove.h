/* remove: an index, and what was made for it alone. */
#ifndef LEANN_REGISTRY_REMOVE_H
#define LEANN_REGISTRY_REMOVE_H

#include <stdbool.h>

#include "base/err.h"

/* Does the file begin as an index does? A damaged one is one, too. 1: yes; 0: no; -1: it cannot be read. */
int is_index(const char *path, struct err *e) MUST_CHECK;
/*
 * Remove the index, its lock, and a folder .leann that has nothing else. *gone: there was no file.
 * What is left of a removal that was cut short goes, too. ERR_DATA: not an index; ERR_TEMP: somebody
 * writes it.
 */
int remove_index(const char *path, double wait_s, bool *gone, struct err *e) MUST_CHECK;

#endif
