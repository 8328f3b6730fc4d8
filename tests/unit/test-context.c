/* The line before a passage's text: what is in it, and how much. */
#include "unit.h"

#include <string.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "fmt/context.h"

/* Of path and, where key is there, one value. */
static const char *line(enum context c, unsigned flags, const char *path, const char *key, const char *v)
{
	static struct buf b;
	struct meta m = META_INIT;
	buf_clear(&b);
	if (key)
		meta_set_str(&m, key, v, strlen(v));
	context_put(c, flags, path, strlen(path), &m, &b);
	buf_addc(&b, 0);
	meta_release(&m);
	return (const char *)b.p;
}

static void test_lines(void)
{
	struct meta m = META_INIT;
	struct buf b = BUF_INIT;
	ok(!*line(CONTEXT_NONE, 0, "a/b.c", "symbol", "f"), "none is no line");
	ok(!strcmp(line(CONTEXT_PATH, 0, "a/b.c", "symbol", "f"), "a/b.c\n"), "path is the path");
	ok(!strcmp(line(CONTEXT_FULL, 0, "a/b.c", "symbol", "f"), "a/b.c > f\n"), "full has the symbol");
	ok(!strcmp(line(CONTEXT_FULL, 0, "a/b.c", NULL, NULL), "a/b.c\n"), "full without one is the path");
	ok(!*line(CONTEXT_FULL, FILE_RECORDS, "a.jsonl", "title", "t"), "records have no line");
	ok(!strcmp(line(CONTEXT_PATH, 0, "a/b/c/d/e.md", NULL, NULL), "c/d/e.md\n"),
	   "of a long path there are the last three components");
	ok(!strcmp(line(CONTEXT_FULL, 0, "a.md", "heading", "A\tB\n > C"), "a.md > A B  > C\n"),
	   "it is one line");
	meta_set_str(&m, "title", "Title", 5);
	meta_set_str(&m, "heading", "Head", 4);
	context_put(CONTEXT_FULL, 0, "x", 1, &m, &b);
	ok(b.len == 9 && !memcmp(b.p, "x > Head\n", 9), "a heading comes before a title");
	meta_set_int(&m, "heading", 7);
	buf_clear(&b);
	context_put(CONTEXT_FULL, 0, "x", 1, &m, &b);
	ok(b.len == 10 && !memcmp(b.p, "x > Title\n", 10), "a heading that is a number is none");
	buf_release(&b);
	meta_release(&m);
}

static void test_bounds(void)
{
	ok(!strcmp(line(CONTEXT_PATH, 0, "one-two-three-four/five-six-seven-eight/nine.c", NULL, NULL),
		   "five-six-seven-eight/nine.c\n"),
	   "components that weigh too much stay out");
	ok(!strcmp(line(CONTEXT_PATH, 0, "d/a-b-c-d-e-f-g-h-i-j-k-l", NULL, NULL), "a-b-c-d-e-f-g-h-i-j-\n"),
	   "of a component that is too heavy there is the beginning");
	ok(!strcmp(line(CONTEXT_FULL, 0, "a/a-b-c-d-e-f-g-h-i-j", "symbol", "one.two.three.four.five.six"),
		   "a-b-c-d-e-f-g-h-i-j > two.three.four.five.six\n"),
	   "of a symbol there are the last parts");
	ok(!strcmp(line(CONTEXT_PATH, 0, "\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80",
			NULL, NULL),
		   "\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\n"),
	   "characters stay whole");
	struct rng r = {7};
	bool good = true;
	for (int i = 0; i < 20000; i++) {
		char path[64], v[80];
		size_t n = 1 + rng_u64(&r) % 60, n_v = 1 + rng_u64(&r) % 70;
		for (size_t k = 0; k < n; k++)
			path[k] = (char)(1 + rng_u64(&r) % 255);
		for (size_t k = 0; k < n_v; k++)
			v[k] = "a.b >\xc3\xa9" "0 \x01/"[rng_u64(&r) % 11];
		path[n] = v[n_v] = 0;
		const char *s = line(CONTEXT_FULL, 0, path, i % 2 ? "symbol" : "heading", v);
		size_t len = strlen(s);
		good &= len && len <= 500 && s[len - 1] == '\n' && strcspn(s, "\n") == len - 1 &&
			utf8_valid(s, len);
	}
	ok(good, "whatever bytes there are, it is one line of UTF-8 and bounded");
}

static void test_names(void)
{
	struct shead h = SHEAD_INIT;
	struct err e;
	enum context c;
	ok(context_named("full", 4) == CONTEXT_FULL && context_named("ful", 3) == CONTEXT_N, "names are known");
	ok(!context_of_head(&h, &c, &e) && c == CONTEXT_NONE, "a header without the key has none");
	shead_set_str(&h, "context", "path");
	ok(!context_of_head(&h, &c, &e) && c == CONTEXT_PATH, "a header says which");
	shead_set_str(&h, "context", "moon");
	ok(context_of_head(&h, &c, &e) && strstr(e.msg, "moon"), "a word that is not known is refused");
	shead_set_str(&h, "context", "none");
	ok(context_of_head(&h, &c, &e) && strstr(e.msg, "none"), "so is none, which is the absence of the key");
	shead_set_str(&h, "context", "");
	ok(context_of_head(&h, &c, &e), "and a word of no letters");
	shead_release(&h);
}

int main(void)
{
	test_lines();
	test_bounds();
	test_names();
	return done();
}
