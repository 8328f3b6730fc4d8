/* Metadata of hits; see show_meta.h. */
#include "show_meta.h"

#include <string.h>

#include "base/when.h"
#include "serve/hits.h"

static const struct leann_meta *find(const struct leann_meta *meta, size_t n, const char *key, int type)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(meta[i].key, key) && meta[i].type == type)
			return &meta[i];
	return NULL;
}

void show_meta_item(const struct leann_meta *meta, size_t n, const struct leann_text *heading,
		    struct js *item)
{
	const struct leann_meta *s = find(meta, n, "symbol", LEANN_TEXT);
	if (!s)
		s = find(meta, n, "heading", LEANN_TEXT);
	if (s)
		heading = &s->text;
	if (heading->n_bytes)
		js_set(item, "symbol", js_new_strn(heading->p, heading->n_bytes));
	if (n)
		js_set(item, "meta", meta_json(meta, n));
}

static void add(struct buf *out, const char *before, const struct leann_meta *m)
{
	if (!m || !m->text.n_bytes)
		return;
	buf_printf(out, "%s%s", out->len ? "  " : "", before);
	buf_add(out, m->text.p, m->text.n_bytes);
}

static bool text_equal(const struct leann_text *a, const struct leann_text *b)
{
	return a->n_bytes == b->n_bytes && !memcmp(a->p, b->p, a->n_bytes);
}

void show_meta_place(const struct leann_meta *meta, size_t n, const struct leann_text *heading,
		     struct buf *out)
{
	const struct leann_meta *symbol = find(meta, n, "symbol", LEANN_TEXT),
				*kind = find(meta, n, "kind", LEANN_TEXT),
				*page = find(meta, n, "page", LEANN_INTEGER),
				*head = find(meta, n, "heading", LEANN_TEXT),
				*subject = find(meta, n, "subject", LEANN_TEXT),
				*date = find(meta, n, "date", LEANN_TIME);
	char when[32];
	if (symbol && kind && kind->text.n_bytes) {
		add(out, "", kind);
		buf_addc(out, ' ');
		buf_add(out, symbol->text.p, symbol->text.n_bytes);
	} else {
		add(out, "", symbol);
	}
	add(out, "member ", find(meta, n, "member", LEANN_TEXT));
	if (page)
		buf_printf(out, "%sp. %lld", out->len ? "  " : "", (long long)page->integer);
	if (!symbol)
		add(out, "", head);
	if (!symbol && !head && heading->n_bytes) {
		buf_adds(out, out->len ? "  " : "");
		buf_add(out, heading->p, heading->n_bytes);
	}
	/* a message's heading is its subject, as a rule */
	if (!head || !subject || !text_equal(&head->text, &subject->text))
		add(out, "", subject);
	add(out, "by ", find(meta, n, "author", LEANN_TEXT));
	if (date) {
		when_show(date->integer, when);
		buf_printf(out, "%s%s", out->len ? "  " : "", when);
	}
}
