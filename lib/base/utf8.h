/*
 * utf8: validity, decoding and repair of UTF-8 (Unicode 15, table 3-7: no surrogates, no
 * overlong forms).
 */
#ifndef LEANN_BASE_UTF8_H
#define LEANN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Decode one character at p (n > 0 bytes left) into *cp; returns its length in
 * bytes, or 0 when the bytes at p are not UTF-8 (*cp = 0xFFFD; skip 1 byte).
 */
size_t utf8_get(const void *p, size_t n, uint32_t *cp);
bool utf8_valid(const void *p, size_t n);
/* Does this character steer a terminal (C0, DEL, C1), turn text around or hide in it? */
bool utf8_steers(uint32_t cp);
void utf8_put(struct buf *b, uint32_t cp);
/* Append p with every byte that is not part of UTF-8 as U+FFFD; returns how many there were. */
size_t utf8_repair(struct buf *b, const void *p, size_t n);

#endif
