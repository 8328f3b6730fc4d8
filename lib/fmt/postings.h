/*
 * postings: in which groups of passages rare words occur, as bytes: member "postings" of
 * leann-index(5), made by postings_pack(), read in place.
 *
 *	postings_pack(pair, n, n_chunks, &buf);		empty: nothing worth writing
 *
 *	struct postings x;
 *	if (postings_open(&x, p, n_bytes, n_chunks, e)) ...	p is borrowed
 *	if (postings_find(&x, hash, group, &n, e)) ...		chunks group[i] << x.shift and on
 *
 * Words are found by the high bits of their hashes (words.h), bucket by bucket: one look-up decodes
 * about 48 words, in microseconds.
 */
#ifndef LEANN_FMT_POSTINGS_H
#define LEANN_FMT_POSTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "fmt/stream.h"

enum {
	POSTINGS_SHIFT = 3,		/* chunks of a group, as written: 1 << 3 */
	POSTINGS_MOST = 32,		/* groups of a word, as written */
	POSTINGS_GROUPS_MAX = 64,	/* as read */
	POSTINGS_PIECE_MAX = 1 << 20,	/* bytes of one record of a stream */
};

struct postings {
	const uint8_t *p;		/* ends of buckets, then their bytes */
	unsigned shift, bits, bucket_bits;
	size_t n_words;			/* 0: there are none */
	size_t n_groups, most;
};

/* Does what n bytes at p say of themselves hold, buckets' bytes apart? Only "damaged" is said. */
int postings_open(struct postings *x, const uint8_t *p, size_t n, size_t n_chunks,
		  struct err *e) MUST_CHECK;
/* The groups of the word, ascending; *n 0: there is none. */
int postings_find(const struct postings *x, uint64_t hash, uint32_t group[POSTINGS_GROUPS_MAX],
		  size_t *n, struct err *e) MUST_CHECK;
/* Decode all of it. */
int postings_verify(const struct postings *x, struct err *e) MUST_CHECK;

/*
 * pair: upper half of a word's hash << 32 | group, ascending, each once; a word of more than
 * POSTINGS_MOST groups may have any number beyond that. Appended to out, at most 12 bytes a chunk
 * and 1024: words of so many groups that it would be more are left out, but never those of one.
 */
void postings_pack(const uint64_t *pair, size_t n, size_t n_chunks, struct buf *out);
/* Packed bytes as records of a stream; body is scratch. */
int postings_send(const struct buf *bytes, struct stream_out *out, struct buf *body,
		  struct err *e) MUST_CHECK;

#endif
