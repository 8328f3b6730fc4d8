/* lines: preview lines for people. */
#ifndef LEANN_SEARCH_LINES_H
#define LEANN_SEARCH_LINES_H

#include <stdbool.h>

#include "base/buf.h"

/* On stdout, indented, long ones cut; tty: made safe for a terminal. */
void lines_print(const struct buf *lines, bool tty);

#endif
