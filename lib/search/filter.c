/* Filters over an index; see filter.h. */
#include "search/filter.h"

#include <stdlib.h>
#include <string.h>

#include "algo/lang.h"
#include "algo/lang_type.h"
#include "base/bitset.h"
#include "base/mem.h"
#include "fmt/meta_typed.h"
#include "sys/glob.h"

/* Fields that files have. */
static const struct own {
	const char *name;
	enum meta_type type;
	bool date;
} owns[] = {
	{"path", META_STR, false}, {"lang", META_STR, false}, {"type", META_STR, false},
	{"size", META_INT, false}, {"mtime", META_INT, true},
};
enum { OWN_PATH, OWN_LANG, OWN_TYPE, OWN_SIZE, OWN_MTIME, N_OWNS };

/* One comparison on its way over the index. */
struct look {
	const struct filter *f;
	const struct filter_node *t;
	const struct engine *g;
	const uint64_t *within;		/* NULL, or the chunks that are asked about */
	uint64_t *bits;			/* of others any */
	size_t own;
	bool date;
	struct globs globs;		/* path ~ */
	bool *holds;			/* of each language, or of each value of the field */
};

static const char *name_of(const struct filter *f, const struct filter_node *t)
{
	return (const char *)f->text.p + t->name;
}

/* ---- fields of files ---- */

static void take_file(struct look *l, size_t i, bool holds)
{
	uint64_t first = column_get(&l->g->ix.first_chunk, i);
	if (holds)
		bitset_add(l->bits, first, column_get(&l->g->ix.first_chunk, i + 1) - first);
}

static int look_path(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	struct look *l = ctx;
	struct meta_value v = {.type = META_STR, .s = (const char *)path, .n = n};
	(void)e;
	if (l->t->op == OP_GLOB || l->t->op == OP_NOT_GLOB)
		take_file(l, i, globs_take(&l->globs, v.s) == (l->t->op == OP_GLOB));
	else
		take_file(l, i, filter_test(l->f, l->t, &v, false));
	return 0;
}

/* Patterns for paths are those of --path. */
static int look_paths(struct look *l, struct err *e)
{
	l->globs = (struct globs)GLOBS_INIT;
	int r = 0;
	if (l->t->op == OP_GLOB || l->t->op == OP_NOT_GLOB)
		r = globs_add(&l->globs, (const char *)l->f->text.p + l->f->value[l->t->first].at, e);
	if (!r)
		r = index_each_path(&l->g->ix, look_path, l, e);
	globs_release(&l->globs);
	return r;
}

static int64_t floor_s(int64_t ns)
{
	return ns / 1000000000 - (ns % 1000000000 < 0);
}

static void look_numbers(struct look *l)
{
	const struct index *ix = &l->g->ix;
	for (size_t i = 0; i < ix->n_files; i++) {
		struct meta_value v = {.type = META_INT};
		v.i = l->own == OWN_SIZE ? (int64_t)column_get(&ix->size, i)
					 : floor_s((int64_t)column_get(&ix->mtime, i));
		take_file(l, i, filter_test(l->f, l->t, &v, l->date));
	}
}

static void look_langs(struct look *l)
{
	const struct index *ix = &l->g->ix;
	l->holds = mem_calloc(ix->n_langs + 1, sizeof *l->holds);
	for (size_t i = 0; i < ix->n_langs; i++) {
		const char *s = index_lang(ix, i);
		struct meta_value v = {.type = META_STR, .s = l->own == OWN_TYPE ? lang_type(s) : s};
		v.n = strlen(v.s);
		l->holds[i] = filter_test(l->f, l->t, &v, false);
	}
	for (size_t i = 0; i < ix->n_files; i++)
		take_file(l, i, l->holds[column_get(&ix->lang, i)]);
	mem_free(l->holds);
}

/* ---- metadata ---- */

static int look_value(void *ctx, uint32_t i, const struct meta_value *v, struct err *e)
{
	struct look *l = ctx;
	struct meta_value type = {.type = META_STR};
	(void)e;
	if (l->own == OWN_TYPE) {	/* of the language that a passage has for itself */
		type.s = lang_type(v->s);
		type.n = strlen(type.s);
		v = &type;
	}
	l->holds[i] = filter_test(l->f, l->t, v, l->date);
	return 0;
}

static int look_run(void *ctx, uint32_t first, uint32_t n, uint32_t value, struct err *e)
{
	struct look *l = ctx;
	(void)e;
	if (value == META_NONE)
		return 0;
	if (l->holds[value])
		bitset_add(l->bits, first, n);
	else
		bitset_del(l->bits, first, n);
	return 0;
}

struct used {
	const uint64_t *within;
	bool *values;
};

static int use_run(void *ctx, uint32_t first, uint32_t n, uint32_t value, struct err *e)
{
	struct used *u = ctx;
	(void)e;
	if (value != META_NONE && !u->values[value])
		u->values[value] = bitset_any(u->within, first, n);
	return 0;
}

/*
 * l->holds. Where few chunks are asked about, their values are all that is looked at; that reads their
 * runs twice.
 */
static int look_values(struct look *l, const struct meta_field *m, struct err *e)
{
	const struct meta_cols *c = l->g->ix.meta;
	struct meta_wanted w = {.within = l->within};
	struct used u = {.within = l->within};
	int r = 0;
	if (l->own == N_OWNS && l->t->op == OP_EQ)
		w.ending = (const char *)l->f->text.p + l->f->value[l->t->first].at;
	if (l->within && meta_cols_blocks(m, l->within) <= m->n_runs / 2) {
		u.values = mem_calloc((size_t)m->n_values + 1, sizeof *u.values);
		r = meta_cols_runs(c, m, &w, use_run, &u, e);
		w.values = u.values;
	}
	if (!r)
		r = meta_cols_values(c, m, &w, look_value, l, e);
	mem_free(u.values);
	return r;
}

/*
 * Passages that say their own value of a field of files are not as their file is, whether it holds or
 * not; of other fields only those where it holds are looked for.
 */
static int look_field(struct look *l, const struct meta_field *m, struct err *e)
{
	l->holds = mem_calloc((size_t)m->n_values + 1, sizeof *l->holds);
	struct meta_wanted w = {.within = l->within, .values = l->own < N_OWNS ? NULL : l->holds};
	int r = look_values(l, m, e) || meta_cols_runs(l->g->ix.meta, m, &w, look_run, l, e);
	mem_free(l->holds);
	return r ? err_prefix(e, "%s", l->g->ix.b.path) : 0;
}

/* Passages that say their own language have that, whatever their file's. */
static int look_own_langs(struct look *l, struct err *e)
{
	const struct meta_cols *c = l->g->ix.meta;
	for (size_t i = 0; c && i < c->n_fields; i++)
		if (!strcmp(c->field[i].name, "lang") && c->field[i].type == META_STR &&
		    look_field(l, &c->field[i], e))
			return -1;
	return 0;
}

/* ---- what is asked for ---- */

static const char *type_word(enum meta_type type, bool date)
{
	return date ? "time" : meta_type_names[type];
}

/* " path (text), lang (text), ..." as far as there is room */
static int no_field(const struct look *l, struct err *e)
{
	const struct meta_cols *c = l->g->ix.meta;
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < N_OWNS; i++)
		buf_printf(&b, "%s%s (%s)", i ? ", " : "", owns[i].name,
			   type_word(owns[i].type, owns[i].date));
	for (size_t i = 0; c && i < c->n_fields; i++) {
		const struct meta_field *m = &c->field[i];
		bool date = m->type == META_INT && meta_key_is_date(m->name);
		if (!strcmp(m->name, "lang"))
			continue;
		if (b.len > 700) {
			buf_adds(&b, ", ...");
			break;
		}
		buf_printf(&b, ", %s (%s)", m->name, type_word(m->type, date));
	}
	err_set(e, ERR_USAGE, "column %zu: no field \"%.64s\": there are %s", l->t->column,
		name_of(l->f, l->t), (const char *)b.p);
	buf_release(&b);
	return -1;
}

static bool known_lang(const struct index *ix, const char *s)
{
	for (size_t i = 0; i < ix->n_langs; i++)
		if (!strcmp(index_lang(ix, i), s))
			return true;
	return lang_by_name(s, strlen(s));
}

static int has_value(void *ctx, uint32_t i, const struct meta_value *v, struct err *e)
{
	(void)i;
	(void)e;
	if (!strcmp(v->s, ctx))
		*(char *)ctx = 0;	/* found */
	return 0;
}

/* A language that no passage could have, and a type that there is not, are slips of the pen. */
static int check_word(struct look *l, const struct filter_value *v, struct err *e)
{
	const char *s = (const char *)l->f->text.p + v->at;
	const struct meta_cols *c = l->g->ix.meta;
	if (l->own == OWN_TYPE) {
		size_t i = 0;
		while (lang_type_names[i] && strcmp(lang_type_names[i], s))
			i++;
		return lang_type_names[i] ? 0 : err_set(e, ERR_USAGE, "column %zu: no type \"%.64s\": there are "
							"code, data, doc, mail, other", v->column, s);
	}
	if (known_lang(&l->g->ix, s))
		return 0;
	char *left = mem_strdup(s);
	int r = 0;
	for (size_t i = 0; c && i < c->n_fields && !r; i++)
		if (!strcmp(c->field[i].name, "lang") && c->field[i].type == META_STR)
			r = meta_cols_values(c, &c->field[i], NULL, has_value, left, e);
	if (!r && *left)
		r = err_set(e, ERR_USAGE, "column %zu: no language \"%.64s\"", v->column, s);
	mem_free(left);
	return r;
}

static int look_own(struct look *l, struct err *e)
{
	const struct own *o = &owns[l->own];
	bool whole = l->t->op == OP_EQ || l->t->op == OP_NE || l->t->op == OP_IN || l->t->op == OP_NOT_IN;
	l->date = o->date;
	if (filter_check(l->f, l->t, o->type, o->date, e))
		return -1;
	for (size_t i = 0; i < l->t->n && whole && (l->own == OWN_LANG || l->own == OWN_TYPE); i++)
		if (check_word(l, &l->f->value[l->t->first + i], e))
			return -1;
	if (l->own == OWN_PATH)
		return look_paths(l, e);
	if (l->own == OWN_SIZE || l->own == OWN_MTIME) {
		look_numbers(l);
		return 0;
	}
	look_langs(l);
	return look_own_langs(l, e);
}

/* All columns of the name; a value that fits one of their types is enough. */
static int look_meta(struct look *l, struct err *e)
{
	const struct meta_cols *c = l->g->ix.meta;
	size_t n = 0, n_fit = 0;
	struct err why;
	for (size_t i = 0; c && i < c->n_fields; i++) {
		const struct meta_field *m = &c->field[i];
		if (strcmp(m->name, name_of(l->f, l->t)))
			continue;
		n++;
		l->date = m->type == META_INT && meta_key_is_date(m->name);
		if (filter_check(l->f, l->t, m->type, l->date, &why))
			continue;
		n_fit++;
		if (look_field(l, m, e))
			return -1;
	}
	if (!n)
		return no_field(l, e);
	if (!n_fit)
		*e = why;
	return n_fit ? 0 : -1;
}

static size_t own_of(const char *name)
{
	size_t i = 0;
	while (i < N_OWNS && strcmp(owns[i].name, name))
		i++;
	return i;
}

static int eval_test(const struct filter *f, const struct filter_node *t, const struct engine *g,
		     const uint64_t *within, uint64_t *bits, struct err *e)
{
	struct look l = {.f = f, .t = t, .g = g, .within = within, .bits = bits,
			 .own = own_of(name_of(f, t))};
	memset(bits, 0, (g->ix.n_chunks / 64 + 1) * sizeof *bits);
	return l.own < N_OWNS ? look_own(&l, e) : look_meta(&l, e);
}

/* About how many bytes have to be read for it. */
static uint64_t cost_of(const struct filter *f, size_t i, const struct engine *g)
{
	const struct filter_node *n = &f->node[i];
	const struct meta_cols *c = g->ix.meta;
	uint64_t sum = 0;
	/* The left of a row of ands or ors is as long as the row: no recursion there. */
	for (; n->kind != FILTER_TEST; n = &f->node[n->a])
		sum += n->kind == FILTER_NOT ? 0 : cost_of(f, n->b, g);
	if (own_of(name_of(f, n)) < N_OWNS)
		return sum + g->ix.n_files;
	for (size_t k = 0; c && k < c->n_fields; k++)
		sum += strcmp(c->field[k].name, name_of(f, n)) ? 0 : c->field[k].n_bytes;
	return sum;
}

/* What is joined by the operator of node i, from its last: their number; part NULL: that alone. */
static size_t parts_of(const struct filter *f, size_t i, size_t *part)
{
	enum filter_kind kind = f->node[i].kind;
	size_t n = 0;
	for (; f->node[i].kind == kind; i = f->node[i].a, n++)
		if (part)
			part[n] = f->node[i].b;
	if (part)
		part[n] = i;
	return n + 1;
}

struct costs {
	uint64_t bytes;
	size_t node;
};

static int by_cost(const void *a, const void *b)
{
	const struct costs *x = a, *y = b;
	int d = (x->bytes > y->bytes) - (x->bytes < y->bytes);
	return d ? d : (x->node > y->node) - (x->node < y->node);
}

/* The parts of an "and" or "or", what is cheap first: of an "and" the others matter only where that holds. */
static struct costs *in_order(const struct filter *f, size_t i, const struct engine *g, size_t *n)
{
	*n = parts_of(f, i, NULL);
	size_t *part = mem_array(*n, sizeof *part);
	struct costs *c = mem_array(*n, sizeof *c);
	(void)parts_of(f, i, part);
	for (size_t k = 0; k < *n; k++)
		c[k] = (struct costs){cost_of(f, part[k], g), part[k]};
	mem_free(part);
	qsort(c, *n, sizeof *c, by_cost);
	return c;
}

/* bits of what is not within may be any. Depth is bounded by that of the expression. */
static int eval(const struct filter *f, size_t i, const struct engine *g, const uint64_t *within,
		uint64_t *bits, struct err *e)
{
	const struct filter_node *node = &f->node[i];
	size_t words = g->ix.n_chunks / 64 + 1, n;
	bool both = node->kind == FILTER_AND;
	if (node->kind == FILTER_TEST)
		return eval_test(f, node, g, within, bits, e);
	if (node->kind == FILTER_NOT) {
		int r = eval(f, node->a, g, within, bits, e);
		for (size_t k = 0; k < words && !r; k++)
			bits[k] = ~bits[k];
		return r;
	}
	struct costs *c = in_order(f, i, g, &n);
	uint64_t *other = mem_array(words, sizeof *other);
	int r = eval(f, c[0].node, g, within, bits, e);
	for (size_t p = 1; p < n && !r; p++) {
		r = eval(f, c[p].node, g, both ? bits : within, other, e);
		for (size_t k = 0; k < words && !r; k++)
			bits[k] = both ? bits[k] & other[k] : bits[k] | other[k];
	}
	mem_free(other);
	mem_free(c);
	return r;
}

int filter_eval(const struct filter *f, const struct engine *g, int64_t now_s, uint64_t *bits,
		struct err *e)
{
	size_t n = g->ix.n_chunks;
	for (size_t i = 0; i < f->n_values; i++) {
		struct filter_value *v = &f->value[i];
		filter_value_read(v, (const char *)f->text.p + v->at, now_s);
	}
	if (eval(f, f->root, g, g->live, bits, e))
		return -1;
	bits[n / 64] &= ((uint64_t)1 << n % 64) - 1;
	for (size_t k = 0; g->live && k < n / 64 + 1; k++)
		bits[k] &= g->live[k];
	return 0;
}
