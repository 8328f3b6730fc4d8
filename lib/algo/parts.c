/* Passages of parts; see parts.h. */
#include "algo/parts.h"

#include <string.h>

#include "base/mem.h"

static size_t count_lf(const char *p, size_t n)
{
	size_t k = 0;
	for (const char *q; n && (q = memchr(p, '\n', n)); k++) {
		n -= (size_t)(q - p) + 1;
		p = q + 1;
	}
	return k;
}

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

void parts_split(const struct passages_params *pp, enum text_style style, const char *text, size_t n,
		 struct passages *out)
{
	struct passages part = PASSAGES_INIT;
	size_t n_lines = 0;
	out->n = out->n_split_words = 0;
	for (size_t at = 0; at < n;) {
		const char *end = memchr(text + at, PART_END, n - at);
		size_t len = end ? (size_t)(end - text) - at : n - at;
		passages_split(pp, style, text + at, len, &part);
		add(out, &part, at, n_lines);
		n_lines += count_lf(text + at, len);
		at += len + 1;
	}
	passages_release(&part);
}
