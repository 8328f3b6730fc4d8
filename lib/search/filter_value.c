/* Values of filters: what they stand for, and how they compare; see filter.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/when.h"
#include "search/filter.h"
#include "sys/glob.h"

/* A number with K, M, G or T for 1024 and so on. */
static void read_number(struct filter_value *v, const char *s)
{
	static const char units[] = "KMGT";
	size_t n = strspn(s, "+-"), digits = strspn(s + n, "0123456789"), k = n + digits;
	int64_t scale = 1;
	if (n > 1 || strspn(s + n, "0123456789.eE+-KMGTkmgt") != strlen(s + n) || !strpbrk(s, "0123456789"))
		return;
	char *end;
	double d = strtod(s, &end);
	const char *unit = *end ? strchr(units, *end >= 'a' ? *end - 32 : *end) : NULL;
	if (unit && *unit) {
		scale = (int64_t)1 << 10 * (unit - units + 1);
		end++;
	}
	if (*end || !isfinite(d))
		return;
	v->is_num = true;
	v->d = d * (double)scale;
	if (s + k != end - (scale > 1) || !digits || digits > 18)
		return;
	int64_t i = strtoll(s, NULL, 10);
	v->is_int = !__builtin_mul_overflow(i, scale, &v->i);
}

/* 7d: so long ago. */
static bool read_ago(struct filter_value *v, const char *s, int64_t now_s)
{
	static const struct { char c; int64_t s; } units[] = {
		{'h', 3600}, {'d', 86400}, {'w', 7 * 86400}, {'y', 365 * 86400}};
	size_t n = strspn(s, "0123456789");
	if (!n || n > 5 || !s[n] || s[n + 1])
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (s[n] == units[i].c) {
			v->lo = now_s - strtoll(s, NULL, 10) * units[i].s;
			v->hi = v->lo + 1;
			return true;
		}
	return false;
}

void filter_value_read(struct filter_value *v, const char *s, int64_t now_s)
{
	read_number(v, s);
	v->is_time = when_read(s, &v->lo, &v->hi) || read_ago(v, s, now_s);
	if (!v->is_time && v->is_int && strspn(s, "+-0123456789") == v->n && v->i < INT64_MAX) {
		v->is_time = true;	/* seconds since 1970 */
		v->lo = v->i;
		v->hi = v->i + 1;
	}
	v->b = !strcasecmp(s, "true");
	v->is_bool = v->b || !strcasecmp(s, "false");
}

static const char *text_of(const struct filter *f, const struct filter_value *v)
{
	return (const char *)f->text.p + v->at;
}

static bool takes_text(enum filter_op op)
{
	return op >= OP_CONTAINS && op <= OP_NOT_GLOB;
}

static int wrong(const struct filter *f, const struct filter_node *t, size_t column, struct err *e,
		 const char *what)
{
	return err_set(e, ERR_USAGE, "column %zu: %s %s", column, (const char *)f->text.p + t->name, what);
}

static int check_glob(const char *pattern, size_t column, struct err *e)
{
	struct globs g = GLOBS_INIT;
	int r = *pattern == '!' ? err_set(e, ERR_USAGE, "a pattern that begins with !: use !~")
				: globs_add(&g, pattern, e);
	globs_release(&g);
	return r ? err_prefix(e, "column %zu", column) : 0;
}

int filter_check(const struct filter *f, const struct filter_node *t, enum meta_type type, bool date,
		 struct err *e)
{
	if (t->op == OP_IS && type != META_BOOL)
		return wrong(f, t, t->column, e, "is not true or false: compare it with =");
	if (takes_text(t->op) && type != META_STR)
		return wrong(f, t, t->column, e, "is no text: compare it with = < >");
	if (type == META_BOOL && t->op >= OP_LT && t->op <= OP_GE)
		return wrong(f, t, t->column, e, "is true or false: neither is less");
	for (size_t i = t->first; i < t->first + t->n; i++) {
		const struct filter_value *v = &f->value[i];
		if (type == META_STR && (t->op == OP_GLOB || t->op == OP_NOT_GLOB) &&
		    check_glob(text_of(f, v), v->column, e))
			return -1;
		if (type == META_BOOL && !v->is_bool)
			return wrong(f, t, v->column, e, "wants true or false");
		if (type == META_INT && date && !v->is_time)
			return wrong(f, t, v->column, e, "is a time: want 2026-01-31, 2026-01-31T12:00 (UTC), "
				     "or 7d for 7 days ago (h, d, w, y)");
		if ((type == META_REAL || (type == META_INT && !date)) && !v->is_num)
			return wrong(f, t, v->column, e, "is a number: want one, like 12, 1.5 or 10K");
	}
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Is b at p, in any case of a to z? From its end, as names that begin alike are many. */
static bool same(const char *p, const char *b, size_t n)
{
	while (n && lower(p[n - 1]) == lower(b[n - 1]))
		n--;
	return !n;
}

static bool contains(const char *s, size_t n, const char *part, size_t k)
{
	for (size_t i = 0; i + k <= n; i++)
		if (same(s + i, part, k))
			return true;
	return false;
}

/* As strcmp(): where the field's value is, seen from this one. */
static int order(const struct filter *f, const struct filter_value *v, const struct meta_value *x,
		 bool date)
{
	size_t n;
	int d;
	switch (x->type) {
	case META_STR:
		n = x->n < v->n ? x->n : v->n;
		d = n ? memcmp(x->s, text_of(f, v), n) : 0;
		return d ? d : (x->n > v->n) - (x->n < v->n);
	case META_INT:
		if (date)
			return x->i < v->lo ? -1 : x->i >= v->hi;
		if (v->is_int)
			return (x->i > v->i) - (x->i < v->i);
		return ((double)x->i > v->d) - ((double)x->i < v->d);
	case META_REAL: return (x->d > v->d) - (x->d < v->d);
	default: return (int)x->b - (int)v->b;
	}
}

static bool test_one(const struct filter *f, enum filter_op op, const struct filter_value *v,
		     const struct meta_value *x, bool date)
{
	const char *s = text_of(f, v);
	switch (op) {
	case OP_NE: return order(f, v, x, date) != 0;
	case OP_LT: return order(f, v, x, date) < 0;
	case OP_LE: return order(f, v, x, date) <= 0;
	case OP_GT: return order(f, v, x, date) > 0;
	case OP_GE: return order(f, v, x, date) >= 0;
	case OP_CONTAINS: return contains(x->s, x->n, s, v->n);
	case OP_STARTS: return x->n >= v->n && same(x->s, s, v->n);
	case OP_ENDS: return x->n >= v->n && same(x->s + x->n - v->n, s, v->n);
	case OP_GLOB: return glob_match(s, x->s);
	case OP_NOT_GLOB: return !glob_match(s, x->s);
	default: return order(f, v, x, date) == 0;
	}
}

bool filter_test(const struct filter *f, const struct filter_node *t, const struct meta_value *x, bool date)
{
	bool any = false;
	if (t->op != OP_IN && t->op != OP_NOT_IN)
		return test_one(f, t->op, &f->value[t->first], x, date);
	for (size_t i = t->first; i < t->first + t->n && !any; i++)
		any = order(f, &f->value[i], x, date) == 0;
	return any == (t->op == OP_IN);
}
