/*
 * mime: a message of mail (RFC 5322, 2045 to 2047, 2231) as text: who, when, about what, and its body in
 * UTF-8, out of parts, transfer encodings and charsets. Anything is a message: what is malformed reads as
 * text.
 *
 *	struct mime m = {0};
 *	mime_read(&m, p, n);
 *	mime_release(&m);
 */
#ifndef LEANN_FMT_MIME_H
#define LEANN_FMT_MIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	MIME_DEPTH_MAX = 16,		/* of parts in parts; deeper ones are left out */
	MIME_PARTS_MAX = 2000,
};

struct mime {
	struct buf subject, from, to, date;	/* UTF-8; date: 2026-11-22T10:11:12+01:00, or empty */
	struct buf text;		/* of text/plain, end to end */
	struct buf html;		/* of text/html where there is no plain text beside it */
	struct buf names;		/* of attachments, a line each */
	size_t n_parts;
};

void mime_read(struct mime *m, const uint8_t *p, size_t n);
void mime_release(struct mime *m);
/* Bytes of the first message of a mailbox, the line "From " included: up to the next such line. */
size_t mime_mbox_next(const uint8_t *p, size_t n);

#endif
