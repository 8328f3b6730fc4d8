/* Text of documents; see extract.h. */
#define _GNU_SOURCE	/* memfd_create, pipe2 */
#include "extract.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "algo/parts.h"
#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "fmt/document.h"
#include "fmt/stream.h"
#include "sys/spawn.h"

enum {
	OUTPUT_MAX = 100 << 20,		/* 64 MiB of text, and what is beside it */
	FRAME_BYTES = 5,
	KEY_MAX = 32,
	STATUS_LATER = 75,		/* leann-extract(1): a program is not installed */
};

static int start(int in, int out, const char *name, const struct extract_opts *o, pid_t *pid, struct err *e)
{
	char *prog = env_program("leann-extract"), *named = mem_printf("--name=%s", name),
	     *time = mem_printf("--timeout=%u", o->timeout_s);
	char *argv[] = {prog, named, time, (char[]){"-"}, o->archives ? (char[]){"--archives"} : NULL, NULL};
	int r = spawn_start(&(struct spawn){argv, in, out, SPAWN_NULL, .group = true}, pid)
			? err_sys(e, "cannot start %s", prog)
			: 0;
	mem_free(prog);
	mem_free(named);
	mem_free(time);
	return r;
}

/* What comes until its end: 0; 1: it takes too long or is too much. */
static int collect(int fd, double until, struct buf *out)
{
	for (;;) {
		double left = until - now_s();
		struct pollfd p = {fd, POLLIN, 0};
		struct err ignored;
		size_t got;
		int n = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || out->len > OUTPUT_MAX)
			return 1;
		buf_reserve(out, 64 << 10);
		if (fd_read_some(fd, "leann-extract", out->p + out->len, 64 << 10, &got, &ignored))
			return 1;
		if (!got)
			return 0;
		out->len += got;
	}
}

/* Its whole output. */
static enum extract_result run(const struct document *d, const char *name, const struct extract_opts *o,
			       struct buf *out, struct err *e)
{
	int in = memfd_create("document", MFD_CLOEXEC), p[2] = {-1, -1}, late = 0;
	pid_t pid;
	int r = in < 0 || pipe2(p, O_CLOEXEC) ? err_sys(e, "cannot start leann-extract")
					      : fd_write(in, "document", d->raw.p, d->raw.len, e);
	if (!r && lseek(in, 0, SEEK_SET) < 0)
		r = err_sys(e, "document");
	if (!r)
		r = start(in, p[1], name, o, &pid, e);
	if (p[1] >= 0)
		close(p[1]);
	if (!r) {
		late = collect(p[0], now_s() + o->timeout_s, out);
		if (late)
			kill(-pid, SIGKILL);
		spawn_wait(pid);
	}
	if (p[0] >= 0)
		close(p[0]);
	if (in >= 0)
		close(in);
	if (late)
		err_set(e, ERR_TEMP, "took more than %u s", o->timeout_s);
	return r || late ? EXTRACT_LATER : EXTRACT_OK;
}

static void begin_part(struct document *d)
{
	if (document_n_parts(d))
		buf_addc(&d->extract, PART_END);
	struct part p = {.off = d->extract.len, .fact = document_n_facts(d)};
	buf_add(&d->part, &p, sizeof p);
}

static bool add_text(struct document *d, const struct mp *v)
{
	size_t n;
	const uint8_t *p = mp_bytes(v, &n);
	if (mp_type(v) != MP_STR || !utf8_valid(p, n) || memchr(p, PART_END, n))
		return false;
	if (!document_n_parts(d))
		begin_part(d);
	buf_add(&d->extract, p, n);
	return true;
}

static bool add_meta(struct document *d, const struct mp *key, const struct mp *val)
{
	size_t n_key, n;
	const uint8_t *k = mp_bytes(key, &n_key), *s = mp_bytes(val, &n);
	struct fact f = {.key_at = d->names.len, .n_val = n,
			 .is_int = mp_type(val) != MP_STR, .i = mp_i64(val)};
	if (mp_type(key) != MP_STR || n_key > KEY_MAX || memchr(k, 0, n_key) || !utf8_valid(k, n_key) ||
	    (f.is_int ? mp_type(val) != MP_UINT && mp_type(val) != MP_INT : n > DOCUMENT_META_MAX))
		return false;
	buf_add(&d->names, k, n_key);
	buf_addc(&d->names, 0);
	f.val_at = d->names.len;
	if (s)
		buf_add(&d->names, s, n);
	buf_addc(&d->names, 0);
	buf_add(&d->fact, &f, sizeof f);
	return true;
}

/* [126, status, program, message]: the message without its name. */
static enum extract_result failed(const struct mp *v, const char *name, struct err *e)
{
	size_t n, k = strlen(name);
	const char *s = (const char *)mp_bytes(mp_at(v, 3), &n);
	if (s && n > k + 2 && !memcmp(s, name, k) && s[k] == ':') {
		s += k + 2;
		n -= k + 2;
	}
	err_set(e, ERR_DATA, "%.*s", s ? (int)n : 7, s ? s : "unknown");
	return mp_u64(mp_at(v, 1)) == STATUS_LATER ? EXTRACT_LATER : EXTRACT_BAD;
}

/* One record; 1: END, 0: go on, -1: it is none that can be here. */
static int record(struct document *d, const struct mp *v)
{
	uint64_t tag = mp_u64(mp_at(v, 0));
	if (mp_type(mp_at(v, 0)) != MP_UINT)
		return -1;
	switch (tag) {
	case TAG_HEADER: return mp_u64(mp_at(v, 2)) == DOCUMENT_MAJOR ? 0 : -1;
	case DOCUMENT_PART: begin_part(d); return 0;
	case DOCUMENT_TEXT: return add_text(d, mp_at(v, 1)) ? 0 : -1;
	case DOCUMENT_META: return add_meta(d, mp_at(v, 1), mp_at(v, 2)) ? 0 : -1;
	case TAG_END: return 1;
	default: return -1;
	}
}

static enum extract_result parse(struct document *d, const char *name, const struct buf *b, struct err *e)
{
	struct mp_doc *doc = mp_new();
	enum extract_result r = EXTRACT_LATER;
	int end = 0;
	err_set(e, ERR_DATA, "leann-extract ended early: no memory, or a limit");
	for (size_t at = 0; b->len - at >= FRAME_BYTES && !end;) {
		const uint8_t *p = b->p + at;
		const struct mp *v;
		struct err ignored;
		size_t n = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
		if (p[0] != 0xc6 || n > b->len - at - FRAME_BYTES || mp_parse(doc, p + FRAME_BYTES, n, &v, &ignored))
			break;
		if (mp_u64(mp_at(v, 0)) == TAG_FAIL) {
			r = failed(v, name, e);
			break;
		}
		end = record(d, v);
		at += FRAME_BYTES + n;
	}
	mp_free(doc);
	if (end < 0)
		err_set(e, ERR_DATA, "leann-extract wrote what is no document");
	return end > 0 ? EXTRACT_OK : r;
}

enum extract_result extract_document(struct document *d, const char *name, const struct extract_opts *o,
				     struct err *e)
{
	struct buf out = BUF_INIT;
	buf_clear(&d->extract);
	buf_clear(&d->part);
	buf_clear(&d->fact);
	buf_clear(&d->names);
	enum extract_result r = run(d, name, o, &out, e);
	if (r == EXTRACT_OK)
		r = parse(d, name, &out, e);
	buf_release(&out);
	d->extracted = true;
	d->text = d->extract.p ? (const char *)d->extract.p : "";
	d->n_text = d->extract.len;
	return r;
}
