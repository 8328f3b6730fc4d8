/* Filters over an index; see filter.h. */
#include "search/filter.h"

#include <string.h>

#include "algo/lang.h"
#include "algo/lang_type.h"
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
	uint64_t *bits;
	size_t own;
	bool date;
	struct globs globs;		/* path ~ */
	bool *holds;			/* of each language, or of each value of the field */
};

static void set_range(uint64_t *bits, uint64_t from, uint64_t n)
{
	while (n) {
		uint64_t at = from % 64, k = 64 - at < n ? 64 - at : n;
		bits[from / 64] |= (k == 64 ? ~(uint64_t)0 : (((uint64_t)1 << k) - 1)) << at;
		from += k;
		n -= k;
	}
}

static void clear_range(uint64_t *bits, uint64_t from, uint64_t n)
{
	while (n) {
		uint64_t at = from % 64, k = 64 - at < n ? 64 - at : n;
		bits[from / 64] &= ~((k == 64 ? ~(uint64_t)0 : (((uint64_t)1 << k) - 1)) << at);
		from += k;
		n -= k;
	}
}

static const char *name_of(const struct filter *f, const struct filter_node *t)
{
	return (const char *)f->text.p + t->name;
}

/* ---- fields of files ---- */

static void take_file(struct look *l, size_t i, bool holds)
{
	uint64_t first = column_get(&l->g->ix.first_chunk, i);
	if (holds)
		set_range(l->bits, first, column_get(&l->g->ix.first_chunk, i + 1) - first);
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
		set_range(l->bits, first, n);
	else if (l->own < N_OWNS)
		clear_range(l->bits, first, n);
	return 0;
}

static int look_field(struct look *l, const struct meta_field *m, struct err *e)
{
	l->holds = mem_calloc((size_t)m->n_values + 1, sizeof *l->holds);
	int r = meta_cols_values(l->g->ix.meta, m, look_value, l, e) ||
		meta_cols_runs(l->g->ix.meta, m, look_run, l, e);
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
			r = meta_cols_values(c, &c->field[i], has_value, left, e);
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

static int eval_test(const struct filter *f, const struct filter_node *t, const struct engine *g,
		     uint64_t *bits, struct err *e)
{
	struct look l = {.f = f, .t = t, .g = g, .bits = bits};
	memset(bits, 0, (g->ix.n_chunks / 64 + 1) * sizeof *bits);
	while (l.own < N_OWNS && strcmp(owns[l.own].name, name_of(f, t)))
		l.own++;
	return l.own < N_OWNS ? look_own(&l, e) : look_meta(&l, e);
}

/* Depth of the tree is bounded by that of the expression and, of a long row of ands, by its length. */
static int eval(const struct filter *f, size_t i, const struct engine *g, uint64_t *bits, struct err *e)
{
	const struct filter_node *n = &f->node[i];
	size_t words = g->ix.n_chunks / 64 + 1;
	if (n->kind == FILTER_TEST)
		return eval_test(f, n, g, bits, e);
	if (eval(f, n->a, g, bits, e))
		return -1;
	if (n->kind == FILTER_NOT) {
		for (size_t k = 0; k < words; k++)
			bits[k] = ~bits[k];
		return 0;
	}
	uint64_t *other = mem_array(words, sizeof *other);
	int r = eval(f, n->b, g, other, e);
	for (size_t k = 0; k < words && !r; k++)
		bits[k] = n->kind == FILTER_AND ? bits[k] & other[k] : bits[k] | other[k];
	mem_free(other);
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
	if (eval(f, f->root, g, bits, e))
		return -1;
	bits[n / 64] &= ((uint64_t)1 << n % 64) - 1;
	for (size_t k = 0; g->live && k < n / 64 + 1; k++)
		bits[k] &= g->live[k];
	return 0;
}
