/*
 * journal: embeddings of a run that may be interrupted, kept in a file by what they are of, so that
 * the next run need not ask for them: leann-journal(5).
 *
 *	struct journal *j;
 *	if (journal_open(path, info, warn, &j, e)) return -1;	*j NULL: there is none, warned
 *	journal_key(j, text, n, &k);
 *	if (!(v = journal_find(j, &k))) { ... journal_add(j, &k, v); journal_flush(j); }
 *	journal_close(j);
 *
 * A journal is a help and never in the way: what fails about it is said once, by warn, and the
 * run goes on without. Only a file that is none is an error, for it may be somebody's work.
 * All functions but journal_open() take NULL for j.
 */
#ifndef LEANN_SYS_JOURNAL_H
#define LEANN_SYS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fmt/wire.h"

struct journal;

struct journal_key {
	uint64_t h[2];
};

/*
 * Open or make the journal of what this server makes. Of another model, precision or version it is
 * begun anew; one that another process writes is left alone: both warned. ERR_DATA: no journal.
 */
int journal_open(const char *path, const struct wire_info *info, void (*warn)(const char *msg),
		 struct journal **out, struct err *e) MUST_CHECK;
void journal_close(struct journal *j);
/* Embeddings that were there when it was opened. */
size_t journal_n(const struct journal *j);

void journal_key(const struct journal *j, const char *text, size_t n, struct journal_key *k);
/* dim little-endian f32, of any alignment, until journal_close(); NULL: it was not there when opened. */
const uint8_t *journal_find(const struct journal *j, const struct journal_key *k);
/* Keep v (dim) for the next run; journal_flush() hands it to the system. */
void journal_add(struct journal *j, const struct journal_key *k, const float *v);
void journal_flush(struct journal *j);

#endif
