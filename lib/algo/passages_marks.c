/*
 * Passages along marks. What fits, and is in nothing that fits, is an atom; so is what lies between
 * marks. Runs of small atoms are put together so that there are few passages, few that have parts of
 * several parents, and few crumbs: the first step of a shortest path over the next places to cut.
 */
#include <string.h>

#include "algo/marks.h"
#include "algo/passages.h"
#include "algo/passages_lines.h"
#include "algo/passages_units.h"
#include "base/mem.h"

enum {
	CRUMB_TOKENS = 16,	/* as in passages.c */
	/* what a passage costs, and more for what it is */
	COST_PASSAGE = 1000,
	COST_CRUMB = 1500,	/* has less than CRUMB_TOKENS */
	COST_STRANGERS = 800,	/* each place where it goes from one parent to another */
	COST_FILL = 200,	/* full; less by the square when less */
	AHEAD = 6,		/* passages */
	RUN_MAX = 256,		/* atoms that are looked at */
};

struct atom {
	size_t off, end, n_tokens;
	uint32_t parent, part;		/* MARK_NONE: none; part: the page it is on */
	bool big;			/* does not fit */
};

struct tree {
	const struct passages_params *pp;
	enum text_style style;
	const char *text;
	size_t n;
	const struct marks *m;
	struct atom *a;
	size_t n_atoms, cap;
	struct passages *out;
	struct line_count line;
	bool has_parts;
};

/* Tokens of [off, end), a number over the limit where they do not fit into a passage. */
static size_t weigh(const struct tree *t, size_t off, size_t end)
{
	const struct passages_params *pp = t->pp;
	if (end - off > pp->max_bytes)
		return pp->max_tokens + 1;
	return pp->count(pp->ctx, t->text + off, end - off);
}

static void put_atom(struct tree *t, size_t off, size_t end, size_t n_tokens, uint32_t parent,
		     uint32_t part)
{
	struct atom *last = t->n_atoms ? &t->a[t->n_atoms - 1] : NULL;
	if (end <= off)
		return;
	if (!n_tokens) {	/* blank lines and the like belong to what is before them */
		if (last && last->end == off && (last->big || end - last->off <= t->pp->max_bytes))
			last->end = end;
		return;
	}
	if (t->n_atoms == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->a = mem_realloc(t->a, t->cap * sizeof *t->a);
	}
	t->a[t->n_atoms++] = (struct atom){off, end, n_tokens, parent, part,
					   n_tokens > t->pp->max_tokens};
}

static void put_gap(struct tree *t, size_t off, size_t end, uint32_t parent, uint32_t part)
{
	size_t from = blank_end(t->text, end, off, end - off);
	put_atom(t, off, from, 0, parent, part);
	if (end > from)
		put_atom(t, from, end, weigh(t, from, end), parent, part);
}

/* Is all of mark i a passage? It is not where there are pages in it. */
static bool fits(const struct tree *t, size_t i, size_t *n_tokens)
{
	const struct mark *x = &t->m->p[i];
	*n_tokens = t->pp->max_tokens + 1;
	for (size_t k = i + 1; t->has_parts && k < t->m->n && t->m->p[k].off < x->end; k++)
		if (t->m->p[k].kind == MARK_PART)
			return false;
	*n_tokens = weigh(t, x->off, x->end);
	return *n_tokens <= t->pp->max_tokens;
}

/* A function that fits without what is above it: that apart. false: it does not. */
static bool body_fits(struct tree *t, const struct mark *x, uint32_t up, uint32_t part)
{
	size_t n_tokens;
	if (x->body <= x->off || x->body >= x->end || t->has_parts)
		return false;
	n_tokens = weigh(t, x->body, x->end);
	if (n_tokens > t->pp->max_tokens)
		return false;
	put_gap(t, x->off, x->body, up, part);
	put_atom(t, x->body, x->end, n_tokens, up, part);
	return true;
}

/* The page that mark i is on, or is. */
static uint32_t part_of(const struct marks *m, uint32_t i)
{
	while (i != MARK_NONE && m->p[i].kind != MARK_PART)
		i = m->p[i].parent;
	return i;
}

/*
 * Marks are in the order of a walk that comes to parents first, so one pass over them does: open are the
 * marks that did not fit, around the place at.
 */
static void find_atoms(struct tree *t)
{
	const struct marks *m = t->m;
	uint32_t up = MARK_NONE, part = MARK_NONE;
	size_t at = m->from;
	for (size_t i = 0;;) {
		const struct mark *x = i < m->n ? &m->p[i] : NULL;
		while (up != MARK_NONE && (!x || x->off >= m->p[up].end)) {
			put_gap(t, at, m->p[up].end, up, part);
			at = m->p[up].end;
			up = m->p[up].parent;
			part = part_of(m, up);
		}
		if (!x)
			break;
		put_gap(t, at, x->off, up, part);
		at = x->off;
		size_t n_tokens;
		uint32_t of = x->kind == MARK_PART ? (uint32_t)i : part;
		bool whole = fits(t, i, &n_tokens), leaf = i + 1 == m->n || m->p[i + 1].off >= x->end;
		bool alone = !whole && x->kind == MARK_FUNCTION && body_fits(t, x, up, of);
		if (!alone && (whole || leaf))
			put_atom(t, x->off, x->end, n_tokens, up, of);
		if (alone || whole || leaf) {
			at = x->end;
			while (++i < m->n && m->p[i].off < at)
				;
			continue;
		}
		up = (uint32_t)i++;
		part = of;
	}
	put_gap(t, at, t->n, MARK_NONE, MARK_NONE);
}

/* What is small beside what is cut anyway joins it: a class's first line, its closing brace. */
static void join_crumbs(struct tree *t)
{
	size_t k = 0;
	for (size_t i = 0; i < t->n_atoms; i++) {
		struct atom a = t->a[i], *last = k ? &t->a[k - 1] : NULL;
		bool crumb = !a.big && a.n_tokens < CRUMB_TOKENS;
		bool before = last && !last->big && last->n_tokens < CRUMB_TOKENS;
		bool joint = last && last->end == a.off && last->part == a.part;
		if (joint && last->big && crumb && a.parent != MARK_NONE &&
		    t->m->p[a.parent].end == a.end) {
			last->end = a.end;
			continue;
		}
		if (joint && a.big && before && last->parent == a.parent && last->parent != MARK_NONE) {
			a.off = last->off;
			k--;
		}
		t->a[k++] = a;
	}
	t->n_atoms = k;
}

/* What a passage of atoms [i, j) costs; UINT32_MAX: it cannot be. */
static uint64_t cost(const struct tree *t, size_t n_tokens, size_t strangers)
{
	uint64_t fill = COST_FILL * (uint64_t)n_tokens * n_tokens /
			((uint64_t)t->pp->max_tokens * t->pp->max_tokens);
	return COST_PASSAGE + (n_tokens < CRUMB_TOKENS ? COST_CRUMB : 0) +
	       COST_STRANGERS * strangers + fill;
}

/*
 * How many of the n atoms go into the next passage: the first step of the best way over those ahead, of
 * as much text as AHEAD passages have. More is not looked at, so that a change moves few places to cut.
 */
static size_t next_cut(const struct tree *t, const struct atom *a, size_t n, uint64_t *best)
{
	size_t ahead = 0, first = 1;
	for (size_t sum = 0; ahead < n && ahead < RUN_MAX && sum < AHEAD * t->pp->max_tokens; ahead++)
		sum += a[ahead].n_tokens;
	best[ahead] = 0;
	for (size_t i = ahead; i--;) {
		size_t sum = 0, strangers = 0;
		best[i] = UINT64_MAX;
		for (size_t j = i; j < ahead; j++) {
			sum += a[j].n_tokens;
			strangers += j > i && a[j].parent != a[j - 1].parent;
			if (sum > t->pp->max_tokens || a[j].end - a[i].off > t->pp->max_bytes)
				break;
			uint64_t c = best[j + 1] + cost(t, sum, strangers);
			if (c < best[i]) {
				best[i] = c;
				first = j + 1;
			}
		}
	}
	return first;
}

/* Atoms [from, to), all small and on one page, put together. */
static void put_run(struct tree *t, size_t from, size_t to)
{
	uint64_t best[RUN_MAX + 1];
	for (size_t i = from, j; i < to; i = j) {
		size_t sum = 0;
		j = i + next_cut(t, t->a + i, to - i, best);
		for (size_t k = i; k < j; k++)
			sum += t->a[k].n_tokens;
		passages_put(t->out, &t->line, t->text, t->a[i].off, t->a[j - 1].end, sum);
	}
}

void passages_split_marked(const struct passages_params *pp, enum text_style style,
			   const char *text, size_t n, const struct marks *m, struct passages *out)
{
	struct tree t = {.pp = pp, .style = style, .text = text, .n = n, .m = m, .out = out,
			 .line = {0, 1}};
	out->n = out->n_split_words = 0;
	if (!m->n) {
		passages_fill(pp, style, text, m->from, n, &t.line, out);
		return;
	}
	for (size_t i = 0; i < m->n; i++)
		t.has_parts |= m->p[i].kind == MARK_PART;
	find_atoms(&t);
	join_crumbs(&t);
	for (size_t i = 0, j; i < t.n_atoms; i = j) {
		const struct atom *a = &t.a[i];
		j = i + 1;
		if (a->big) {
			passages_fill(pp, style, text, a->off, a->end, &t.line, out);
			continue;
		}
		while (j < t.n_atoms && !t.a[j].big && t.a[j].part == a->part)
			j++;
		put_run(&t, i, j);
	}
	mem_free(t.a);
}
