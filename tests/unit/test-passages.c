/* passages: spans tile the text, hold the limit, and are cut where a reader would cut. */
#include "unit.h"

#include <string.h>

#include "algo/passages.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "word_tokens.h"

static struct passages_params params(size_t max, size_t overlap)
{
	return (struct passages_params){.max_tokens = max, .overlap_tokens = overlap, .max_bytes = 4096,
					.count = count, .fit = fit};
}

static bool blank(const char *t, size_t from, size_t to)
{
	while (from < to && space(t[from]))
		from++;
	return from >= to;
}

/* What must hold of any split; NULL or what does not. */
static const char *wrong(const struct passages_params *pp, const char *t, size_t n,
			 const struct passages *ps)
{
	size_t end = 0, line = 1, at = 0;
	for (size_t i = 0; i < ps->n; i++) {
		const struct passage *p = &ps->p[i];
		size_t last = p->off + p->len, lf = 0;
		if (p->off > n || p->len > n - p->off || !p->len)
			return "a span is outside";
		if (!pp->overlap_tokens && p->off < end)
			return "spans overlap";
		if (p->off > end && !blank(t, end, p->off))
			return "text between spans";
		if (p->off + p->len <= end)
			return "no progress";
		end = p->off + p->len;
		if (p->n_tokens > pp->max_tokens || p->n_tokens != count(NULL, t + p->off, p->len))
			return "tokens";
		if (p->len > pp->max_bytes)
			return "too many bytes";
		for (; at < p->off; at++)
			line += t[at] == '\n';
		while (last > p->off && space(t[last - 1]))
			last--;
		for (size_t j = p->off; j < last; j++)
			lf += t[j] == '\n';
		if (p->first_line != line || p->last_line != line + lf)
			return "line numbers";
	}
	return blank(t, end, n) ? NULL : "text after the last span";
}

static void random_text(struct rng *r, struct buf *b)
{
	static const char *const bits[] = {"word ", "a", ". ", "\n", "\n\n", "    ", "# H\n", "}\n", "{\n",
					   "\xe3\x80\x82", "\xe4\xb8\xad", "xxxxxxxxxxxxxxxxxxxxxxxx", "\r\n",
					   "====\n", "- item ", "\t", "```\n", "e.g. ", "!\" ", "* "};
	size_t n = rng_below(r, 400);
	buf_clear(b);
	buf_adds(b, "");
	buf_reserve(b, 1);
	for (size_t i = 0; i < n; i++)
		buf_adds(b, bits[rng_below(r, sizeof bits / sizeof *bits)]);
	if (rng_below(r, 10) == 0)
		for (size_t i = rng_below(r, 9000); i; i--)
			buf_addc(b, rng_below(r, 20) ? 'y' : rng_below(r, 2) ? ' ' : ',');
}

static void test_random(void)
{
	struct rng r = {7};
	struct buf b = BUF_INIT;
	struct passages ps = PASSAGES_INIT;
	const char *bad = NULL;
	size_t i;
	for (i = 0; i < 20000 && !bad; i++) {
		size_t max = 8 + rng_below(&r, 60);
		struct passages_params pp = params(max, rng_below(&r, 2) ? rng_below(&r, max / 2) : 0);
		random_text(&r, &b);
		passages_split(&pp, (enum text_style)rng_below(&r, STYLE_CODE + 1), (char *)b.p, b.len, &ps);
		bad = wrong(&pp, (char *)b.p, b.len, &ps);
	}
	ok(!bad, "20,000 random texts of every style: spans tile, limits and line numbers hold (text %zu: %s)",
	   i, bad ? bad : "fine");
	buf_release(&b);
	passages_release(&ps);
}

/* Splits s; the passages' texts joined by "|", line ends as "/". */
static const char *cut(enum text_style style, size_t max, size_t overlap, const char *s)
{
	static char out[4000];
	struct passages_params pp = params(max, overlap);
	struct passages ps = PASSAGES_INIT;
	size_t n = 0;
	passages_split(&pp, style, s, strlen(s), &ps);
	for (size_t i = 0; i < ps.n; i++) {
		if (i)
			out[n++] = '|';
		for (size_t j = 0; j < ps.p[i].len && n < sizeof out - 2; j++) {
			char c = s[ps.p[i].off + j];
			out[n++] = (char)(c == '\n' ? '/' : c);
		}
	}
	out[n] = 0;
	passages_release(&ps);
	return out;
}

static void is(const char *got, const char *want, const char *name)
{
	if (!ok(!strcmp(got, want), "%s", name))
		printf("# got  %s\n# want %s\n", got, want);
}

static void test_prose(void)
{
	is(cut(STYLE_TEXT, 8, 0, "\n \n\none two\n"), "one two/", "blank lines at the start are in no passage");
	is(cut(STYLE_TEXT, 8, 0, " \n\t\n"), "", "white space alone has no passage");
	is(cut(STYLE_TEXT, 8, 0, ""), "", "an empty text has no passage");
	is(cut(STYLE_TEXT, 8, 0, "one two"), "one two", "a text without a last newline is whole");
	is(cut(STYLE_TEXT, 10, 0, "a b c d e\n\nf g h i j\n"), "a b c d e//f g h i j/", "what fits is one passage");
	is(cut(STYLE_TEXT, 20, 0, "a a a a a. a a a a a.\na a a a a.\n\nb b b b b.\nb b b. B b b b.\nb b b.\n"),
	   "a a a a a. a a a a a./a a a a a.//|b b b b b./b b b. B b b b./b b b./",
	   "a paragraph break is better than a sentence end further on");
	is(cut(STYLE_TEXT, 12, 0, "aa b c d e f. G h\ni j k. L m n o\np q r s t u v w x y z.\n"),
	   "aa b c d e f. G h/i j k. |L m n o/|p q r s t u v w x y z./",
	   "sentences end inside lines");
	is(cut(STYLE_TEXT, 10, 0, "We saw Mr. X and Dr. Y there. Then A. B. Low came by too.\n"),
	   "We saw Mr. X and Dr. Y there. |Then A. B. Low came by too./",
	   "abbreviations and initials end no sentence");
	is(cut(STYLE_MARKDOWN, 12, 0, "a a a a a a.\n## Title\nb b b b b b b.\n\nc c c.\n"),
	   "a a a a a a./|## Title/b b b b b b b.//c c c./", "a heading starts a passage");
	is(cut(STYLE_MARKDOWN, 9, 0, "a a a a.\n\n# Title\n\nb b b b.\n"),
	   "a a a a.//|# Title//b b b b./", "a heading stays with its text");
	is(cut(STYLE_MARKDOWN, 10, 0, "```\n# no\n# no\n```\nb b b b b. B b b.\n"),
	   "```/# no/# no/```/|b b b b b. B b b./", "a comment in a fence is no heading");
	is(cut(STYLE_TEXT, 9, 0, "a a a a.\n\nTitle\n=====\n\nb b b b.\n"), "a a a a.//|Title/=====//b b b b./",
	   "an underlined title is a heading");
	is(cut(STYLE_TEXT, 8, 0, "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"
	       "\xe4\xb8\xad\xe3\x80\x82\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87"
	       "\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87"
	       "\xe6\x96\x87\xe3\x80\x82"),
	   "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe3\x80\x82|"
	   "\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87"
	   "\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe6\x96\x87\xe3\x80\x82",
	   "full-width full stops end sentences");
}

static void test_code(void)
{
	is(cut(STYLE_CODE, 12, 0, "int a()\n{\n\tx;\n\ty;\n}\n\nint b()\n{\n\tx;\n\ty;\n\tz;\n\tu;\n}\n"),
	   "int a()/{/\tx;/\ty;/}//|int b()/{/\tx;/\ty;/\tz;/\tu;/}/", "a definition in column 0 starts a passage");
	is(cut(STYLE_CODE, 10, 0, "f {\n  a b\n\n  c d\n  e f\n  g. H\n  i j\n}\n"),
	   "f {/  a b//|  c d/  e f/  g. H/  i j/}/", "lines of code are never cut, sentences or not");
	is(cut(STYLE_CODE, 8, 0, "a b c\ndddddddd eeeeeeee ffffffff gggggggg hhhhhhhh iiiiiiii jjjjjjjj kkkkkkkk "
	       "llllllll mmmmmmmm\nn o\n"),
	   "a b c/|dddddddd eeeeeeee ffffffff gggggggg hhhhhhhh iiiiiiii jjjjjjjj kkkkkkkk |llllllll mmmmmmmm/n o/",
	   "only a line longer than a passage is cut inside");
}

static void test_limits(void)
{
	struct passages_params pp = params(8, 0);
	struct passages ps = PASSAGES_INIT;
	struct buf b = BUF_INIT;
	for (int i = 0; i < 200; i++)
		buf_adds(&b, "zzzzzzzzz,");
	buf_adds(&b, " end\n");
	passages_split(&pp, STYLE_TEXT, (char *)b.p, b.len, &ps);
	ok(ps.n_split_words == 1 && ps.n > 30 && !wrong(&pp, (char *)b.p, b.len, &ps),
	   "a word longer than a passage is split and counted once");
	ok(b.p[ps.p[0].off + ps.p[0].len - 1] == ',', "it is cut after punctuation");
	buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, '\n');
	buf_adds(&b, "a\n");
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, i % 80 ? ' ' : '\n');
	buf_adds(&b, "b\n");
	passages_split(&pp, STYLE_TEXT, (char *)b.p, b.len, &ps);
	ok(ps.n == 2 && ps.p[0].off == 100000 && ps.p[0].first_line == 100001 && ps.p[1].len == 81 &&
	   !wrong(&pp, (char *)b.p, b.len, &ps), "a sea of blank lines is in no passage");
	is(cut(STYLE_TEXT, 10, 0, "a b c d. E f g h. I j k.\n"), "a b c d. |E f g h. I j k./",
	   "what is left is halved rather than left as a crumb");
	is(cut(STYLE_TEXT, 12, 4, "A b c d. E f g h. I j k l. M n o p. Q r s t.\n"),
	   "A b c d. E f g h. I j k l. |I j k l. M n o p. Q r s t./",
	   "overlap repeats whole sentences within the limit");
	passages_release(&ps);
	buf_release(&b);
}

int main(void)
{
	test_prose();
	test_code();
	test_limits();
	test_random();
	return done();
}
