/*
 * structure: a file's passages along what it is made of: headings, definitions.
 *
 *	struct structure *st = structure_open(n_threads, with_ctags, quiet);
 *	structure_cut(k, i_thread, sums, lang, &document, &marks, &passages);
 *	structure_close(st);
 *
 * Each thread has a ctags of its own, started when it is wanted.
 */
#ifndef LEANN_CMD_STRUCTURE_H
#define LEANN_CMD_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "algo/lang.h"
#include "algo/marks.h"
#include "algo/passages.h"
#include "algo/sums.h"
#include "document.h"
#include "fmt/record.h"

struct structure;
struct chunker;

/* with_ctags where there is none: a warning unless quiet, and code is cut by its looks. */
struct structure *structure_open(size_t n_threads, bool with_ctags, bool quiet);
/* For the header's chunk_structure: "universal-ctags 5.9.0"; NULL: none. */
const char *structure_name(const struct structure *st);
/* Marks that are there already (pages, say) stay. s may be of d's text. From any thread. */
void structure_cut(const struct chunker *k, size_t i_thread, struct sums *s, const struct lang *l,
		   const struct document *d, struct marks *m, struct passages *out);
/*
 * The chunk, after what is known of passage p: the symbol or heading that it is under, and what a
 * document says of its part.
 */
int structure_emit(struct chunker *k, const struct lang *l, const struct marks *m,
		   const struct document *d, const struct passage *p, struct rec_chunk *c,
		   struct err *e) MUST_CHECK;
/* Files that ctags did not answer for. */
size_t structure_n_failed(const struct structure *st);
void structure_close(struct structure *st);

#endif
