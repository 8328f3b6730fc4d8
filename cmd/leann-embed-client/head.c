/* The header of the vector stream; see head.h. */
#include "head.h"

#include <inttypes.h>
#include <string.h>

#include "fmt/wire_head.h"

int head_check(const struct shead *h, const struct wire_info *i, struct err *e)
{
	char model[256], tok[65];
	uint64_t max_tokens;
	if (shead_str(h, "model", model, sizeof model, e) ||
	    shead_str(h, "tokenizer_sha256", tok, sizeof tok, e) ||
	    shead_u64(h, "chunk_max_tokens", 0, UINT32_MAX, &max_tokens, e))
		return -1;
	bool provider = *i->provider.api;	/* whose tokenizer nobody knows */
	bool other = *tok && *i->tokenizer_sha256 ? strcmp(tok, i->tokenizer_sha256) != 0
						  : *model && strcmp(model, i->model) != 0;
	if (other && !provider)
		return err_set(e, ERR_DATA, "stdin: chunks were cut for the tokenizer of model %s,"
			       " the server has model %s: give leann-chunk and leann-embed-client"
			       " the same --model", *model ? model : "?", i->model);
	if (max_tokens > i->max_tokens && (i->max_tokens || !provider))
		return err_set(e, ERR_DATA, "stdin: chunks have up to %" PRIu64 " tokens, model %s"
			       " takes %zu: use leann-chunk --max-tokens %zu", max_tokens,
			       i->model, i->max_tokens, i->max_tokens);
	return 0;
}

/* Who embedded, and whose tokenizer passages were cut with. */
static int put_provider(struct shead *h, const struct wire_info *i, struct err *e)
{
	char model[256];
	if (shead_str(h, "model", model, sizeof model, e))
		return -1;
	if (*model && !shead_has(h, "chunk_model"))
		shead_set_str(h, "chunk_model", model);
	provider_put_head(&i->provider, h);
	return 0;
}

int head_put(struct stream_out *out, const struct head *w, struct err *e)
{
	struct shead h = SHEAD_INIT;
	shead_copy(&h, w->in);
	if (*w->info->provider.api && put_provider(&h, w->info, e)) {
		shead_release(&h);
		return -1;
	}
	wire_head(&h, w->info);
	if (w->texts)
		shead_set_bool(&h, "texts", true);
	shead_add_prog(&h, "leann-embed-client", w->n_args, w->args);
	int r = stream_out_head(out, &h, e);
	shead_release(&h);
	return r;
}
