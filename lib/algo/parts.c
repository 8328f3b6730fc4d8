/* Passages of parts; see parts.h. */
#include "algo/parts.h"

#include <string.h>

#include "base/lines.h"
#include "base/mem.h"

static void add(struct passages *out, const struct passages *part, size_t off, size_t n_lines)
{
	if (out->n + part->n > out->cap) {
		out->cap = 2 * (out->n + part->n);
		out->p = mem_realloc(out->p, out->cap * sizeof *out->p);
	}
	for (size_t i = 0; i < part->n; i++) {
		struct passage *p = &out->p[out->n++];
		*p = part->p[i];
		p->off += off;
		p->first_line += n_lines;
		p->last_line += n_lines;
	}
	out->n_split_words += part->n_split_words;
}

/* Where the part that begins at `at` ends. */
static size_t part_end(const char *text, size_t n, size_t at)
{
	const char *end = memchr(text + at, PART_END, n - at);
	return end ? (size_t)(end - text) : n;
}

void parts_marks(struct marks *m, enum text_style style, const char *text, size_t n)
{
	struct marks in = MARKS_INIT;
	for (size_t at = 0, end; at < n; at = end + 1) {
		end = part_end(text, n, at);
		marks_add(m, MARK_PART, at, end, "", 0);
		marks_clear(&in);
		if (style != STYLE_CODE)
			marks_headings(&in, style, text + at, end - at);
		for (size_t i = 0; i < in.n; i++) {
			const struct mark *x = &in.p[i];
			marks_add(m, x->kind, x->off + at, x->end + at, (const char *)in.names.p + x->name,
				  x->n_name);
		}
	}
	marks_release(&in);
	marks_nest(m, n);
}

void parts_split(const struct passages_params *pp, enum text_style style, const char *text, size_t n,
		 struct passages *out)
{
	struct passages part = PASSAGES_INIT;
	struct marks m = MARKS_INIT;
	size_t n_lines = 0;
	out->n = out->n_split_words = 0;
	for (size_t at = 0, end; at < n; at = end + 1) {
		end = part_end(text, n, at);
		marks_clear(&m);
		if (style != STYLE_CODE)
			marks_headings(&m, style, text + at, end - at);
		marks_nest(&m, end - at);
		passages_split_marked(pp, style, text + at, end - at, &m, &part);
		add(out, &part, at, n_lines);
		n_lines += count_lf(text, at, end);
	}
	marks_release(&m);
	passages_release(&part);
}
