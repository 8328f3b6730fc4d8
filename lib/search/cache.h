/*
 * cache: answers and embeddings that searches keep between runs, in the files of leann-cache(5).
 * Nothing about it is an error: without a folder to write to, nothing is kept.
 *
 *	struct cache *c = cache_new();			NULL: none is wanted, as all functions take
 *	cache_answer_key(g, &plan, &question, &k);
 *	if (!cache_get_answer(c, &k, g->ix.n_chunks, &a)) { ... cache_put_answer(c, &k, &a); }
 *	cache_free(c);
 *
 * One thread at a time; any number of programs share the files.
 */
#ifndef LEANN_SEARCH_CACHE_H
#define LEANN_SEARCH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fmt/wire.h"
#include "search/query.h"
#include "sys/slots.h"

enum { CACHE_HITS_MAX = 100 };		/* of an answer that is kept */

/* NULL where $LEANN_NO_CACHE is set and not "0". The files are opened when they are needed. */
struct cache *cache_new(void);
void cache_free(struct cache *c);

/* All that decides the answer to q over g. */
void cache_answer_key(const struct engine *g, const struct plan *p, const struct wire_text *q,
		      struct slots_key *k);
/* Into out, which is zeroed and released by the caller, hits of chunks below n_chunks. */
bool cache_get_answer(struct cache *c, const struct slots_key *k, size_t n_chunks,
		      struct answer *out);
/* Kept unless it is partial or of more than CACHE_HITS_MAX hits. */
void cache_put_answer(struct cache *c, const struct slots_key *k, const struct answer *a);

/* The key of a document's embedding as the server of info makes it. */
void cache_embedding_key(const struct wire_info *info, const struct wire_text *t,
			 struct slots_key *k);
/* v: dim floats. */
bool cache_get_embedding(struct cache *c, const struct slots_key *k, float *v, size_t dim);
/* Kept when it was asked for before. */
void cache_put_embedding(struct cache *c, const struct slots_key *k, const float *v, size_t dim);

/* Is name, inside env_cache_dir(), a file of the cache, or (*temp) what is left of making one? */
bool cache_is_file(const char *name, bool *temp);

#endif
