/* The embedding protocol's messages; see wire.h and leann-embed(7). */
#include "fmt/wire.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

const char *const wire_precisions[] = {"fp32", "bf16", "int8", NULL};

bool wire_precision_known(const char *name)
{
	size_t i = 0;
	while (wire_precisions[i] && strcmp(wire_precisions[i], name))
		i++;
	return wire_precisions[i] != NULL;
}

static bool is_str(const struct mp *v, const char *s)
{
	size_t n;
	const uint8_t *p = mp_bytes(v, &n);
	return mp_type(v) == MP_STR && n == strlen(s) && memcmp(p, s, n) == 0;
}

/* Every item of arr as a text; strings only. */
static int get_texts(const struct mp *arr, struct wire_req *r, struct err *e)
{
	size_t n = mp_len(arr);
	if (mp_type(arr) != MP_ARR)
		return err_set(e, ERR_DATA, "request: texts is %s, want an array of strings",
			       mp_type_name(mp_type(arr)));
	if (n < 1 || n > WIRE_TEXTS_MAX)
		return err_set(e, ERR_DATA, "request: %zu texts, want 1 to %d", n, WIRE_TEXTS_MAX);
	r->texts = mem_array(n, sizeof *r->texts);
	for (size_t i = 0; i < n; i++) {
		const struct mp *v = mp_at(arr, i);
		if (mp_type(v) != MP_STR)
			return err_set(e, ERR_DATA, "request: text %zu is %s, want a string", i,
				       mp_type_name(mp_type(v)));
		r->texts[i].p = (const char *)mp_bytes(v, &r->texts[i].n);
	}
	r->n_texts = n;
	return 0;
}

/* A passage's number; whatever else stands there is the number of none. */
static int get_numbers(const struct mp *arr, struct wire_req *r, struct err *e)
{
	size_t n = mp_len(arr);
	if (n < 1 || n > WIRE_TEXTS_MAX)
		return err_set(e, ERR_DATA, "request: %zu passages, want 1 to %d", n, WIRE_TEXTS_MAX);
	r->numbers = mem_array(n, sizeof *r->numbers);
	for (size_t i = 0; i < n; i++) {
		const struct mp *v = mp_at(arr, i);
		r->numbers[i] = mp_type(v) == MP_UINT ? mp_u64(v) : UINT64_MAX;
	}
	r->n_numbers = n;
	return 0;
}

static int get_vector(const struct mp *arr, struct wire_req *r, struct err *e)
{
	size_t n = mp_len(arr);
	if (n < 1 || n > WIRE_DIM_MAX)
		return err_set(e, ERR_DATA, "request: a vector of %zu numbers, want 1 to %d", n,
			       WIRE_DIM_MAX);
	r->vector = mem_array(n, sizeof *r->vector);
	for (size_t i = 0; i < n; i++) {
		const struct mp *v = mp_at(arr, i);
		enum mp_type t = mp_type(v);
		r->vector[i] = (float)mp_real(v);
		if ((t != MP_REAL && t != MP_UINT && t != MP_INT) || !isfinite(r->vector[i]))
			return err_set(e, ERR_DATA, "request: number %zu of the vector is %s", i,
				       t == MP_REAL ? "not finite" : mp_type_name(t));
	}
	r->n_vector = n;
	return 0;
}

/* [[numbers], [vector]], [[numbers]] or [numbers]; the numbers may be in an array more. */
static int parse_numbered(const struct mp *v, struct wire_req *r, struct err *e)
{
	const struct mp *first = mp_at(v, 0), *second = mp_at(v, 1);
	const struct mp *numbers = mp_type(first) == MP_ARR ? first : v;
	if (mp_len(numbers) == 1 && mp_type(mp_at(numbers, 0)) == MP_ARR)
		numbers = mp_at(numbers, 0);
	if (numbers == v || mp_len(v) == 1) {
		r->op = WIRE_OFFICIAL_ROWS;
		return get_numbers(numbers, r, e);
	}
	r->op = WIRE_OFFICIAL_DISTANCES;
	if (mp_len(v) != 2 || mp_type(second) != MP_ARR)
		return err_set(e, ERR_DATA, "request: passage numbers, then %s in %zu items, want a"
			       " vector", mp_type_name(mp_type(second)), mp_len(v) - 1);
	return get_numbers(numbers, r, e) ? -1 : get_vector(second, r, e);
}

/* The official server's order: the model's name, texts, then the forms that need an index. */
static int parse_official(const struct mp *v, struct wire_req *r, struct err *e)
{
	size_t n = mp_len(v), n_str = 0;
	if (n == 1 && is_str(mp_at(v, 0), "__QUERY_MODEL__")) {
		r->op = WIRE_OFFICIAL_MODEL;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		n_str += mp_type(mp_at(v, i)) == MP_STR;
	if (n && n_str == n) {
		r->op = WIRE_OFFICIAL_EMBED;
		return get_texts(v, r, e);
	}
	enum mp_type first = mp_type(mp_at(v, 0));
	if (first == MP_ARR || first == MP_UINT || first == MP_INT)
		return parse_numbered(v, r, e);
	return err_set(e, ERR_DATA, "request: an array that is neither texts nor passage numbers");
}

static int get_kind(const struct mp *v, struct wire_req *r, struct err *e)
{
	if (!v || is_str(v, "document"))
		r->kind = WIRE_DOCUMENT;
	else if (is_str(v, "query"))
		r->kind = WIRE_QUERY;
	else if (is_str(v, "raw"))
		r->kind = WIRE_RAW;
	else
		return err_set(e, ERR_DATA, "request: kind is not query, document or raw");
	return 0;
}

static int get_query(const struct mp *v, struct wire_req *r, struct err *e)
{
	r->op = WIRE_RERANK;
	if (mp_type(v) != MP_STR)
		return err_set(e, ERR_DATA, "request: query is %s, want a string",
			       mp_type_name(mp_type(v)));
	r->query.p = (const char *)mp_bytes(v, &r->query.n);
	return 0;
}

static int parse_native(const struct mp *v, struct wire_req *r, struct err *e)
{
	const struct mp *id = mp_get(v, "id"), *ver = mp_get(v, "v"), *op = mp_get(v, "op");
	if (mp_type(id) != MP_UINT)
		return err_set(e, ERR_DATA, "request: id is %s, want an unsigned number",
			       mp_type_name(mp_type(id)));
	r->id = mp_u64(id);
	if (mp_type(ver) != MP_UINT || mp_u64(ver) != WIRE_VERSION)
		return err_set(e, ERR_DATA, "request: protocol version %" PRIu64 ", this server"
			       " speaks %d", mp_u64(ver), WIRE_VERSION);
	if (is_str(op, "info")) {
		r->op = WIRE_INFO;
		return 0;
	}
	if (is_str(op, "rerank"))
		return get_query(mp_get(v, "query"), r, e) ? -1 : get_texts(mp_get(v, "texts"), r, e);
	if (!is_str(op, "embed"))
		return err_set(e, ERR_DATA, "request: op is not info, embed or rerank");
	r->op = WIRE_EMBED;
	return get_kind(mp_get(v, "kind"), r, e) ? -1 : get_texts(mp_get(v, "texts"), r, e);
}

int wire_req_parse(struct mp_doc *doc, const uint8_t *p, size_t n, struct wire_req *r,
		   struct err *e)
{
	const struct mp *v;
	*r = (struct wire_req)WIRE_REQ_INIT;
	if (mp_parse(doc, p, n, &v, e))
		return err_prefix(e, "request");
	if (mp_type(v) == MP_MAP)
		return parse_native(v, r, e);
	if (mp_type(v) == MP_ARR)
		return parse_official(v, r, e);
	return err_set(e, ERR_DATA, "request: %s, want a map or an array",
		       mp_type_name(mp_type(v)));
}

void wire_req_release(struct wire_req *r)
{
	mem_free(r->texts);
	mem_free(r->numbers);
	mem_free(r->vector);
	*r = (struct wire_req)WIRE_REQ_INIT;
}

static int get_uint(const struct mp *map, const char *key, uint64_t max, uint64_t *out,
		    struct err *e)
{
	const struct mp *v = mp_get(map, key);
	if (mp_type(v) != MP_UINT)
		return err_set(e, ERR_DATA, "%s is %s, want an unsigned number", key,
			       mp_type_name(mp_type(v)));
	if (mp_u64(v) > max)
		return err_set(e, ERR_DATA, "%s is %" PRIu64 ", want at most %" PRIu64, key,
			       mp_u64(v), max);
	*out = mp_u64(v);
	return 0;
}

static int get_size(const struct mp *map, const char *key, size_t max, size_t *out, struct err *e)
{
	uint64_t u;
	if (get_uint(map, key, max, &u, e))
		return -1;
	*out = (size_t)u;
	return 0;
}

static int get_str(const struct mp *map, const char *key, char *out, size_t cap, struct err *e)
{
	const struct mp *v = mp_get(map, key);
	size_t n;
	const uint8_t *p = mp_bytes(v, &n);
	if (mp_type(v) != MP_STR)
		return err_set(e, ERR_DATA, "%s is %s, want a string", key,
			       mp_type_name(mp_type(v)));
	if (n >= cap || memchr(p, 0, n) || !utf8_valid(p, n))
		return err_set(e, ERR_DATA, "%s: %zu bytes that are no text of up to %zu bytes",
			       key, n, cap - 1);
	memcpy(out, p, n);
	out[n] = 0;
	return 0;
}

/* err: [code, message], and busy */
static int parse_err(const struct mp *map, struct wire_reply *r, struct err *e)
{
	const struct mp *v = mp_get(map, "err");
	size_t n;
	const uint8_t *p = mp_bytes(mp_at(v, 1), &n);
	uint64_t code = mp_u64(mp_at(v, 0));
	if (mp_len(v) != 2 || mp_type(mp_at(v, 0)) != MP_UINT || !p || (code != 2 && code != 75))
		return err_set(e, ERR_DATA, "err is not [2 or 75, message]");
	r->failed = true;
	r->busy = mp_bool(mp_get(map, "busy"));
	return err_set(&r->err, code == 75 ? ERR_TEMP : ERR_DATA, "%.*s", n < 600 ? (int)n : 600,
		       (const char *)p), 0;
}

/* Of a server that asks another one. */
static int parse_provider(const struct mp *v, struct wire_info *i, struct err *e)
{
	const struct mp *p = mp_get(v, "provider");
	if (!p)
		return 0;
	snprintf(i->provider.model, sizeof i->provider.model, "%s", i->model);
	snprintf(i->provider.query_prefix, sizeof i->provider.query_prefix, "%s", i->query_prefix);
	snprintf(i->provider.document_prefix, sizeof i->provider.document_prefix, "%s", i->document_prefix);
	return provider_parse(p, &i->provider, e);
}

/* Keys that a server of another release or make may not send. */
static int parse_more(const struct mp *v, struct wire_info *i, struct err *e)
{
	const struct {
		const char *key;
		uint64_t *out;
	} uints[] = {{"n_batches", &i->n_batches}, {"n_merged", &i->n_merged},
		     {"n_busy", &i->n_busy}, {"queue", &i->queue},
		     {"max_rss_bytes", &i->max_rss_bytes}};
	const struct mp *q = mp_get(v, "quality"), *kind = mp_get(v, "kind");
	i->reranker = is_str(kind, "reranker");
	if (kind && !i->reranker && !is_str(kind, "embedder"))
		return err_set(e, ERR_DATA, "kind is not embedder or reranker");
	for (size_t k = 0; k < sizeof uints / sizeof *uints; k++)
		if (mp_get(v, uints[k].key) &&
		    get_uint(v, uints[k].key, UINT64_MAX, uints[k].out, e))
			return -1;
	if (parse_provider(v, i, e))
		return -1;
	snprintf(i->precision, sizeof i->precision, "%s", *i->provider.api ? "" : "fp32");
	if ((mp_get(v, "precision") &&
	     get_str(v, "precision", i->precision, sizeof i->precision, e)) ||
	    (mp_get(v, "kernels") && get_str(v, "kernels", i->kernels, sizeof i->kernels, e)))
		return -1;
	i->quality_mean = mp_real(mp_at(q, 0));
	i->quality_min = mp_real(mp_at(q, 1));
	if (q && (mp_type(q) != MP_ARR || mp_len(q) != 2 || !(fabs(i->quality_mean) <= 1) ||
		  !(fabs(i->quality_min) <= 1)))
		return err_set(e, ERR_DATA, "quality is not two numbers of -1 to 1");
	return 0;
}

static int parse_info(const struct mp *v, struct wire_info *i, struct err *e)
{
	const struct mp *norm = mp_get(v, "normalized");
	if (mp_type(norm) != MP_BOOL)
		return err_set(e, ERR_DATA, "normalized is %s, want a boolean",
			       mp_type_name(mp_type(norm)));
	i->normalized = mp_bool(norm);
	if (get_size(v, "max_tokens", 1 << 20, &i->max_tokens, e) ||
	    get_size(v, "max_texts", WIRE_TEXTS_MAX, &i->max_texts, e) ||
	    get_size(v, "threads", 1 << 20, &i->threads, e) ||
	    (mp_get(v, "tokenizer_sha256") &&
	     get_str(v, "tokenizer_sha256", i->tokenizer_sha256, sizeof i->tokenizer_sha256, e)) ||
	    get_str(v, "query_prefix", i->query_prefix, sizeof i->query_prefix, e) ||
	    get_str(v, "document_prefix", i->document_prefix, sizeof i->document_prefix, e) ||
	    get_str(v, "version", i->version, sizeof i->version, e) ||
	    get_uint(v, "n_requests", UINT64_MAX, &i->n_requests, e) ||
	    get_uint(v, "n_texts", UINT64_MAX, &i->n_texts, e) ||
	    get_uint(v, "n_tokens", UINT64_MAX, &i->n_tokens, e) ||
	    get_uint(v, "uptime_s", UINT64_MAX, &i->uptime_s, e) ||
	    get_uint(v, "pid", UINT64_MAX, &i->pid, e) || parse_more(v, i, e))
		return -1;
	return i->max_texts ? 0 : err_set(e, ERR_DATA, "max_texts is 0");
}

static int parse_rows(const struct mp *v, struct wire_reply *r, struct err *e)
{
	const struct mp *bin = mp_get(v, "f32");
	size_t n_bytes;
	r->f32 = mp_bytes(bin, &n_bytes);
	if (mp_type(bin) != MP_BIN)
		return err_set(e, ERR_DATA, "f32 is %s, want a bin", mp_type_name(mp_type(bin)));
	if (get_size(v, "n", WIRE_TEXTS_MAX, &r->n, e) ||
	    (mp_get(v, "n_tokens") && get_uint(v, "n_tokens", UINT64_MAX, &r->n_tokens, e)) ||
	    (mp_get(v, "n_cut") && get_uint(v, "n_cut", WIRE_TEXTS_MAX, &r->n_cut, e)))
		return -1;
	if (n_bytes != 4 * r->n * r->info.dim)	/* at most 4 * 2^12 * 2^13: fits */
		return err_set(e, ERR_DATA, "f32 has %zu bytes, %zu rows of %zu floats have %zu",
			       n_bytes, r->n, r->info.dim, 4 * r->n * r->info.dim);
	return 0;
}

static int parse_reply(const struct mp *v, struct wire_reply *r, struct err *e)
{
	uint64_t ver;
	if (mp_type(v) != MP_MAP)
		return err_set(e, ERR_DATA, "%s, want a map", mp_type_name(mp_type(v)));
	if (get_uint(v, "id", UINT64_MAX, &r->id, e) || get_uint(v, "v", UINT64_MAX, &ver, e))
		return -1;
	if (ver != WIRE_VERSION)
		return err_set(e, ERR_DATA, "protocol version %" PRIu64 ", this program speaks %d",
			       ver, WIRE_VERSION);
	if (mp_get(v, "err"))
		return parse_err(v, r, e);
	if (get_str(v, "model", r->info.model, sizeof r->info.model, e) ||
	    get_str(v, "sha256", r->info.sha256, sizeof r->info.sha256, e) ||
	    get_size(v, "dim", WIRE_DIM_MAX, &r->info.dim, e))
		return -1;
	if (!r->info.dim)
		return err_set(e, ERR_DATA, "dim is 0");
	if (strspn(r->info.sha256, "0123456789abcdef") != 64)
		return err_set(e, ERR_DATA, "sha256 is not 64 hex digits");
	r->is_info = mp_get(v, "max_tokens") != NULL;
	return r->is_info ? parse_info(v, &r->info, e) : parse_rows(v, r, e);
}

int wire_reply_parse(struct mp_doc *doc, const uint8_t *p, size_t n, struct wire_reply *r,
		     struct err *e)
{
	const struct mp *v;
	memset(r, 0, sizeof *r);
	if (mp_parse(doc, p, n, &v, e))
		return -1;
	return parse_reply(v, r, e);
}
