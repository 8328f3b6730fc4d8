/*
 * evidence: what a question is answered from: the best passages of an index, as they are in their files
 * now, cleared of characters that steer or hide.
 *
 *	struct evidence p;
 *	if (evidence_find(&settings, &p, e)) ...
 *	evidence_release(&p);
 */
#ifndef LEANN_ASK_EVIDENCE_H
#define LEANN_ASK_EVIDENCE_H

#include "base/js.h"
#include "settings.h"

struct passage {
	char *path;			/* n_path bytes, from the working directory where it is below that */
	size_t n_path;
	uint64_t first_line, last_line;
	uint32_t chunk;
	float score;
	struct buf place;		/* "notes/bread.md:1-3", safe, one line */
	struct buf text;		/* safe */
};

struct evidence {
	struct passage *p;		/* (n), best first: [1] is p[0] */
	size_t n;
	size_t n_hits;			/* found */
	size_t n_stale;			/* left out: what they were is not there any more */
	size_t n_over;			/* left out: beyond the limit of bytes */
};

/* The first that is not stale is there however long it is. */
int evidence_find(const struct settings *s, struct evidence *out, struct err *e) MUST_CHECK;
void evidence_release(struct evidence *p);
/* {"n", "path", "startLine", "endLine", "chunk", "score", "cited"} each; answer NULL: no "cited". */
struct js *evidence_json(const struct evidence *p, const struct buf *answer);
/* Is [i + 1] in the answer? */
bool evidence_cited(const struct buf *answer, size_t i);

#endif
