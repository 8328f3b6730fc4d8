/*
 * cat_words: terms, postings, hashes and copies of the passages that leann-bundle cat writes, counted
 * anew: some may have been left out.
 */
#ifndef LEANN_BUNDLE_CAT_WORDS_H
#define LEANN_BUNDLE_CAT_WORDS_H

#include <stdbool.h>

#include "algo/rare.h"
#include "algo/terms.h"
#include "algo/twins.h"
#include "fmt/record.h"

struct cat_words {
	struct terms_count *terms;
	struct buf hashes;		/* of the passages, a byte each */
	struct twins *twins;		/* NULL: with a context */
	struct buf copies;		/* struct copy_run */
	struct rare *rare;		/* with postings; else NULL */
};

/* context: a line before each text, so that equal ones are embedded in several ways. */
void cat_words_init(struct cat_words *w, bool postings, bool context);
void cat_words_release(struct cat_words *w);
/* text: of chunk id, without the line before it. */
void cat_words_add(struct cat_words *w, uint64_t id, const struct buf *text);
/* The records, after the last of n_chunks. */
int cat_words_put(struct cat_words *w, uint64_t n_chunks, struct stream_out *out,
		  struct err *e) MUST_CHECK;

#endif
