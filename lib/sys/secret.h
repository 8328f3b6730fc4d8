/*
 * secret: a token or key out of a file that nobody else may read.
 *
 *	struct buf key = BUF_INIT;
 *	if (secret_read("key", 16, &key, e)) ...	key.p is a C string
 *	secret_release(&key);
 */
#ifndef LEANN_SYS_SECRET_H
#define LEANN_SYS_SECRET_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum { SECRET_MAX = 4096 };		/* bytes */

/*
 * Append what the file holds but for white space around it: a line of at least min bytes of ASCII
 * without blanks. ERR_DATA: it is not that, or others may read the file, or it is none.
 */
int secret_read(const char *path, size_t min, struct buf *out, struct err *e) MUST_CHECK;
/* The same of n bytes at p, called where in messages. */
int secret_check(const char *where, const void *p, size_t n, size_t min, struct err *e) MUST_CHECK;
/* The key becomes "*" in the message, where a server that quotes what it was given has it. */
void secret_mask(const struct buf *key, struct err *e);
void secret_mask_text(const struct buf *key, struct buf *text);
/* Overwritten, then freed. */
void secret_release(struct buf *b);

#endif
