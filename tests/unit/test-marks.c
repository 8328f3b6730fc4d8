/* marks: headings and definitions nest, and passages along them are whole and within the limit. */
#include "unit.h"

#include <string.h>

#include "algo/marks.h"
#include "algo/passages.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "word_tokens.h"

static struct passages_params params(size_t max)
{
	return (struct passages_params){.max_tokens = max, .max_bytes = 4096, .count = count, .fit = fit};
}

static bool blank(const char *t, size_t from, size_t to)
{
	while (from < to && space(t[from]))
		from++;
	return from >= to;
}

/* What must hold of any split; NULL or what does not. */
static const char *wrong(const struct passages_params *pp, const struct marks *m, const char *t, size_t n,
			 const struct passages *ps)
{
	size_t end = 0;
	for (size_t i = 0; i < ps->n; i++) {
		const struct passage *p = &ps->p[i];
		size_t last = p->off + p->len;
		if (p->off > n || p->len > n - p->off || !p->len || p->off < end)
			return "a span is outside or overlaps";
		if (!blank(t, end, p->off))
			return "text between spans";
		end = last;
		if (p->n_tokens > pp->max_tokens || p->n_tokens != count(NULL, t + p->off, p->len))
			return "tokens";
		if (p->len > pp->max_bytes)
			return "too many bytes";
		while (last > p->off && space(t[last - 1]))
			last--;
		for (size_t j = 0; j < m->n; j++) {
			const struct mark *x = &m->p[j];
			bool in = p->off >= x->off && p->off < x->end;
			if (x->kind == MARK_PART && in && !blank(t, x->end, last) && last > x->end)
				return "text of two parts";
			if (x->kind == MARK_PART && !blank(t, x->off, x->end) && p->off < x->off && last > x->off)
				return "text before a part and of it";
		}
	}
	return blank(t, end, n) ? NULL : "text after the last span";
}

static void random_text(struct rng *r, struct buf *b)
{
	static const char *const bits[] = {"word ", "a", ". ", "\n", "\n\n", "    ", "# H\n", "}\n", "{\n",
					   "\xe4\xb8\xad", "xxxxxxxxxxxxxxxxxxxxxxxx", "\r\n", "====\n",
					   "* h\n", ".SH A\n", "\\section{x}\n", "```\n", "== t\n", "\t"};
	size_t n = rng_below(r, 300);
	buf_clear(b);
	buf_reserve(b, 1);
	for (size_t i = 0; i < n; i++)
		buf_adds(b, bits[rng_below(r, sizeof bits / sizeof *bits)]);
}

static void random_marks(struct rng *r, struct marks *m, const struct buf *b)
{
	struct tag tag[12];
	size_t n = rng_below(r, 12);
	marks_clear(m);
	if (rng_below(r, 3) == 0) {
		marks_headings(m, (enum text_style)rng_below(r, STYLE_CODE), (char *)b->p, b->len);
	} else {
		for (size_t i = 0; i < n; i++)
			tag[i] = (struct tag){.line = rng_below(r, 60), .end_line = rng_below(r, 70),
					      .kind = MARK_FUNCTION, .name = "f", .n_name = 1,
					      .scope = "s", .n_scope = rng_below(r, 2)};
		marks_tags(m, "c", (char *)b->p, b->len, tag, n);
	}
	if (rng_below(r, 3) == 0)
		for (size_t i = 0, at = 0; i < 4 && at < b->len; i++) {
			size_t len = 1 + rng_below(r, 300);
			while (at && at < b->len && b->p[at - 1] != '\n')
				at++;
			marks_add(m, MARK_PART, at, at + len, "p", 1);
			at += len + rng_below(r, 100);
		}
	marks_nest(m, b->len);
}

static void test_random(void)
{
	struct rng r = {11};
	struct buf b = BUF_INIT, crumb = BUF_INIT;
	struct passages ps = PASSAGES_INIT;
	struct marks m = MARKS_INIT;
	const char *bad = NULL;
	size_t i;
	for (i = 0; i < 20000 && !bad; i++) {
		struct passages_params pp = params(8 + rng_below(&r, 60));
		random_text(&r, &b);
		random_marks(&r, &m, &b);
		/* nested marks, each in its parent */
		for (size_t k = 0; k < m.n; k++) {
			const struct mark *x = &m.p[k];
			const struct mark *up = x->parent == MARK_NONE ? NULL : &m.p[x->parent];
			if (x->end > b.len || x->off >= x->end || (k && x->off < m.p[k - 1].off) ||
			    (up && (x->off < up->off || x->end > up->end || up >= x)))
				bad = "nesting";
		}
		passages_split_marked(&pp, (enum text_style)rng_below(&r, STYLE_CODE + 1), (char *)b.p,
				      b.len, &m, &ps);
		bad = bad ? bad : wrong(&pp, &m, (char *)b.p, b.len, &ps);
		for (size_t k = 0; k < ps.n && !bad; k++) {
			buf_clear(&crumb);
			marks_crumb(&m, (char *)b.p, ps.p[k].off, ps.p[k].len, ".", &crumb);
			bad = crumb.len > MARK_CRUMB_MAX ? "a long crumb" : NULL;
		}
	}
	ok(!bad, "20,000 random texts and marks: spans tile, limits hold, parts are apart (text %zu: %s)", i,
	   bad ? bad : "fine");
	buf_release(&b);
	buf_release(&crumb);
	passages_release(&ps);
	marks_release(&m);
}

/* The passages of s by headings, "crumb@line-line" joined by "|". */
static const char *show(struct marks *m, enum text_style style, size_t max, const char *s, const char *sep)
{
	static char out[4000];
	struct buf b = BUF_INIT;
	struct passages_params pp = params(max);
	struct passages ps = PASSAGES_INIT;
	marks_nest(m, strlen(s));
	passages_split_marked(&pp, style, s, strlen(s), m, &ps);
	for (size_t i = 0; i < ps.n; i++) {
		buf_adds(&b, i ? "|" : "");
		marks_crumb(m, s, ps.p[i].off, ps.p[i].len, sep, &b);
		buf_printf(&b, "@%zu-%zu", ps.p[i].first_line, ps.p[i].last_line);
	}
	buf_addc(&b, 0);
	snprintf(out, sizeof out, "%s", (char *)b.p);
	buf_release(&b);
	passages_release(&ps);
	return out;
}

static const char *prose(enum text_style style, size_t max, const char *s)
{
	static char out[4000];
	struct marks m = MARKS_INIT;
	marks_headings(&m, style, s, strlen(s));
	snprintf(out, sizeof out, "%s", show(&m, style, max, s, " > "));
	marks_release(&m);
	return out;
}

#define W8 "one two three four five six seven eight\n"

static void is(const char *got, const char *want, const char *name)
{
	ok(!strcmp(got, want), "%s (%s)", name, got);
}

static void test_prose(void)
{
	is(prose(STYLE_MARKDOWN, 40, "# Book\n" W8 "## One\n" W8 W8 "\n## Two\n" W8 W8 W8 "### Deep #\n" W8 W8),
	   "Book > One@1-5|Book > Two@7-10|Book > Two > Deep@11-13", "Markdown sections are whole where they fit");
	is(prose(STYLE_MARKDOWN, 60, "# A\n" W8 "```\n# no heading\n```\n" W8 W8 W8 "# B\n" W8 W8 W8),
	   "A@1-8|B@9-12", "a line in a fence is no heading");
	is(prose(STYLE_TEXT, 20, "Title\n=====\n" W8 "\nSub\n---\n" W8 W8 "\nOther\n=====\n" W8 W8),
	   "Title@1-3|Title > Sub@5-8|Other@10-13", "underlined titles have the levels they come up in");
	is(prose(STYLE_MAN, 30, ".TH X 1\n.SH NAME\nx \\- y\n.SH DESCRIPTION\n" W8 W8 W8 ".SS \"A B\"\n" W8 W8),
	   "NAME@1-3|DESCRIPTION@4-7|DESCRIPTION > A B@8-10", "manual pages have sections and subsections");
	is(prose(STYLE_TEX, 12, "\\section{One two}\n" W8 "\\subsection*{Sub}\n" W8),
	   "One two@1-2|One two > Sub@3-4", "LaTeX titles stand in braces");
	is(prose(STYLE_ORG, 12, "* One\n" W8 "** Two\n" W8), "One@1-2|One > Two@3-4", "Org has stars");
	is(prose(STYLE_ASCIIDOC, 12, "= One\n" W8 "== Two\n" W8), "One@1-2|One > Two@3-4", "AsciiDoc has equals signs");
	is(prose(STYLE_MARKDOWN, 60, "# A\na b c\n# B\na b c\n# C\na b c\n"), "A, B, C@1-6",
	   "small sections share a passage that has all their names");
	is(prose(STYLE_TEXT, 60, "no heading\n"), "@1-1", "text without headings is under none");
}

static const char *code(const char *lang, size_t max, const char *s, const struct tag *t, size_t n)
{
	static char out[4000];
	struct marks m = MARKS_INIT;
	marks_tags(&m, lang, s, strlen(s), t, n);
	snprintf(out, sizeof out, "%s", show(&m, STYLE_CODE, max, s, "."));
	marks_release(&m);
	return out;
}

#define F(l, e, nm) {.line = l, .end_line = e, .kind = MARK_FUNCTION, .name = nm, .n_name = sizeof nm - 1}
#define T(l, e, nm) {.line = l, .end_line = e, .kind = MARK_TYPE, .name = nm, .n_name = sizeof nm - 1}

static void test_code(void)
{
	static const struct tag rust[] = {F(6, 0, "m"), T(5, 0, "T"), F(3, 0, "f")};
	is(code("rust", 13, "/// does it well\n#[inline]\nfn f() {\n}\nimpl T {\n  fn m() {\n    a b c d e\n  }\n}\n",
		rust, 3), "f@1-4|T.m@5-9", "comments and attributes belong to what is below, ends follow from indentation");
	static const struct tag c[] = {F(4, 7, "f"), F(9, 9, "g")};
	is(code("c", 20, "#include <x>\n\nstatic int\nf(int a)\n{\n\treturn a b c d e f g h i;\n}\n\nint g(void) { h i j k l m; }\n",
		c, 2), "f@1-7|g@9-9", "a return type above a C function belongs to it");
	static const struct tag py[] = {T(1, 10, "A"), F(4, 0, "f"), F(9, 0, "g")};
	is(code("python", 12, "class A:\n\n    @x\n    def f(self):\n        a b c d e f g\n\n    @y(\n    )\n    def g(self):\n        a b c d e\n",
		py, 3), "A.f@1-5|A.g@7-10", "decorators, of several lines too, belong to their function");
	static const struct tag two[] = {T(1, 9, "M"), T(2, 5, "A"), F(3, 3, "f"), F(4, 4, "g"), T(6, 8, "B"), F(7, 7, "h")};
	is(code("go", 60, "M {\n A {\n  f\n  g\n }\n B {\n  h\n }\n}\n", two, 6), "M.A.f, g, B.h@1-9",
	   "of a type that is whole the functions are named");
	static const struct tag go[] = {
		{.line = 1, .end_line = 1, .kind = MARK_FUNCTION, .name = "M", .n_name = 1, .scope = "T", .n_scope = 1}};
	is(code("go", 20, "func (t *T) M() { return }\n", go, 1), "T.M@1-1", "a method outside its type is named after it");
	static const struct tag wild[] = {F(0, 1, "z"), F(99, 1, "z"), F(1, 99, "f"), F(1, 1, "again")};
	is(code("go", 20, "func f() {\n}\nvar x\n", wild, 4), "f@1-3", "lines that are not there are no harm");
	static const struct tag big[] = {F(1, 7, "f")};
	is(code("c", 20, "int f(void)\n{\n\t" W8 "\t" W8 "\t" W8 "\n}\n", big, 1), "f@1-3|f@4-7",
	   "parts of a large function are all under its name");
}

int main(void)
{
	test_random();
	test_prose();
	test_code();
	return done();
}
