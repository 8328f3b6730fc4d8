/* info: one line of JSON about an embedding server, on stdout. */
#ifndef LEANN_INFO_H
#define LEANN_INFO_H

#include "fmt/wire.h"

void info_print(const char *endpoint, const struct wire_info *i);

#endif
