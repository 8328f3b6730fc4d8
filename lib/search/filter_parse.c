/* Expressions to trees, by recursive descent; see filter.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "search/filter.h"

struct parser {
	const char *s, *p;		/* all; what is left */
	struct filter *f;
	int depth;
	struct err *e;
};

static size_t column(const struct parser *r, const char *at)
{
	size_t n = 1;
	for (const char *p = r->s; p < at; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

static int bad(struct parser *r, const char *at, const char *fmt, ...) PRINTF(3, 4);
static int bad(struct parser *r, const char *at, const char *fmt, ...)
{
	char msg[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_USAGE, "column %zu: %s", column(r, at), msg);
}

static void space(struct parser *r)
{
	r->p += strspn(r->p, " \t\r\n");
}

static bool ends_word(char c)
{
	return !c || strchr(" \t\r\n()=!<>~,\"'", c);
}

/* The keyword, in any case, if it comes next. */
static bool word(struct parser *r, const char *w)
{
	size_t n = strlen(w);
	space(r);
	if (strncasecmp(r->p, w, n) || !ends_word(r->p[n]))
		return false;
	r->p += n;
	return true;
}

/* Two words. */
static bool words(struct parser *r, const char *a, const char *b)
{
	const char *was = r->p;
	if (word(r, a) && word(r, b))
		return true;
	r->p = was;
	return false;
}

static bool sign(struct parser *r, const char *s)
{
	size_t n = strlen(s);
	space(r);
	if (strncmp(r->p, s, n))
		return false;
	r->p += n;
	return true;
}

static size_t add_node(struct filter *f, struct filter_node n)
{
	f->node = mem_realloc(f->node, (f->n_nodes + 1) * sizeof *f->node);
	f->node[f->n_nodes] = n;
	return f->n_nodes++;
}

/* A string in quotes; a backslash makes the next character plain. */
static int quoted(struct parser *r)
{
	const char *from = r->p;
	char q = *r->p++;
	for (; *r->p && *r->p != q; r->p++) {
		if (*r->p == '\\' && r->p[1])
			r->p++;
		buf_addc(&r->f->text, *r->p);
	}
	if (!*r->p)
		return bad(r, from, "the quote is not closed");
	r->p++;
	return 0;
}

/* What may be in a value without quotes: no spaces, parentheses, commas, quotes. */
static int value(struct parser *r)
{
	struct filter *f = r->f;
	struct filter_value v = {.at = f->text.len};
	space(r);
	v.column = column(r, r->p);
	if (*r->p == '"' || *r->p == '\'') {
		if (quoted(r))
			return -1;
	} else {
		size_t n = strcspn(r->p, " \t\r\n(),\"'");
		if (!n)
			return bad(r, r->p, *r->p ? "want a value, not '%c'" : "want a value", *r->p);
		buf_add(&f->text, r->p, n);
		r->p += n;
	}
	v.n = f->text.len - v.at;
	buf_addc(&f->text, 0);
	f->value = mem_realloc(f->value, (f->n_values + 1) * sizeof *f->value);
	f->value[f->n_values++] = v;
	return 0;
}

static int values(struct parser *r)
{
	if (!sign(r, "("))
		return bad(r, r->p, "want a list in parentheses after in");
	do
		if (value(r))
			return -1;
	while (sign(r, ","));
	return sign(r, ")") ? 0 : bad(r, r->p, "want a comma or a closing parenthesis");
}

static bool operator(struct parser *r, enum filter_op *op)
{
	static const struct { const char *s; enum filter_op op; } signs[] = {
		{"==", OP_EQ}, {"=", OP_EQ}, {"!=", OP_NE}, {"!~", OP_NOT_GLOB}, {"<=", OP_LE},
		{">=", OP_GE}, {"<", OP_LT}, {">", OP_GT}, {"~", OP_GLOB}};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (sign(r, signs[i].s)) {
			*op = signs[i].op;
			return true;
		}
	*op = word(r, "contains")	   ? OP_CONTAINS
	      : words(r, "starts", "with") ? OP_STARTS
	      : words(r, "ends", "with")   ? OP_ENDS
	      : words(r, "not", "in")	   ? OP_NOT_IN
	      : word(r, "in")		   ? OP_IN
					   : OP_IS;
	return *op != OP_IS || word(r, "is");
}

/* field operator value */
static int test(struct parser *r, size_t *out)
{
	struct filter *f = r->f;
	space(r);
	const char *from = r->p;
	size_t n = 0;
	while (!ends_word(r->p[n]))
		n++;
	if (!n)
		return bad(r, from, *from ? "want the name of a field, not '%c'" : "want the name of a field",
			   *from);
	struct filter_node t = {.kind = FILTER_TEST, .column = column(r, from), .name = f->text.len};
	buf_add(&f->text, from, n);
	buf_addc(&f->text, 0);
	r->p += n;
	if (!operator(r, &t.op))
		return bad(r, r->p, "want an operator after %.*s: = != < <= > >= ~ !~, in, contains, starts "
			   "with, ends with, is", n > 60 ? 60 : (int)n, from);
	t.first = f->n_values;
	if (t.op == OP_IN || t.op == OP_NOT_IN ? values(r) : value(r))
		return -1;
	t.n = f->n_values - t.first;
	*out = add_node(f, t);
	return 0;
}

static int any_of(struct parser *r, size_t *out);

static int one(struct parser *r, size_t *out)
{
	size_t a;
	space(r);
	const char *from = r->p;
	bool negated = word(r, "not");
	if (!negated && *r->p != '(')
		return test(r, out);
	if (++r->depth > FILTER_DEPTH_MAX)
		return bad(r, from, "nested deeper than %d", FILTER_DEPTH_MAX);
	if (negated) {
		if (one(r, &a))
			return -1;
		*out = add_node(r->f, (struct filter_node){.kind = FILTER_NOT, .a = a});
	} else {
		r->p++;
		if (any_of(r, out))
			return -1;
		if (!sign(r, ")"))
			return bad(r, r->p, "want and, or, or the parenthesis of column %zu closed",
				   column(r, from));
	}
	r->depth--;
	return 0;
}

static int all_of(struct parser *r, size_t *out)
{
	size_t b;
	if (one(r, out))
		return -1;
	while (word(r, "and")) {
		if (one(r, &b))
			return -1;
		*out = add_node(r->f, (struct filter_node){.kind = FILTER_AND, .a = *out, .b = b});
	}
	return 0;
}

static int any_of(struct parser *r, size_t *out)
{
	size_t b;
	if (all_of(r, out))
		return -1;
	while (word(r, "or")) {
		if (all_of(r, &b))
			return -1;
		*out = add_node(r->f, (struct filter_node){.kind = FILTER_OR, .a = *out, .b = b});
	}
	return 0;
}

int filter_parse(const char *expr, struct filter **out, struct err *e)
{
	struct parser r = {.s = expr, .p = expr, .f = mem_calloc(1, sizeof *r.f), .e = e};
	size_t n = strlen(expr);
	int bad_one;
	*out = NULL;
	if (n > FILTER_BYTES_MAX)
		bad_one = err_set(e, ERR_USAGE, "%zu bytes, the limit is %d", n, FILTER_BYTES_MAX);
	else if (!utf8_valid(expr, n))
		bad_one = err_set(e, ERR_USAGE, "not UTF-8");
	else
		bad_one = any_of(&r, &r.f->root);
	if (!bad_one) {
		space(&r);
		if (*r.p)
			bad_one = bad(&r, r.p, *r.p == ')' ? "no parenthesis is open"
							   : "want and, or, or the end");
	}
	if (bad_one)
		filter_free(r.f);
	else
		*out = r.f;
	return bad_one;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	mem_free(f->node);
	mem_free(f->value);
	buf_release(&f->text);
	mem_free(f);
}
