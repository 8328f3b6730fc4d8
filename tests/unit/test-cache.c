/* What searches keep: keys that differ when anything does, values that come back to the bit. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "search/cache.h"
#include "unit.h"

enum { DIM = 48, KEYS = 16 };

static bool same(const struct slots_key *a, const struct slots_key *b)
{
	return a->h[0] == b->h[0] && a->h[1] == b->h[1];
}

static bool all_differ(const struct slots_key *k, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (same(&k[i], &k[j]))
				return false;
	return true;
}

static void embedding_keys(void)
{
	const struct wire_info base = {.sha256 = "ab", .version = "1", .precision = "fp32",
				       .kernels = "avx2", .dim = DIM, .max_tokens = 256};
	struct wire_info v[KEYS];
	struct wire_text t = {"text", 4}, longer = {"text ", 5};
	struct slots_key k[KEYS], again;
	size_t n = 0;
	for (size_t i = 0; i < KEYS; i++)
		v[i] = base;
	strcpy(v[1].sha256, "ac");
	strcpy(v[2].version, "2");
	strcpy(v[3].precision, "int8");
	strcpy(v[4].kernels, "amx");
	strcpy(v[5].tokenizer_sha256, "1");
	strcpy(v[6].document_prefix, "1");
	v[7].dim++;
	v[8].max_tokens++;
	for (; n < 9; n++)
		cache_embedding_key(&v[n], &t, &k[n]);
	cache_embedding_key(&base, &longer, &k[n++]);
	cache_embedding_key(&base, &t, &again);
	ok(all_differ(k, n) && same(&k[0], &again),
	   "a key is another one for another text, model, tokenizer, prefix, version or kernel");
}

static void plans(void)
{
	struct plan p[KEYS] = {{0}};
	struct buf b[KEYS] = {{0}};
	size_t n = 0;
	bool good = true;
	p[1].top_k = 1;
	p[2].n_candidates = 1;
	p[3].n_recompute = 1;
	p[4].ef_search = 1;
	p[5].words = true;
	p[6].weight_first = .1;
	p[7].weight_last = .1;
	p[8].like = true;
	p[9].per_file = 1;
	p[10].all_copies = true;
	p[11].n_first = 1;
	p[12].margin = 1e-9;
	for (; n < 13; n++) {
		plan_describe(&p[n], &b[n]);
		for (size_t i = 0; i < n; i++)
			good &= strcmp((char *)b[i].p, (char *)b[n].p) != 0;
	}
	ok(good, "a plan is described by all of its members");
	for (size_t i = 0; i < KEYS; i++)
		buf_release(&b[i]);
}

static void unit_vector(uint64_t seed, float *v)
{
	struct rng r = {seed};
	double sum = 0;
	for (size_t i = 0; i < DIM; i++) {
		v[i] = (float)(rng_unit(&r) - .5);
		sum += (double)v[i] * (double)v[i];
	}
	for (size_t i = 0; i < DIM; i++)
		v[i] = (float)((double)v[i] / __builtin_sqrt(sum));
}

static void embeddings(void)
{
	struct slots_key k = {{1, 2}}, bad = {{3, 4}};
	float v[DIM], got[DIM];
	struct cache *c = cache_new();
	unit_vector(1, v);
	cache_put_embedding(c, &k, v, DIM);
	ok(!cache_get_embedding(c, &k, got, DIM), "an embedding is not kept the first time");
	cache_put_embedding(c, &k, v, DIM);
	cache_free(c);
	c = cache_new();
	ok(cache_get_embedding(c, &k, got, DIM) && !memcmp(v, got, sizeof v),
	   "the second time it is, to the bit, for other programs as well");
	v[0] += 1;
	cache_put_embedding(c, &bad, v, DIM);
	cache_put_embedding(c, &bad, v, DIM);
	ok(!cache_get_embedding(c, &bad, got, DIM), "what is no unit vector is not taken back");
	ok(!cache_get_embedding(c, &k, got, DIM - 1), "another number of dimensions is not mixed in");
	cache_free(c);
}

static void answers(void)
{
	struct slots_key k = {{1, 2}}, none = {{5, 6}}, partial = {{7, 8}}, big = {{9, 10}};
	struct search_hit hits[CACHE_HITS_MAX + 1] = {{0}};
	struct copy copies[3] = {{5, 1}, {6, 9}, {7, 0}};
	struct answer a = {.hits = hits, .n_hits = CACHE_HITS_MAX, .copies = copies, .n_copies = 3}, got;
	struct cache *c = cache_new();
	for (uint32_t i = 0; i <= CACHE_HITS_MAX; i++)
		hits[i] = (struct search_hit){.chunk = i * 2, .approx = .1f, .score = .9f - .001f * (float)i,
					      .exact = i < 16, .cosine = .2f, .words = .3f};
	cache_put_answer(c, &k, &a);
	bool good = cache_get_answer(c, &k, 1000, &got) && got.cached && got.n_hits == a.n_hits;
	for (size_t i = 0; good && i < a.n_hits; i++)
		good = got.hits[i].chunk == hits[i].chunk && got.hits[i].exact == hits[i].exact &&
		       !memcmp(&got.hits[i].score, &hits[i].score, 4) && got.hits[i].words == .3f;
	ok(good, "an answer of %d hits comes back as it was", CACHE_HITS_MAX);
	ok(good && got.n_copies == 1 && got.copies[0].chunk == 7 && got.copies[0].of == 0,
	   "with the copies of its hits, not of others");
	answer_release(&got);
	ok(!cache_get_answer(c, &k, 100, &got), "one with a chunk that the index lacks is refused");
	a.n_hits = 0;
	cache_put_answer(c, &none, &a);
	ok(cache_get_answer(c, &none, 1, &got) && !got.n_hits, "no hits are an answer, too");
	answer_release(&got);
	a.partial = true;
	cache_put_answer(c, &partial, &a);
	ok(!cache_get_answer(c, &partial, 1000, &got), "one that lacks something is not kept");
	a.partial = false;
	a.n_hits = CACHE_HITS_MAX + 1;
	cache_put_answer(c, &big, &a);
	ok(!cache_get_answer(c, &big, 1000, &got), "one of more hits than a slot has room for neither");
	cache_free(c);
}

static void names(void)
{
	static const char *const ours[] = {"answers.cache", "embeddings-384.cache"};
	static const char *const not[] = {"answers.cache.", "answers.cach", "embeddings-.cache", "models",
					  "embeddings-3x.cache", "answers.cache.12a", "my-answers.cache"};
	bool good = true, temp;
	for (size_t i = 0; i < 2; i++)
		good &= cache_is_file(ours[i], &temp) && !temp;
	good &= cache_is_file("answers.cache.17", &temp) && temp;
	for (size_t i = 0; i < sizeof not / sizeof *not; i++)
		good &= !cache_is_file(not[i], &temp);
	ok(good, "files of the cache are known by their names, and no others are");
}

int main(void)
{
	char dir[] = "/tmp/test-cache.XXXXXX";
	unsetenv("LEANN_NO_CACHE");
	if (!mkdtemp(dir) || setenv("XDG_CACHE_HOME", dir, 1))
		return 2;
	embedding_keys();
	plans();
	embeddings();
	answers();
	names();
	setenv("LEANN_NO_CACHE", "1", 1);
	ok(!cache_new(), "with LEANN_NO_CACHE there is none");
	char *p = mem_printf("rm -r -- %s", dir);
	int r = system(p);
	mem_free(p);
	return done() | (r != 0);
}
