/*
 * index_get: the parts of index.c that are in index_get.c: chunk table, paths, stored text,
 * codes.
 */
#ifndef LEANN_FMT_INDEX_GET_H
#define LEANN_FMT_INDEX_GET_H

#include "fmt/index.h"

/* "PATH: damaged index: ..." */
int index_bad(const struct index *ix, struct err *e, const char *fmt, ...) PRINTF(3, 4);
int index_check_chunks(const struct index *ix, struct err *e) MUST_CHECK;
int index_check_paths(const struct index *ix, struct err *e) MUST_CHECK;
int index_check_text(const struct index *ix, struct err *e) MUST_CHECK;
/* Sets ix->codes; every code is below ksub, which with lists index_check_codes() is for. */
int index_open_codes(struct index *ix, struct err *e) MUST_CHECK;
int index_check_codes(const struct index *ix, struct err *e) MUST_CHECK;

#endif
