/* The weights of a BERT encoder by their Hugging Face names, checked; see encoder_weights.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/encoder_round.h"
#include "nn/encoder_weights.h"
#include "nn/model_file.h"

struct load {
	struct encoder_weights *w;
	const struct model_info *m;
	const struct linear_kernels *lin;
	const struct buf *seen;	/* or NULL; see encoder_weights.h */
	const char *path;	/* of the weights' file, for messages */
	const char *prefix;	/* "" or "bert."; "" for the classifier */
	int layer;		/* current layer, for names */
	float *matrix;		/* (max(3 dim, ff) x dim): one being packed, */
	float *bias, *scale;	/* (max(3 dim, ff)) and its */
	struct err *e;
};

/* rows 0: a vector of cols. Finds "PREFIXname", or "PREFIXencoder.layer.L.name" in a layer. */
static const struct tensor *find(struct load *l, const char *name, size_t rows, size_t cols)
{
	char full[160];
	if (l->layer < 0)
		snprintf(full, sizeof full, "%s%s", l->prefix, name);
	else
		snprintf(full, sizeof full, "%sencoder.layer.%d.%s", l->prefix, l->layer, name);
	const struct tensor *t = safetensors_find(l->w->st, full);
	if (!t) {
		err_set(l->e, ERR_DATA, "%s: no tensor %s", l->path, full);
		return NULL;
	}
	if (t->type == TENSOR_OTHER) {
		err_set(l->e, ERR_DATA, "%s: tensor %s is %s; F32, F16 and BF16 are supported",
			l->path, full, t->type_name);
		return NULL;
	}
	bool fits = rows ? t->n_dims == 2 && t->shape[0] == rows && t->shape[1] == cols
			 : t->n_dims == 1 && t->shape[0] == cols;
	if (fits)
		return t;
	err_set(l->e, ERR_DATA,
		"%s: tensor %s has %zu dimensions, %zu x %zu; config.json makes it %zu x %zu",
		l->path, full, t->n_dims, t->n_dims ? t->shape[0] : 0,
		t->n_dims > 1 ? t->shape[1] : 1, rows ? rows : cols, rows ? cols : (size_t)1);
	return NULL;
}

static int not_finite(struct load *l, const struct tensor *t, size_t i)
{
	return err_set(l->e, ERR_DATA, "%s: tensor %s: value %zu is not a finite number", l->path,
		       t->name, i);
}

/* Copy into out. */
static int copy(struct load *l, const char *name, size_t rows, size_t cols, float *out)
{
	const struct tensor *t = find(l, name, rows, cols);
	if (!t)
		return -1;
	size_t bad = tensor_get_f32(t, 0, t->n_elems, out);
	return bad == t->n_elems ? 0 : not_finite(l, t, bad);
}

/* The linear layer "NAME.weight" (n, k) and "NAME.bias" to row `at` of the one being packed. */
static int linear(struct load *l, const char *name, size_t at, size_t n, size_t k)
{
	char full[64];
	snprintf(full, sizeof full, "%s.weight", name);
	if (copy(l, full, n, k, l->matrix + at * k))
		return -1;
	snprintf(full, sizeof full, "%s.bias", name);
	return copy(l, full, 0, n, l->bias + at);
}

static int norm(struct load *l, const char *name, float *gamma, float *beta)
{
	char full[64];
	snprintf(full, sizeof full, "%s.weight", name);
	if (copy(l, full, 0, l->m->dim, gamma))
		return -1;
	snprintf(full, sizeof full, "%s.bias", name);
	return copy(l, full, 0, l->m->dim, beta);
}

/* A power of 2^(1/4): so that the last bits of fp32 kernels hardly ever matter here. */
static float coarse(double x)
{
	return (float)exp2(rint(4 * log2(x)) / 4);
}

/*
 * Move the unevenness of a linear layer's inputs into its weights (SmoothQuant, Xiao et al. 2023,
 * equation 4, alpha .6): input j is divided by s_j = top_j^.6 / w_j^.4, w_j the largest
 * magnitude of its weights, and those are multiplied by it. n outputs, k inputs; top (k): the
 * inputs' largest magnitudes; factor (k) gets 1/s.
 */
static void smooth(struct load *l, const float *top, size_t n, size_t k, float *factor)
{
	double mean = 0;
	for (size_t j = 0; j < k; j++) {
		float w = 1e-5f;
		for (size_t i = 0; i < n; i++)
			w = fmaxf(w, fabsf(l->matrix[i * k + j]));
		factor[j] = (float)(pow(fmaxf(top[j], 1e-5f), .6) / pow(w, .4));
		mean += factor[j] / (double)k;
	}
	for (size_t j = 0; j < k; j++) {
		float s = coarse(fmax(factor[j] / mean, 1e-3));
		factor[j] = 1 / s;
		for (size_t i = 0; i < n; i++)
			l->matrix[i * k + j] *= s;
	}
}

/*
 * The layer that was read last, n outputs, is smoothed and rounded. Not smoothed is the one back
 * to dim: its weights hold most of the error that int8 makes, its inputs little, and what they
 * would gain the weights would lose (see encoder_round.h for what was measured).
 */
static void prepare(struct load *l, const struct encoder_layer *y, enum layer_input input,
		    size_t n)
{
	const struct buf *seen = &l->seen[(size_t)l->layer * LAYER_INPUTS + input];
	size_t k = encoder_input_dim(l->m, input);
	struct encoder_inputs in = {(const void *)seen->p, seen->len / (k * sizeof *in.x), k};
	if (input != INPUT_DOWN) {
		float *top = mem_array(k, sizeof *top);
		encoder_inputs_top(&in, top);
		smooth(l, top, n, k, y->smooth[input]);
		mem_free(top);
	}
	encoder_round(&in, y->smooth[input], l->matrix, l->bias, n, l->scale);
}

/* The linear layer that was read last, n outputs, as its kernels want it. */
static void pack(struct load *l, const struct encoder_layer *y, enum layer_input input, size_t n,
		 void *out)
{
	size_t k = encoder_input_dim(l->m, input);
	float *factor = y->smooth[input];
	for (size_t j = 0; factor && j < k; j++)
		factor[j] = 1;
	if (factor && l->seen)
		prepare(l, y, input, n);
	const struct linear_layer layer = {l->matrix, l->bias, n, k,
					   factor && l->seen ? l->scale : NULL};
	linear_pack(l->lin, &layer, out);
}

static int load_layer(struct load *l, const struct encoder_layer *y)
{
	size_t dim = l->m->dim, ff = l->m->ff_dim;
	if (linear(l, "attention.self.query", 0, dim, dim) ||
	    linear(l, "attention.self.key", dim, dim, dim) ||
	    linear(l, "attention.self.value", 2 * dim, dim, dim))
		return -1;
	pack(l, y, INPUT_QKV, 3 * dim, y->qkv);
	if (linear(l, "attention.output.dense", 0, dim, dim))
		return -1;
	pack(l, y, INPUT_ATT, dim, y->att);
	if (linear(l, "intermediate.dense", 0, ff, dim))
		return -1;
	pack(l, y, INPUT_UP, ff, y->up);
	if (linear(l, "output.dense", 0, dim, ff))
		return -1;
	pack(l, y, INPUT_DOWN, dim, y->down);
	return norm(l, "attention.output.LayerNorm", y->att_gamma, y->att_beta) ||
	       norm(l, "output.LayerNorm", y->down_gamma, y->down_beta) ? -1 : 0;
}

/* fp32: in place where the file allows, else converted. */
static int load_word(struct load *l)
{
	const char *name = "embeddings.word_embeddings.weight";
	const struct model_info *m = l->m;
	const struct tensor *t = find(l, name, m->n_vocab, m->dim);
	if (!t)
		return -1;
	const float *p = tensor_f32(t);
	size_t bad;
	if (p) {
		bad = tensor_first_bad(p, t->n_elems);
	} else {
		l->w->word_own = mem_aligned(64, t->n_elems * sizeof *l->w->word_own);
		p = l->w->word_own;
		bad = tensor_get_f32(t, 0, t->n_elems, l->w->word_own);
	}
	if (bad != t->n_elems)
		return not_finite(l, t, bad);
	l->w->word = p;
	if (l->w->word16)
		linear_bf16(p, t->n_elems, l->w->word16);
	return 0;
}

static int load_type1(struct load *l, const struct tensor *t, size_t rows)
{
	size_t dim = l->m->dim;
	if (rows < 2)
		return err_set(l->e, ERR_DATA, "%s: tensor %s has 1 row; a reranker's pair has two types",
			       l->path, t->name);
	size_t bad = tensor_get_f32(t, dim, dim, l->w->type1);
	if (bad != dim)
		return not_finite(l, t, dim + bad);
	for (size_t i = 0; i < dim; i++)
		l->w->type1[i] -= l->bias[i];	/* row 0 */
	return 0;
}

/*
 * Row 0 of the token types is added to every position; how many there are is free. A reranker also
 * has what row 1 is more than that.
 */
static int load_positions(struct load *l)
{
	const struct model_info *m = l->m;
	char full[80];
	snprintf(full, sizeof full, "%sembeddings.token_type_embeddings.weight", l->prefix);
	const struct tensor *t = safetensors_find(l->w->st, full);
	size_t rows = t && t->n_dims == 2 && t->shape[0] ? t->shape[0] : 1;
	t = find(l, "embeddings.token_type_embeddings.weight", rows, m->dim);
	if (!t || copy(l, "embeddings.position_embeddings.weight", m->n_positions, m->dim,
		       l->w->pos))
		return -1;
	size_t bad = tensor_get_f32(t, 0, m->dim, l->bias);
	if (bad != m->dim)
		return not_finite(l, t, bad);
	for (size_t i = 0; i < m->n_positions * m->dim; i++)
		l->w->pos[i] += l->bias[i % m->dim];
	if (m->kind == MODEL_RERANKER && load_type1(l, t, rows))
		return -1;
	return norm(l, "embeddings.LayerNorm", l->w->gamma, l->w->beta);
}

/* The pooler, and the layer to the score; names as BertForSequenceClassification saves them. */
static int load_score(struct load *l)
{
	const struct encoder_weights *w = l->w;
	size_t dim = l->m->dim;
	l->layer = -1;
	if (copy(l, "pooler.dense.weight", dim, dim, w->pool) ||
	    copy(l, "pooler.dense.bias", 0, dim, w->pool_bias))
		return -1;
	l->prefix = "";
	return copy(l, "classifier.weight", 1, dim, w->score) ||
	       copy(l, "classifier.bias", 0, 1, w->score_bias) ? -1 : 0;
}

static int load(struct load *l)
{
	const struct model_info *m = l->m;
	if (safetensors_open(l->path, &l->w->st, l->e))
		return -1;
	if (safetensors_find(l->w->st, "bert.embeddings.word_embeddings.weight"))
		l->prefix = "bert.";
	if (load_word(l) || load_positions(l))
		return -1;
	for (l->layer = 0; l->layer < (int)m->n_layers; l->layer++)
		if (load_layer(l, &l->w->layers[l->layer]))
			return -1;
	if (m->kind == MODEL_RERANKER && load_score(l))
		return -1;
	if (!l->w->word16)
		return 0;
	mem_free(l->w->word_own);
	l->w->word_own = NULL;
	l->w->word = NULL;
	safetensors_free(l->w->st);
	l->w->st = NULL;
	return 0;
}

int encoder_weights_load(struct encoder_weights *w, const struct encoder_weights_source *from,
			 const struct model_info *m, const struct linear_kernels *lin,
			 struct err *e)
{
	size_t wide = 3 * m->dim > m->ff_dim ? 3 * m->dim : m->ff_dim;
	char *path = model_file_path(from->model_dir, "model.safetensors");
	struct load l = {.w = w, .m = m, .lin = lin, .seen = from->seen,
			 .path = path, .prefix = "", .layer = -1, .e = e};
	encoder_weights_place(w, m, lin);
	w->block = mem_aligned(64, w->n_block);
	memset(w->block, 0, w->n_block);	/* what lies between goes into the file, too */
	encoder_weights_place(w, m, lin);
	l.matrix = mem_array(wide * m->dim, sizeof *l.matrix);
	l.bias = mem_array(wide, sizeof *l.bias);
	l.scale = mem_array(wide, sizeof *l.scale);
	int r = load(&l);
	mem_free(l.matrix);
	mem_free(l.bias);
	mem_free(l.scale);
	mem_free(path);
	if (r)
		encoder_weights_release(w);
	return r;
}
