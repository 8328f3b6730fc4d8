/* list: the list of indexes, shown, and paths as it has them. */
#ifndef LEANN_REGISTRY_LIST_H
#define LEANN_REGISTRY_LIST_H

#include <stdbool.h>

#include "base/err.h"
#include "base/js.h"
#include "sys/registry.h"

int list_print(bool json, struct err *e) MUST_CHECK;
/* What --json says of one. */
struct js *list_entry(const struct registry_entry *n);
/* What a terminal may act on, C1 included, is shown as "?". */
void list_put_safe(const char *p);
/* path, absolute, its folder without symbolic links: the file itself may be gone. Caller frees. */
char *absolute(const char *path);

#endif
