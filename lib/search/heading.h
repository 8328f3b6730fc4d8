/* heading: what a passage is under: the heading or definition above it in its file. */
#ifndef LEANN_SEARCH_HEADING_H
#define LEANN_SEARCH_HEADING_H

#include <stdint.h>

#include "base/buf.h"
#include "fmt/index.h"
#include "sys/source.h"

/*
 * Append the heading of passage p as UTF-8 of up to 160 bytes before repair, in an index without spans all
 * headings around it;
 * nothing for records, stale files and passages that are under nothing.
 */
void heading_add(const struct index *ix, const struct source_passage *p, struct buf *out);

#endif
