/* Frames, failure and END of leann-stream(5); the header's keys are in stream_head.c. */
#include "fmt/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "fmt/stream_head.h"

enum { FRAME_MARK = 0xc6, FRAME_BYTES = 5 };	/* msgpack bin 32, length big-endian */

static void frame(uint8_t f[FRAME_BYTES], size_t n)
{
	f[0] = FRAME_MARK;
	for (int i = 0; i < 4; i++)
		f[1 + i] = (uint8_t)(n >> (24 - 8 * i));
}

int stream_in_bad(const struct stream_in *s, struct err *e, const char *fmt, ...)
{
	char msg[800];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_DATA, "%s: record %llu: %s", s->name,
		       (unsigned long long)(s->n_records ? s->n_records - 1 : 0), msg);
}

/*
 * Read one frame into s->body; 0 at a clean end of file, 1 read, -1 error. Counts and hashes it
 * later.
 */
static int read_frame(struct stream_in *s, uint8_t head[FRAME_BYTES], struct err *e)
{
	size_t got;
	unsigned long long at = s->n_records;
	if (fdin_read(&s->in, head, FRAME_BYTES, &got, e))
		return -1;
	if (got == 0)
		return 0;
	if (head[0] != FRAME_MARK)
		return err_set(e, ERR_DATA,
			       at ? "%s: record %llu: byte 0x%02x where a frame should start (0xc6)"
				  : "%s: record %llu: byte 0x%02x: not a leann stream",
			       s->name, at, head[0]);
	if (got < FRAME_BYTES)
		return err_set(e, ERR_DATA, "%s: record %llu: cut inside its frame", s->name, at);
	size_t n = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
	if (n > STREAM_RECORD_MAX)
		return err_set(e, ERR_DATA, "%s: record %llu: %zu bytes, the limit is %d", s->name,
			       at, n, STREAM_RECORD_MAX);
	buf_clear(&s->body);
	buf_reserve(&s->body, n);
	if (fdin_read(&s->in, s->body.p, n, &got, e))
		return -1;
	if (got < n)
		return err_set(e, ERR_DATA, "%s: record %llu: cut after %zu of %zu bytes", s->name,
			       at, got, n);
	s->body.len = n;
	return 1;
}

static int parse_record(struct stream_in *s, struct stream_rec *r, struct err *e)
{
	const struct mp *v;
	struct err why;
	if (mp_parse(s->doc, s->body.p, s->body.len, &v, &why))
		return stream_in_bad(s, e, "%s", why.msg);
	if (mp_type(v) != MP_ARR || mp_type(mp_at(v, 0)) != MP_UINT ||
	    mp_u64(mp_at(v, 0)) > TAG_END)
		return stream_in_bad(s, e, "not an array that starts with a tag (0..127)");
	*r = (struct stream_rec){(unsigned)mp_u64(mp_at(v, 0)), s->n_records - 1, v, s->body.p,
				 s->body.len};
	return 0;
}

int stream_in_open(struct stream_in *s, int fd, const char *name, const char *need_kind,
		   struct err *e)
{
	uint8_t head[FRAME_BYTES];
	struct stream_rec r;
	*s = (struct stream_in){.name = name, .head = SHEAD_INIT};
	if (isatty(fd))
		return err_set(e, ERR_USAGE, "%s is a terminal: a leann stream is wanted: put this "
			       "program in a pipe, see leann(7)", name);
	fdin_init(&s->in, fd, name);
	s->doc = mp_new();
	s->hash = hash_new();
	int k = read_frame(s, head, e);
	if (k < 0)
		return -1;
	if (k == 0)
		return err_set(e, ERR_DATA,
			       "%s: empty: no leann stream came: see what the program before "
			       "this one said",
			       name);
	s->n_records = 1;
	if (parse_record(s, &r, e))
		return -1;
	if (r.tag == TAG_FAIL)
		return stream_failed(s, &r, e);
	if (shead_parse(s, &r, e))
		return -1;
	if (need_kind && strcmp(s->head.kind, need_kind))
		return err_set(e, ERR_DATA, "%s: a stream of %s, this program takes %s: %s", name,
			       s->head.kind, need_kind,
			       strcmp(need_kind, "vectors") ? "it goes before leann-embed-client"
							    : "put leann-embed-client before it");
	hash_add(s->hash, head, FRAME_BYTES);
	hash_add(s->hash, s->body.p, s->body.len);
	return 0;
}

/* END: [127, n_records, xxh3 | nil], then nothing. */
static int check_end(struct stream_in *s, const struct stream_rec *r, struct err *e)
{
	uint8_t extra;
	size_t got;
	uint64_t n = mp_u64(mp_at(r->v, 1)), before = s->n_records - 1;
	const struct mp *x = mp_at(r->v, 2);
	if (mp_type(mp_at(r->v, 1)) != MP_UINT || (mp_type(x) != MP_UINT && mp_type(x) != MP_NIL))
		return stream_in_bad(s, e, "END is not [127, count, checksum]");
	if (n != before)
		return stream_in_bad(s, e, "END counts %llu records, %llu came",
				     (unsigned long long)n, (unsigned long long)before);
	if (mp_type(x) == MP_UINT && mp_u64(x) != hash_get(s->hash))
		return stream_in_bad(s, e, "END has checksum %016llx, the records give %016llx",
				     (unsigned long long)mp_u64(x),
				     (unsigned long long)hash_get(s->hash));
	if (fdin_read(&s->in, &extra, 1, &got, e))
		return -1;
	if (got)
		return stream_in_bad(s, e, "bytes after END");
	s->ended = true;
	return 0;
}

int stream_in_next(struct stream_in *s, struct stream_rec *r, struct err *e)
{
	uint8_t head[FRAME_BYTES];
	int k = read_frame(s, head, e);
	if (k < 0)
		return -1;
	if (k == 0)
		return err_set(e, ERR_DATA,
			       "%s: ended after record %llu without END: the program before "
			       "this one stopped early",
			       s->name, (unsigned long long)s->n_records - 1);
	s->n_records++;
	if (parse_record(s, r, e))
		return -1;
	if (r->tag == TAG_END)
		return check_end(s, r, e);
	if (r->tag == TAG_FAIL)
		return stream_failed(s, r, e);
	if (r->tag == TAG_HEADER)
		return stream_in_bad(s, e, "a second header");
	hash_add(s->hash, head, FRAME_BYTES);
	hash_add(s->hash, s->body.p, s->body.len);
	return 1;
}

void stream_in_release(struct stream_in *s)
{
	if (s->in.p)
		fdin_release(&s->in);
	shead_release(&s->head);
	mp_free(s->doc);
	if (s->hash)
		hash_free(s->hash);
	buf_release(&s->body);
	s->doc = NULL;
	s->hash = NULL;
}

void stream_out_open(struct stream_out *s, int fd, const char *name)
{
	*s = (struct stream_out){.hash = hash_new()};
	fdout_init(&s->out, fd, name);
}

static int put_frame(struct stream_out *s, const uint8_t *body, size_t n, struct err *e)
{
	uint8_t head[FRAME_BYTES];
	if (n > STREAM_RECORD_MAX)
		return err_set(e, ERR_DATA, "%s: record %llu of %zu bytes, the limit is %d",
			       s->out.name, (unsigned long long)s->n_records, n, STREAM_RECORD_MAX);
	frame(head, n);
	if (fdout_add(&s->out, head, FRAME_BYTES, e) || fdout_add(&s->out, body, n, e))
		return -1;
	hash_add(s->hash, head, FRAME_BYTES);
	hash_add(s->hash, body, n);
	s->n_records++;
	return 0;
}

int stream_out_raw(struct stream_out *s, const uint8_t *body, size_t n, struct err *e)
{
	return put_frame(s, body, n, e);
}

int stream_out_buf(struct stream_out *s, const struct buf *b, struct err *e)
{
	return put_frame(s, b->p, b->len, e);
}

int stream_out_end(struct stream_out *s, struct err *e)
{
	struct buf b = BUF_INIT;
	mp_put_arr(&b, 3);
	mp_put_u64(&b, TAG_END);
	mp_put_u64(&b, s->n_records);
	mp_put_u64(&b, hash_get(s->hash));
	s->ended = true;
	int r = put_frame(s, b.p, b.len, e) || fdout_flush(&s->out, e) ? -1 : 0;
	buf_release(&b);
	return r;
}

void stream_out_fail(struct stream_out *s, const struct err *why)
{
	struct buf b = BUF_INIT;
	struct err ignored;
	if (s->ended || !s->out.p || isatty(s->out.fd))
		return;
	s->ended = true;
	mp_put_arr(&b, 4);
	mp_put_u64(&b, TAG_FAIL);
	mp_put_u64(&b, (uint64_t)err_exit(why->code));
	mp_put_str(&b, err_prog());
	mp_put_strn(&b, why->msg, strlen(why->msg));
	if (put_frame(s, b.p, b.len, &ignored) == 0 && fdout_flush(&s->out, &ignored))
		errno = 0;	/* the reader learns from the missing END instead */
	buf_release(&b);
}

void stream_out_release(struct stream_out *s)
{
	if (s->out.p)
		fdout_release(&s->out);
	if (s->hash)
		hash_free(s->hash);
	s->hash = NULL;
}
