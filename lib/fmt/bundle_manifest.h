/* bundle_manifest: what the bundle*.c files share: the manifest's first bytes and checksum. */
#ifndef LEANN_FMT_BUNDLE_MANIFEST_H
#define LEANN_FMT_BUNDLE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "fmt/bundle.h"

#define MANIFEST_NAME "leann.json"
#define MANIFEST_HEAD "{\n \"xxh3\": \""		/* then 16 hexadecimal digits */
#define MANIFEST_MAX ((uint64_t)64 << 20)

/* "PATH: damaged index: ..." into e, ERR_DATA. */
int bundle_damaged(const struct bundle *b, struct err *e, const char *fmt, ...) PRINTF(3, 4);
/* XXH3-64 of the first n bytes of the file (header block, manifest) with the 16 digits as '0'. */
uint64_t manifest_sum(const uint8_t *file, size_t n);
/* The 16 digits; a value that is not hexadecimal reads as one that cannot match. */
uint64_t manifest_sum_said(const uint8_t *file);
/* 16 lower-case hexadecimal digits; -1 when they are not. */
int manifest_hex(const char *s, uint64_t *v);

#endif
