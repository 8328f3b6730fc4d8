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
	mp_put_str(b, "texts");
	mp_put_arr(b, n);
	for (size_t i = 0; i < n; i++)
		mp_put_strn(b, texts[i].p, texts[i].n);
}

void wire_put_err(struct buf *b, uint64_t id, const struct err *why)
{
	put_start(b, 3, id);
	mp_put_str(b, "err");
	mp_put_arr(b, 2);
	mp_put_u64(b, (uint64_t)err_exit(why->code));
	struct buf msg = BUF_INIT;
	utf8_repair(&msg, why->msg, strlen(why->msg));
	mp_put_strn(b, msg.p, msg.len);
	buf_release(&msg);
}

void wire_put_info(struct buf *b, uint64_t id, const struct wire_info *i)
{
	put_start(b, 18, id);
	put_model(b, i);
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
}

void wire_put_embed(struct buf *b, uint64_t id, const struct wire_info *i,
		    const struct wire_rows *rows)
{
	size_t n_floats = rows->n * i->dim;
	put_start(b, 9, id);
	put_model(b, i);
	put_uint(b, "n", rows->n);
	put_uint(b, "n_tokens", rows->n_tokens);
	put_uint(b, "n_cut", rows->n_cut);
	mp_put_str(b, "f32");
	mp_put_bin(b, rows->v, 4 * n_floats);
	/* On little-endian machines this stores what is there. */
	for (size_t k = 0; k < n_floats; k++)
		put_lef32(b->p + b->len - 4 * (n_floats - k), rows->v[k]);
}

void wire_put_official_model(struct buf *b, const char *model)
{
	mp_put_arr(b, 1);
	mp_put_str(b, model);
}

void wire_put_official_rows(struct buf *b, const float *v, size_t n, size_t dim)
{
	mp_put_arr(b, n);
	for (size_t i = 0; i < n; i++) {
		mp_put_arr(b, dim);
		for (size_t k = 0; k < dim; k++)
			mp_put_f32(b, v[i * dim + k]);
	}
}
