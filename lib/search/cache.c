/* What searches keep; see cache.h and leann-cache(5). */
#include "search/cache.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/env.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/opts.h"

enum {
	HIT_BYTES = 24,
	COPY_BYTES = 8,
	ANSWER_BYTES = 3200,			/* 100 hits and 99 copies */
	/* Slots of 32 bytes and the value, after a head of 65,600. */
	ANSWERS_MAX = 4 << 20,
	EMBEDDINGS_MAX = 16 << 20,
	FILE_HEAD = 65600,
	SLOT_HEAD = 32,
	WAYS = 4,
};

struct cache {
	struct slots *answers, *embeddings;	/* NULL: not opened yet, or not to be had */
	bool tried_answers;
	size_t tried_dim;			/* of embeddings; 0: not yet */
	uint8_t *value;				/* SLOTS_VALUE_MAX: scratch */
};

struct cache *cache_new(void)
{
	const char *no = env_get("LEANN_NO_CACHE");
	if (no && strcmp(no, "0"))
		return NULL;
	struct cache *c = mem_calloc(1, sizeof *c);
	c->value = mem_alloc(SLOTS_VALUE_MAX);
	return c;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	slots_close(c->answers);
	slots_close(c->embeddings);
	mem_free(c->value);
	mem_free(c);
}

/* NULL: no such file, and none can be made. */
static struct slots *open_file(const char *name, size_t max_bytes, size_t value_bytes)
{
	char *dir = env_cache_dir();
	size_t n = (max_bytes - FILE_HEAD) / (SLOT_HEAD + value_bytes) / WAYS * WAYS;
	struct slots *s = NULL;
	if (dir && value_bytes <= SLOTS_VALUE_MAX) {
		char *path = mem_printf("%s/%s", dir, name);
		env_make_dirs(dir);
		s = slots_open(path, n < SLOTS_MAX ? n : SLOTS_MAX, value_bytes);
		mem_free(path);
	}
	mem_free(dir);
	return s;
}

static struct slots *answers(struct cache *c)
{
	if (c && !c->tried_answers)
		c->answers = open_file("answers.cache", ANSWERS_MAX, ANSWER_BYTES);
	if (c)
		c->tried_answers = true;
	return c ? c->answers : NULL;
}

static struct slots *embeddings(struct cache *c, size_t dim)
{
	if (!c || c->tried_dim)
		return c && c->tried_dim == dim ? c->embeddings : NULL;
	char *name = mem_printf("embeddings-%zu.cache", dim);
	c->embeddings = open_file(name, EMBEDDINGS_MAX, dim * 4);
	c->tried_dim = dim;
	mem_free(name);
	return c->embeddings;
}

/* ---- keys: the first 16 bytes of a SHA-256, so that no text can be made to meet another's ---- */

static void add_str(struct sha256 *s, const char *text)
{
	sha256_add(s, text, strlen(text) + 1);
}

static void add_num(struct sha256 *s, uint64_t v)
{
	uint8_t le[8];
	put_le64(le, v);
	sha256_add(s, le, sizeof le);
}

static void finish(struct sha256 *s, struct slots_key *k)
{
	char hex[65];
	sha256_hex(s, hex);
	k->h[0] = k->h[1] = 0;
	for (int i = 0; i < 32; i++) {
		char c = hex[i];
		k->h[i / 16] = k->h[i / 16] << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
}

void cache_answer_key(const struct engine *g, const struct plan *p, const struct wire_text *q,
		      struct slots_key *k)
{
	const char *build = js_str(index_key(&g->ix, "build_id"), NULL);
	const char *sum = js_str(index_key(&g->ix, "xxh3"), NULL);	/* seen to be right on opening */
	struct sha256 s;
	struct buf b = BUF_INIT;
	sha256_init(&s);
	add_str(&s, "answer");
	add_str(&s, LEANN_VERSION);
	add_str(&s, build ? build : "");
	add_str(&s, sum ? sum : "");
	plan_describe(p, &b);
	add_num(&s, b.len);
	sha256_add(&s, b.p, b.len);
	add_num(&s, p->allow ? g->ix.n_chunks : 0);
	for (size_t i = 0; p->allow && i < (g->ix.n_chunks + 63) / 64; i++)
		add_num(&s, p->allow[i]);
	sha256_add(&s, q->p, q->n);
	finish(&s, k);
	buf_release(&b);
}

void cache_embedding_key(const struct wire_info *info, const struct wire_text *t,
			 struct slots_key *k)
{
	struct sha256 s;
	sha256_init(&s);
	add_str(&s, "embedding");
	add_str(&s, info->version);
	add_str(&s, info->sha256);
	add_str(&s, info->tokenizer_sha256);
	add_str(&s, info->document_prefix);
	add_str(&s, info->precision);
	add_str(&s, info->kernels);
	if (*info->provider.api) {
		add_str(&s, info->provider.api);
		add_str(&s, info->provider.url);
		add_str(&s, info->provider.served);
	}
	add_num(&s, info->dim);
	add_num(&s, info->max_tokens);
	sha256_add(&s, t->p, t->n);
	finish(&s, k);
}

/* ---- values ---- */

static bool hit_from(const uint8_t *p, size_t n_chunks, struct search_hit *h)
{
	*h = (struct search_hit){.chunk = get_le32(p),
				 .exact = get_le32(p + 4) & 1,
				 .by_word = get_le32(p + 4) >> 1 & 1,
				 .reranked = get_le32(p + 4) >> 2 & 1,
				 .score = get_lef32(p + 8),
				 .cosine = get_lef32(p + 12),
				 .approx = get_lef32(p + 16),
				 .words = get_lef32(p + 20)};
	return h->chunk < n_chunks && isfinite(h->score) && isfinite(h->cosine) &&
	       isfinite(h->approx) && isfinite(h->words);
}

/* n bytes of a value; out is empty unless all of it is as it must be. */
static bool answer_from(const uint8_t *p, size_t n, size_t n_chunks, struct answer *out)
{
	size_t n_hits = n >= 4 ? get_le32(p) : SIZE_MAX;
	if (n_hits > CACHE_HITS_MAX || 4 + n_hits * HIT_BYTES > n ||
	    (n - 4 - n_hits * HIT_BYTES) % COPY_BYTES)
		return false;
	*out = (struct answer){.cached = true, .n_hits = n_hits,
			       .n_copies = (n - 4 - n_hits * HIT_BYTES) / COPY_BYTES};
	out->hits = mem_array(n_hits, sizeof *out->hits);
	out->copies = mem_array(out->n_copies, sizeof *out->copies);
	bool good = true;
	p += 4;
	for (size_t i = 0; i < n_hits; i++, p += HIT_BYTES)
		good &= hit_from(p, n_chunks, &out->hits[i]);
	for (size_t i = 0; i < out->n_copies; i++, p += COPY_BYTES) {
		out->copies[i] = (struct copy){get_le32(p), get_le32(p + 4)};
		good &= out->copies[i].chunk < n_chunks && out->copies[i].of < n_chunks;
	}
	if (!good)
		answer_release(out);
	return good;
}

bool cache_get_answer(struct cache *c, const struct slots_key *k, size_t n_chunks,
		      struct answer *out)
{
	size_t n;
	struct slots *s = answers(c);
	return slots_get(s, k, c ? c->value : NULL, &n) && answer_from(c->value, n, n_chunks, out);
}

/* Copies of hits, the rest is of no use; out has room for n_copies. How many. */
static size_t copies_of_hits(const struct answer *a, struct copy *out)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_copies; i++) {
		size_t h = 0;
		while (h < a->n_hits && a->hits[h].chunk != a->copies[i].of)
			h++;
		if (h < a->n_hits)
			out[n++] = a->copies[i];
	}
	return n;
}

static void put_answer(const struct answer *a, const struct copy *copies, size_t n_copies,
		       uint8_t *p)
{
	put_le32(p, (uint32_t)a->n_hits);
	p += 4;
	for (size_t i = 0; i < a->n_hits; i++, p += HIT_BYTES) {
		const struct search_hit *h = &a->hits[i];
		put_le32(p, h->chunk);
		put_le32(p + 4, (uint32_t)h->exact | (uint32_t)h->by_word << 1 |
				    (uint32_t)h->reranked << 2);
		put_lef32(p + 8, h->score);
		put_lef32(p + 12, h->cosine);
		put_lef32(p + 16, h->approx);
		put_lef32(p + 20, h->words);
	}
	for (size_t i = 0; i < n_copies; i++, p += COPY_BYTES) {
		put_le32(p, copies[i].chunk);
		put_le32(p + 4, copies[i].of);
	}
}

void cache_put_answer(struct cache *c, const struct slots_key *k, const struct answer *a)
{
	struct slots *s = answers(c);
	if (!s || a->partial || a->n_hits > CACHE_HITS_MAX)
		return;
	struct copy *copies = mem_array(a->n_copies, sizeof *copies);
	size_t n_copies = copies_of_hits(a, copies);
	size_t n = 4 + a->n_hits * HIT_BYTES + n_copies * COPY_BYTES;
	if (n <= ANSWER_BYTES) {
		put_answer(a, copies, n_copies, c->value);
		slots_put(s, k, c->value, n);
	}
	mem_free(copies);
}

bool cache_get_embedding(struct cache *c, const struct slots_key *k, float *v, size_t dim)
{
	size_t n;
	double sum = 0;
	if (!slots_get(embeddings(c, dim), k, c ? c->value : NULL, &n) || n != dim * 4)
		return false;
	for (size_t i = 0; i < dim; i++) {
		v[i] = get_lef32(c->value + 4 * i);
		sum += (double)v[i] * (double)v[i];
	}
	return fabs(sum - 1) < 1e-2;	/* false also for what is not a number */
}

void cache_put_embedding(struct cache *c, const struct slots_key *k, const float *v, size_t dim)
{
	struct slots *s = embeddings(c, dim);
	if (!s || !slots_again(s, k))
		return;
	for (size_t i = 0; i < dim; i++)
		put_lef32(c->value + 4 * i, v[i]);
	slots_put(s, k, c->value, dim * 4);
}

/* ---- files ---- */

static const char *digits(const char *p)
{
	const char *from = p;
	while (isdigit((unsigned char)*p))
		p++;
	return p > from ? p : NULL;
}

bool cache_is_file(const char *name, bool *temp)
{
	static const char first[] = "answers", second[] = "embeddings-", ext[] = ".cache";
	const char *p = NULL;
	if (strncmp(name, first, sizeof first - 1) == 0)
		p = name + sizeof first - 1;
	else if (strncmp(name, second, sizeof second - 1) == 0)
		p = digits(name + sizeof second - 1);
	if (!p || strncmp(p, ext, sizeof ext - 1))
		return false;
	p += sizeof ext - 1;
	*temp = *p == '.';
	const char *end = *temp ? digits(p + 1) : p;
	return end && !*end;
}
