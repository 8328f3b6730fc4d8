/* Scores of texts for a question; see rerank.h. */
#include "sys/rerank.h"

#include "sys/embed_impl.h"

int rerank_open(const struct embed_opts *o, struct embed **out, struct err *e)
{
	struct embed_opts mine = *o;
	struct embed *h;
	mine.reranker = true;
	if (embed_open(&mine, &h, e))
		return -1;
	if (!h->info.reranker || h->info.dim != 1) {
		err_set(e, ERR_DATA, "embedding server at %s: the model %s makes embeddings, it is no "
			"reranker", h->endpoint, h->info.model);
		embed_free(h);
		return -1;
	}
	*out = h;
	return 0;
}

int rerank_texts(struct embed *h, const struct wire_text *query, const struct wire_text *texts,
		 size_t n, float *out, struct err *e)
{
	return embed_all(h, &(struct embed_job){.texts = texts, .n = n, .out = out, .query = query}, e);
}
