/* Cutting text into words for comparison; see words.h. */
#include "algo/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* What a character is. */
enum kind { SEPARATOR, LOWER, UPPER, DIGIT, UNDERSCORE, IDEOGRAPH };

/* A character of n bytes that is not ASCII; folded to out, of as many. */
struct wide {
	enum kind kind;
	size_t n;
	uint8_t out[4];
};

enum { RUN_MAX = 4 * WORD_BYTES_MAX };

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

static void add(struct words *w, const uint8_t *word, size_t n, size_t at, size_t end)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->p = mem_realloc(w->p, w->cap * sizeof *w->p);
	}
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

enum { L = LOWER, U = UPPER, D = DIGIT };

/* The kind of ASCII; SEPARATOR of all else. */
static const uint8_t kinds[256] = {
	['0'] = D, D, D, D, D, D, D, D, D, D,
	['A'] = U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
	['_'] = UNDERSCORE,
	['a'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
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

void words_of(const char *text, size_t n, struct words *w)
{
	const uint8_t *p = (const uint8_t *)text;
	struct run r;
	r.w = w;
	r.part = r.n = r.n_parts = 0;
	r.long_run = false;
	r.last = SEPARATOR;
	w->n = 0;
	n = n < UINT32_MAX ? n : UINT32_MAX;
	for (size_t i = 0, end; i < n;) {
		if (!r.n && !r.n_parts && !r.long_run) {	/* no run is open: after it all is new */
			while (i < n && p[i] < 0x80 && (!kinds[p[i]] || p[i] == '_'))
				i++;
			for (end = i; end < n && kinds[p[end]] && end - i <= WORD_BYTES_MAX;)
				end++;
			if (end > i && end - i <= WORD_BYTES_MAX && (end == n || p[end] < 0x80)) {
				ascii_run(w, p, i, end);
				i = end;
				continue;
			}
			if (i == n)
				break;
		}
		uint8_t c = p[i];
		enum kind kind = kind_of(c);
		if (c >= 0x80) {
			i += take_wide(&r, p, i, n);
			continue;
		}
		if (kind == UPPER) {
			if (cuts(&r, is_small(p + i + 1, n - i - 1)))
				end_part(&r, i);
			c = (uint8_t)(c + 32);
		}
		if (kind == SEPARATOR && (r.n || r.n_parts || r.long_run))
			end_run(&r, i);
		else if (kind == UNDERSCORE)
			end_part(&r, i);
		else if (kind != SEPARATOR)
			take(&r, &c, 1, kind, i);
		if (kind == UNDERSCORE)
			r.last = UNDERSCORE;
		i++;
	}
	end_run(&r, n);
}
