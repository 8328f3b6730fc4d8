/* Sums of tokens and words: those of any part of a text are what the tokenizer and words.h say of it. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "algo/sums.h"
#include "algo/words.h"
#include "base/rng.h"
#include "nn/tok.h"
#include "unit.h"

static char dir[] = "/tmp/leann-test-sums-XXXXXX";
static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nab\n##a\n##b\n##c\n##s\nread\n##er\n_\n,\n.\n(\n9\n"
			    "##9\nlong\nname\n\303\251\n##\346\274\242\n\346\274\242\n";

enum { TEXT_MAX = 1200 };

static struct tok *open_tok(void)
{
	char path[100];
	struct tok *t = NULL;
	struct err e;
	if (!mkdtemp(dir))
		exit(2);
	snprintf(path, sizeof path, "%s/vocab.txt", dir);
	FILE *f = fopen(path, "w");
	if (!f || fputs(vocab, f) < 0 || fclose(f))
		exit(2);
	if (tok_open(dir, &t, &e))
		exit(2);
	unlink(path);
	rmdir(dir);
	return t;
}

static size_t count(void *ctx, const char *text, size_t n)
{
	return tok_count(ctx, text, n);
}

static size_t fit(void *ctx, const char *text, size_t n, size_t max_tokens)
{
	return tok_fit(ctx, text, n, max_tokens);
}

static size_t random_text(struct rng *r, char *p)
{
	static const char *const parts[] = {
		"a", "b", "Ab", "cc", "reader", "_", "__", "9", "s", "long_name_of_it", "aBcBcBaBcB", ",", ".", "(",
		" ", " ", " ", "\n", "\t", "\r\n", "        ", "\f", "\v", "\1", "\177", "\303\251", "\303\234",
		"\314\201", "\342\200\224", "\346\274\242", "\302\240", "\357\277\275", "\377", "\303"};
	size_t n = 0, n_plain = 25 - (rng_below(r, 4) ? 4 : 0), n_all = sizeof parts / sizeof *parts;
	bool plain = rng_below(r, 2);
	for (uint64_t want = rng_below(r, 200); want--;) {
		const char *s = parts[rng_below(r, plain ? n_plain : n_all)];
		if (n + strlen(s) > TEXT_MAX)
			break;
		memcpy(p + n, s, strlen(s));
		n += strlen(s);
	}
	if (n < TEXT_MAX && !rng_below(r, 5))
		p[n++] = 0;
	return n;
}

static bool same_words(struct sums *s, const char *text, size_t from, size_t n, struct words *w)
{
	struct buf got = BUF_INIT;
	sums_words(s, from, n, &got);
	words_of(text + from, n, w);
	bool same = got.len == w->n * sizeof(uint64_t);
	for (size_t i = 0; i < w->n && same; i++)
		same = !memcmp(got.p + i * sizeof(uint64_t), &w->p[i].hash, sizeof(uint64_t));
	buf_release(&got);
	return same;
}

static bool same_passages(const struct passages *a, const struct passages *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; i < a->n && same; i++)
		same = a->p[i].off == b->p[i].off && a->p[i].len == b->p[i].len &&
		       a->p[i].n_tokens == b->p[i].n_tokens;
	return same;
}

int main(void)
{
	struct tok *t = open_tok();
	struct passages_params pp = {.max_tokens = 24, .overlap_tokens = 6, .max_bytes = 200, .count = count,
				     .fit = fit, .ctx = t};
	struct sums *s = sums_new(&pp);
	struct passages_params with = sums_params(s, &pp);
	struct passages a = PASSAGES_INIT, b = PASSAGES_INIT;
	struct words w = WORDS_INIT;
	struct rng r = {11};
	size_t n_bad_tokens = 0, n_bad_words = 0, n_bad_passages = 0;
	for (int round = 0; round < 3000; round++) {
		char *text = malloc(TEXT_MAX + 1), *exact;	/* so that a byte too many is seen */
		size_t n = random_text(&r, text);
		exact = memcpy(malloc(n + !n), text, n);
		free(text);
		sums_of(s, exact, n);
		for (int i = 0; i < 20; i++) {
			size_t from = i ? rng_below(&r, n + 1) : 0, to = i ? from + rng_below(&r, n - from + 1) : n;
			n_bad_tokens += with.count(with.ctx, exact + from, to - from) !=
					tok_count(t, exact + from, to - from);
			n_bad_words += !same_words(s, exact, from, to - from, &w);
		}
		enum text_style style = round % 2 ? STYLE_CODE : STYLE_TEXT;
		if (!n_bad_tokens) {		/* else cutting may have no end */
			passages_split(&pp, style, exact, n, &a);
			passages_split(&with, style, exact, n, &b);
			n_bad_passages += !same_passages(&a, &b);
		}
		free(exact);
	}
	ok(!n_bad_tokens, "tokens of any part of a text are what the tokenizer says (%zu differ)", n_bad_tokens);
	ok(!n_bad_words, "words of any part of a text are what words_of() says (%zu differ)", n_bad_words);
	ok(!n_bad_passages, "passages are the same with sums (%zu differ)", n_bad_passages);
	sums_of(s, "", 0);
	ok(with.count(with.ctx, "a reader", 8) == 3, "text that the sums are not of is counted");
	sums_free(s);
	passages_release(&a);
	passages_release(&b);
	words_release(&w);
	tok_free(t);
	return done();
}
