/* Records as a stream; see import.h. Lines are read by all threads, a batch at a time. */
#include "port/import.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "algo/passages.h"
#include "base/mem.h"
#include "base/par.h"
#include "base/utf8.h"
#include "fmt/wire_head.h"
#include "nn/model.h"
#include "nn/tok.h"
#include "port/import_out.h"
#include "sys/jsonl.h"
#include "sys/modeldir.h"

enum {
	BATCH_RECORDS = 256,
	KEEP_BYTES = 64 << 10,		/* larger buffers are given back after a batch */
};

struct job {
	struct buf line, text, id;
	struct meta meta;
	bool meta_all, bad;
	size_t n_tokens;		/* of the whole text, special ones not counted */
	const char *where;
	uint64_t number;
	struct err e;
};

struct import {
	struct import_opts o;
	struct import_out w;
	struct model_info model;
	struct tok *tok;
	size_t n_special;		/* tokens beside the text's: [CLS], [SEP], the prefix */
	struct embed *embed;		/* with vectors */
	struct par *par;
	struct id_set ids;
	struct job job[BATCH_RECORDS];
	size_t n_jobs;
	float *vec;			/* (BATCH_RECORDS, dim) */
	uint64_t n_seen;		/* records that could be checked */
};

bool import_name_ok(const char *name)
{
	size_t n = strlen(name);
	return n && n <= IMPORT_NAME_MAX && !strchr(name, '/') && utf8_valid(name, n) &&
	       path_is_safe((const uint8_t *)name, n);
}

int import_normalise(float *vec, size_t dim, struct err *e)
{
	double sum = 0;
	for (size_t k = 0; k < dim; k++)
		sum += (double)vec[k] * vec[k];
	if (!isfinite(sum))
		return err_set(e, ERR_DATA, "an embedding with a number that is not finite");
	double norm = sqrt(sum);
	if (norm < FLT_MIN)
		return err_set(e, ERR_DATA, "an embedding of length %g has no direction", norm);
	for (size_t k = 0; k < dim; k++)
		vec[k] = (float)(vec[k] / norm);
	return 0;
}

int import_cosine(struct embed *h, const char *text, size_t n, const float *vec, double *cosine,
		  struct err *e)
{
	size_t dim = embed_info(h)->dim;
	float *own = mem_array(dim, sizeof *own);
	int r = embed_texts(h, &(struct wire_text){text, n}, 1, WIRE_DOCUMENT, own, e);
	*cosine = 0;
	for (size_t k = 0; !r && k < dim; k++)
		*cosine += (double)own[k] * vec[k];
	mem_free(own);
	return r;
}

static void set_head(const struct import *x, struct shead *h)
{
	struct buf roots = BUF_INIT;
	memcpy(h->kind, "chunks", sizeof "chunks");
	mp_put_arr(&roots, 0);
	shead_set_packed(h, "roots", &roots);
	buf_release(&roots);
	shead_set_str(h, "model", x->model.name);
	shead_set_u64(h, "max_tokens", x->model.max_tokens);
	shead_set_str(h, "tokenizer_sha256", tok_sha256(x->tok));
	shead_set_u64(h, "chunk_version", PASSAGES_VERSION);
	shead_set_u64(h, "chunk_max_tokens", x->model.max_tokens);
	shead_set_u64(h, "chunk_overlap", 0);
	if (x->embed)
		wire_head(h, embed_info(x->embed));
	shead_add_prog(h, x->o.prog, x->o.n_args, x->o.args);
}

/* The server of the vectors: of the model that is here. */
static int ask_server(struct import *x, struct err *e)
{
	struct embed_opts eo = x->o.embed;
	eo.model = x->o.model;
	if (embed_open(&eo, &x->embed, e))
		return -1;
	const struct wire_info *i = embed_info(x->embed);
	if (*i->tokenizer_sha256 && strcmp(i->tokenizer_sha256, tok_sha256(x->tok)))
		return err_set(e, ERR_DATA, "the embedding server at %s has model %s, wanted is %s",
			       embed_endpoint(x->embed), i->model, x->model.name);
	x->vec = mem_array(BATCH_RECORDS * i->dim, sizeof *x->vec);
	x->w.dim = i->dim;
	return 0;
}

static int open_model(struct import *x, struct err *e)
{
	char *dir = NULL;
	int r = -1;
	if (!model_find(x->o.model, &dir, e) && !model_info_read(dir, &x->model, e) &&
	    !tok_open(dir, &x->tok, e) && (!x->o.vectors || !ask_server(x, e)))
		r = 0;
	mem_free(dir);
	return r;
}

int import_open(const struct import_opts *o, int fd, const char *fd_name, struct import **out,
		struct err *e)
{
	struct import *x = mem_calloc(1, sizeof *x);
	struct shead h = SHEAD_INIT;
	x->o = *o;
	x->w.o = &x->o;
	stream_out_open(&x->w.out, fd, fd_name);
	tail_init(&x->w.tail, true, o->lexical);
	*out = x;
	if (open_model(x, e))
		return -1;
	x->n_special = 2 + tok_count(x->tok, x->model.document_prefix, strlen(x->model.document_prefix));
	x->par = par_new(o->n_threads);
	set_head(x, &h);
	int r = stream_out_head(&x->w.out, &h, e);
	shead_release(&h);
	return r;
}

size_t import_dim(const struct import *x)
{
	return x->w.dim;
}

static void work(void *ctx, size_t i, size_t i_worker)
{
	struct import *x = ctx;
	struct job *j = &x->job[i];
	(void)i_worker;
	j->bad = true;
	if (j->line.len > JSONL_LINE_MAX)
		err_set(&j->e, ERR_DATA, "record of %zu bytes, the limit is %d", j->line.len, JSONL_LINE_MAX);
	else if (!record_read(j->line.p, j->line.len, &j->text, &j->id, &j->meta, &j->meta_all, &j->e))
		j->bad = false;
	j->n_tokens = j->bad ? 0 : tok_count(x->tok, (const char *)j->text.p, j->text.len);
}

/* Some of the records, more of the first: 4, 6, 8, 12, 16, 24 and so on. */
static bool is_sample(uint64_t i)
{
	while (i > 3 && i % 2 == 0)
		i /= 2;
	return i <= 3;
}

/* Is it this model's embedding of this text? Of some that the model takes whole. */
static int check_sample(struct import *x, const struct job *j, const float *vec, struct err *e)
{
	double cosine;
	if (j->n_tokens + x->n_special > x->model.max_tokens || !is_sample(x->n_seen++))
		return 0;
	if (import_cosine(x->embed, (const char *)j->text.p, j->text.len, vec, &cosine, e))
		return -1;
	x->w.counts.n_checked++;
	if (cosine >= IMPORT_COSINE_MIN)
		return 0;
	return err_set(e, ERR_DATA, "\"%s\": the embedding is not what model %s makes of the text: their cosine "
		       "is %.3f, want %.2f: name its model with --model, or have all texts embedded with "
		       "--embeddings=recompute", (const char *)j->id.p, embed_info(x->embed)->model, cosine,
		       IMPORT_COSINE_MIN);
}

static int emit(struct import *x, struct job *j, float *vec, struct err *e)
{
	if (j->bad) {
		*e = j->e;
		return -1;
	}
	if (!id_set_add(&x->ids, j->id.p, j->id.len))
		return err_set(e, ERR_DATA, "id \"%s\" was there before", (const char *)j->id.p);
	if (!j->n_tokens && x->o.skip_empty) {
		x->w.counts.n_empty++;
		return 0;
	}
	if (!j->n_tokens)
		return err_set(e, ERR_DATA, "\"%s\" has no text: leave such records out with --skip-empty",
			       (const char *)j->id.p);
	if (x->w.dim && (import_normalise(vec, x->w.dim, e) || check_sample(x, j, vec, e)))
		return -1;
	size_t n = j->n_tokens + x->n_special, max = x->model.max_tokens;
	x->w.counts.n_long += n > max;
	x->w.counts.n_meta_lost += !j->meta_all;
	return import_out_add(&x->w, &(struct import_record){.line = j->line.p, .n_line = j->line.len,
			      .id = &j->id, .text = &j->text, .meta = &j->meta, .n_tokens = n < max ? n : max,
			      .vec = vec}, e);
}

static int do_batch(struct import *x, struct err *e)
{
	par_for(x->par, x->n_jobs, work, x);
	for (size_t i = 0; i < x->n_jobs; i++) {
		struct job *j = &x->job[i];
		if (emit(x, j, x->vec ? x->vec + i * x->w.dim : NULL, e))
			return err_prefix(e, "%s:%llu", j->where, (unsigned long long)j->number);
		if (j->text.cap > KEEP_BYTES)
			buf_release(&j->text);
		if (j->line.cap > KEEP_BYTES)
			buf_release(&j->line);
	}
	x->n_jobs = 0;
	return 0;
}

int import_add(struct import *x, const void *line, size_t n, const char *where, uint64_t number,
	       const float *vec, struct err *e)
{
	struct job *j = &x->job[x->n_jobs];
	buf_clear(&j->line);
	buf_add(&j->line, line, n);
	j->where = where;
	j->number = number;
	if (x->vec)
		memcpy(x->vec + x->n_jobs * x->w.dim, vec, x->w.dim * sizeof *vec);
	return ++x->n_jobs == BATCH_RECORDS ? do_batch(x, e) : 0;
}

int import_end(struct import *x, struct err *e)
{
	if (do_batch(x, e) || import_out_flush(&x->w, e) ||
	    tail_send(&x->w.tail, (size_t)x->w.counts.n, &x->w.out, &x->w.body, e))
		return -1;
	return stream_out_end(&x->w.out, e);
}

const struct import_counts *import_counts(const struct import *x)
{
	return &x->w.counts;
}

void import_fail(struct import *x, int fd, const struct err *why)
{
	struct stream_out none;
	if (x) {
		stream_out_fail(&x->w.out, why);
		return;
	}
	stream_out_open(&none, fd, "stdout");
	stream_out_fail(&none, why);
	stream_out_release(&none);
}

void import_close(struct import *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < BATCH_RECORDS; i++) {
		buf_release(&x->job[i].line);
		buf_release(&x->job[i].text);
		buf_release(&x->job[i].id);
		meta_release(&x->job[i].meta);
	}
	import_out_release(&x->w);
	id_set_release(&x->ids);
	tok_free(x->tok);
	embed_free(x->embed);
	par_free(x->par);
	mem_free(x->vec);
	mem_free(x);
}
