/*
 * Passages from units: fill up to the limit, then cut at the best place in the last part; when
 * what is left of a section is little more than one passage, halve it instead of leaving a crumb.
 */
#include "algo/passages.h"

#include <string.h>

#include "algo/passages_lines.h"
#include "algo/passages_units.h"
#include "base/mem.h"

enum { CRUMB_TOKENS = 16 };	/* no passage this small is cut off if it can be helped */

/* Units read ahead: u[s..n) are not in a passage yet, u[o..s) are repeated from the last one. */
struct window {
	struct units src;
	struct unit *u;
	size_t n, cap, o, s;
	struct line_count *line;
	struct passages *out;
};

/* A unit without tokens (form feeds, say) goes with the one before it, or nowhere. */
static void absorb(struct window *w, const struct unit *none)
{
	struct unit *last = w->n ? &w->u[w->n - 1] : NULL;
	size_t len = last ? none->off + none->len - last->off : 0;
	if (last && len <= w->src.pp->max_bytes)
		last->len = len;
	w->src.blank_before = w->src.at_line_start;
}

/* Is there a unit i? Reads ahead to it. */
static bool ensure(struct window *w, size_t i)
{
	while (w->n <= i) {
		struct unit u;
		if (!units_next(&w->src, &u))
			return false;
		if (!u.n_tokens) {
			absorb(w, &u);
			continue;
		}
		if (w->n == w->cap) {
			w->cap = w->cap ? 2 * w->cap : 64;
			w->u = mem_realloc(w->u, w->cap * sizeof *w->u);
		}
		w->u[w->n++] = u;
	}
	return true;
}

static size_t unit_end(const struct window *w, size_t i)
{
	return w->u[i].off + w->u[i].len;
}

/* First unit from s on that does not go into a passage from o on; *sum: tokens of those that do. */
static size_t extent(struct window *w, size_t *sum)
{
	const struct passages_params *pp = w->src.pp;
	for (;;) {
		size_t e = w->s;
		*sum = 0;
		for (size_t i = w->o; i < w->s; i++)
			*sum += w->u[i].n_tokens;
		while (ensure(w, e) && *sum + w->u[e].n_tokens <= pp->max_tokens &&
		       unit_end(w, e) - w->u[w->o].off <= pp->max_bytes &&
		       !(e > w->s && w->u[e].hard))
			*sum += w->u[e++].n_tokens;
		if (e > w->s)
			return e;
		w->o++;		/* one unit always fits when nothing is repeated before it */
	}
}

/* Tokens from u[e] to the end of the section, stopping once they are over max. */
static size_t rest_of_section(struct window *w, size_t e, size_t max)
{
	size_t sum = 0;
	for (; sum <= max && ensure(w, e); e++) {
		enum brk b = w->u[e].brk;
		if (b == BRK_SECTION || b == BRK_HEADING || w->u[e].hard)
			break;
		sum += w->u[e].n_tokens;
	}
	return sum;
}

/* How full a passage must be, in tokens, before a cut of this kind is looked at. */
static size_t fill_min(enum brk b, size_t max)
{
	if (b >= BRK_HEADING)
		return max * 2 / 5;
	return b >= BRK_SENTENCE ? max * 6 / 10 : max * 3 / 4;
}

static int cut_score(const struct unit *u)
{
	int indent = (int)(u->indent < 60 ? u->indent : 60);
	return (int)u->brk * 64 - indent;
}

/* The unit in (s, e] before which to cut; [o, e) holds sum tokens and [o, e] does not fit. */
static size_t choose(struct window *w, size_t e, size_t sum)
{
	size_t max = w->src.pp->max_tokens, best = e, spare = e, fill = 0;
	size_t rest = rest_of_section(w, e, max / 2), all = sum + rest;
	bool halve = rest <= max / 2 && all <= max + max / 2;
	size_t low = all > max ? all - max : 0, best_dist = 0;
	size_t crumb = max / 8 < CRUMB_TOKENS ? max / 8 : CRUMB_TOKENS;
	int score = -1;
	if (low < max / 4)
		low = max / 4;
	for (size_t i = w->o; i < w->s; i++)
		fill += w->u[i].n_tokens;
	for (size_t c = w->s + 1; c <= e; c++) {
		const struct unit *u = &w->u[c];
		fill += w->u[c - 1].n_tokens;
		if (u->brk >= BRK_LINE && fill >= max / 4)
			spare = c;
		if (halve ? fill < low || fill + crumb > all : fill < fill_min(u->brk, max))
			continue;
		size_t dist = 2 * fill > all ? 2 * fill - all : all - 2 * fill;
		if (!halve)
			dist = max - fill;
		int sc = cut_score(u);
		if (u->brk > BRK_WORD && (sc > score || (sc == score && dist <= best_dist))) {
			score = sc;
			best = c;
			best_dist = dist;
		}
	}
	return score >= 0 ? best : spare;
}

/* Where [o, c) is repeated text joined without white space, counts may not add up: count again. */
static size_t recount(struct window *w, size_t c, size_t *sum)
{
	const struct passages_params *pp = w->src.pp;
	for (; c > w->s; c--) {
		bool glued = false;
		*sum = 0;
		for (size_t i = w->o; i < c; i++) {
			glued |= i > w->o && w->u[i].glued;
			*sum += w->u[i].n_tokens;
		}
		if (glued)
			*sum = pp->count(pp->ctx, w->src.text + w->u[w->o].off,
					 unit_end(w, c - 1) - w->u[w->o].off);
		if (*sum <= pp->max_tokens || (c == w->s + 1 && w->o == w->s))
			return c;
	}
	return c;		/* == s: not even one more unit fits after what is repeated */
}

void passages_put(struct passages *out, struct line_count *at, const char *text, size_t off,
		  size_t end, size_t n_tokens)
{
	size_t last = end;
	if (out->n == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 16;
		out->p = mem_realloc(out->p, out->cap * sizeof *out->p);
	}
	if (off >= at->off)
		at->n += count_lf(text, at->off, off);
	else
		at->n -= count_lf(text, off, at->off);	/* what was counted is repeated */
	size_t first_line = at->n;
	while (last > off && is_space(text[last - 1]))
		last--;
	at->n += count_lf(text, off, last);
	at->off = last;
	out->p[out->n++] = (struct passage){off, end - off, first_line, at->n, n_tokens};
}

/* Where the passage before the cut at c starts to be repeated. */
static size_t overlap_start(const struct window *w, size_t c)
{
	size_t o = c, sum = 0, max = w->src.pp->overlap_tokens;
	if (c == w->n || w->u[c].hard || w->u[c].brk == BRK_SECTION || w->u[c].brk == BRK_HEADING)
		return c;
	while (o > w->o + 1 && sum + w->u[o - 1].n_tokens <= max && w->u[o - 1].brk > BRK_WORD)
		sum += w->u[--o].n_tokens;
	return o;
}

/* Forget the units before o. */
static void advance(struct window *w, size_t o, size_t s)
{
	memmove(w->u, w->u + o, (w->n - o) * sizeof *w->u);
	w->n -= o;
	w->s = s - o;
	w->o = 0;
}

void passages_fill(const struct passages_params *pp, enum text_style style, const char *text,
		   size_t from, size_t to, struct line_count *at, struct passages *out)
{
	struct window w = {.line = at, .out = out};
	units_init(&w.src, pp, style, text, from, to);
	while (ensure(&w, w.s)) {
		size_t sum, c, e = extent(&w, &sum);
		c = ensure(&w, e) && !w.u[e].hard ? choose(&w, e, sum) : e;
		c = recount(&w, c, &sum);
		if (c == w.s) {
			w.o++;
			continue;
		}
		passages_put(out, at, text, w.u[w.o].off, unit_end(&w, c - 1), sum);
		ensure(&w, c);
		advance(&w, overlap_start(&w, c), c);
	}
	out->n_split_words += w.src.n_split_words;
	mem_free(w.u);
}

void passages_split(const struct passages_params *pp, enum text_style style, const char *text,
		    size_t n, struct passages *out)
{
	struct line_count at = {0, 1};
	out->n = out->n_split_words = 0;
	passages_fill(pp, style, text, 0, n, &at, out);
}

void passages_release(struct passages *out)
{
	mem_free(out->p);
	*out = (struct passages)PASSAGES_INIT;
}
