/* zst: zstd frames (zstd.h lives in zst.c alone). */
#ifndef LEANN_FMT_ZST_H
#define LEANN_FMT_ZST_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Append one frame holding p to out (level 19 below 1 MiB, else 12: made once, read often). */
void zst_pack(const void *p, size_t n, struct buf *out);
/* Append the n_raw bytes that the frame must hold to out; anything else is ERR_DATA naming what. */
int zst_unpack(const void *p, size_t n, size_t n_raw, const char *what, struct buf *out,
	       struct err *e) MUST_CHECK;

#endif
