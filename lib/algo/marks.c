/* The list of marks: sorted, nested, named; see marks.h. */
#include "algo/marks.h"

#include <stdlib.h>
#include <string.h>

#include "algo/passages_lines.h"
#include "base/mem.h"

void marks_clear(struct marks *m)
{
	m->n = m->from = 0;
	buf_clear(&m->names);
}

void marks_release(struct marks *m)
{
	mem_free(m->p);
	buf_release(&m->names);
	*m = (struct marks)MARKS_INIT;
}

/* At most max bytes of s, ending between characters. */
static size_t cut_name(const char *s, size_t n, size_t max)
{
	if (n <= max)
		return n;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

struct mark *marks_add(struct marks *m, enum mark_kind kind, size_t off, size_t end,
		       const char *name, size_t n_name)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 32;
		m->p = mem_realloc(m->p, m->cap * sizeof *m->p);
	}
	n_name = cut_name(name, n_name, MARK_NAME_MAX);
	struct mark *x = &m->p[m->n++];
	*x = (struct mark){.off = off, .end = end, .body = off, .name = m->names.len, .n_name = n_name,
			   .kind = (uint8_t)kind, .parent = MARK_NONE};
	buf_add(&m->names, name, n_name);
	return x;
}

/* Outer before inner; equal ones in the order they were added, which is that of their names. */
static int compare(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind > y->kind ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

void marks_nest(struct marks *m, size_t n)
{
	uint32_t open[MARKS_DEPTH];	/* the marks around the one at hand */
	size_t depth = 0, k = 0;
	for (size_t i = 0; i < m->n && m->from; i++) {
		struct mark *x = &m->p[i];
		x->off = x->off > m->from ? x->off : m->from;
		x->body = x->body > x->off ? x->body : x->off;
	}
	if (m->n)
		qsort(m->p, m->n, sizeof *m->p, compare);
	for (size_t i = 0; i < m->n; i++) {
		struct mark x = m->p[i];
		while (depth && m->p[open[depth - 1]].end <= x.off)
			depth--;
		size_t max = depth ? m->p[open[depth - 1]].end : n;
		if (x.end > max)
			x.end = max;
		if (x.end <= x.off || depth == MARKS_DEPTH)
			continue;
		x.parent = depth ? open[depth - 1] : MARK_NONE;
		x.depth = (uint16_t)depth;
		open[depth++] = (uint32_t)k;
		m->p[k++] = x;
	}
	m->n = k;
}

static void add_name(const struct marks *m, const struct mark *x, struct buf *out)
{
	buf_add(out, m->names.p + x->name, x->n_name);
}

static bool same_name(const struct marks *m, const struct mark *x, const struct mark *parent)
{
	return parent && parent->n_name == x->n_scope &&
	       !memcmp(m->names.p + parent->name, m->names.p + x->scope, x->n_scope);
}

/* The name of mark i after what it is said to be in, where no mark around it says so. */
static void add_scoped(const struct marks *m, uint32_t i, const char *sep, struct buf *out)
{
	const struct mark *x = &m->p[i], *parent = x->parent == MARK_NONE ? NULL : &m->p[x->parent];
	if (x->n_scope && !same_name(m, x, parent)) {
		buf_add(out, m->names.p + x->scope, x->n_scope);
		buf_adds(out, sep);
	}
	add_name(m, x, out);
}

/* The names of the marks below `top` down to i; those without a name (a page, say) say nothing. */
static void add_trail(const struct marks *m, uint32_t top, uint32_t i, const char *sep,
		      struct buf *out)
{
	uint32_t up[MARKS_DEPTH];
	size_t n = 0, from = out->len;
	for (; i != top && i != MARK_NONE; i = m->p[i].parent)
		up[n++] = i;
	while (n--) {
		if (!m->p[up[n]].n_name)
			continue;
		if (out->len > from)
			buf_adds(out, sep);
		add_scoped(m, up[n], sep, out);
	}
}

/* The first mark that begins at or after off, by bisection. */
static size_t first_from(const struct marks *m, size_t off)
{
	size_t lo = 0, hi = m->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (m->p[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The innermost mark that has all of [off, end): the last to begin before it, or one around that. */
static uint32_t around(const struct marks *m, size_t off, size_t end)
{
	size_t after = first_from(m, off + 1);
	uint32_t i = after ? (uint32_t)after - 1 : MARK_NONE;
	while (i != MARK_NONE && m->p[i].end < end)
		i = m->p[i].parent;
	return i;
}

/* Is there nothing of x outside [off, end)? */
static bool is_all_of(const struct mark *x, const char *text, size_t off, size_t end)
{
	size_t last = x->end;
	while (last > end && is_space(text[last - 1]))
		last--;
	return x->off >= off && last <= end;
}

/* Are there names in mark i that say more than its own, of what begins before end? */
static bool holds_named(const struct marks *m, size_t i, size_t end)
{
	const struct mark *x = &m->p[i];
	if (x->kind == MARK_FUNCTION || x->kind == MARK_VALUE || x->kind == MARK_SECTION ||
	    (x->kind == MARK_BLOCK && x->n_name))
		return false;
	for (size_t k = i + 1; k < m->n && m->p[k].off < x->end && m->p[k].off < end; k++)
		if (m->p[k].n_name && m->p[k].kind != MARK_VALUE)
			return true;
	return false;
}

/* The names of what begins in [off, end) inside mark `in`: "push, pop". */
static void add_list(const struct marks *m, uint32_t in, size_t off, size_t end, const char *sep,
		     size_t from, struct buf *out)
{
	struct buf name = BUF_INIT;
	uint32_t beside = in;	/* the parent of the one before */
	size_t n = 0;
	for (size_t at = first_from(m, off); at < m->n && m->p[at].off < end; at++) {
		const struct mark *x = &m->p[at];
		if (at == in || holds_named(m, at, end))
			continue;
		if (x->n_name) {
			buf_clear(&name);
			add_trail(m, n && x->parent == beside ? beside : in, (uint32_t)at, sep, &name);
			if (out->len - from + name.len > MARK_CRUMB_MAX - 7) {
				buf_adds(out, ", ...");
				break;
			}
			if (n || out->len > from)
				buf_adds(out, n ? ", " : sep);
			buf_add(out, name.p, name.len);
			beside = x->parent;
			n++;
		}
		while (at + 1 < m->n && m->p[at + 1].off < x->end)
			at++;
	}
	buf_release(&name);
}

void marks_crumb(const struct marks *m, const char *text, size_t off, size_t len, const char *sep,
		 struct buf *out)
{
	size_t end = off + len, from = out->len;
	while (end > off && is_space(text[end - 1]))
		end--;
	uint32_t in = around(m, off, end);
	enum mark_kind kind = in == MARK_NONE ? MARK_TYPE : (enum mark_kind)m->p[in].kind;
	add_trail(m, MARK_NONE, in, sep, out);
	/* of a whole function or section it goes without saying what is in it */
	if ((kind != MARK_FUNCTION && kind != MARK_SECTION) || !is_all_of(&m->p[in], text, off, end))
		add_list(m, in, off, end, sep, from, out);
	if (out->len == from)
		return;		/* in a buffer without memory from is nowhere */
	size_t all = cut_name((const char *)out->p + from, out->len - from, MARK_CRUMB_MAX);
	out->len = from + all;
}
