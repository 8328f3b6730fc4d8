/*
 * stream: the leann stream of leann-stream(5): framed msgpack records, a header
 * first, END last. This file knows frames, header, failure and END; record.h knows
 * the records between.
 *
 *	struct stream_in in; struct stream_rec r;
 *	if (stream_in_open(&in, 0, "stdin", e)) ...		reads the header
 *	while ((k = stream_in_next(&in, &r, e)) > 0) ...	0: END seen and right; -1: error
 *	stream_in_release(&in);
 *
 *	struct stream_out out;
 *	stream_out_open(&out, 1, "stdout"); stream_out_head(&out, &head, e);
 *	stream_out_raw(&out, r.raw, r.n_raw, e);		pass a record on
 *	stream_out_end(&out, e);				END, flush
 *	stream_out_fail(&out, &err);				instead of END: tell the reader why
 */
#ifndef LEANN_FMT_STREAM_H
#define LEANN_FMT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fdio.h"
#include "fmt/mp.h"

enum {
	STREAM_MAJOR = 1,
	STREAM_MINOR = 6,
	STREAM_RECORD_MAX = 16 << 20,	/* bytes of a record's body */
	STREAM_KEYS_MAX = 256,		/* keys of the header */
	STREAM_ARGS_MAX = 256,		/* items of the header's chunk_args */
};

enum stream_tag {
	TAG_HEADER = 0,
	TAG_FILE = 1,
	TAG_CHUNK = 2,
	TAG_VEC = 3,
	TAG_TEXT = 4,
	TAG_ANCHORS = 16,
	TAG_ASSIGN = 17,
	TAG_CODEBOOK = 18,
	TAG_CODES = 19,
	TAG_TERMS = 64,
	TAG_POSTINGS = 65,
	TAG_HASHES = 66,
	TAG_GONE = 67,
	TAG_KEPT = 68,
	TAG_META = 69,
	TAG_COPIES = 70,
	TAG_SKIP_MIN = 64,		/* 64..125: a reader may skip what it does not know */
	TAG_SKIP_MAX = 125,
	TAG_FAIL = 126,
	TAG_END = 127,
};

/*
 * The header: kind and a map of keys. Keys keep their order; a key that a program
 * does not know is passed on. Keys are listed in leann-stream(5).
 */
struct shead {
	char kind[16];			/* "chunks" or "vectors" */
	unsigned major, minor;
	struct buf map;			/* key and value pairs, msgpack, end to end */
	size_t n_pairs;
};
#define SHEAD_INIT {{0}, STREAM_MAJOR, STREAM_MINOR, BUF_INIT, 0}

void shead_release(struct shead *h);
void shead_copy(struct shead *to, const struct shead *from);	/* to must be SHEAD_INIT */
/* Setters replace a key in place or append it. */
void shead_set_str(struct shead *h, const char *key, const char *val);
void shead_set_u64(struct shead *h, const char *key, uint64_t val);
void shead_set_bool(struct shead *h, const char *key, bool val);
/* Any value, already packed. */
void shead_set_packed(struct shead *h, const char *key, const struct buf *packed);
/* The packed value of a key, appended to out; false: it is not there. */
bool shead_packed(const struct shead *h, const char *key, struct buf *out);
/* Append [name, version, [args]] to "prog". */
void shead_add_prog(struct shead *h, const char *name, size_t n_args, char **args);
bool shead_has(const struct shead *h, const char *key);
/* Missing keys: "" and def. Strings are copied into out (cut is impossible: ERR_DATA over cap). */
int shead_str(const struct shead *h, const char *key, char *out, size_t cap,
	      struct err *e) MUST_CHECK;
int shead_u64(const struct shead *h, const char *key, uint64_t def, uint64_t max, uint64_t *out,
	      struct err *e) MUST_CHECK;
int shead_bool(const struct shead *h, const char *key, bool def, bool *out,
	       struct err *e) MUST_CHECK;
/* chunk_args: the n arguments, each ended by NUL, into out; there: is the key there? */
int shead_args(const struct shead *h, bool *there, struct buf *out, size_t *n,
	       struct err *e) MUST_CHECK;
void shead_set_args(struct shead *h, const struct buf *args);	/* as shead_args() gives them */
/*
 * Item i of the bin array "key" (roots): bytes appended to out; *n_items tells how many there
 * are.
 */
int shead_bin_at(const struct shead *h, const char *key, size_t i, struct buf *out, size_t *n_items,
		 struct err *e) MUST_CHECK;

struct stream_rec {
	unsigned tag;
	uint64_t number;		/* of the record; the header is 0 */
	const struct mp *v;		/* the whole array; valid until the next stream_in_next() */
	const uint8_t *raw;		/* the record's body */
	size_t n_raw;
};

struct stream_in {
	struct fdin in;
	const char *name;		/* borrowed */
	struct shead head;
	struct mp_doc *doc;
	struct hash *hash;
	struct buf body;
	uint64_t n_records;		/* read so far, header included */
	bool ended;
};

/*
 * Opens on fd (not closed by release); refuses a terminal. need_kind: the kind wanted, or NULL
 * for any.
 */
int stream_in_open(struct stream_in *s, int fd, const char *name, const char *need_kind,
		   struct err *e) MUST_CHECK;
/*
 * 1: a record (unknown tags 64..125 included), 0: END, -1: error; a failure record is an error
 * of its own code.
 */
int stream_in_next(struct stream_in *s, struct stream_rec *r, struct err *e) MUST_CHECK;
/* "NAME: record N: " + message into e, ERR_DATA. */
int stream_in_bad(const struct stream_in *s, struct err *e, const char *fmt, ...) PRINTF(3, 4);
void stream_in_release(struct stream_in *s);

struct stream_out {
	struct fdout out;
	struct hash *hash;
	uint64_t n_records;
	bool ended;
};

void stream_out_open(struct stream_out *s, int fd, const char *name);
int stream_out_head(struct stream_out *s, const struct shead *h, struct err *e) MUST_CHECK;
/* Frame and write one packed record; over the cap is ERR_DATA. */
int stream_out_raw(struct stream_out *s, const uint8_t *body, size_t n, struct err *e) MUST_CHECK;
int stream_out_buf(struct stream_out *s, const struct buf *b, struct err *e) MUST_CHECK;
int stream_out_end(struct stream_out *s, struct err *e) MUST_CHECK;
/*
 * Tell the reader that this program failed and why; its own errors are ignored. Nothing after
 * END.
 */
void stream_out_fail(struct stream_out *s, const struct err *why);
void stream_out_release(struct stream_out *s);

#endif
