/* Cutting texts into groups, pooling; see encoder.h. */
#include "nn/encoder.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/encoder_impl.h"

/* One call of encoder_embed(). */
struct call {
	struct encoder *enc;
	const struct encoder_batch *b;
	const char *prefix;
	size_t n_prefix;
	size_t *len;		/* (n) tokens of each text or pair, cut to max_tokens */
	size_t *n_zero;		/* (n) of these of type 0, [CLS] query [SEP]; NULL: no pairs */
	size_t *group;		/* (n_groups + 1) first text of each group */
	size_t n_groups;
	size_t *bad;		/* (n_groups) first text whose embedding is not finite, or n */
};

void encoder_scratch_release(struct encoder_scratch *s)
{
	mem_free(s->ids);
	mem_free(s->x);
	mem_free(s->y);
	mem_free(s->qkv);
	mem_free(s->wide);
	mem_free(s->rows);
	mem_free(s->wide_rows);
	mem_free(s->att);
	buf_release(&s->text);
	*s = (struct encoder_scratch){0};
}

void encoder_free(struct encoder *enc)
{
	if (!enc)
		return;
	for (size_t i = 0; i < enc->n_scratch; i++)
		encoder_scratch_release(&enc->scratch[i]);
	mem_free(enc->scratch);
	encoder_weights_release(&enc->w);
	tok_free(enc->tok);
	mem_free(enc);
}

const struct model_info *encoder_info(const struct encoder *enc)
{
	return &enc->info;
}

size_t encoder_out_dim(const struct encoder *enc)
{
	return enc->info.kind == MODEL_RERANKER ? 1 : enc->info.dim;
}

const struct tok *encoder_tok(const struct encoder *enc)
{
	return enc->tok;
}

enum precision encoder_precision(const struct encoder *enc)
{
	return enc->lin->precision;
}

const char *encoder_kernels(const struct encoder *enc)
{
	return enc->name;
}

struct encoder_quality encoder_quality(const struct encoder *enc)
{
	const struct encoder_weights *w = &enc->w;
	return (struct encoder_quality){w->cos_mean != 0, w->cos_mean, w->cos_min};
}

bool encoder_alone(const struct encoder *enc)
{
	return enc->lin->simd != SIMD_BLAS;
}

/* Memory for groups of up to n_tokens, whose longest text is the model's limit. */
static void scratch_init(const struct encoder *enc, struct encoder_scratch *s, size_t n_tokens)
{
	const struct model_info *m = &enc->info;
	size_t dim = m->dim, row_bytes = linear_row_bytes(enc->lin, dim);
	s->ids = mem_array(n_tokens, sizeof *s->ids);
	s->x = mem_aligned(64, n_tokens * dim * sizeof(float));
	s->y = mem_aligned(64, n_tokens * dim * sizeof(float));
	s->qkv = mem_aligned(64, n_tokens * 3 * dim * sizeof(float));
	s->wide = mem_aligned(64, enc->cut.block_rows * m->ff_dim * sizeof(float));
	s->rows = mem_aligned(64, n_tokens * row_bytes);
	s->wide_rows = mem_aligned(64, enc->cut.block_rows * linear_row_bytes(enc->lin, m->ff_dim));
	s->att = mem_aligned(64, enc->att->scratch_bytes(m->max_tokens, dim / m->n_heads));
}

static void scratch_for(struct encoder *enc, size_t n_workers)
{
	size_t group = enc->cut.group_tokens;
	size_t n_tokens = enc->info.max_tokens > group ? enc->info.max_tokens : group;
	if (n_workers <= enc->n_scratch)
		return;
	enc->scratch = mem_realloc(enc->scratch, n_workers * sizeof *enc->scratch);
	for (; enc->n_scratch < n_workers; enc->n_scratch++) {
		enc->scratch[enc->n_scratch] = (struct encoder_scratch){0};
		scratch_init(enc, &enc->scratch[enc->n_scratch], n_tokens);
	}
}

/* The text with its prefix; valid until the scratch's next one. */
static const char *with_prefix(const struct call *c, struct encoder_scratch *s, size_t i, size_t *n)
{
	const struct encoder_text *t = &c->b->texts[i];
	*n = t->n;
	if (!c->n_prefix)
		return t->p;
	buf_clear(&s->text);
	buf_add(&s->text, c->prefix, c->n_prefix);
	buf_add(&s->text, t->p, t->n);
	*n = s->text.len;
	return (const char *)s->text.p;
}

static void count_body(void *ctx, size_t i, size_t i_worker)
{
	struct call *c = ctx;
	size_t n, max = c->enc->info.max_tokens;
	const char *p = with_prefix(c, &c->enc->scratch[i_worker], i, &n);
	size_t n_tokens = tok_count(c->enc->tok, p, n) + 2;
	if (c->n_zero) {
		const struct encoder_text *q = &c->b->queries[i];
		struct tok_pair cut;
		tok_pair_cut(tok_count(c->enc->tok, q->p, q->n), n_tokens - 2, max, &cut);
		n_tokens = cut.n_untruncated;
		c->n_zero[i] = cut.n_first + 2;
		c->len[i] = cut.n_first + cut.n_second + 3;
	} else {
		c->len[i] = n_tokens < max ? n_tokens : max;
	}
	if (c->b->n_tokens)
		c->b->n_tokens[i] = n_tokens > UINT32_MAX ? UINT32_MAX : (uint32_t)n_tokens;
}

/*
 * Texts in their order, up to group_tokens together; a call of few tokens is cut finer so that
 * all workers have something to do. Where a text's neighbours matter (OpenBLAS) the rule does
 * not look at the workers, so that results do not depend on their number.
 */
static void cut_groups(struct call *c, size_t n_workers)
{
	size_t total = 0, in_group = 0, most = c->enc->cut.group_tokens;
	for (size_t i = 0; i < c->b->n; i++)
		total += c->len[i];
	size_t limit = total / (encoder_alone(c->enc) ? 2 * n_workers : 4);
	limit = limit < 64 ? 64 : limit > most ? most : limit;
	for (size_t i = 0; i < c->b->n; i++) {
		if (!i || in_group + c->len[i] > limit) {
			c->group[c->n_groups++] = i;
			in_group = 0;
		}
		in_group += c->len[i];
	}
	c->group[c->n_groups] = c->b->n;
}

/* x: the text's (len, dim) last states. False when the result is not finite. */
static bool pool(const struct model_info *m, const float *x, size_t len, float *out)
{
	size_t n = m->pooling == MODEL_POOL_CLS ? 1 : len;
	double norm = 0;
	for (size_t d = 0; d < m->dim; d++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += x[i * m->dim + d];
		out[d] = (float)(sum / (double)n);
		norm += (double)out[d] * out[d];
	}
	double inv = m->normalize && norm > 0 ? 1 / sqrt(norm) : 1;
	for (size_t d = 0; d < m->dim; d++)
		out[d] = (float)(out[d] * inv);
	return isfinite(norm) && (!m->normalize || norm > 0);
}

/* Text i's tokens into ids (len[i]). Cannot fail: max_tokens >= 3, and they were counted. */
static bool encode(const struct call *c, struct encoder_scratch *s, size_t i, uint32_t *ids)
{
	size_t n, n_ids;
	const char *p = with_prefix(c, s, i, &n);
	struct err e;
	if (!c->n_zero)
		return !tok_encode(c->enc->tok, p, n, c->len[i], ids, &n_ids, NULL, &e) &&
		       n_ids == c->len[i];
	const struct encoder_text *q = &c->b->queries[i];
	struct tok_pair cut = {.n_first = c->n_zero[i] - 2,
			       .n_second = c->len[i] - c->n_zero[i] - 1};
	return !tok_encode_pair(c->enc->tok, (struct tok_text){q->p, q->n},
				(struct tok_text){p, n}, &cut, ids, &e);
}

/* What the caller wants of text i, whose (len, dim) last states are x. */
static bool finish(const struct call *c, size_t i, const float *x)
{
	if (c->n_zero)
		return encoder_score(c->enc, x, c->b->out + i);
	return pool(&c->enc->info, x, c->len[i], c->b->out + i * c->enc->info.dim);
}

/* With par the group is split over its workers. */
static void embed_group(struct call *c, struct par *par, size_t i_group, size_t i_worker)
{
	struct encoder *enc = c->enc;
	struct encoder_scratch *s = &enc->scratch[i_worker];
	size_t lo = c->group[i_group], hi = c->group[i_group + 1], at = 0;
	for (size_t i = lo; i < hi; at += c->len[i++])
		if (!encode(c, s, i, s->ids + at)) {
			c->bad[i_group] = i;
			return;
		}
	struct encoder_group g = {c->len + lo, hi - lo, at, c->n_zero ? c->n_zero + lo : NULL};
	encoder_forward(enc, par, i_worker, &g);
	at = 0;
	for (size_t i = lo; i < hi; at += c->len[i++])
		if (!finish(c, i, s->x + at * enc->info.dim) && c->bad[i_group] > i)
			c->bad[i_group] = i;
}

static void group_body(void *ctx, size_t i_group, size_t i_worker)
{
	embed_group(ctx, NULL, i_group, i_worker);
}

/* Workers share the groups, or when there are too few of them, each group in turn. */
static void embed_groups(struct call *c, struct par *par)
{
	if (c->n_groups >= par_n_threads(par) || !encoder_alone(c->enc))
		par_for(par, c->n_groups, group_body, c);
	else
		for (size_t i = 0; i < c->n_groups; i++)
			embed_group(c, par, i, 0);
}

int encoder_embed(struct encoder *enc, struct par *par, const struct encoder_batch *b,
		  struct err *e)
{
	struct call c = {.enc = enc, .b = b, .prefix = ""};
	bool pairs = enc->info.kind == MODEL_RERANKER;
	int r = -1;
	if (pairs != (b->queries != NULL))
		return err_set(e, ERR_USAGE, "the model %s is %s", enc->info.name,
			       pairs ? "a reranker: it scores texts for queries and has no embeddings"
				     : "no reranker: it scores no texts for queries");
	if (b->kind == ENCODER_QUERY)
		c.prefix = enc->info.query_prefix;
	else if (b->kind == ENCODER_DOCUMENT)
		c.prefix = enc->info.document_prefix;
	c.n_prefix = strlen(c.prefix);
	c.len = mem_array(b->n, sizeof *c.len);
	c.n_zero = pairs ? mem_array(b->n, sizeof *c.n_zero) : NULL;
	c.group = mem_array(b->n + 1, sizeof *c.group);
	scratch_for(enc, par_n_threads(par));
	par_for(par, b->n, count_body, &c);
	cut_groups(&c, par_n_threads(par));
	c.bad = mem_array(c.n_groups, sizeof *c.bad);
	for (size_t i = 0; i < c.n_groups; i++)
		c.bad[i] = b->n;
	embed_groups(&c, par);
	for (size_t i = 0; i < c.n_groups; i++)
		if (c.bad[i] < b->n) {
			err_set(e, ERR_DATA,
				"text %zu of %zu: the model %s gives no finite %s", c.bad[i] + 1,
				b->n, enc->info.name, pairs ? "score" : "embedding");
			goto out;
		}
	r = 0;
out:
	mem_free(c.len);
	mem_free(c.n_zero);
	mem_free(c.group);
	mem_free(c.bad);
	return r;
}
