/* Cutting text into words for comparison; see words.h. */
#include "algo/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/kinds.h"
#include "base/mem.h"

/* What a character is; the low bits are of kinds.h. */
enum { IN_RUN, IS_WIDE };
enum kind {
	SEPARATOR = 0,
	WIDE = 1 << IS_WIDE,			/* not ASCII: look closer */
	LOWER = 1 << IN_RUN | 4,
	UPPER = 1 << IN_RUN | 8,
	DIGIT = 1 << IN_RUN | 16,
	UNDERSCORE = 1 << IN_RUN | 32,
	IDEOGRAPH = 64,
};

/* A character of n bytes that is not ASCII; folded to out, of as many. */
struct wide {
	enum kind kind;
	size_t n;
	uint8_t out[4];
};

enum { RUN_MAX = 4 * WORD_BYTES_MAX };

/* What is remembered of runs of ASCII: so many, of so many bytes and words; a run is a cache line. */
enum { SEEN_RUNS = 1 << 13, SEEN_BYTES = 16, SEEN_WORDS = 4 };

/* The run of word characters being read. */
struct run {
	struct words *w;
	uint8_t c[RUN_MAX + 4];		/* folded; the latest part is c[part .. n-1] */
	size_t part, n;
	size_t part_at, run_at;		/* in the text */
	size_t n_parts;
	bool long_run;			/* the whole is over WORD_BYTES_MAX */
	enum kind last;
};

void words_release(struct words *w)
{
	mem_free(w->p);
	*w = (struct words)WORDS_INIT;
}

static inline void make_room(struct words *w, size_t n)
{
	if (w->cap - w->n >= n)
		return;
	w->cap = w->cap ? 2 * w->cap : 256;
	w->p = mem_realloc(w->p, w->cap * sizeof *w->p);
}

static void add(struct words *w, const uint8_t *word, size_t n, size_t at, size_t end)
{
	make_room(w, 1);
	w->p[w->n++] = (struct word){hash64(word, n), (uint32_t)at, (uint32_t)(end - at)};
}

/* Two bytes of UTF-8 to lower case: Latin-1, Greek, Cyrillic. */
static void fold2(struct wide *l)
{
	uint8_t a = l->out[0], b = l->out[1];
	bool latin = a == 0xc3 && b >= 0x80 && b <= 0x9e && b != 0x97;
	bool greek = a == 0xce && b >= 0x91 && b <= 0xa9;
	bool cyrillic = a == 0xd0 && b >= 0x90 && b <= 0xaf;
	if (!latin && !greek && !cyrillic)
		return;
	unsigned code = (unsigned)b + 0x20;	/* the lower case is 32 characters on */
	l->kind = UPPER;
	l->out[0] = (uint8_t)(code > 0xbf ? a + 1 : a);
	l->out[1] = (uint8_t)(code > 0xbf ? code - 0x40 : code);
}

/* A character that is not ASCII; bytes that are no UTF-8 are letters of one byte. */
static void get_wide(const uint8_t *p, size_t left, struct wide *l)
{
	size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 1;
	l->n = n <= left ? n : 1;
	for (size_t i = 1; i < n && l->n == n; i++)
		l->n = p[i] >> 6 == 2 ? n : 1;
	l->kind = LOWER;
	memcpy(l->out, p, l->n);
	if (l->n == 2 && *p == 0xc2 && p[1] <= 0xbf)
		l->kind = SEPARATOR;	/* signs of Latin-1 */
	else if (l->n == 2)
		fold2(l);
	else if (l->n == 3 && (*p == 0xe2 || (*p == 0xe3 && p[1] == 0x80)))
		l->kind = SEPARATOR;	/* punctuation, arrows, lines; that of Chinese */
	else if (l->n == 3 && *p >= 0xe3 && *p <= 0xe9)
		l->kind = IDEOGRAPH;
}

enum { L = LOWER, U = UPPER, D = DIGIT, W = WIDE };

/* The kind of a character by its first byte. */
static const uint8_t kinds[256] = {
	['0'] = D, D, D, D, D, D, D, D, D, D,
	['A'] = U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
	['_'] = UNDERSCORE,
	['a'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	[0x80] = W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
};

static inline enum kind kind_of(uint8_t c)
{
	return kinds[c];
}

static bool is_small(const uint8_t *p, size_t left)
{
	struct wide l;
	if (!left || *p < 0x80)
		return left && kind_of(*p) == LOWER;
	get_wide(p, left, &l);
	return l.kind == LOWER;
}

/* A part, n bytes, without the s of a plural; at, end: in the text. */
static void add_part(struct words *all, const uint8_t *w, size_t n, size_t at, size_t end)
{
	uint8_t one[WORD_BYTES_MAX];
	if (n > 3 && w[n - 1] == 's') {
		if (n > 4 && w[n - 2] == 'e' && w[n - 3] == 'i') {
			n -= 2;
			memcpy(one, w, n);	/* the whole stays as it is */
			one[n - 1] = 'y';
			w = one;
		} else if (w[n - 2] != 's' && w[n - 2] != 'u' && w[n - 2] != 'i') {
			n--;
		}
	}
	add(all, w, n, at, end);
}

static void end_part(struct run *r, size_t at)
{
	size_t n = r->n - r->part;
	if (!n)
		return;
	if (n <= WORD_BYTES_MAX)
		add_part(r->w, r->c + r->part, n, r->part_at, at);
	r->long_run |= r->n > WORD_BYTES_MAX;
	r->n_parts++;
	r->part = r->n = r->long_run ? 0 : r->n;
}

static void end_run(struct run *r, size_t at)
{
	end_part(r, at);
	if (r->n_parts > 1 && !r->long_run)
		add(r->w, r->c, r->n, r->run_at, at);
	r->part = r->n = r->n_parts = 0;
	r->long_run = false;
	r->last = SEPARATOR;
}

/* A character of n bytes joins the part; one of hundreds of bytes is too long anyway. */
static inline void take(struct run *r, const uint8_t *c, size_t n, enum kind kind, size_t at)
{
	if (r->n == r->part)
		r->part_at = at;
	if (!r->n && !r->n_parts)
		r->run_at = at;
	if (r->n + n <= RUN_MAX) {
		memcpy(r->c + r->n, c, n);
		r->n += n;
	}
	r->last = kind;
}

/* Does a part end before a capital? In "HTTPServer" before S, in "readFile" before F. */
static bool cuts(const struct run *r, bool small_follows)
{
	return r->last == LOWER || r->last == DIGIT || (r->last == UPPER && small_follows);
}

/* The character at p[i], not ASCII; returns its bytes. */
static size_t take_wide(struct run *r, const uint8_t *p, size_t i, size_t n)
{
	struct wide l;
	get_wide(p + i, n - i, &l);
	if (l.kind == SEPARATOR || l.kind == IDEOGRAPH)
		end_run(r, i);
	if (l.kind == IDEOGRAPH)
		add(r->w, l.out, l.n, i, i + l.n);
	if (l.kind == UPPER && cuts(r, is_small(p + i + l.n, n - i - l.n)))
		end_part(r, i);
	if (l.kind == UPPER || l.kind == LOWER)
		take(r, l.out, l.n, l.kind, i);
	return l.n;
}

/* A run of ASCII, at most WORD_BYTES_MAX bytes, that nothing else touches; what most runs are. */
static void ascii_run(struct words *w, const uint8_t *p, size_t at, size_t end)
{
	uint8_t c[WORD_BYTES_MAX];
	size_t n = 0, part = 0, part_at = at, n_parts = 0;
	enum kind last = SEPARATOR;
	for (size_t i = at; i < end; i++) {
		enum kind kind = kinds[p[i]];
		bool capital = kind == UPPER &&
			       (last == LOWER || last == DIGIT ||
				(last == UPPER && i + 1 < end && kinds[p[i + 1]] == LOWER));
		if ((capital || kind == UNDERSCORE) && n > part) {
			add_part(w, c + part, n - part, part_at, i);
			n_parts++;
			part = n;
		}
		last = kind;
		if (kind == UNDERSCORE)
			continue;
		if (n == part)
			part_at = i;
		c[n++] = (uint8_t)(p[i] | (kind == UPPER ? 32 : 0));
	}
	if (n > part) {
		add_part(w, c + part, n - part, part_at, end);
		n_parts++;
	}
	if (n_parts > 1)
		add(w, c, n, at, end);
}

/* A run of at most SEEN_BYTES, and its words. */
struct seen_run {
	uint64_t key[2];
	uint64_t hash[SEEN_WORDS];
	uint8_t at[SEEN_WORDS], len[SEEN_WORDS];	/* in the run */
	uint8_t n;
};

struct words_seen {
	struct seen_run run[SEEN_RUNS];		/* by hash, the latest */
};

struct words_seen *words_seen_new(void)
{
	return mem_calloc(1, sizeof(struct words_seen));
}

void words_seen_free(struct words_seen *s)
{
	mem_free(s);
}

/* The words of the run just found, from w->p[from] on. */
static void remember(struct seen_run *s, const uint64_t key[2], const struct words *w, size_t from,
		     size_t at)
{
	size_t n = w->n - from;
	if (n > SEEN_WORDS)
		return;
	s->key[0] = key[0];
	s->key[1] = key[1];
	s->n = (uint8_t)n;
	for (size_t i = 0; i < n; i++) {
		s->hash[i] = w->p[from + i].hash;
		s->at[i] = (uint8_t)(w->p[from + i].at - at);
		s->len[i] = (uint8_t)w->p[from + i].len;
	}
}

/* ascii_run() of n bytes, which are at p, too, and 16 may be read there. */
static void short_run(struct words *w, struct words_seen *seen, const uint8_t *text, size_t at,
		      const uint8_t *p, size_t n)
{
	uint64_t key[2];
	kinds_key(p, n, key);
	struct seen_run *s =
		&seen->run[((key[0] ^ key[1] * 31) * 0x9e3779b97f4a7c15 >> 40) % SEEN_RUNS];
	if (s->key[0] != key[0] || s->key[1] != key[1]) {
		size_t from = w->n;
		ascii_run(w, text, at, at + n);
		remember(s, key, w, from, at);
		return;
	}
	make_room(w, s->n);
	for (size_t i = 0; i < s->n; i++)
		w->p[w->n++] = (struct word){s->hash[i], (uint32_t)(at + s->at[i]), s->len[i]};
}

/*
 * The words of the text from i on, up to anything but ASCII and the run that touches it, and to a run that
 * is longer than a block. Returns its bytes.
 */
static size_t find_block(struct words *w, struct words_seen *seen, const uint8_t *text, size_t i,
			 size_t left)
{
	uint8_t padded[KINDS_BLOCK + SEEN_BYTES] = {0};
	const uint8_t *p = left < sizeof padded ? memcpy(padded, text + i, left) : text + i;
	size_t n = left < KINDS_BLOCK ? left : KINDS_BLOCK - 1;
	struct kinds k = kinds_of(kinds, p, n);
	uint64_t runs = k.bits[IN_RUN], wide = k.bits[IS_WIDE] & kinds_first(n);
	if (wide)
		n = (size_t)__builtin_ctzll(wide);
	if (n < left)
		n = kinds_whole(runs, n);
	for (runs &= kinds_first(n); runs;) {
		struct kinds_run r = kinds_run(&runs);
		while (r.n && p[r.at] == '_') {
			r.at++;
			r.n--;
		}
		if (!r.n)
			continue;
		if (seen && r.n <= SEEN_BYTES)
			short_run(w, seen, text, i + r.at, p + r.at, r.n);
		else
			ascii_run(w, text, i + r.at, i + r.at + r.n);
	}
	return n;
}

/* The character at p[i], which begins or goes on with a run that find_block() leaves; returns its bytes. */
static size_t take_char(struct run *r, const uint8_t *p, size_t i, size_t n)
{
	uint8_t c = p[i];
	enum kind kind = kind_of(c);
	if (kind == WIDE)
		return take_wide(r, p, i, n);
	if (kind == UPPER) {
		if (cuts(r, is_small(p + i + 1, n - i - 1)))
			end_part(r, i);
		c = (uint8_t)(c + 32);
	}
	if (kind == SEPARATOR)
		end_run(r, i);
	else if (kind == UNDERSCORE)
		end_part(r, i);
	else
		take(r, &c, 1, kind, i);
	if (kind == UNDERSCORE)
		r->last = UNDERSCORE;
	return 1;
}

void words_find(const char *text, size_t n, struct words *w, struct words_seen *seen)
{
	const uint8_t *p = (const uint8_t *)text;
	struct run r;
	r.w = w;
	r.part = r.n = r.n_parts = 0;
	r.long_run = false;
	r.last = SEPARATOR;
	w->n = 0;
	n = n < UINT32_MAX ? n : UINT32_MAX;
	for (size_t i = 0, k; i < n; i += k) {
		bool open = r.n || r.n_parts || r.long_run;	/* else all is new from here on */
		k = open || p[i] >= 0x80 ? 0 : find_block(w, seen, p, i, n - i);
		if (k)
			continue;
		while (!open && i + k < n && p[i + k] == '_')
			k++;
		k = k ? k : take_char(&r, p, i, n);
	}
	end_run(&r, n);
}

void words_of(const char *text, size_t n, struct words *w)
{
	words_find(text, n, w, NULL);
}

void words_of_run(const char *run, size_t n, struct words *w)
{
	size_t at = 0;
	w->n = 0;
	while (at < n && run[at] == '_')
		at++;
	ascii_run(w, (const uint8_t *)run, at, n);
}
