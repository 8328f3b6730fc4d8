/*
 * The forward pass of BERT (Devlin et al. 2018, post-norm) over texts that lie end to end: the
 * linear layers see one matrix of all tokens, attention sees each text by itself, so nothing is
 * padded. See encoder_impl.h.
 *
 * A worker alone takes a layer's second half in blocks of rows that stay in its cache. Workers
 * together share out the output channels of each linear layer, so that even a lone short text
 * has them all reading weights.
 */
#include <math.h>
#include <string.h>

#include "nn/encoder_impl.h"

struct pass {
	const struct encoder *enc;
	const struct encoder_group *g;
	struct encoder_scratch *s;
	struct par *par;		/* NULL: one worker */
	size_t i_worker;		/* that one */
	const struct encoder_layer *y;
};

/* One linear layer over rows; par_for()'s item is a share of its output channels. */
struct product {
	struct linear_job job;
	const struct linear_kernels *lin;
	size_t n_shares;
};

static void product_body(void *ctx, size_t i, size_t i_worker)
{
	const struct product *p = ctx;
	struct linear_job job = p->job;
	size_t n_panels = (job.n + LINEAR_PANEL - 1) / LINEAR_PANEL;
	(void)i_worker;
	/* Kernels take panels in pairs, or four at a time. */
	size_t step = (n_panels + p->n_shares - 1) / p->n_shares;
	step = step > 4 ? (step + 3) / 4 * 4 : step > 1 ? (step + 1) / 2 * 2 : 1;
	job.lo = i * step < n_panels ? i * step : n_panels;
	job.hi = job.lo + step < n_panels ? job.lo + step : n_panels;
	if (job.lo < job.hi)
		p->lin->mul(&job);
}

struct matrix {
	const void *w;
	size_t n, k;			/* outputs, inputs */
	bool gelu;
};

/* out (m, ldo) = the layer's outputs for m rows as rows_of() left them. */
static void multiply(const struct pass *f, const struct matrix *w, const void *rows, size_t m,
		     float *out, size_t ldo)
{
	const struct linear_kernels *lin = f->enc->lin;
	struct product p = {
		.lin = lin,
		.n_shares = par_n_threads(f->par),
		.job = {.rows = rows, .row_bytes = linear_row_bytes(lin, w->k), .m = m, .k = w->k,
			.w = w->w, .n = w->n, .gelu = w->gelu, .y = out, .ldy = ldo},
	};
	par_for(f->par, p.n_shares, product_body, &p);
}

/* Largest magnitude and sum of each input of a linear layer; for calibration, on one worker. */
static void collect(const struct pass *f, enum layer_input input, const float *x, size_t m,
		    size_t k)
{
	const struct model_info *info = &f->enc->info;
	size_t at = (size_t)(f->y - f->enc->w.layers) * encoder_top_row(info) +
		    encoder_top_at(info, input);
	float *top = f->enc->top + at, *sum = f->enc->sum + at;
	for (size_t i = 0; i < m * k; i++) {
		top[i % k] = fmaxf(top[i % k], fabsf(x[i]));
		sum[i % k] += x[i];
	}
}

/* m f32 rows as an input of the layer: in fp32 they are that already. */
static const void *rows_of(const struct pass *f, enum layer_input input, const float *x, size_t m,
			   void *rows)
{
	const struct linear_kernels *lin = f->enc->lin;
	size_t k = input == INPUT_DOWN ? f->enc->info.ff_dim : f->enc->info.dim;
	if (f->enc->top)
		collect(f, input, x, m, k);
	if (!lin->rows)
		return x;
	lin->rows(&(struct linear_input){x, k, m, k, f->y->smooth[input]}, rows);
	return rows;
}

static void embed(const struct pass *f)
{
	const struct encoder_weights *w = &f->enc->w;
	size_t dim = f->enc->info.dim, row = 0;
	for (size_t t = 0; t < f->g->n_texts; t++)
		for (size_t i = 0; i < f->g->len[t]; i++, row++) {
			float *x = f->s->x + row * dim;
			size_t id = f->s->ids[row];
			if (w->word)
				memcpy(x, w->word + id * dim, dim * sizeof *x);
			else
				linear_f32(w->word16 + id * dim, dim, x);
			f->enc->k->layernorm_f32(x, w->pos + i * dim, NULL, w->gamma, w->beta,
						 (float)f->enc->info.ln_eps, dim);
		}
}

/* Item i is one head of one text. */
static void attend_body(void *ctx, size_t i, size_t i_worker)
{
	const struct pass *f = ctx;
	const struct model_info *m = &f->enc->info;
	size_t dim = m->dim, head = dim / m->n_heads, h = i % m->n_heads, at = 0;
	for (size_t t = 0; t < i / m->n_heads; t++)
		at += f->g->len[t];
	const float *q = f->s->qkv + at * 3 * dim + h * head;
	struct attention_job job = {
		.q = q, .k = q + dim, .v = q + 2 * dim, .ld = 3 * dim,
		.len = f->g->len[i / m->n_heads], .head = head, .scale = 1 / sqrtf((float)head),
		.out = f->s->y + at * dim + h * head, .ldo = dim,
		.scratch = f->enc->scratch[f->par ? i_worker : f->i_worker].att,
	};
	f->enc->att->run(&job);
}

/* x = LN(x + out), out (m, dim); the linear layer had its bias. */
static void add_norm(const struct pass *f, float *x, const float *out, size_t m,
		     const float *gamma, const float *beta)
{
	size_t dim = f->enc->info.dim;
	for (size_t i = 0; i < m; i++)
		f->enc->k->layernorm_f32(x + i * dim, out + i * dim, NULL, gamma, beta,
					 (float)f->enc->info.ln_eps, dim);
}

/* What follows attention, for rows [lo, lo + m): its output layer, then the feed-forward net. */
static void second_half(const struct pass *f, size_t lo, size_t m)
{
	const struct encoder_layer *w = f->y;
	struct encoder_scratch *s = f->s;
	size_t dim = f->enc->info.dim, ff = f->enc->info.ff_dim;
	float *x = s->x + lo * dim, *y = s->y + lo * dim;
	const void *in = rows_of(f, INPUT_ATT, y, m, s->rows);
	/* In place in fp32, where in is y: so the output goes to what the queries no longer need. */
	float *out = s->qkv + lo * 3 * dim;
	multiply(f, &(struct matrix){w->att, dim, dim, false}, in, m, out, dim);
	add_norm(f, x, out, m, w->att_gamma, w->att_beta);
	in = rows_of(f, INPUT_UP, x, m, s->rows);
	multiply(f, &(struct matrix){w->up, ff, dim, true}, in, m, s->wide, ff);
	in = rows_of(f, INPUT_DOWN, s->wide, m, s->wide_rows);
	multiply(f, &(struct matrix){w->down, dim, ff, false}, in, m, y, dim);
	add_norm(f, x, y, m, w->down_gamma, w->down_beta);
}

static void layer(struct pass *f)
{
	size_t n = f->g->n_tokens, dim = f->enc->info.dim;
	const void *in = rows_of(f, INPUT_QKV, f->s->x, n, f->s->rows);
	multiply(f, &(struct matrix){f->y->qkv, 3 * dim, dim, false}, in, n, f->s->qkv, 3 * dim);
	par_for(f->par, f->g->n_texts * f->enc->info.n_heads, attend_body, f);
	size_t block = f->enc->cut.block_rows;
	for (size_t lo = 0; lo < n; lo += block)
		second_half(f, lo, n - lo < block ? n - lo : block);
}

void encoder_forward(const struct encoder *enc, struct par *par, size_t i_worker,
		     const struct encoder_group *g)
{
	struct pass f = {.enc = enc, .g = g, .s = &enc->scratch[i_worker], .par = par,
			 .i_worker = i_worker};
	embed(&f);
	for (size_t l = 0; l < enc->info.n_layers; l++) {
		f.y = &enc->w.layers[l];
		layer(&f);
	}
}
