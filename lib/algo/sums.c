/* Running sums of tokens and words; see sums.h. */
#include "algo/sums.h"

#include <string.h>

#include "algo/words.h"
#include "base/kinds.h"
#include "base/mem.h"

/*
 * What is remembered of runs: so many, of so many bytes and words; one is a cache line. Of 107 runs in 1 KiB of
 * code 12 are not there; with twice as many places 10 are not, which measured no faster.
 */
enum { SEEN_RUNS = 1 << 13, SEEN_BYTES = 16, SEEN_WORDS = 4 };

struct seen_run {
	uint64_t key[2];		/* its bytes, see kinds_key() */
	uint64_t hash[SEEN_WORDS];
	uint32_t n_tokens, n_words;
	uint64_t unused;
};

/* 64 bytes of the text. A run ends at the byte behind it. */
struct block {
	uint64_t ends, punct;
	uint32_t n_ends, n_punct;	/* in all blocks before */
};

/* Of all runs so far. */
struct sum {
	uint32_t n_tokens, n_words;
};

struct sums {
	struct seen_run *seen;		/* (SEEN_RUNS) by hash, the latest */
	const struct passages_params *pp;
	const char *text;
	size_t n;
	struct block *block;		/* (n / KINDS_BLOCK + 1) */
	size_t cap_blocks;
	struct sum *sum;		/* (n_runs + 1) */
	size_t n_runs, cap_runs;
	struct buf hash;		/* uint64_t a word */
	struct words words;
};

/* Bits of kinds[]; bytes of none are letters, digits and underscores. */
enum { IS_SPACE, IS_PUNCT, IS_ODD };
enum { S = 1 << IS_SPACE, P = 1 << IS_PUNCT, O = 1 << IS_ODD };

static const uint8_t kinds[256] = {
	O, O, O, O, O, O, O, O, O, S, S, O, O, S, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	S, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, P, P, P, P, P, P,
	P, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, P, P, P, P, 0,
	P, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, P, P, P, P, O,
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
	O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
};

struct sums *sums_new(const struct passages_params *pp)
{
	struct sums *s = mem_calloc(1, sizeof *s);
	s->seen = mem_aligned(sizeof *s->seen, SEEN_RUNS * sizeof *s->seen);
	memset(s->seen, 0, SEEN_RUNS * sizeof *s->seen);
	s->pp = pp;
	return s;
}

void sums_free(struct sums *s)
{
	if (!s)
		return;
	mem_free(s->seen);
	mem_free(s->block);
	mem_free(s->sum);
	buf_release(&s->hash);
	words_release(&s->words);
	mem_free(s);
}

static void add_hashes(struct buf *to, const struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		buf_add(to, &w->p[i].hash, sizeof w->p[i].hash);
}

static bool has_odd(const uint8_t *run, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kinds[run[i]] & O)
			return true;
	return false;
}

/* Not there: its words are in s->words. */
static void remember(struct seen_run *r, const uint64_t key[2], const struct words *w, size_t n_tokens)
{
	if (w->n > SEEN_WORDS)
		return;
	*r = (struct seen_run){.key = {key[0], key[1]}, .n_tokens = (uint32_t)n_tokens,
			       .n_words = (uint32_t)w->n};
	for (size_t i = 0; i < w->n; i++)
		r->hash[i] = w->p[i].hash;
}

/* A run between white space or punctuation, added to the sums. odd: maybe not only ASCII. */
static inline void add_run(struct sums *s, size_t from, size_t to, bool odd)
{
	const uint8_t *run = (const uint8_t *)s->text + from;
	uint8_t padded[SEEN_BYTES] = {0};
	struct seen_run *r = NULL;
	size_t n = to - from;
	struct sum *sum = &s->sum[s->n_runs++];
	uint64_t key[2] = {0, 0};
	if (n <= SEEN_BYTES && !(odd && has_odd(run, n))) {
		kinds_key(s->n - from < sizeof padded ? memcpy(padded, run, n) : run, n, key);
		r = &s->seen[((key[0] ^ key[1] * 31) * 0x9e3779b97f4a7c15 >> 40) % SEEN_RUNS];
		if (r->key[0] == key[0] && r->key[1] == key[1]) {
			buf_reserve(&s->hash, sizeof r->hash);
			memcpy(s->hash.p + s->hash.len, r->hash, sizeof r->hash);	/* all: no branch */
			s->hash.len += r->n_words * sizeof *r->hash;
			sum[1] = (struct sum){sum->n_tokens + r->n_tokens, sum->n_words + r->n_words};
			return;
		}
	}
	size_t n_tokens = s->pp->count(s->pp->ctx, (const char *)run, n);
	if (r)
		words_of_run((const char *)run, n, &s->words);
	else
		words_of((const char *)run, n, &s->words);
	add_hashes(&s->hash, &s->words);
	sum[1] = (struct sum){sum->n_tokens + (uint32_t)n_tokens, sum->n_words + (uint32_t)s->words.n};
	if (r)
		remember(r, key, &s->words, n_tokens);
}

/* For the blocks of n bytes, and the runs that end in the first of them. */
static void start(struct sums *s, const char *text, size_t n)
{
	s->text = text;
	s->n = n;
	s->n_runs = s->hash.len = 0;
	if (n / KINDS_BLOCK >= s->cap_blocks) {
		s->cap_blocks = n / KINDS_BLOCK * 3 / 2 + 64;
		mem_free(s->block);
		s->block = mem_array(s->cap_blocks, sizeof *s->block);
	}
	if (!s->cap_runs) {
		s->cap_runs = 1024;
		s->sum = mem_calloc(s->cap_runs, sizeof *s->sum);
	}
}

/* For the runs that end in one more block. */
static inline void make_room(struct sums *s)
{
	if (s->cap_runs - s->n_runs > KINDS_BLOCK)
		return;
	s->cap_runs *= 2;
	s->sum = mem_realloc(s->sum, s->cap_runs * sizeof *s->sum);
}

void sums_of(struct sums *s, const char *text, size_t n)
{
	size_t from = 0, n_punct = 0;
	uint64_t before = 0, odd_before = 0;	/* 1: the last byte is in a run; it may have odd ones */
	start(s, text, n);
	for (size_t at = 0; at <= n; at += KINDS_BLOCK) {
		uint8_t padded[KINDS_BLOCK] = {0};
		struct block *b = &s->block[at / KINDS_BLOCK];
		uint64_t all = kinds_first(n - at);
		struct kinds k = kinds_of(kinds, n - at < KINDS_BLOCK ? memcpy(padded, text + at, n - at)
								      : (const uint8_t *)text + at, KINDS_BLOCK);
		uint64_t space = k.bits[IS_SPACE] & all, punct = k.bits[IS_PUNCT] & all;
		uint64_t run = all & ~space & ~punct, edges = run ^ (run << 1 | before);
		bool odd = (k.bits[IS_ODD] & all) | odd_before;
		make_room(s);
		*b = (struct block){edges & ~run, punct, (uint32_t)s->n_runs, (uint32_t)n_punct};
		n_punct += kinds_count(punct);
		for (bool open = before; edges; edges &= edges - 1, open = !open) {
			size_t edge = at + (size_t)__builtin_ctzll(edges);
			if (open)
				add_run(s, from, edge, odd);
			from = edge;
		}
		before = run >> 63;
		odd_before = odd && before;
	}
}

/* May it be cut at this place? Where white space is, whatever the tokenizer does at punctuation. */
static bool is_cut(const struct sums *s, size_t at)
{
	return !at || at == s->n || kinds[(uint8_t)s->text[at]] & S || kinds[(uint8_t)s->text[at - 1]] & S;
}

/* All runs that end at or before a byte, and the punctuation before it. */
static struct sum sum_to(const struct sums *s, size_t at, size_t *n_punct)
{
	const struct block *b = &s->block[at / KINDS_BLOCK];
	uint64_t below = kinds_first(at % KINDS_BLOCK);
	*n_punct = b->n_punct + kinds_count(b->punct & below);
	return s->sum[b->n_ends + kinds_count(b->ends & (below << 1 | 1))];
}

static size_t count(void *ctx, const char *text, size_t n)
{
	struct sums *s = ctx;
	size_t from = (size_t)((uintptr_t)text - (uintptr_t)s->text), p, q;
	if (from > s->n || n > s->n - from || !is_cut(s, from) || !is_cut(s, from + n))
		return s->pp->count(s->pp->ctx, text, n);
	struct sum a = sum_to(s, from, &p), b = sum_to(s, from + n, &q);
	return b.n_tokens - a.n_tokens + q - p;
}

static size_t fit(void *ctx, const char *text, size_t n, size_t max_tokens)
{
	struct sums *s = ctx;
	return s->pp->fit(s->pp->ctx, text, n, max_tokens);
}

struct passages_params sums_params(struct sums *s, const struct passages_params *pp)
{
	struct passages_params with = *pp;
	with.count = count;
	with.fit = fit;
	with.ctx = s;
	return with;
}

void sums_words(struct sums *s, size_t from, size_t n, struct buf *out)
{
	size_t p;
	if (!is_cut(s, from) || !is_cut(s, from + n)) {
		words_of(s->text + from, n, &s->words);
		add_hashes(out, &s->words);
		return;
	}
	size_t a = sum_to(s, from, &p).n_words, b = sum_to(s, from + n, &p).n_words;
	buf_add(out, (uint64_t *)(void *)s->hash.p + a, (b - a) * sizeof(uint64_t));
}
