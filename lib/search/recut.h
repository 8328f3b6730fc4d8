/*
 * recut: passages' spans of an index that does not have them (leann-index(5), chunks): its files are
 * cut again, by the tokenizer of its model, as leann-chunk(1) cut them.
 *
 *	struct recut *k; struct source *s;
 *	if (recut_open(&ix, root, model, &k, &s, e)) ...	ERR_DATA: another chunker cut it
 *	source_free(s); recut_free(k);			also after that
 *
 * The tokenizer is read at the first file. One thread at a time.
 */
#ifndef LEANN_SEARCH_RECUT_H
#define LEANN_SEARCH_RECUT_H

#include "sys/source.h"

struct recut;

/*
 * As source_open() with root, of any index: *k is NULL where it has spans. model: name or folder, NULL:
 * the index's name for it; copied. ix outlives both.
 */
int recut_open(const struct index *ix, const char *root, const char *model, struct recut **k,
	       struct source **src, struct err *e) MUST_CHECK;
void recut_free(struct recut *k);

#endif
