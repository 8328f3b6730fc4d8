/*
 * face: what the faces (faces.h) share: texts out of a request, their embeddings, rows as JSON.
 *
 *	struct face_texts t;
 *	struct face_rows r;
 *	if (face_texts(js_get(request, "input"), "input", &t, e) || face_rows(n, &t, &r, e)) ...
 *	face_row_put(out, r.v, r.dim);
 *	face_rows_release(&r); face_texts_release(&t);
 */
#ifndef LEANN_SERVE_FACE_H
#define LEANN_SERVE_FACE_H

#include "serve/faces.h"

struct face_texts {
	struct wire_text *p;		/* (n), of the request's bytes */
	size_t n;
	bool empty;			/* one of them has no bytes */
};

/* v as a string or an array of strings. ERR_USAGE: it is neither. 0 for an empty array, too. */
int face_texts(const struct js *v, const char *key, struct face_texts *t, struct err *e) MUST_CHECK;
void face_texts_release(struct face_texts *t);

struct face_rows {
	float *v;			/* (n, dim), rows of norm 1 */
	size_t n, dim;
	uint64_t n_tokens;
	uint64_t n_cut;			/* texts that were longer than the model takes */
};

/* As they are, without the prefixes a model has for questions and documents. */
int face_rows(struct embedder *n, const struct face_texts *t, struct face_rows *r, struct err *e) MUST_CHECK;
void face_rows_release(struct face_rows *r);

/* [1,2]: each float with as many digits as bring it back. */
void face_row_put(struct buf *out, const float *v, size_t dim);
/* "AAAA": the floats, little-endian, in base64. */
void face_row_put64(struct buf *out, const float *v, size_t dim);
/* s as a JSON string. */
void face_str_put(struct buf *out, const char *s);
/* j, which is freed, and a line feed. */
void face_js_put(struct buf *out, struct js *j);

/* Member key of the request, NULL where it is null or absent. */
const struct js *face_get(const struct js *request, const char *key);
/* Is asked a name of this model? "" and NULL are. */
bool face_model_is(const struct wire_info *i, const char *asked);

#endif
