/* gitignore: patterns as gitignore(5) has them, and as git itself does: its check-ignore is asked. */
#include "unit.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "sys/gitignore.h"

enum { TRIALS = 240, PATHS = 60, SEED = 7 };

/* What rules say of a path that ends in "/" where it is a directory: 'o'ut, 't'aken, '-' nothing. */
static char says(const char *patterns, const char *path)
{
	struct rules r = RULES_INIT;
	char *bare = mem_strdup(path);
	size_t n = strlen(bare);
	bool dir = bare[n - 1] == '/';
	if (dir)
		bare[n - 1] = 0;
	rules_parse(&r, (const uint8_t *)patterns, strlen(patterns), false);
	const struct rule *hit = rules_match(&r, bare, dir);
	char c = !hit ? '-' : hit->negated ? 't' : 'o';
	rules_release(&r);
	mem_free(bare);
	return c;
}

static void is(const char *patterns, const char *path, char want)
{
	char got = says(patterns, path);
	char *shown = mem_strdup(patterns);
	for (char *p = shown; *p; p++)
		*p = *p == '\n' ? '|' : *p == '#' ? 'H' : *p == '\r' ? 'R' : *p;
	ok(got == want, "with \"%s\" %s is %s", shown, path,
	   want == 'o' ? "left out" : want == 't' ? "taken" : "not decided");
	mem_free(shown);
}

static void by_hand(void)
{
	is("*.o", "a/b.o", 'o');
	is("*.o\n!b.o", "a/b.o", 't');
	is("!b.o\n*.o", "a/b.o", 'o');
	is("/a.o", "x/a.o", '-');
	is("/a.o", "a.o", 'o');
	is("x/a.o", "y/x/a.o", '-');
	is("**/a.o", "y/x/a.o", 'o');
	is("x/**", "x", '-');
	is("x/**", "x/a/b", 'o');
	is("x/**/b", "x/b", 'o');
	is("x/**/b", "x/a/c/b", 'o');
	is("x/*/b", "x/a/c/b", '-');
	is("out/", "out", '-');
	is("out/", "a/out/", 'o');
	is("a/out/", "b/a/out/", '-');
	is("#x\n\\#y", "#x", '-');
	is("#x\n\\#y", "#y", 'o');
	is("\\!x", "!x", 'o');
	is("x  ", "x", 'o');
	is("x\\ ", "x ", 'o');
	is("x\\  ", "x ", 'o');
	is("x\t", "x", '-');
	is("x\r\n", "x", 'o');
	is("\xef\xbb\xbfx", "x", 'o');
	is("[a-c]x", "bx", 'o');
	is("[!a-c]x", "bx", '-');
	is("[^a-c]x", "dx", 'o');
	is("[]]", "]", 'o');
	is("[[:digit:]]", "7", 'o');
	is("[[:nonsense:]]", "7", '-');
	is("[a", "[a", '-');
	is("a\\", "a\\", '-');
	is("a?c", "a/c", '-');
	is("{a,b}", "a", '-');
	is("*", "anything", 'o');
	is("a/foo**/x", "a/foox", 'o');	/* so git has it */
	is("\377*", "\377x", 'o');
	struct rules r = RULES_INIT;
	rules_parse(&r, (const uint8_t *)"\n# c\nMake[FG]*\n\n!x/\n", 21, true);
	const struct rule *hit = rules_match(&r, "a/makefile", false);
	ok(!hit, "a class is of the case that it is written in, as in git");
	hit = rules_match(&r, "X", true);
	ok(hit && hit->negated && hit->line == 5 && !strcmp(hit->text, "!x/"),
	   "where case does not count, the rule's line and text are known");
	rules_release(&r);
}

static void hostile(void)
{
	char *path = mem_alloc(4096), *pattern = mem_alloc(4096);
	memset(path, 'a', 4095);
	path[4095] = 0;
	for (size_t i = 16; i < 4090; i += 16)
		path[i] = '/';
	for (size_t i = 0; i < 4092; i += 4)
		memcpy(pattern + i, i % 8 ? "*a*/" : "/**/", 4);
	memcpy(pattern + 4000, "b", 2);
	ok(says(pattern, path) == '-', "a thousand times ** is tried against 4095 bytes, and ends");
	for (size_t i = 0; i < 4092; i += 2)
		memcpy(pattern + i, "a*", 2);
	memcpy(pattern + 4000, "b", 2);
	ok(says(pattern, path) == '-', "two thousand times * is tried against 4095 bytes, and ends");
	mem_free(path);
	mem_free(pattern);
}

/* ---- git's own word ---- */

static struct rng rng;

static size_t pick(size_t n)
{
	return (size_t)rng_below(&rng, n);
}

static void word(struct buf *b)
{
	static const char *const w[] = {"a", "b", "ab", "A", "a.c", ".h", "b-", "foo", " x", "]", "\\", "!",
					"#", "a b"};
	buf_adds(b, w[pick(sizeof w / sizeof *w)]);
}

static void pattern(struct buf *b)
{
	static const char *const bit[] = {
		"*", "**", "?", "[ab]", "[!a]", "[a-c]", "[[:alpha:]]", "\\", "/", "/**/", "**/", "/*",
		"*.c", " ", "[", "]", "[]-a]", "[\\]]", "!", "[^/]", "a", "b", "foo", "/", "[[:x:]]", "[a"};
	if (!pick(4))
		buf_adds(b, "!");
	if (!pick(6))
		buf_adds(b, "/");
	for (size_t i = 0, n = 1 + pick(4); i < n; i++)
		if (pick(2))
			word(b);
		else
			buf_adds(b, bit[pick(sizeof bit / sizeof *bit)]);
	if (!pick(5))
		buf_adds(b, "/");
	buf_adds(b, pick(20) ? "\n" : "  \r\n");
}

static void put_file(const char *name, const struct buf *b)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || write(fd, b->p, b->len) != (ssize_t)b->len)
		perror(name);
	if (fd >= 0)
		close(fd);
}

/* git with files for standard input and output; its exit status. */
static int git(const char *in, const char *out, const char *const *args)
{
	const char *argv[16] = {"git"};
	int status = -1;
	for (size_t i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	pid_t pid = fork();
	if (pid == 0) {
		int i = open(in, O_RDONLY), o = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (i < 0 || o < 0 || dup2(i, 0) < 0 || dup2(o, 1) < 0)
			_exit(126);
		execvp("git", (char *const *)argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void get_file(const char *name, struct buf *b)
{
	char piece[4096];
	ssize_t n;
	int fd = open(name, O_RDONLY);
	buf_clear(b);
	while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0)
		buf_add(b, piece, (size_t)n);
	if (fd >= 0)
		close(fd);
}

/* The rule that decides of path, from the top down as a walk does; in which of the two files. */
static const struct rule *decide(const struct rules *top, const struct rules *sub, char *path,
				 bool *in_sub)
{
	for (char *slash = path; slash;) {
		slash = strchr(slash + (slash != path), '/');
		if (slash)
			*slash = 0;
		const struct rule *hit = NULL;
		*in_sub = !strncmp(path, "d/", 2) && (hit = rules_match(sub, path + 2, slash != NULL));
		hit = hit ? hit : rules_match(top, path, slash != NULL);
		if (slash)
			*slash = '/';
		if (!slash || (hit && !hit->negated))
			return hit;
	}
	return NULL;
}

/* One record of git's answer at *at: is it ours, too? */
static bool agrees(const struct rules *top, const struct rules *sub, char **at)
{
	char *source = *at, *line = source + strlen(source) + 1, *text = line + strlen(line) + 1;
	char *path = text + strlen(text) + 1;
	bool in_sub;
	*at = path + strlen(path) + 1;
	const struct rule *hit = decide(top, sub, path, &in_sub);
	bool same = hit ? (size_t)atol(line) == hit->line &&
				  !strcmp(source, in_sub ? "d/.gitignore" : ".gitignore")
			: !*line;
	if (!same)
		printf("# path \"%s\": git says %s:%s:%s, we %s:%zu:%s\n", path, source, line, text,
		       in_sub ? "d" : "top", hit ? hit->line : 0, hit ? hit->text : "");
	return same;
}

static bool trial(bool fold, size_t *n)
{
	static const char *const ask[] = {"check-ignore", "--no-index", "-v", "-n", "-z", "--stdin", NULL};
	struct buf top = BUF_INIT, sub = BUF_INIT, paths = BUF_INIT, got = BUF_INIT;
	struct rules rt = RULES_INIT, rs = RULES_INIT;
	bool good = true;
	for (size_t i = 0, k = 1 + pick(6); i < k; i++)
		pattern(&top);
	for (size_t i = 0, k = pick(4); i < k; i++)
		pattern(&sub);
	for (size_t i = 0; i < PATHS; i++) {
		if (!pick(3))
			buf_adds(&paths, "d/");
		for (size_t k = pick(4); k; k--) {
			word(&paths);
			buf_adds(&paths, "/");
		}
		word(&paths);
		buf_addc(&paths, 0);
	}
	put_file(".gitignore", &top);
	put_file("d/.gitignore", &sub);
	put_file("../paths", &paths);
	rules_parse(&rt, top.p, top.len, fold);
	rules_parse(&rs, sub.p, sub.len, fold);
	if (git("../paths", "../got", ask) > 1)
		good = ok(false, "git check-ignore runs");
	get_file("../got", &got);
	for (char *at = (char *)got.p; good && at < (char *)got.p + got.len; ++*n)
		good = agrees(&rt, &rs, &at);
	if (!good)
		printf("# .gitignore:\n%s# d/.gitignore:\n%s", (char *)top.p, sub.len ? (char *)sub.p : "");
	rules_release(&rt);
	rules_release(&rs);
	buf_release(&top);
	buf_release(&sub);
	buf_release(&paths);
	buf_release(&got);
	return good;
}

static void beside_git(void)
{
	static const char *const init[] = {"init", "-q", "repo", NULL};
	static const char *const fold[] = {"config", "core.ignorecase", "true", NULL};
	char dir[] = "/tmp/test-gitignore.XXXXXX";
	bool good = true;
	size_t n = 0;
	const char *trials = getenv("GITIGNORE_TRIALS"), *seed = getenv("GITIGNORE_SEED");
	int n_trials = trials ? atoi(trials) : TRIALS;
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1);
	if (!mkdtemp(dir) || chdir(dir) || git("/dev/null", "out", init) || chdir("repo") ||
	    mkdir("d", 0777)) {
		skip("git is not here");
		return;
	}
	rng.s = seed ? (uint64_t)atoll(seed) : SEED;
	for (int i = 0; i < n_trials && good; i++) {
		if (i == n_trials / 2)
			good = git("/dev/null", "../out", fold) == 0;
		good = good && trial(i >= n_trials / 2, &n);
	}
	ok(good && n >= (size_t)n_trials * PATHS / 2,
	   "%zu random paths against random patterns are what git check-ignore says, rule by rule", n);
	if (chdir("/") == 0) {
		char *rm = mem_printf("%s", dir);
		pid_t pid = fork();
		if (pid == 0)
			execlp("rm", "rm", "-rf", "--", rm, (char *)NULL);
		waitpid(pid, NULL, 0);
		mem_free(rm);
	}
}

int main(void)
{
	by_hand();
	hostile();
	beside_git();
	return done();
}
