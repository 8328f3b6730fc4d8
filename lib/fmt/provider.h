/*
 * provider: a server of embeddings that is not ours: which API it speaks, where it is, which model, what
 * is put before texts, and how to see that it is still the same. As it stands in the header of a stream,
 * in the manifest of an index and in the info of leann-embed(7); what it means says that page.
 *
 *	struct provider p;
 *	if (provider_from_json(index_key(ix, "model"), "x.leann", &p, e)) return -1;
 *	if (p.api[0]) ... the index was made with a provider
 */
#ifndef LEANN_FMT_PROVIDER_H
#define LEANN_FMT_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/js.h"
#include "fmt/mp.h"

struct shead;

enum {
	PROVIDER_NAME_MAX = 256,	/* bytes, the NUL included, as all here */
	PROVIDER_URL_MAX = 1024,
	PROVIDER_PREFIX_MAX = 1024,
	PROVIDER_DIM_MAX = 8192,
};

/* A cosine below this between two probes: another model. Where it comes from: leann-embed(7). */
#define PROVIDER_PROBE_MIN .995

struct provider {
	char api[16];			/* one of provider_apis; "": a server of ours */
	char url[PROVIDER_URL_MAX];	/* as it was given */
	char model[PROVIDER_NAME_MAX];	/* as it is asked for */
	char served[PROVIDER_NAME_MAX];	/* as the provider calls it in its answers; "": it does not */
	char query_prefix[PROVIDER_PREFIX_MAX], document_prefix[PROVIDER_PREFIX_MAX];
	size_t dimensions;		/* asked for; 0: what the model has */
	size_t n_probe;			/* floats; 0: none is known */
	int8_t probe[PROVIDER_DIM_MAX];	/* the fixed text's embedding, the largest of it being 127 */
};

/* "openai", "ollama", "tei", "leann"; NULL-terminated. */
extern const char *const provider_apis[];
bool provider_known(const char *api);
/* What is embedded as the probe; leann-embed(7) has it, too. */
extern const char provider_probe_text[];

/* The model's identity: SHA-256, hex, over these lines, each ended by LF:
 *	leann-provider-model 1 / model N BYTES / dim N / query_prefix N BYTES / document_prefix N BYTES
 */
void provider_identity(const struct provider *p, size_t dim, char hex[65]);

void provider_set_probe(struct provider *p, const float *v, size_t dim);
/* Cosine of the two probes; -1 where one has none or they differ in length. */
double provider_probe_cosine(const struct provider *a, const struct provider *b);
/*
 * Is what answers now what answered then? ERR_DATA with a message that names both, "WHERE: ...". Names
 * and probes are compared; the URL may be another one.
 */
int provider_same(const struct provider *then, const struct provider *now, const char *where,
		  struct err *e) MUST_CHECK;

/* Header key "provider" of leann-stream(5); model and prefixes are keys beside it. */
void provider_put_head(const struct provider *p, struct shead *h);
/* api "" where the header has no provider. */
int provider_from_head(const struct shead *h, struct provider *p, struct err *e) MUST_CHECK;
/* model.provider of leann-index(5); NULL where api is "". */
struct js *provider_json(const struct provider *p);
/* From "model" of a manifest; where names the file. api "" where it has no provider. */
int provider_from_json(const struct js *model, const char *where, struct provider *p,
		       struct err *e) MUST_CHECK;
/* The value of "provider" in a reply to info; model and prefixes are not in it. */
void provider_put(const struct provider *p, struct buf *b);
int provider_parse(const struct mp *v, struct provider *p, struct err *e) MUST_CHECK;

#endif
