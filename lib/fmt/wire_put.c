/* The embedding protocol's packers; see wire.h and leann-embed(7). */
#include "fmt/wire.h"

#include <string.h>

#include "base/le.h"
#include "base/utf8.h"

static const char *const kinds[] = {
	[WIRE_RAW] = "raw", [WIRE_QUERY] = "query", [WIRE_DOCUMENT] = "document"};

static void put_uint(struct buf *b, const char *key, uint64_t v)
{
	mp_put_str(b, key);
	mp_put_u64(b, v);
}

static void put_str(struct buf *b, const char *key, const char *s)
{
	mp_put_str(b, key);
	mp_put_str(b, s);
}

static void put_start(struct buf *b, size_t n_pairs, uint64_t id)
{
	mp_put_map(b, n_pairs);
	put_uint(b, "v", WIRE_VERSION);
	put_uint(b, "id", id);
}

static void put_model(struct buf *b, const struct wire_info *i)
{
	put_str(b, "model", i->model);
	put_str(b, "sha256", i->sha256);
	put_uint(b, "dim", i->dim);
}

static void put_texts(struct buf *b, const struct wire_text *texts, size_t n)
{
	mp_put_str(b, "texts");
	mp_put_arr(b, n);
	for (size_t i = 0; i < n; i++)
		mp_put_strn(b, texts[i].p, texts[i].n);
}

void wire_put_req_info(struct buf *b, uint64_t id)
{
	put_start(b, 3, id);
	put_str(b, "op", "info");
}

void wire_put_req_embed(struct buf *b, uint64_t id, enum wire_kind kind,
			const struct wire_text *texts, size_t n)
{
	put_start(b, 5, id);
	put_str(b, "op", "embed");
	put_str(b, "kind", kinds[kind]);
	put_texts(b, texts, n);
}

void wire_put_req_rerank(struct buf *b, uint64_t id, const struct wire_text *query,
			 const struct wire_text *texts, size_t n)
{
	put_start(b, 5, id);
	put_str(b, "op", "rerank");
	mp_put_str(b, "query");
	mp_put_strn(b, query->p, query->n);
	put_texts(b, texts, n);
}

static void put_failure(struct buf *b, size_t n_pairs, uint64_t id, const struct err *why)
{
	put_start(b, n_pairs, id);
	mp_put_str(b, "err");
	mp_put_arr(b, 2);
	mp_put_u64(b, (uint64_t)err_exit(why->code));
	struct buf msg = BUF_INIT;
	utf8_repair(&msg, why->msg, strlen(why->msg));
	mp_put_strn(b, msg.p, msg.len);
	buf_release(&msg);
}

void wire_put_err(struct buf *b, uint64_t id, const struct err *why)
{
	put_failure(b, 3, id, why);
}

void wire_put_busy(struct buf *b, uint64_t id, const struct err *why)
{
	put_failure(b, 4, id, why);
	mp_put_str(b, "busy");
	mp_put_bool(b, true);
}

void wire_put_info(struct buf *b, uint64_t id, const struct wire_info *i)
{
	bool quality = i->quality_mean != 0 || i->quality_min != 0;
	bool provider = *i->provider.api, precise = *i->precision;
	put_start(b, 25u + quality + provider + precise, id);
	put_model(b, i);
	put_str(b, "kind", i->reranker ? "reranker" : "embedder");
	put_str(b, "tokenizer_sha256", i->tokenizer_sha256);
	put_uint(b, "max_tokens", i->max_tokens);
	mp_put_str(b, "normalized");
	mp_put_bool(b, i->normalized);
	put_str(b, "query_prefix", i->query_prefix);
	put_str(b, "document_prefix", i->document_prefix);
	put_uint(b, "max_texts", i->max_texts);
	put_uint(b, "threads", i->threads);
	put_uint(b, "n_requests", i->n_requests);
	put_uint(b, "n_texts", i->n_texts);
	put_uint(b, "n_tokens", i->n_tokens);
	put_uint(b, "uptime_s", i->uptime_s);
	put_uint(b, "pid", i->pid);
	put_str(b, "version", i->version);
	if (precise)
		put_str(b, "precision", i->precision);
	put_str(b, "kernels", i->kernels);
	put_uint(b, "n_batches", i->n_batches);
	put_uint(b, "n_merged", i->n_merged);
	put_uint(b, "n_busy", i->n_busy);
	put_uint(b, "queue", i->queue);
	put_uint(b, "max_rss_bytes", i->max_rss_bytes);
	if (provider) {
		mp_put_str(b, "provider");
		provider_put(&i->provider, b);
	}
	if (!quality)
		return;
	mp_put_str(b, "quality");
	mp_put_arr(b, 2);
	mp_put_f64(b, i->quality_mean);
	mp_put_f64(b, i->quality_min);
}

void wire_put_embed_head(struct buf *b, uint64_t id, const struct wire_info *i, size_t n)
{
	uint64_t n_bytes = 4 * (uint64_t)n * i->dim;
	const uint8_t bin32[5] = {0xc6, (uint8_t)(n_bytes >> 24), (uint8_t)(n_bytes >> 16),
				  (uint8_t)(n_bytes >> 8), (uint8_t)n_bytes};
	put_start(b, 9, id);
	put_model(b, i);
	put_uint(b, "n", n);
	mp_put_str(b, "f32");
	buf_add(b, bin32, sizeof bin32);
	buf_reserve(b, n_bytes + 64);	/* the tail, too */
}

void wire_put_embed_rows(struct buf *b, const float *v, size_t n, size_t dim)
{
	buf_reserve(b, 4 * n * dim);
	put_lef32s(b->p + b->len, v, n * dim);
	b->len += 4 * n * dim;
	b->p[b->len] = 0;
}

void wire_put_embed_tail(struct buf *b, uint64_t n_tokens, uint64_t n_cut)
{
	put_uint(b, "n_tokens", n_tokens);
	put_uint(b, "n_cut", n_cut);
}

void wire_put_embed(struct buf *b, uint64_t id, const struct wire_info *i,
		    const struct wire_rows *rows)
{
	wire_put_embed_head(b, id, i, rows->n);
	wire_put_embed_rows(b, rows->v, rows->n, i->dim);
	wire_put_embed_tail(b, rows->n_tokens, rows->n_cut);
}

void wire_put_official_model(struct buf *b, const char *model)
{
	mp_put_arr(b, 1);
	mp_put_str(b, model);
}

void wire_put_official_head(struct buf *b, size_t n, size_t dim)
{
	mp_put_arr(b, n);
	buf_reserve(b, n * (5 * dim + 8));
}

void wire_put_official_rows(struct buf *b, const float *v, size_t n, size_t dim)
{
	for (size_t i = 0; i < n; i++) {
		mp_put_arr(b, dim);
		for (size_t k = 0; k < dim; k++)
			mp_put_f32(b, v[i * dim + k]);
	}
}

void wire_put_official_flat_head(struct buf *b, size_t n, size_t dim)
{
	mp_put_arr(b, 2);
	mp_put_arr(b, 2);
	mp_put_u64(b, n);
	mp_put_u64(b, dim);
	mp_put_arr(b, n * dim);
	buf_reserve(b, 5 * n * dim);
}

void wire_put_official_flat(struct buf *b, const float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mp_put_f32(b, v[i]);
}

void wire_put_official_distances(struct buf *b, const float *v, size_t n)
{
	mp_put_arr(b, 1);
	mp_put_arr(b, n);
	wire_put_official_flat(b, v, n);
}
