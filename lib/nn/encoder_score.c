/*
 * What BertForSequenceClassification puts on BERT: the pooler, tanh of a linear layer of [CLS], and a
 * linear layer to one number. In fp32 whatever the precision: it is one row of dim x dim where a
 * layer has as many rows as tokens of twelve times that.
 */
#include <math.h>

#include "nn/encoder_impl.h"

bool encoder_score(const struct encoder *enc, const float *x, float *out)
{
	const struct encoder_weights *w = &enc->w;
	size_t dim = enc->info.dim;
	double sum = (double)w->score_bias[0];
	for (size_t d = 0; d < dim; d++) {
		float y = enc->k->dot_f32(w->pool + d * dim, x, dim) + w->pool_bias[d];
		sum += tanh((double)y) * (double)w->score[d];
	}
	*out = (float)sum;
	return isfinite(*out);
}
