/* From a model directory to an encoder and its info; see load.h. */
#include "load.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/opts.h"
#include "sys/modeldir.h"

static int open_encoder(const char *dir, enum precision p, const char *weights,
			struct encoder **enc, struct err *e)
{
	char *packed = model_pack_dir();
	struct encoder_opts o = {.model_dir = dir, .precision = p, .weights_sha256 = weights,
				 .pack_dir = packed};
	int r = encoder_open(&o, enc, e);
	mem_free(packed);
	return r;
}

int load_model(const char *dir, enum precision p, struct encoder **enc, struct wire_info *w,
	       struct err *e)
{
	char weights[65];
	if (weights_sha256_cached(dir, weights, e) || open_encoder(dir, p, weights, enc, e))
		return -1;
	const struct model_info *m = encoder_info(*enc);
	const char *tok = tok_sha256(encoder_tok(*enc));
	struct encoder_quality q = encoder_quality(*enc);
	p = encoder_precision(*enc);
	model_identity(m, tok, weights, p, w->sha256);
	snprintf(w->model, sizeof w->model, "%s", m->name);
	snprintf(w->tokenizer_sha256, sizeof w->tokenizer_sha256, "%s", tok);
	snprintf(w->query_prefix, sizeof w->query_prefix, "%s", m->query_prefix);
	snprintf(w->document_prefix, sizeof w->document_prefix, "%s", m->document_prefix);
	snprintf(w->version, sizeof w->version, "%s", LEANN_VERSION);
	snprintf(w->precision, sizeof w->precision, "%s", precision_name(p));
	snprintf(w->kernels, sizeof w->kernels, "%s", encoder_kernels(*enc));
	w->quality_mean = q.known ? q.mean : 0;
	w->quality_min = q.known ? q.min : 0;
	w->dim = encoder_out_dim(*enc);
	w->reranker = m->kind == MODEL_RERANKER;
	w->max_tokens = m->max_tokens;
	w->normalized = m->normalize;
	w->max_texts = WIRE_TEXTS_MAX;
	w->pid = (uint64_t)getpid();
	return 0;
}
