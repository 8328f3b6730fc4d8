/* Embeddings of an interrupted run; see journal.h and leann-journal(5). */
#include "sys/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/map.h"
#include "base/mem.h"

enum {
	HEAD = 96,
	KEY = 16,
	SUM = 8,
	VERSION = 1,
	OPEN_TRIES = 10,	/* each ends because a run that was done removed the file */
};
static const char magic[8] = "LEANNJNL";

struct slot {
	uint64_t h[2];
	size_t at;			/* of the embedding in the map; 0: free */
};

struct journal {
	int fd;				/* -1: nothing more is kept */
	char *path;
	void (*warn)(const char *msg);
	size_t dim, rec_bytes;
	const uint8_t *map;		/* (map_bytes) as it was when opened; NULL: empty */
	size_t map_bytes;
	struct slot *slots;		/* (n_slots) a power of two, or none */
	size_t n_slots, n;
	struct buf out;			/* not written yet */
};

static void say(const struct journal *j, const char *fmt, ...) PRINTF(2, 3);
static void say(const struct journal *j, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	char what[500];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	buf_printf(&b, "%s: %s", j->path, what);
	j->warn((const char *)b.p);
	buf_release(&b);
}

/* ---- who made the embeddings ---- */

static void add_str(struct sha256 *s, const char *text)
{
	sha256_add(s, text, strlen(text) + 1);
}

/* All that decides a text's embedding: see the page. */
static void identity(const struct wire_info *i, char hex[65])
{
	struct sha256 s;
	uint8_t le[16];
	sha256_init(&s);
	add_str(&s, i->version);
	add_str(&s, i->sha256);
	add_str(&s, i->tokenizer_sha256);
	add_str(&s, i->document_prefix);
	add_str(&s, i->precision);
	add_str(&s, i->kernels);
	if (*i->provider.api) {
		add_str(&s, i->provider.api);
		add_str(&s, i->provider.url);
		add_str(&s, i->provider.served);
	}
	put_le64(le, i->dim);
	put_le64(le + 8, i->max_tokens);
	sha256_add(&s, le, sizeof le);
	sha256_hex(&s, hex);
}

static void make_head(const struct wire_info *i, uint8_t h[HEAD])
{
	char hex[65];
	memset(h, 0, HEAD);
	memcpy(h, magic, sizeof magic);
	put_le32(h + 8, VERSION);
	put_le32(h + 12, (uint32_t)i->dim);
	identity(i, hex);
	memcpy(h + 16, hex, 64);
	put_le64(h + HEAD - SUM, hash64(h, HEAD - SUM));
}

static uint64_t from_hex(const char *p)
{
	uint64_t v = 0;
	for (int i = 0; i < 16; i++)
		v = v << 4 | (uint64_t)(p[i] <= '9' ? p[i] - '0' : p[i] - 'a' + 10);
	return v;
}

void journal_key(const struct journal *j, const char *text, size_t n, struct journal_key *k)
{
	struct sha256 s;
	char hex[65];
	(void)j;
	sha256_init(&s);
	sha256_add(&s, text, n);
	sha256_hex(&s, hex);
	*k = (struct journal_key){{from_hex(hex), from_hex(hex + 16)}};
}

/* ---- finding ---- */

static struct slot *slot_of(const struct journal *j, const uint64_t h[2])
{
	size_t i = (size_t)h[0] & (j->n_slots - 1);
	while (j->slots[i].at && memcmp(j->slots[i].h, h, sizeof j->slots[i].h))
		i = (i + 1) & (j->n_slots - 1);
	return &j->slots[i];
}

const uint8_t *journal_find(const struct journal *j, const struct journal_key *k)
{
	if (!j || !j->n)
		return NULL;
	size_t at = slot_of(j, k->h)->at;
	return at ? j->map + at : NULL;
}

size_t journal_n(const struct journal *j)
{
	return j ? j->n : 0;
}

/* A checksum tells accidents; that the numbers are an embedding at all is looked at, too. */
static bool is_whole(const struct journal *j, const uint8_t *rec)
{
	double sum = 0;
	if (get_le64(rec + j->rec_bytes - SUM) != hash64(rec, j->rec_bytes - SUM))
		return false;
	for (size_t i = 0; i < j->dim; i++) {
		double x = (double)get_lef32(rec + KEY + 4 * i);
		sum += x * x;
	}
	return fabs(sum - 1) < 1e-2;	/* false also for what is not a number */
}

/* The records of the map that are whole; what is after the last of these is cut off. */
static void index_records(struct journal *j)
{
	size_t n = (j->map_bytes - HEAD) / j->rec_bytes, end = HEAD;
	for (j->n_slots = 16; j->n_slots < 2 * n; j->n_slots *= 2)
		;
	j->slots = mem_calloc(j->n_slots, sizeof *j->slots);
	for (size_t i = 0, at = HEAD; i < n; i++, at += j->rec_bytes) {
		const uint64_t h[2] = {get_le64(j->map + at), get_le64(j->map + at + 8)};
		if (!is_whole(j, j->map + at))
			continue;
		struct slot *s = slot_of(j, h);
		end = at + j->rec_bytes;
		if (s->at)
			continue;
		*s = (struct slot){{h[0], h[1]}, at + KEY};
		j->n++;
	}
	if (end < j->map_bytes && ftruncate(j->fd, (off_t)end)) {
		say(j, "%s: nothing is kept for a next run", strerror(errno));
		close(j->fd);
		j->fd = -1;
	}
}

/* ---- opening ---- */

/* 1: open and ours alone, 0: not to be had (warned), -1: begin again, it was removed meanwhile. */
static int lock_file(struct journal *j)
{
	struct stat st;
	j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		     0666);
	if (j->fd < 0) {
		say(j, "%s: nothing is kept for a next run", strerror(errno));
		return 0;
	}
	if (flock(j->fd, LOCK_EX | LOCK_NB)) {
		say(j, "another process writes it: nothing is kept for a next run");
		close(j->fd);
		j->fd = -1;
		return 0;
	}
	if (fstat(j->fd, &st) == 0 && st.st_nlink)
		return 1;
	close(j->fd);
	j->fd = -1;
	return -1;
}

static void begin_anew(struct journal *j, const uint8_t head[HEAD])
{
	struct err why;
	if (ftruncate(j->fd, 0) == 0 && !fd_write(j->fd, j->path, head, HEAD, &why))
		return;
	say(j, "it cannot be written: nothing is kept for a next run");
	close(j->fd);
	j->fd = -1;
}

/* What is in the file that is open: used, begun anew, or refused. */
static int take_file(struct journal *j, const struct wire_info *info, struct err *e)
{
	uint8_t want[HEAD], got[HEAD] = {0};
	size_t n = 0;
	struct stat st;
	const void *map;
	make_head(info, want);
	if (fstat(j->fd, &st))
		return err_sys(e, "%s", j->path);
	if (S_ISREG(st.st_mode) && fd_pread(j->fd, j->path, got, HEAD, 0, &n, e))
		return -1;
	if (!S_ISREG(st.st_mode) || memcmp(got, magic, n < sizeof magic ? n : sizeof magic))
		return err_set(e, ERR_DATA, "%s: not a journal of embeddings: name another file",
			       j->path);
	bool whole = n == HEAD && get_le64(got + HEAD - SUM) == hash64(got, HEAD - SUM);
	if (!whole || memcmp(got, want, HEAD)) {
		if (n == HEAD)
			say(j, "it is %s: begun anew",
			    !whole ? "damaged"
			    : get_le32(got + 8) != VERSION ? "of another version"
			    : "of another model or precision");
		begin_anew(j, want);
		return 0;
	}
	if ((uint64_t)st.st_size > SIZE_MAX / 2 || st.st_size == HEAD)
		return 0;
	if (map_file(j->fd, j->path, (size_t)st.st_size, &map, e))
		return -1;
	j->map = map;
	j->map_bytes = (size_t)st.st_size;
	index_records(j);
	return 0;
}

int journal_open(const char *path, const struct wire_info *info, void (*warn)(const char *msg),
		 struct journal **out, struct err *e)
{
	struct journal *j = mem_calloc(1, sizeof *j);
	int r = -1;
	*out = NULL;
	j->path = mem_strdup(path);
	j->warn = warn;
	j->dim = info->dim;
	j->rec_bytes = KEY + 4 * info->dim + SUM;
	for (int i = 0; i < OPEN_TRIES && r < 0; i++)
		r = lock_file(j);
	if (r > 0 && take_file(j, info, e)) {
		journal_close(j);
		return -1;
	}
	if (r > 0)
		*out = j;
	else
		journal_close(j);
	return 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	journal_flush(j);
	map_release(j->map, j->map_bytes);
	if (j->fd >= 0)
		close(j->fd);
	buf_release(&j->out);
	mem_free(j->slots);
	mem_free(j->path);
	mem_free(j);
}

/* ---- keeping ---- */

void journal_add(struct journal *j, const struct journal_key *k, const float *v)
{
	if (!j || j->fd < 0)
		return;
	buf_reserve(&j->out, j->rec_bytes);
	uint8_t *rec = j->out.p + j->out.len;
	put_le64(rec, k->h[0]);
	put_le64(rec + 8, k->h[1]);
	for (size_t i = 0; i < j->dim; i++)
		put_lef32(rec + KEY + 4 * i, v[i]);
	put_le64(rec + j->rec_bytes - SUM, hash64(rec, j->rec_bytes - SUM));
	j->out.len += j->rec_bytes;
}

void journal_flush(struct journal *j)
{
	struct err why;
	if (!j || j->fd < 0 || !j->out.len)
		return;
	if (fd_write(j->fd, "journal", j->out.p, j->out.len, &why)) {
		say(j, "%s: no more is kept for a next run", why.msg);
		close(j->fd);
		j->fd = -1;
	}
	buf_clear(&j->out);
}
