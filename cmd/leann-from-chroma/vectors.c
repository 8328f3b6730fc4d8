/*
 * Which embedding is whose. Chroma 1.x gives an element of its files the next label when an id is added, never one
 * again, and a row the next number in the table of records: so the elements that are not deleted, by label, are the
 * records as they were when the files were written, by row. Which id has which label is said in a pickle alone, which
 * is not opened. What came after that, up to change max_seq_id, is in the queue, in order: records that were added
 * since then are the last rows, and have their embedding there.
 *
 * Only a deletion since then breaks this, for it does not say which element it was: then nothing is claimed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "chroma.h"

enum { OP_ADD = 0, OP_UPDATE = 1, OP_UPSERT = 2, OP_DELETE = 3 };

/* The latest of an id. */
#define AT_NONE INT64_MAX		/* no such record now, or none of whose embedding is known */

struct replay {
	const struct collection *c;
	struct records *r;
	struct vectors *v;
	struct names *ids;		/* of the records, and of others in the queue after these */
	int64_t *at;			/* (ids->n) as in struct vectors, or AT_NONE */
	size_t cap;
	size_t n_before;		/* records that are in the files */
	float *vec;
};

static int PRINTF(2, 3) unknown(struct vectors *v, const char *fmt, ...)
{
	char s[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(s, sizeof s, fmt, ap);
	va_end(ap);
	mem_free(v->why_not);
	v->why_not = mem_strdup(s);
	return 1;
}

/* The change up to which the files are. */
static int read_seq(struct db *d, const struct collection *c, int64_t *seq, struct err *e)
{
	struct db_rows *q;
	*seq = -1;
	if (db_query(d, &q, "SELECT seq_id FROM max_seq_id WHERE segment_id = ?", e))
		return -1;
	db_bind_text(q, 1, c->vectors);
	int r = db_next(q, e);
	if (r > 0 && db_type(q, 0) == DB_INT)
		*seq = db_int(q, 0);
	db_done(q);
	return r < 0 ? -1 : 0;
}

/* The number of an id in the queue; one that no record has gets the next. */
static uint32_t number_of(struct replay *x, const char *id, size_t n_id)
{
	uint32_t i = names_get(x->ids, id, n_id);
	if (i != NAMES_NONE)
		return i;
	i = (uint32_t)x->ids->n;
	names_put(x->ids, id, n_id, i);
	if (i >= x->cap) {
		x->cap = 2 * x->cap + 64;
		x->at = mem_realloc(x->at, x->cap * sizeof *x->at);
	}
	x->at[i] = AT_NONE;
	return i;
}

/* The embedding of a change: into the file of those, *at where; 1: it has none. */
static int take_vec(struct replay *x, struct db_rows *q, int64_t *at, struct err *e)
{
	size_t n, dim = x->c->dim;
	const uint8_t *p = db_blob(q, 2, &n);
	const char *encoding = db_text(q, 3, NULL);
	if (!p)
		return 1;
	if (!encoding || strcmp(encoding, "FLOAT32") || n != 4 * dim)
		return err_set(e, ERR_DATA, "collection %s: change %lld: an embedding of %zu bytes of %s, "
			       "want %zu of FLOAT32", x->c->name, (long long)db_int(q, 4), n,
			       encoding ? encoding : "nothing", 4 * dim);
	get_lef32s(p, x->vec, dim);
	*at = ~(int64_t)x->v->queue.n;
	return spool_add(&x->v->queue, x->vec, e);
}

/* One change, as Chroma takes it: adding what is there, and changing what is not, does nothing. */
static int replay_one(struct replay *x, struct db_rows *q, struct err *e)
{
	size_t n_id;
	const char *id = db_text(q, 1, &n_id);
	int64_t op = db_int(q, 0), at = AT_NONE;
	if (!id || !n_id)
		return err_set(e, ERR_DATA, "collection %s: change %lld has no id", x->c->name,
			       (long long)db_int(q, 4));
	if (x->ids->n >= NAMES_NONE)
		return err_set(e, ERR_DATA, "collection %s: too many changes", x->c->name);
	uint32_t i = number_of(x, id, n_id);
	bool there = x->at[i] != AT_NONE;
	if (op == OP_DELETE) {
		bool may_be_in_files = there ? x->at[i] >= 0 : x->n_before > 0;
		if (may_be_in_files || (i < x->n_before))
			return unknown(x->v, "records were deleted since Chroma last wrote the files of its "
				       "embeddings");
		x->at[i] = AT_NONE;
		return 0;
	}
	if ((op == OP_ADD && there) || (op == OP_UPDATE && !there))
		return 0;
	if (op != OP_ADD && op != OP_UPDATE && op != OP_UPSERT)
		return unknown(x->v, "the queue has a change of kind %lld, which is not known", (long long)op);
	int r = take_vec(x, q, &at, e);
	if (r < 0)
		return -1;
	if (r && !there)
		return unknown(x->v, "record \"%.100s\" was added without an embedding", id);
	if (!r)
		x->at[i] = at;
	return 0;
}

static int replay(struct db *d, struct replay *x, int64_t from, struct err *e)
{
	struct db_rows *q;
	int r;
	if (db_query(d, &q, "SELECT operation, id, vector, encoding, seq_id FROM embeddings_queue WHERE seq_id > ? AND "
			    "topic LIKE 'persistent://%' AND substr(topic, -37) = '/' || ? ORDER BY seq_id", e))
		return -1;
	db_bind_int(q, 1, from);
	db_bind_text(q, 2, x->c->id);
	while ((r = db_next(q, e)) > 0) {
		r = replay_one(x, q, e);
		if (r)
			break;
	}
	db_done(q);
	return r;
}

/* Every record has an embedding now, or why not. */
static int settle(struct replay *x)
{
	size_t n = x->r->n;
	for (size_t i = 0; i < n; i++)
		if (x->at[i] == AT_NONE)
			return unknown(x->v, "the embedding of record \"%.100s\" is neither in its files nor in the "
				       "queue", names_at(x->ids, i));
	x->v->at = mem_array(n ? n : 1, sizeof *x->v->at);
	memcpy(x->v->at, x->at, n * sizeof *x->at);
	x->v->n = n;
	return 0;
}

/* 1: it is not known, and why is said. */
static int find(struct db *d, const char *dir, struct replay *x, struct err *e)
{
	const struct collection *c = x->c;
	struct vectors *v = x->v;
	struct err why;
	int64_t seq;
	if (!c->dim || !*c->vectors || !c->vectors_known)
		return unknown(v, "it keeps its embeddings in a way that is not known here");
	if (read_seq(d, c, &seq, e) || spool_open(&v->queue, c->dim, e))
		return -1;
	char *folder = mem_printf("%s/%s", dir, c->vectors);
	int r = hnsw_file_open(&v->hnsw, folder, c->dim, &why);
	mem_free(folder);
	if (r)
		return unknown(v, "%.200s", why.msg);
	x->n_before = v->hnsw.n;
	for (size_t i = 0; i < x->r->n; i++)
		x->at[i] = i < x->n_before ? (int64_t)i : AT_NONE;
	r = replay(d, x, seq, e);
	if (!r && x->n_before > x->r->n)
		r = unknown(v, "its files have %zu embeddings, there are %zu records", x->n_before, x->r->n);
	return r ? r : settle(x);
}

int vectors_find(struct db *d, const char *dir, const struct collection *c, struct records *r, struct vectors *v,
		 struct err *e)
{
	struct replay x = {.c = c, .r = r, .v = v, .ids = &r->ids, .cap = r->n + 64};
	x.at = mem_array(x.cap, sizeof *x.at);
	x.vec = mem_array(c->dim ? c->dim : 1, sizeof *x.vec);
	int got = find(d, dir, &x, e);
	mem_free(x.at);
	mem_free(x.vec);
	return got < 0 ? -1 : 0;
}

int vectors_get(struct vectors *v, size_t i, float *out, struct err *e)
{
	if (v->at[i] < 0)
		return spool_read(&v->queue, (size_t)~v->at[i], 1, out, e);
	hnsw_file_vec(&v->hnsw, (size_t)v->at[i], out);
	return 0;
}

void vectors_release(struct vectors *v)
{
	hnsw_file_close(&v->hnsw);
	if (v->queue.fd >= 0)
		spool_release(&v->queue);
	mem_free(v->at);
	mem_free(v->why_not);
	*v = (struct vectors)VECTORS_INIT;
}
