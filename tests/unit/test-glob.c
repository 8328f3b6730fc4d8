/* glob, id_set, records: names and ids. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "sys/glob.h"
#include "sys/jsonl.h"

static void m(const char *pattern, const char *path, bool want)
{
	ok(glob_match(pattern, path) == want, "%s %s %s", pattern, want ? "matches" : "does not match", path);
}

/* "GLOB GLOB ..." over a path. */
static void take(const char *patterns, const char *path, bool want)
{
	struct globs g = GLOBS_INIT;
	struct err e;
	char one[200];
	bool good = true;
	for (const char *p = patterns; *p;) {
		size_t k = strcspn(p, " ");
		memcpy(one, p, k);
		one[k] = 0;
		good &= globs_add(&g, one, &e) == 0;
		p += k + (p[k] == ' ');
	}
	ok(good && globs_take(&g, path) == want, "with \"%s\" %s is %s", patterns, path,
	   want ? "taken" : "left out");
	globs_release(&g);
}

static void refused(const char *pattern)
{
	struct globs g = GLOBS_INIT;
	struct err e;
	ok(globs_add(&g, pattern, &e) && e.code == ERR_USAGE, "pattern \"%s\" is refused: %s", pattern, e.msg);
	globs_release(&g);
}

static void record(const char *line, const char *text, const char *id)
{
	struct buf t = BUF_INIT, i = BUF_INIT;
	struct err e = {0};
	int r = record_text((const uint8_t *)line, strlen(line), &t, &i, &e);
	if (text)
		ok(r == 0 && !strcmp((char *)t.p, text) && !strcmp((char *)i.p, id), "record %s", line);
	else
		ok(r == -1 && e.code == ERR_DATA && strstr(e.msg, id), "record %s is refused: %s", line, e.msg);
	buf_release(&t);
	buf_release(&i);
}

static void test_records(void)
{
	struct id_set s = ID_SET_INIT;
	bool fresh = true, again = false;
	record("{\"id\":\"a\",\"title\":\"T\",\"text\":\"x\"}", "T x", "a");
	record("{\"id\":\"a\",\"title\":\"\",\"text\":\"x\"}", "x", "a");
	record("{\"id\":123456789012345678901234567890,\"text\":\"x\",\"metadata\":{\"n\":18446744073709551616}}", "x",
	       "123456789012345678901234567890");
	record("{\"id\":\"a\",\"text\":\"1e400 \\\" 1e999\",\"m\":[1e400,-1E+999]}", "1e400 \" 1e999", "a");
	record("{\"id\":\"a\",\"text\":\"x\",\"m\":1e400,}", NULL, "JSON");
	record("\xef\xbb\xbf{\"id\":-7,\"content\":\"x y\",\"metadata\":{\"k\":[1]}}\r", "x y", "-7");
	record("{\"id\":\"a\",\"text\":\"\"}", "", "a");
	record("{\"id\":\"a\"}", NULL, "no \"text\"");
	record("{\"text\":\"x\"}", NULL, "no \"id\"");
	record("{\"id\":1.5,\"text\":\"x\"}", NULL, "\"id\" is a number");
	record("{\"id\":\"\",\"text\":\"x\"}", NULL, "0 bytes");
	record("{\"id\":\"a\",\"text\":7}", NULL, "\"text\" is an integer");
	record("[1]", NULL, "an array");
	record("{\"id\":\"a\",\"text\":\"x\"} x", NULL, "JSON");
	record("{\"id\":\"a\",\"text\":\"\xff\"}", NULL, "JSON");
	for (uint32_t i = 0; i < 5000; i++)
		fresh &= id_set_add(&s, &i, sizeof i);
	for (uint32_t i = 0; i < 5000; i++)
		again |= id_set_add(&s, &i, sizeof i);
	ok(fresh && !again && s.n == 5000, "a set knows what was added");
	ok(id_set_add(&s, "", 0) && !id_set_add(&s, "", 0), "nothing can be in a set");
	id_set_release(&s);
}

/* Each of these took longer than anybody waits when what did not match was tried again by another way. */
static void never_slow(void)
{
	char braces[1000] = "", deep[1000] = "", both[1000] = "", path[4001];
	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = 0;
	for (int i = 0; i < 100; i++) {
		strcat(braces, "{*,?*}");
		strcat(deep, "**a");
		strcat(both, "*{a,**}");
	}
	strcat(braces, "b");
	strcat(deep, "b");
	strcat(both, "b");
	m(braces, path, false);
	m(deep, path, false);
	m(both, path, false);
}

int main(void)
{
	m("*.c", "a.c", true);
	m("*.c", "a/b.c", false);
	m("a*b*c", "aXbYbZc", true);
	m("a*b*c", "aXbYbZ", false);
	m("?", "/", false);
	m("[a-c]x", "bx", true);
	m("[!a-c]x", "bx", false);
	m("[]]", "]", true);
	m("[a\\]]", "]", true);
	m("[!x]", "/", false);
	m("\\*", "*", true);
	m("\\*", "a", false);
	m("**/x", "x", true);
	m("**/x", "a/b/x", true);
	m("a/**", "a/b/c", true);
	m("a/**/z", "a/z", true);
	m("a/**/z", "a/b/c/z", true);
	m("*.{c,h}", "x.h", true);
	m("*.{c,h}", "x.o", false);
	m("{a,{b,c}d}e", "cde", true);
	m("*x{1,2}y", "xxx2y", true);
	m("*/**z", "a/b/z", true);
	m("", "", true);
	m("{**,a}/b", "b", true);
	m("{**,a}/b", "x/y/b", true);
	m("{[,}],x}y", "}y", true);
	m("{,a}{b,}c", "abc", true);
	m("a**", "a/b", true);
	m("x}y,z", "x}y,z", true);
	never_slow();
	take("*.c", "src/a.c", true);
	take("*.c", "src/a.h", false);
	take("!*.c", "src/a.c", false);
	take("!*.c", "src/a.h", true);
	take("*.c !b.c", "x/b.c", false);
	take("!b.c *.c", "x/b.c", true);
	take("/a.c", "x/a.c", false);
	take("/a.c", "a.c", true);
	take("src/", "src/deep/a.c", true);
	take("src/", "src", false);
	take("!test/ *.c", "test/a.c", false);
	take("*.c !test/", "test/a.c", false);
	take("!test", "a/test/b/c", false);
	take("src/*.c", "src/a.c", true);
	take("src/*.c", "lib/src/a.c", false);
	refused("");
	refused("!");
	refused("[a");
	refused("[]");
	refused("{a,b");
	struct globs g = GLOBS_INIT;
	struct err e;
	const char *by;
	ok(!globs_add(&g, "!big/", &e) && globs_decide(&g, "x/big", true, &by) < 0 &&
	   globs_decide(&g, "x/bigger", true, &by) >= 0,
	   "an excluded directory is not entered");
	globs_release(&g);
	test_records();
	return done();
}
