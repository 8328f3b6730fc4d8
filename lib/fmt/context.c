/* The line before a passage's text; see context.h and leann-stream(5). */
#include "fmt/context.h"

#include <string.h>

#include "base/utf8.h"

const char *const context_names[] = {"none", "path", "full"};

enum context context_named(const char *name, size_t n)
{
	size_t i = 0;
	while (i < CONTEXT_N && (strlen(context_names[i]) != n || memcmp(context_names[i], name, n)))
		i++;
	return (enum context)i;
}

/* As on disk and on pipes, where none is the absence of the key. */
static enum context written(const char *name)
{
	enum context c = context_named(name, strlen(name));
	return c == CONTEXT_NONE ? CONTEXT_N : c;
}

int context_of_head(const struct shead *h, enum context *out, struct err *e)
{
	char s[32];
	if (shead_str(h, "context", s, sizeof s, e))
		return -1;
	*out = shead_has(h, "context") ? written(s) : CONTEXT_NONE;
	if (*out < CONTEXT_N)
		return 0;
	return err_set(e, ERR_DATA, "header: context \"%s\" is not known here: use a newer leann", s);
}

int context_of_index(const struct index *ix, enum context *out, struct err *e)
{
	const struct js *j = index_key(ix, "chunking.context");
	const char *s = js_str(j, NULL);
	*out = !j ? CONTEXT_NONE : s ? written(s) : CONTEXT_N;
	if (*out < CONTEXT_N)
		return 0;
	return err_set(e, ERR_DATA, "%s: manifest: chunking.context \"%.40s\" is not known here: use a "
		       "newer leann", ix->b.path, s ? s : "");
}

enum { SPACE, MARK, LETTER, DIGIT, SYLLABLE };

static int class_of(uint32_t cp)
{
	if (cp <= ' ' || cp == 0x7f)
		return SPACE;
	if (cp >= '0' && cp <= '9')
		return DIGIT;
	if (cp >= 0xac00 && cp <= 0xd7a3)
		return SYLLABLE;	/* of Hangul: the tokenizer takes it apart into two or three letters */
	return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z' ? LETTER : MARK;
}

/*
 * How many bytes of p, characters whole, weigh at most max: each character 1, but a third of a letter of
 * ASCII, half of a digit, each run of these rounded up, and a syllable of Hangul 3; white space nothing.
 * That is what a WordPiece tokenizer makes of paths and names, or more, without having one. *weight: theirs.
 */
static size_t fit(const char *p, size_t n, unsigned max, unsigned *weight)
{
	static const unsigned sixths[] = {0, 6, 2, 3, 18};
	unsigned sum = 0, run = 0;	/* of runs done; sixths of the run so far */
	int last = SPACE;
	size_t at = 0;
	*weight = 0;
	while (at < n) {
		uint32_t cp;
		size_t len = utf8_get(p + at, n - at, &cp);
		int c = class_of(cp);
		if (c != last || c == MARK || c == SYLLABLE) {
			sum += (run + 5) / 6;
			run = 0;
		}
		last = c;
		run += sixths[c];
		if (sum + (run + 5) / 6 > max)
			break;
		*weight = sum + (run + 5) / 6;
		at += len ? len : 1;
	}
	return at;
}

/* Append the last parts of s, at most n_parts, that weigh up to max: of a single one its beginning. */
static unsigned put_last(struct buf *out, const char *s, size_t n, const char *sep, size_t n_parts,
			 unsigned max)
{
	size_t from = n, n_sep = strlen(sep);
	unsigned weight = 0, w;
	for (size_t at = n; n_parts && at--;) {
		if (at && (at < n_sep || memcmp(s + at - n_sep, sep, n_sep)))
			continue;
		if (fit(s + at, n - at, max, &w) < n - at)
			break;
		from = at;
		weight = w;
		n_parts--;
	}
	if (from == n) {	/* not even the last part */
		for (; from && (from < n_sep || memcmp(s + from - n_sep, sep, n_sep)); from--)
			;
		n = from + fit(s + from, n - from, max, &weight);
	}
	buf_add(out, s + from, n - from);
	return weight;
}

/* What the passage is in, under, or of; false: nothing is known. */
static bool find_name(const struct meta *m, struct meta_value *v, const char **sep)
{
	static const char *const key[] = {"symbol", "heading", "title"};
	for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
		*sep = i ? " > " : ".";
		if (meta_get(m, key[i], v) && v->type == META_STR && v->n)
			return true;
	}
	return false;
}

/* Control characters and line ends as spaces: it is one line. */
static void one_line(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->len; i++)
		if (b->p[i] < ' ' || b->p[i] == 0x7f)
			b->p[i] = ' ';
}

void context_put(enum context c, unsigned flags, const void *path, size_t n_path,
		 const struct meta *m, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct meta_value v;
	const char *sep;
	size_t from = out->len;
	if (c == CONTEXT_NONE || flags & FILE_RECORDS || !n_path)
		return;
	utf8_repair(&text, path, n_path);
	unsigned weight = put_last(out, (const char *)text.p, text.len, "/", CONTEXT_COMPONENTS,
				   CONTEXT_PATH_WEIGHT);
	if (c == CONTEXT_FULL && find_name(m, &v, &sep)) {
		buf_adds(out, " > ");
		put_last(out, v.s, v.n, sep, SIZE_MAX, CONTEXT_TOKENS - 1 - weight);
	}
	one_line(out, from);
	buf_addc(out, '\n');
	buf_release(&text);
}
