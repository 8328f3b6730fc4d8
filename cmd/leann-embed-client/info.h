/* info: one line of JSON about an embedding server, or about several, on stdout. */
#ifndef LEANN_INFO_H
#define LEANN_INFO_H

#include <stddef.h>

#include "fmt/wire.h"
#include "sys/embed.h"

void info_print(const char *endpoint, const struct wire_info *i);
/* Of every one of the user's own servers of the model that runs; *n: how many there are. */
int info_print_all(const struct embed_opts *o, size_t *n, struct err *e) MUST_CHECK;

#endif
