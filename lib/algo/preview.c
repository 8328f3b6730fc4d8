/* Choosing and cleaning preview lines; see preview.h. */
#include "algo/preview.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

enum { WORDS_MAX = 32, WORD_MIN = 3, LINES_MAX = 400 };

struct word {
	const char *p;
	size_t n;
};

static bool word_char(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '_';
}

/* Words of the question that are worth looking for. */
static size_t split_words(const char *q, size_t n, struct word *w)
{
	size_t k = 0;
	for (size_t i = 0; i < n && k < WORDS_MAX;) {
		size_t from = i;
		while (i < n && word_char((unsigned char)q[i]))
			i++;
		if (i - from >= WORD_MIN)
			w[k++] = (struct word){q + from, i - from};
		if (i == from)
			i++;
	}
	return k;
}

/* Bit j: word j of the question stands in the line. */
static uint32_t words_in(const char *p, size_t n, const struct word *w, size_t n_words)
{
	uint32_t set = 0;
	for (size_t j = 0; j < n_words; j++)
		for (size_t i = 0; i + w[j].n <= n; i++)
			if (!strncasecmp(p + i, w[j].p, w[j].n)) {
				set |= 1u << j;
				break;
			}
	return set;
}

static bool blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isspace((unsigned char)p[i]))
			return false;
	return true;
}

struct lines {
	const char *p[LINES_MAX];
	size_t n[LINES_MAX];
	uint32_t words[LINES_MAX];
	size_t count;
};

static void split_lines(const char *text, size_t n, struct lines *l)
{
	l->count = 0;
	for (size_t at = 0; at < n && l->count < LINES_MAX;) {
		const char *lf = memchr(text + at, '\n', n - at);
		size_t len = lf ? (size_t)(lf - text) - at : n - at;
		l->p[l->count] = text + at;
		l->n[l->count++] = len;
		at += len + 1;
	}
}

/*
 * First line of the run with most words; the earliest of equals, first non-blank line at the
 * least.
 */
static size_t best_run(const struct lines *l, size_t n_lines)
{
	size_t best = 0;
	int most = -1;
	for (size_t i = 0; i < l->count; i++) {
		uint32_t set = 0;
		if (blank(l->p[i], l->n[i]))
			continue;
		for (size_t k = i; k < l->count && k < i + n_lines; k++)
			set |= l->words[k];
		if (__builtin_popcount(set) > most) {
			most = __builtin_popcount(set);
			best = i;
		}
	}
	return best;
}

void preview_lines(const char *text, size_t n, const char *question, size_t n_question,
		   size_t n_lines, struct buf *out, size_t *first_line)
{
	struct word w[WORDS_MAX];
	struct lines l;
	size_t n_words = split_words(question, n_question, w);
	split_lines(text, n, &l);
	for (size_t i = 0; i < l.count; i++)
		l.words[i] = words_in(l.p[i], l.n[i], w, n_words);
	size_t from = best_run(&l, n_lines),
	       to = from + n_lines < l.count ? from + n_lines : l.count;
	while (to > from && blank(l.p[to - 1], l.n[to - 1]))
		to--;
	*first_line = from;
	for (size_t i = from; i < to; i++) {
		size_t len = l.n[i];
		while (len && isspace((unsigned char)l.p[i][len - 1]))
			len--;
		buf_add(out, l.p[i], len);
		if (i + 1 < to)
			buf_addc(out, '\n');
	}
	buf_reserve(out, 0);
}

void preview_safe(struct buf *out, const char *text, size_t n, bool safe)
{
	if (!safe) {
		buf_add(out, text, n);
		return;
	}
	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t k = utf8_get(text + i, n - i, &c);
		if (!k)
			buf_printf(out, "\\x%02x", (unsigned char)text[i]);
		else if (utf8_steers(c) && c != '\n' && c != '\t')
			buf_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
		else
			buf_add(out, text + i, k);
		i += k ? k : 1;
	}
}
