/*
 * The forward pass of BERT (Devlin et al. 2018, post-norm) over texts that lie end to end: the
 * linear layers see one matrix of all tokens, attention sees each text by itself, so nothing is
 * padded. See encoder_impl.h.
 */
#include <math.h>
#include <string.h>

#include "nn/encoder_impl.h"
#include "vec/blas.h"

static void embed(const struct encoder *enc, struct encoder_scratch *s,
		  const struct encoder_group *g)
{
	size_t dim = enc->info.dim, row = 0;
	for (size_t t = 0; t < g->n_texts; t++)
		for (size_t i = 0; i < g->len[t]; i++, row++) {
			float *x = s->x + row * dim;
			memcpy(x, enc->word + s->ids[row] * dim, dim * sizeof *x);
			enc->k->layernorm_f32(x, enc->pos + i * dim, enc->type0, enc->emb_gamma,
					      enc->emb_beta, (float)enc->info.ln_eps, dim);
		}
}

/* One head of one text. qkv: its (len, 3 dim) rows at the head's columns; out: (len, dim). */
static void attend(const struct encoder *enc, struct encoder_scratch *s, const float *qkv,
		   size_t len, float *out)
{
	size_t dim = enc->info.dim, head = dim / enc->info.n_heads;
	float scale = 1 / sqrtf((float)head);
	for (size_t i = 0; i < len; i += ATT_ROWS) {
		size_t rows = len - i < ATT_ROWS ? len - i : ATT_ROWS;
		blas_nt(rows, len, head, 1, qkv + i * 3 * dim, 3 * dim, qkv + dim, 3 * dim, 0,
			s->scores, len);
		for (size_t r = 0; r < rows; r++)
			enc->k->softmax_f32(s->scores + r * len, scale, len);
		blas_nn(rows, head, len, 1, s->scores, len, qkv + 2 * dim, 3 * dim, 0,
			out + i * dim, dim);
	}
}

static void layer(const struct encoder *enc, const struct encoder_layer *y,
		  struct encoder_scratch *s, const struct encoder_group *g)
{
	const struct model_info *m = &enc->info;
	const struct vec_kernels *k = enc->k;
	size_t n = g->n_tokens, dim = m->dim, ff = m->ff_dim, head = dim / m->n_heads, at = 0;
	float eps = (float)m->ln_eps;
	for (size_t i = 0; i < n; i++)
		memcpy(s->wide + i * 3 * dim, y->qkv_b, 3 * dim * sizeof(float));
	blas_nt(n, 3 * dim, dim, 1, s->x, dim, y->qkv_w, dim, 1, s->wide, 3 * dim);
	for (size_t t = 0; t < g->n_texts; at += g->len[t++])
		for (size_t h = 0; h < m->n_heads; h++)
			attend(enc, s, s->wide + at * 3 * dim + h * head, g->len[t],
			       s->y + at * dim + h * head);
	blas_nt(n, dim, dim, 1, s->y, dim, y->att_w, dim, 0, s->wide, dim);
	for (size_t i = 0; i < n; i++) {
		float *row = s->wide + i * dim;
		k->layernorm_f32(row, y->att_b, s->x + i * dim, y->att_gamma, y->att_beta, eps,
				 dim);
		memcpy(s->x + i * dim, row, dim * sizeof *row);
	}
	blas_nt(n, ff, dim, 1, s->x, dim, y->up_w, dim, 0, s->wide, ff);
	for (size_t i = 0; i < n; i++)
		k->gelu_f32(s->wide + i * ff, y->up_b, ff);
	blas_nt(n, dim, ff, 1, s->wide, ff, y->down_w, ff, 0, s->y, dim);
	for (size_t i = 0; i < n; i++) {
		float *row = s->y + i * dim;
		k->layernorm_f32(row, y->down_b, s->x + i * dim, y->down_gamma, y->down_beta, eps,
				 dim);
		memcpy(s->x + i * dim, row, dim * sizeof *row);
	}
}

void encoder_forward(const struct encoder *enc, struct encoder_scratch *s,
		     const struct encoder_group *g)
{
	embed(enc, s, g);
	for (size_t l = 0; l < enc->info.n_layers; l++)
		layer(enc, &enc->layers[l], s, g);
}
