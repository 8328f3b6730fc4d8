/* index_verify: everything that index_open() leaves for later, decoded and compared. */
#ifndef LEANN_FMT_INDEX_VERIFY_H
#define LEANN_FMT_INDEX_VERIFY_H

#include "fmt/index.h"

/*
 * Checksums, then every path, span, stored text (against its file's hash) and graph, and the
 * manifest's counts against what is there. Takes time and reads the whole file.
 */
int index_verify(const struct index *ix, struct err *e) MUST_CHECK;

#endif
