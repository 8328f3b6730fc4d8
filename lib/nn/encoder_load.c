/* The weights of a BERT encoder by their Hugging Face names, checked; see encoder_impl.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/encoder_impl.h"
#include "nn/model_file.h"

struct load {
	struct encoder *enc;
	const char *path;	/* of the weights' file, for messages */
	const char *prefix;	/* "" or "bert." */
	int layer;		/* current layer, for names */
	struct err *e;
};

static float *own(struct encoder *enc, size_t n)
{
	if (enc->n_owned == enc->cap_owned) {
		enc->cap_owned = enc->cap_owned ? 2 * enc->cap_owned : 64;
		enc->owned = mem_realloc(enc->owned, enc->cap_owned * sizeof *enc->owned);
	}
	return enc->owned[enc->n_owned++] = mem_aligned(64, n * sizeof(float));
}

/* rows 0: a vector of cols. Finds "PREFIXname", or "PREFIXencoder.layer.L.name" in a layer. */
static const struct tensor *find(struct load *l, const char *name, size_t rows, size_t cols)
{
	char full[160];
	if (l->layer < 0)
		snprintf(full, sizeof full, "%s%s", l->prefix, name);
	else
		snprintf(full, sizeof full, "%sencoder.layer.%d.%s", l->prefix, l->layer, name);
	const struct tensor *t = safetensors_find(l->enc->st, full);
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

/* In place where the file allows, else converted. */
static int use(struct load *l, const char *name, size_t rows, size_t cols, const float **out)
{
	const struct tensor *t = find(l, name, rows, cols);
	if (!t)
		return -1;
	size_t bad;
	*out = tensor_f32(t);
	if (*out) {
		bad = tensor_first_bad(*out, t->n_elems);
	} else {
		float *p = own(l->enc, t->n_elems);
		bad = tensor_get_f32(t, 0, t->n_elems, p);
		*out = p;
	}
	return bad == t->n_elems ? 0 : not_finite(l, t, bad);
}

static int load_layer(struct load *l, struct encoder_layer *y)
{
	static const char *const part[3] = {"query", "key", "value"};
	size_t dim = l->enc->info.dim, ff = l->enc->info.ff_dim;
	char name[64];
	y->qkv_w = own(l->enc, 3 * dim * dim);
	y->qkv_b = own(l->enc, 3 * dim);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "attention.self.%s.weight", part[i]);
		if (copy(l, name, dim, dim, y->qkv_w + i * dim * dim))
			return -1;
		snprintf(name, sizeof name, "attention.self.%s.bias", part[i]);
		if (copy(l, name, 0, dim, y->qkv_b + i * dim))
			return -1;
	}
	if (use(l, "attention.output.dense.weight", dim, dim, &y->att_w) ||
	    use(l, "attention.output.dense.bias", 0, dim, &y->att_b) ||
	    use(l, "attention.output.LayerNorm.weight", 0, dim, &y->att_gamma) ||
	    use(l, "attention.output.LayerNorm.bias", 0, dim, &y->att_beta) ||
	    use(l, "intermediate.dense.weight", ff, dim, &y->up_w) ||
	    use(l, "intermediate.dense.bias", 0, ff, &y->up_b) ||
	    use(l, "output.dense.weight", dim, ff, &y->down_w) ||
	    use(l, "output.dense.bias", 0, dim, &y->down_b) ||
	    use(l, "output.LayerNorm.weight", 0, dim, &y->down_gamma) ||
	    use(l, "output.LayerNorm.bias", 0, dim, &y->down_beta))
		return -1;
	return 0;
}

/* Row 0 of the token types is used alone; how many there are does not matter. */
static int load_type0(struct load *l)
{
	struct encoder *enc = l->enc;
	char full[80];
	snprintf(full, sizeof full, "%sembeddings.token_type_embeddings.weight", l->prefix);
	const struct tensor *t = safetensors_find(enc->st, full);
	size_t rows = t && t->n_dims == 2 && t->shape[0] ? t->shape[0] : 1;
	return use(l, "embeddings.token_type_embeddings.weight", rows, enc->info.dim, &enc->type0);
}

int encoder_load(struct encoder *enc, const char *model_dir, struct err *e)
{
	const struct model_info *m = &enc->info;
	char *path = model_file_path(model_dir, "model.safetensors");
	struct load l = {.enc = enc, .path = path, .prefix = "", .layer = -1, .e = e};
	int r = -1;
	if (safetensors_open(path, &enc->st, e))
		goto out;
	if (safetensors_find(enc->st, "bert.embeddings.word_embeddings.weight"))
		l.prefix = "bert.";
	if (use(&l, "embeddings.word_embeddings.weight", m->n_vocab, m->dim, &enc->word) ||
	    use(&l, "embeddings.position_embeddings.weight", m->n_positions, m->dim, &enc->pos) ||
	    load_type0(&l) || use(&l, "embeddings.LayerNorm.weight", 0, m->dim, &enc->emb_gamma) ||
	    use(&l, "embeddings.LayerNorm.bias", 0, m->dim, &enc->emb_beta))
		goto out;
	enc->layers = mem_calloc(m->n_layers, sizeof *enc->layers);
	for (l.layer = 0; l.layer < (int)m->n_layers; l.layer++)
		if (load_layer(&l, &enc->layers[l.layer]))
			goto out;
	r = 0;
out:
	mem_free(path);
	return r;
}
