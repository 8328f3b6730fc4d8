/* The header of a vector stream; see wire_head.h. */
#include "fmt/wire_head.h"

#include <stdio.h>

void wire_head(struct shead *h, const struct wire_info *i)
{
	snprintf(h->kind, sizeof h->kind, "vectors");
	shead_set_str(h, "model", i->model);
	shead_set_str(h, "model_sha256", i->sha256);
	if (*i->precision)
		shead_set_str(h, "precision", i->precision);
	if (*i->kernels)
		shead_set_str(h, "kernels", i->kernels);
	shead_set_u64(h, "max_tokens", i->max_tokens);
	shead_set_u64(h, "dim", i->dim);
	shead_set_str(h, "metric", "cosine");
	shead_set_str(h, "dtype", "f32");
	shead_set_bool(h, "normalized", true);
	shead_set_str(h, "query_prefix", i->query_prefix);
	shead_set_str(h, "document_prefix", i->document_prefix);
}
