/* Apart from enrich.c, so that programs that make no codes are not linked with codebooks. */
#include "algo/enrich.h"
#include "base/shipped.h"

void enrich_offer_shipped(struct enrich_params *p, const char *model_sha256)
{
	const struct shipped *s = shipped_for(model_sha256);
	if (s) {
		p->shipped = s->p;
		p->n_shipped = s->n;
	}
}
