/*
 * extract: what the files of leann-extract share: where text goes, and the extractors, each a function
 * of a document's bytes. What they say of a document that cannot be read is one line without its name.
 */
#ifndef LEANN_CMD_EXTRACT_H
#define LEANN_CMD_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/doctype.h"
#include "base/buf.h"
#include "base/err.h"
#include "fmt/stream.h"

struct limits {
	uint64_t max_text;		/* bytes of text, of all parts */
	uint64_t max_unpacked;		/* bytes out of containers, all levels together */
	unsigned timeout_s, memory_mb;
};

enum out_mode { OUT_STREAM, OUT_TEXT, OUT_JSON };

struct out {
	enum out_mode mode;
	struct limits limits;
	struct stream_out stream;
	struct buf body, text;		/* a record; text of the part that did not go out yet */
	struct buf member;		/* path inside archives, NUL-terminated; empty: none */
	uint64_t n_text, n_unpacked;
	bool part, typed;		/* a part began; the type is out */
	unsigned depth;			/* of containers */
	bool archives;			/* members of archives are read, too */
	size_t n_unread;		/* members that could not be read */
	struct buf json;
};

/* out.c */
void out_open(struct out *o, enum out_mode mode);
int out_type(struct out *o, const char *type, struct err *e) MUST_CHECK;
/* A page, slide, sheet, chapter, cell or message begins; then what is known of it. */
int out_part(struct out *o, const char *kind, struct err *e) MUST_CHECK;
/* Of the latest part; before the first, of the document. Empty values are left out. */
int out_meta(struct out *o, const char *key, const char *val, size_t n, struct err *e) MUST_CHECK;
int out_meta_int(struct out *o, const char *key, int64_t v, struct err *e) MUST_CHECK;
/* UTF-8; form feeds become line feeds, what else steers a terminal vanishes. */
int out_text(struct out *o, const void *p, size_t n, struct err *e) MUST_CHECK;
int out_end(struct out *o, struct err *e) MUST_CHECK;
void out_release(struct out *o);
/* n bytes came out of a container of n_packed: an error over the limits. */
int out_unpacked(struct out *o, uint64_t n, struct err *e) MUST_CHECK;

struct doc {
	const char *name;		/* path, for its extension */
	const uint8_t *p;
	size_t n;
};

/* extractors.c: the right one by type. */
int extract(struct out *o, enum doctype type, const struct doc *d, struct err *e) MUST_CHECK;

int extract_html(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_notebook(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_pdf(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_docx(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_pptx(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_xlsx(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_odf(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_epub(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_mail(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_mbox(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_packed(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;
int extract_archive(struct out *o, const struct doc *d, struct err *e) MUST_CHECK;

/* sandbox.c: this process, and what it starts, from now on; see leann-extract(1), LIMITS. */
int sandbox_enter(const struct limits *l, struct err *e) MUST_CHECK;

#endif
