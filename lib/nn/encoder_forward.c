/*
 * The forward pass of BERT (Devlin et al. 2018, post-norm) over texts that lie end to end: the
 * linear layers see one matrix of all tokens, attention sees each text by itself, so nothing is
 * padded. See encoder_impl.h.
 *
 * A group on one worker passes a layer's second half in blocks of rows that stay in its cache.
 * Workers together share out the rows, a block each at least, so that whatever is done to a row
 * has all of them; but not so few rows that reading the weights is what takes the time: a short
 * question is one worker's.
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
	size_t first_rows, second_rows;	/* of a block, in the layer's two halves */
	const struct encoder_layer *y;
};

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
	lin->mul(&(struct linear_job){
		.rows = rows, .row_bytes = linear_row_bytes(lin, w->k), .m = m, .k = w->k,
		.w = w->w, .n = w->n, .hi = (w->n + LINEAR_PANEL - 1) / LINEAR_PANEL,
		.gelu = w->gelu, .y = out, .ldy = ldo});
}

/* For the rounding of weights, on one worker. */
static void collect(const struct pass *f, enum layer_input input, const float *x, size_t n)
{
	size_t i_layer = (size_t)(f->y - f->enc->w.layers);
	struct buf *b = &f->enc->seen[i_layer * LAYER_INPUTS + input];
	size_t at = b->len;
	buf_zero(b, n * sizeof(uint16_t));
	linear_bf16(x, n, (void *)(b->p + at));
}

/* m f32 rows as an input of the layer: in fp32 they are that already. */
static const void *rows_of(const struct pass *f, enum layer_input input, const float *x, size_t m,
			   void *rows)
{
	const struct linear_kernels *lin = f->enc->lin;
	size_t k = encoder_input_dim(&f->enc->info, input);
	if (f->enc->seen)
		collect(f, input, x, m * k);
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
			const float *type = f->g->n_zero && i >= f->g->n_zero[t] ? w->type1 : NULL;
			f->enc->k->layernorm_f32(x, w->pos + i * dim, type, w->gamma, w->beta,
						 (float)f->enc->info.ln_eps, dim);
		}
}

/* What the worker of a par_for() body works in. */
static struct encoder_scratch *own(const struct pass *f, size_t i_worker)
{
	return &f->enc->scratch[f->par ? i_worker : f->i_worker];
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
		.scratch = own(f, i_worker)->att,
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

static size_t rows_from(const struct pass *f, size_t lo, size_t most)
{
	return f->g->n_tokens - lo < most ? f->g->n_tokens - lo : most;
}

/* What comes before attention, for a block of rows: its three inputs. */
static void first_body(void *ctx, size_t i, size_t i_worker)
{
	const struct pass *f = ctx;
	size_t dim = f->enc->info.dim, lo = i * f->first_rows;
	size_t m = rows_from(f, lo, f->first_rows);
	const void *in = rows_of(f, INPUT_QKV, f->s->x + lo * dim, m, own(f, i_worker)->rows);
	multiply(f, &(struct matrix){f->y->qkv, 3 * dim, dim, false}, in, m,
		 f->s->qkv + lo * 3 * dim, 3 * dim);
}

/* What follows attention, for a block of rows: its output layer, then the feed-forward net. */
static void second_body(void *ctx, size_t i, size_t i_worker)
{
	const struct pass *f = ctx;
	const struct encoder_layer *w = f->y;
	struct encoder_scratch *s = f->s, *mine = own(f, i_worker);
	size_t dim = f->enc->info.dim, ff = f->enc->info.ff_dim;
	size_t lo = i * f->second_rows, m = rows_from(f, lo, f->second_rows);
	float *x = s->x + lo * dim, *y = s->y + lo * dim;
	const void *in = rows_of(f, INPUT_ATT, y, m, mine->rows);
	/* In place in fp32, where in is y: so the output goes to what the queries no longer need. */
	float *out = s->qkv + lo * 3 * dim;
	multiply(f, &(struct matrix){w->att, dim, dim, false}, in, m, out, dim);
	add_norm(f, x, out, m, w->att_gamma, w->att_beta);
	in = rows_of(f, INPUT_UP, x, m, mine->rows);
	multiply(f, &(struct matrix){w->up, ff, dim, true}, in, m, mine->wide, ff);
	in = rows_of(f, INPUT_DOWN, mine->wide, m, mine->wide_rows);
	multiply(f, &(struct matrix){w->down, dim, ff, false}, in, m, y, dim);
	add_norm(f, x, y, m, w->down_gamma, w->down_beta);
}

static size_t ceil_div(size_t a, size_t b)
{
	return (a + b - 1) / b;
}

static void layer(struct pass *f)
{
	size_t n = f->g->n_tokens;
	par_for(f->par, ceil_div(n, f->first_rows), first_body, f);
	par_for(f->par, f->g->n_texts * f->enc->info.n_heads, attend_body, f);
	par_for(f->par, ceil_div(n, f->second_rows), second_body, f);
}

/* Rows of a block when workers share them. */
static size_t shared_rows(const struct pass *f)
{
	const struct encoder_cut *cut = &f->enc->cut;
	size_t n = f->g->n_tokens, rows = ceil_div(n, par_n_threads(f->par));
	rows = rows < cut->least_rows ? cut->least_rows : rows;
	rows = rows > cut->block_rows ? cut->block_rows : rows;
	return ceil_div(n, ceil_div(n, rows));
}

void encoder_forward(const struct encoder *enc, struct par *par, size_t i_worker,
		     const struct encoder_group *g)
{
	struct pass f = {.enc = enc, .g = g, .s = &enc->scratch[i_worker], .par = par,
			 .i_worker = i_worker, .first_rows = g->n_tokens,
			 .second_rows = enc->cut.block_rows};
	if (par)
		f.first_rows = f.second_rows = shared_rows(&f);
	if (f.first_rows == g->n_tokens)
		f.par = NULL;
	embed(&f);
	for (size_t l = 0; l < enc->info.n_layers; l++) {
		f.y = &enc->w.layers[l];
		layer(&f);
	}
}
