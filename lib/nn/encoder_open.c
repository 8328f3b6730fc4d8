/* Opening an encoder: which kernels, which precision, weights packed before or now. See encoder.h. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "nn/encoder_impl.h"
#include "nn/encoder_probe.h"

/* What int8 must keep for PRECISION_AUTO to take it: cosines to fp32 over the built-in texts. */
#define COS_MEAN_MIN .998
#define COS_MIN_MIN .98
/* The same of a reranker's order. */
#define ORDER_MEAN_MIN .995
#define ORDER_MIN_MIN .98

static void use_kernels(struct encoder *enc, enum precision p)
{
	enc->k = vec_kernels_of(enc->simd);
	enc->lin = linear_of(enc->simd, p);
	enc->att = attention_of(enc->simd, p);
	enc->cut = enc->lin->simd == SIMD_BLAS ? ENCODER_CUT_BLAS :
		   enc->lin->simd == SIMD_AMX ? ENCODER_CUT_AMX : ENCODER_CUT;
	snprintf(enc->name, sizeof enc->name, "%s-%s", precision_name(p),
		 simd_name(enc->lin->simd));
}

/* Is int8 faster than fp32 at this level? Measured; see the table of make bench-encoder. */
static bool int8_wins(enum simd s)
{
	return s == SIMD_AVX2 || s == SIMD_AVXVNNI || s == SIMD_AVX512 || s == SIMD_AMX ||
	       s == SIMD_DOTPROD || s == SIMD_I8MM;
}

/* What PRECISION_AUTO takes when int8 is not good enough for a model. */
static enum precision second_best(enum simd s)
{
	return s == SIMD_AMX || s == SIMD_I8MM ? PRECISION_BF16 : PRECISION_FP32;
}

/* DIR/SHA256-PRECISION.weights; NULL: weights are not kept. */
static char *pack_path(const struct encoder_opts *o, enum precision p)
{
	if (!o->pack_dir || !o->weights_sha256 || p == PRECISION_FP32)
		return NULL;
	mkdir(o->pack_dir, 0777);	/* that it is there is seen when the file is written */
	return mem_printf("%s/%s-%s.weights", o->pack_dir, o->weights_sha256, precision_name(p));
}

/* The weights from the model's own file; int8 ones smoothed, and their quality measured. */
static int load(struct encoder *enc, const struct encoder_opts *o, enum precision p, struct err *e)
{
	struct encoder_probe probe = {0};
	int r = -1;
	if (p == PRECISION_INT8 && encoder_probe_fp32(&probe, o->model_dir, e))
		goto out;
	struct encoder_weights_source from = {o->model_dir, probe.seen};
	if (encoder_weights_load(&enc->w, &from, &enc->info, enc->lin, e) ||
	    (p == PRECISION_INT8 && encoder_probe_compare(&probe, enc, e)))
		goto out;
	r = 0;
out:
	encoder_probe_release(&probe);
	return r;
}

/* Pack the model's weights. A packing that cannot be kept serves all the same. */
static int pack(struct encoder *enc, const struct encoder_opts *o, enum precision p,
		const char *path, struct err *e)
{
	const struct encoder_weights_id id = {p, o->weights_sha256};
	struct encoder_weights mapped = {0};
	struct err why;
	if (load(enc, o, p, e))
		return -1;
	if (!path || encoder_weights_save(&enc->w, path, &enc->info, &id, &why) ||
	    encoder_weights_map(&mapped, path, &enc->info, &id, enc->lin, &why))
		return 0;
	encoder_weights_release(&enc->w);
	enc->w = mapped;
	return 0;
}

static int open_as(struct encoder *enc, const struct encoder_opts *o, enum precision p,
		   struct err *e)
{
	const struct encoder_weights_id id = {p, o->weights_sha256};
	struct err why;
	use_kernels(enc, p);
	char *path = pack_path(o, p);
	int r = 0;
	if (!path || encoder_weights_map(&enc->w, path, &enc->info, &id, enc->lin, &why))
		r = pack(enc, o, p, path, e);
	mem_free(path);
	return r;
}

static bool good_enough(const struct encoder *enc)
{
	if (enc->info.kind == MODEL_RERANKER)
		return enc->w.cos_mean >= ORDER_MEAN_MIN && enc->w.cos_min >= ORDER_MIN_MIN;
	return enc->w.cos_mean >= COS_MEAN_MIN && enc->w.cos_min >= COS_MIN_MIN;
}

static int open_weights(struct encoder *enc, const struct encoder_opts *o, struct err *e)
{
	if (o->precision != PRECISION_AUTO)
		return open_as(enc, o, o->precision, e);
	if (!int8_wins(enc->simd))
		return open_as(enc, o, second_best(enc->simd), e);
	if (open_as(enc, o, PRECISION_INT8, e))
		return -1;
	if (good_enough(enc))
		return 0;
	for (size_t i = 0; i < enc->n_scratch; i++)	/* the probe's, of int8's sizes */
		encoder_scratch_release(&enc->scratch[i]);
	enc->n_scratch = 0;
	encoder_weights_release(&enc->w);
	return open_as(enc, o, second_best(enc->simd), e);
}

int encoder_open_at(const struct encoder_opts *o, enum simd simd, struct encoder **out,
		    struct err *e)
{
	struct encoder *enc = mem_calloc(1, sizeof *enc);
	enc->simd = simd;
	if (model_info_read(o->model_dir, &enc->info, e) ||
	    tok_open(o->model_dir, &enc->tok, e))
		goto fail;
	if (tok_n_vocab(enc->tok) > enc->info.n_vocab) {
		err_set(e, ERR_DATA,
			"%s: the tokenizer has ids up to %zu, config.json a vocab_size of %zu",
			o->model_dir, tok_n_vocab(enc->tok) - 1, enc->info.n_vocab);
		goto fail;
	}
	if (enc->info.ff_dim > LINEAR_K_MAX) {
		err_set(e, ERR_DATA, "%s: intermediate_size %zu, at most %d is supported",
			o->model_dir, enc->info.ff_dim, LINEAR_K_MAX);
		goto fail;
	}
	if (open_weights(enc, o, e))
		goto fail;
	*out = enc;
	return 0;
fail:
	encoder_free(enc);
	return -1;
}

int encoder_open(const struct encoder_opts *o, struct encoder **out, struct err *e)
{
	enum simd simd;
	return simd_pick(&simd, e) ? -1 : encoder_open_at(o, simd, out, e);
}
