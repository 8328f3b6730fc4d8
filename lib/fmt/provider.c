/* Who else makes embeddings, as it stands in streams, indexes and messages; see provider.h. */
#include "fmt/provider.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fmt/stream.h"

const char *const provider_apis[] = {"openai", "ollama", "tei", "leann", NULL};

const char provider_probe_text[] =
	"Where are the settings read, and what is said of a file that is damaged? "
	"int settings_read(const char *path, struct settings *out); /* 0, or -1 */ "
	"Die Pr\xc3\xbc" "fsumme steht am Ende; 2,048 bytes, 3.14 %.";

bool provider_known(const char *api)
{
	size_t i = 0;
	while (provider_apis[i] && strcmp(provider_apis[i], api))
		i++;
	return provider_apis[i] != NULL;
}

static void add_line(struct sha256 *s, const char *key, const char *text)
{
	char head[64];
	size_t n = strlen(text);
	sha256_add(s, head, (size_t)snprintf(head, sizeof head, "%s %zu ", key, n));
	sha256_add(s, text, n);
	sha256_add(s, "\n", 1);
}

void provider_identity(const struct provider *p, size_t dim, char hex[65])
{
	char head[64];
	struct sha256 s;
	sha256_init(&s);
	sha256_add(&s, "leann-provider-model 1\n", 23);
	add_line(&s, "model", p->model);
	sha256_add(&s, head, (size_t)snprintf(head, sizeof head, "dim %zu\n", dim));
	add_line(&s, "query_prefix", p->query_prefix);
	add_line(&s, "document_prefix", p->document_prefix);
	sha256_hex(&s, hex);
}

/* ---- the probe ---- */

void provider_set_probe(struct provider *p, const float *v, size_t dim)
{
	float max = 0;
	for (size_t i = 0; i < dim; i++)
		max = fabsf(v[i]) > max ? fabsf(v[i]) : max;
	p->n_probe = dim;
	for (size_t i = 0; i < dim; i++)
		p->probe[i] = (int8_t)(max > 0 ? lrintf(v[i] / max * 127) : 0);
}

double provider_probe_cosine(const struct provider *a, const struct provider *b)
{
	double ab = 0, aa = 0, bb = 0;
	if (!a->n_probe || a->n_probe != b->n_probe)
		return -1;
	for (size_t i = 0; i < a->n_probe; i++) {
		ab += a->probe[i] * b->probe[i];
		aa += a->probe[i] * a->probe[i];
		bb += b->probe[i] * b->probe[i];
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : -1;
}

int provider_same(const struct provider *then, const struct provider *now, const char *where, struct err *e)
{
	double cosine = provider_probe_cosine(then, now);
	if (strcmp(then->model, now->model))
		return err_set(e, ERR_DATA, "%s: model %s, it was %s", where, now->model, then->model);
	if (*then->served && *now->served && strcmp(then->served, now->served))
		return err_set(e, ERR_DATA, "%s: the answers are of model %s, they were of %s", where,
			       now->served, then->served);
	if (then->n_probe && cosine < PROVIDER_PROBE_MIN)
		return err_set(e, ERR_DATA, "%s: what is called %s is another model than it was: its "
			       "embedding of a fixed text has a cosine of %.3f to that, want %g", where,
			       now->model, cosine, PROVIDER_PROBE_MIN);
	return 0;
}

/* ---- packed ---- */

static void put_str(struct buf *b, const char *key, const char *s)
{
	mp_put_str(b, key);
	mp_put_str(b, s);
}

void provider_put(const struct provider *p, struct buf *b)
{
	mp_put_map(b, 2u + (*p->served != 0) + (p->dimensions != 0) + (p->n_probe != 0));
	put_str(b, "api", p->api);
	put_str(b, "url", p->url);
	if (*p->served)
		put_str(b, "served", p->served);
	if (p->dimensions) {
		mp_put_str(b, "dimensions");
		mp_put_u64(b, p->dimensions);
	}
	if (p->n_probe) {
		mp_put_str(b, "probe");
		mp_put_bin(b, p->probe, p->n_probe);
	}
}

/* n bytes at s as a line of text into out. printable: ASCII without blanks. */
static int take_text(const char *key, const char *s, size_t n, bool printable, char *out, size_t cap,
		     struct err *e)
{
	bool good = s && n < cap && utf8_valid(s, n);
	for (size_t i = 0; good && i < n; i++)
		good = (uint8_t)s[i] > (printable ? ' ' : ' ' - 1) && s[i] != 0x7f &&
		       !(printable && (uint8_t)s[i] >= 0x80);
	if (!good)
		return err_set(e, ERR_DATA, "provider: %s is not a line of up to %zu bytes", key, cap - 1);
	memcpy(out, s, n);
	out[n] = 0;
	return 0;
}

/* What both kinds of map have to be. */
static int check(const struct provider *p, struct err *e)
{
	if (!*p->api || !*p->url)
		return err_set(e, ERR_DATA, "provider: no %s", *p->api ? "url" : "api");
	if (p->dimensions > PROVIDER_DIM_MAX)
		return err_set(e, ERR_DATA, "provider: %zu dimensions, the limit is %d", p->dimensions,
			       PROVIDER_DIM_MAX);
	return 0;
}

static int take_probe(struct provider *p, const void *bytes, size_t n, struct err *e)
{
	if (!bytes || !n || n > sizeof p->probe)
		return err_set(e, ERR_DATA, "provider: a probe of %zu bytes, want 1 to %zu", n, sizeof p->probe);
	memcpy(p->probe, bytes, n);
	p->n_probe = n;
	return 0;
}

static int parse_str(const struct mp *map, const char *key, bool printable, char *out, size_t cap,
		     struct err *e)
{
	const struct mp *v = mp_get(map, key);
	size_t n;
	const uint8_t *s = mp_bytes(v, &n);
	if (!v)
		return 0;
	return take_text(key, mp_type(v) == MP_STR ? (const char *)s : NULL, n, printable, out, cap, e);
}

int provider_parse(const struct mp *v, struct provider *p, struct err *e)
{
	const struct mp *dims = mp_get(v, "dimensions"), *probe = mp_get(v, "probe");
	size_t n;
	if (mp_type(v) != MP_MAP)
		return err_set(e, ERR_DATA, "provider is %s, want a map", mp_type_name(mp_type(v)));
	if (parse_str(v, "api", true, p->api, sizeof p->api, e) ||
	    parse_str(v, "url", true, p->url, sizeof p->url, e) ||
	    parse_str(v, "served", false, p->served, sizeof p->served, e))
		return -1;
	if (dims && (mp_type(dims) != MP_UINT || mp_u64(dims) > PROVIDER_DIM_MAX))
		return err_set(e, ERR_DATA, "provider: dimensions is no number up to %d", PROVIDER_DIM_MAX);
	p->dimensions = (size_t)mp_u64(dims);
	const uint8_t *bytes = mp_bytes(probe, &n);
	if (probe && take_probe(p, mp_type(probe) == MP_BIN ? bytes : NULL, n, e))
		return -1;
	return check(p, e);
}

/* ---- in a stream's header ---- */

void provider_put_head(const struct provider *p, struct shead *h)
{
	struct buf b = BUF_INIT;
	provider_put(p, &b);
	shead_set_packed(h, "provider", &b);
	buf_release(&b);
}

int provider_from_head(const struct shead *h, struct provider *p, struct err *e)
{
	struct mp_doc *doc = mp_new();
	struct buf b = BUF_INIT;
	const struct mp *v;
	int r = 0;
	memset(p, 0, sizeof *p);
	if (shead_packed(h, "provider", &b))
		r = mp_parse(doc, b.p, b.len, &v, e) || provider_parse(v, p, e) ||
		    shead_str(h, "model", p->model, sizeof p->model, e) ||
		    shead_str(h, "query_prefix", p->query_prefix, sizeof p->query_prefix, e) ||
		    shead_str(h, "document_prefix", p->document_prefix, sizeof p->document_prefix, e);
	buf_release(&b);
	mp_free(doc);
	return r ? -1 : 0;
}

/* ---- in a manifest ---- */

struct js *provider_json(const struct provider *p)
{
	struct buf b = BUF_INIT;
	if (!*p->api)
		return NULL;
	struct js *o = js_new_obj();
	js_set(o, "api", js_new_str(p->api));
	js_set(o, "url", js_new_str(p->url));
	if (*p->served)
		js_set(o, "served", js_new_str(p->served));
	if (p->dimensions)
		js_set(o, "dimensions", js_new_int((int64_t)p->dimensions));
	if (p->n_probe) {
		base64_put(&b, p->probe, p->n_probe);
		js_set(o, "probe", js_new_strn((const char *)b.p, b.len));
	}
	buf_release(&b);
	return o;
}

static int json_str(const struct js *o, const char *key, bool printable, char *out, size_t cap,
		    struct err *e)
{
	const struct js *v = js_get(o, key);
	size_t n = 0;
	const char *s = js_str(v, &n);
	return v ? take_text(key, s, n, printable, out, cap, e) : 0;
}

/* A prefix may have any bytes, but is text. */
static int json_prefix(const struct js *o, const char *key, char *out, struct err *e)
{
	size_t n = 0;
	const char *s = js_str(js_get(o, key), &n);
	if (n >= PROVIDER_PREFIX_MAX || (n && strlen(s) != n))
		return err_set(e, ERR_DATA, "%s is no text of up to %d bytes", key, PROVIDER_PREFIX_MAX - 1);
	memcpy(out, n ? s : "", n + 1);
	return 0;
}

static int from_json(const struct js *model, struct provider *p, struct err *e)
{
	const struct js *o = js_get(model, "provider"), *dims = js_get(o, "dimensions"),
			*probe = js_get(o, "probe");
	struct buf b = BUF_INIT;
	size_t n = 0;
	int r = 0;
	if (json_str(o, "api", true, p->api, sizeof p->api, e) ||
	    json_str(o, "url", true, p->url, sizeof p->url, e) ||
	    json_str(o, "served", false, p->served, sizeof p->served, e) ||
	    json_str(model, "name", false, p->model, sizeof p->model, e) ||
	    json_prefix(model, "query_prefix", p->query_prefix, e) ||
	    json_prefix(model, "document_prefix", p->document_prefix, e))
		return -1;
	if (dims && (js_type(dims) != JS_INT || js_int(dims) < 0 || js_int(dims) > PROVIDER_DIM_MAX))
		return err_set(e, ERR_DATA, "provider: dimensions is no number up to %d", PROVIDER_DIM_MAX);
	p->dimensions = (size_t)js_int(dims);
	const char *s = js_str(probe, &n);
	if (probe && (!s || base64_get(&b, s, n)))
		r = err_set(e, ERR_DATA, "provider: the probe is not base64");
	else if (probe)
		r = take_probe(p, b.p, b.len, e);
	buf_release(&b);
	return r ? -1 : check(p, e);
}

int provider_from_json(const struct js *model, const char *where, struct provider *p, struct err *e)
{
	const struct js *o = js_get(model, "provider");
	memset(p, 0, sizeof *p);
	if (!o)
		return 0;
	if (js_type(o) != JS_OBJ)
		return err_set(e, ERR_DATA, "%s: damaged index: manifest: model.provider is %s", where,
			       js_type_name(js_type(o)));
	return from_json(model, p, e) ? err_prefix(e, "%s: damaged index: manifest: model", where) : 0;
}
