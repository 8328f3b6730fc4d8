/* Document frequencies in buckets; see terms.h. */
#include "algo/terms.h"

#include <math.h>

#include "base/mem.h"

enum { FEW_BUCKETS = 4096 };

struct terms_count {
	uint32_t df[TERMS_BUCKETS_MAX];
	uint32_t last[TERMS_BUCKETS_MAX];	/* number of the passage counted last, from 1 */
	uint32_t passage;
	uint64_t n_words;
	struct words w;
	struct words_seen *seen;		/* NULL: no text has come */
};

struct terms_count *terms_count_new(void)
{
	return mem_calloc(1, sizeof(struct terms_count));
}

void terms_count_free(struct terms_count *c)
{
	if (!c)
		return;
	words_release(&c->w);
	words_seen_free(c->seen);
	mem_free(c);
}

static inline void count(struct terms_count *c, uint64_t hash)
{
	size_t b = hash % TERMS_BUCKETS_MAX;
	c->df[b] += c->last[b] != c->passage;
	c->last[b] = c->passage;
}

void terms_add(struct terms_count *c, const char *text, size_t n)
{
	if (!c->seen)
		c->seen = words_seen_new();
	words_find(text, n, &c->w, c->seen);
	c->passage++;
	c->n_words += c->w.n;
	for (size_t i = 0; i < c->w.n; i++)
		count(c, c->w.p[i].hash);
}

void terms_add_hashes(struct terms_count *c, const uint64_t *hash, size_t n)
{
	c->passage++;
	c->n_words += n;
	for (size_t i = 0; i < n; i++)
		count(c, hash[i]);
}

const struct words *terms_words(const struct terms_count *c)
{
	return &c->w;
}

uint64_t terms_n_words(const struct terms_count *c)
{
	return c->n_words;
}

bool terms_buckets_ok(size_t n)
{
	return n >= TERMS_BUCKETS_MIN && n <= TERMS_BUCKETS_MAX && !(n & (n - 1));
}

static uint8_t level_of(uint64_t df)
{
	return df ? (uint8_t)(1 + floor(8 * log2((double)df))) : 0;
}

void terms_pack(const struct terms_count *c, struct buf *out)
{
	size_t used = 0, most = FEW_BUCKETS, n = TERMS_BUCKETS_MIN;
	for (size_t b = 0; b < TERMS_BUCKETS_MAX; b++)
		used += c->df[b] != 0;
	while (most < c->passage + c->passage / 2)
		most *= 2;
	while (n < used && n < most)
		n *= 2;
	for (size_t b = 0; b < n; b++) {
		uint64_t df = 0;
		for (size_t k = b; k < TERMS_BUCKETS_MAX; k += n)
			df += c->df[k];
		buf_addc(out, level_of(df < UINT32_MAX ? df : UINT32_MAX));
	}
}

/* How many passages a level stands for. */
static double df_of(uint8_t level)
{
	return level ? exp2((level - .5) / 8) : 0;
}

void terms_sum(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b, struct buf *out)
{
	size_t n = n_a < n_b ? n_a : n_b;
	for (size_t i = 0; i < n; i++) {
		double df = 0;
		for (size_t k = i; k < n_a; k += n)
			df += df_of(a[k]);
		for (size_t k = i; k < n_b; k += n)
			df += df_of(b[k]);
		buf_addc(out, level_of(df < UINT32_MAX ? (uint64_t)(df + .5) : UINT32_MAX));
	}
}

double terms_df(const struct terms *t, uint64_t hash)
{
	unsigned level = t->level[hash % t->n_buckets];
	double df = df_of((uint8_t)level);
	return df < (double)t->n_passages ? df : (double)t->n_passages;
}
