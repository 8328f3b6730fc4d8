/* Fields of leann.h: which there are, and those of a passage. */
#include <string.h>

#include "base/mem.h"
#include "fmt/meta_typed.h"
#include "search/filter.h"
#include "search/leann_impl.h"

/* An integer that is called a date is a time. */
static int type_of(const char *name, enum meta_type type)
{
	return type == META_INT && meta_key_is_date(name) ? LEANN_TIME : (int)type;
}

void fields_list(struct leann_index *ix)
{
	static const struct leann_field own[] = {{"path", LEANN_TEXT, 0, 0}, {"lang", LEANN_TEXT, 0, 0},
						 {"type", LEANN_TEXT, 0, 0}, {"size", LEANN_INTEGER, 0, 0},
						 {"mtime", LEANN_TIME, 0, 0}};
	const struct meta_cols *c = ix->g.ix.meta;
	size_t n = sizeof own / sizeof *own;
	ix->field = mem_array(n + (c ? c->n_fields : 0), sizeof *ix->field);
	memcpy(ix->field, own, sizeof own);
	for (size_t i = 0; c && i < c->n_fields; i++)
		ix->field[n++] = (struct leann_field){c->field[i].name,
						      type_of(c->field[i].name, c->field[i].type),
						      c->field[i].n_values, c->field[i].n_bytes};
	ix->n_fields = n;
}

size_t leann_index_fields(const struct leann_index *ix, const struct leann_field **fields)
{
	*fields = ix->field;
	return ix->n_fields;
}

static struct leann_meta item(const struct meta *m, size_t i)
{
	struct meta_value v;
	meta_at(m, i, &v);
	return (struct leann_meta){.key = meta_key(m, i),
				   .type = type_of(meta_key(m, i), v.type),
				   .text = {v.type == META_STR ? v.s : "", v.type == META_STR ? v.n : 0},
				   .integer = v.type == META_BOOL ? v.b : v.i,
				   .number = v.d};
}

int leann_passage_meta(struct leann_searcher *s, uint32_t chunk, const struct leann_meta **meta,
		       size_t *n, struct leann_error *e)
{
	const struct index *ix = &s->ix->g.ix;
	struct err why;
	*meta = NULL;
	*n = 0;
	if (chunk >= ix->n_chunks) {
		err_set(&why, ERR_USAGE, "%s: chunk %u of %zu", s->ix->info.path, chunk, ix->n_chunks);
		return leann_fail(e, &why);
	}
	if (!ix->meta)
		return 0;
	if (!s->meta)
		s->meta = meta_reader_new(ix->meta);
	if (meta_reader_get(s->meta, chunk, &s->now, &why)) {
		err_prefix(&why, "%s: damaged index", s->ix->info.path);
		return leann_fail(e, &why);
	}
	s->items = mem_realloc(s->items, (s->now.n + 1) * sizeof *s->items);
	for (size_t i = 0; i < s->now.n; i++)
		s->items[i] = item(&s->now, i);
	*meta = s->items;
	*n = s->now.n;
	return 0;
}
