/* Providers in streams, manifests and messages: what was written is read, what is damaged is refused. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/provider.h"
#include "fmt/stream.h"
#include "fmt/wire.h"
#include "sys/gateway.h"
#include "sys/prompts.h"
#include "sys/url.h"
#include "unit.h"

static struct provider p, back;

static void make(void)
{
	static const float v[4] = {.5f, -.5f, .1f, 0};
	p = (struct provider){.api = "ollama", .url = "http://127.0.0.1:11434", .model = "nomic-embed-text",
			      .served = "nomic-embed-text:latest", .query_prefix = "search_query: ",
			      .document_prefix = "search_document: ", .dimensions = 4};
	provider_set_probe(&p, v, 4);
}

static void probes(void)
{
	struct err e;
	ok(p.n_probe == 4 && p.probe[0] == 127 && p.probe[1] == -127 && p.probe[2] == 25 && !p.probe[3],
	   "a probe is in int8, the largest being 127");
	back = p;
	ok(provider_probe_cosine(&p, &back) > .99999 && !provider_same(&p, &back, "x", &e), "it is like itself");
	back.probe[3] = 20;
	ok(provider_same(&p, &back, "x", &e) == -1 && strstr(e.msg, "a cosine of 0.99"), "a turned one is another model");
	back = p;
	back.n_probe = 3;
	ok(provider_probe_cosine(&p, &back) == -1 && provider_same(&p, &back, "x", &e), "so is one of another length");
	back = p;
	memset(back.probe, 0, sizeof back.probe);
	ok(provider_same(&p, &back, "x", &e) == -1, "and one of zeros");
	back = p;
	strcpy(back.served + 3, "x");
	ok(provider_same(&p, &back, "x", &e) == -1 && strstr(e.msg, "nomx"), "and one of another name, which is told");
}

static void identities(void)
{
	char a[65], b[65];
	provider_identity(&p, 4, a);
	back = p;
	strcpy(back.url, "http://10.0.0.1");
	provider_identity(&back, 4, b);
	ok(strlen(a) == 64 && !strcmp(a, b), "where a model is does not matter to what it is");
	provider_identity(&p, 5, b);
	ok(strcmp(a, b) != 0, "its dimension does");
	strcpy(back.document_prefix, "");
	provider_identity(&back, 4, b);
	ok(strcmp(a, b) != 0, "a prefix does");
	back = p;
	strcpy(back.model, "nomic-embed-tex");
	strcpy(back.query_prefix, "tsearch_query: ");
	provider_identity(&back, 4, b);
	ok(strcmp(a, b) != 0, "and nothing moves from one field to the next");
}

static void in_a_header(void)
{
	struct shead h = SHEAD_INIT;
	struct err e;
	ok(!provider_from_head(&h, &back, &e) && !*back.api, "a header without a provider has none");
	provider_put_head(&p, &h);
	shead_set_str(&h, "model", p.model);
	shead_set_str(&h, "query_prefix", p.query_prefix);
	shead_set_str(&h, "document_prefix", p.document_prefix);
	ok(!provider_from_head(&h, &back, &e) && !memcmp(&p, &back, sizeof p), "one with a provider gives it back");
	shead_set_u64(&h, "provider", 7);
	ok(provider_from_head(&h, &back, &e) == -1 && strstr(e.msg, "want a map"), "a number is no provider");
	shead_release(&h);
}

static struct js *manifest(void)
{
	struct js *m = js_new_obj();
	js_set(m, "name", js_new_str(p.model));
	js_set(m, "query_prefix", js_new_str(p.query_prefix));
	js_set(m, "document_prefix", js_new_str(p.document_prefix));
	js_set(m, "provider", provider_json(&p));
	return m;
}

static void refuse(const char *key, struct js *v, const char *what)
{
	struct js *m = manifest(), *o = js_copy(js_get(m, "provider"));
	struct err e;
	if (v)
		js_set(o, key, v);
	else
		js_del(o, key);
	js_set(m, "provider", o);
	ok(provider_from_json(m, "x.leann", &back, &e) == -1 && strstr(e.msg, "x.leann: damaged index"), "%s", what);
	js_free(m);
}

static void in_a_manifest(void)
{
	struct js *m = manifest();
	struct err e;
	char url[PROVIDER_URL_MAX + 9];
	ok(!provider_from_json(m, "x.leann", &back, &e) && !memcmp(&p, &back, sizeof p), "a manifest gives it back");
	js_free(m);
	memset(url, 'x', sizeof url - 1);
	url[sizeof url - 1] = 0;
	refuse("url", NULL, "without a URL it is damaged");
	refuse("api", js_new_str(""), "without an API");
	refuse("url", js_new_str("http://a b"), "with a blank in the URL");
	refuse("url", js_new_str("http://\xc3\xa9"), "with what is not ASCII in it");
	refuse("url", js_new_str("http://a\nb"), "with a line feed in it");
	refuse("url", js_new_str(url), "with a URL that is too long");
	refuse("url", js_new_int(7), "with a number for it");
	refuse("served", js_new_strn("a\0b", 3), "with a NUL in a name");
	refuse("dimensions", js_new_int(-1), "with fewer than no dimensions");
	refuse("dimensions", js_new_int(8193), "with too many");
	refuse("dimensions", js_new_str("4"), "with a word for them");
	refuse("probe", js_new_str("***"), "with a probe that is no base64");
	refuse("probe", js_new_str(""), "with an empty one");
	refuse("probe", js_new_int(1), "with a number for it");
}

/* Any bytes are a provider or an error, and what was taken is within its bounds. */
static void in_a_message(void)
{
	struct wire_info *info = mem_calloc(1, sizeof *info);
	struct wire_reply *r = mem_alloc(sizeof *r);
	struct mp_doc *doc = mp_new();
	struct rng rng = {7};
	struct buf b = BUF_INIT, c = BUF_INIT;
	struct err e;
	size_t n_good = 0, n_bad = 0, n_wild = 0;
	*info = (struct wire_info){.model = "nomic-embed-text", .dim = 4, .max_texts = 4096, .threads = 5,
				   .normalized = true, .query_prefix = "search_query: ",
				   .document_prefix = "search_document: ", .provider = p};
	memset(info->sha256, 'a', 64);
	wire_put_info(&b, 1, info);
	ok(!wire_reply_parse(doc, b.p, b.len, r, &e) && !memcmp(&r->info, info, sizeof *info),
	   "an info reply with a provider and no precision is read, every field");
	for (size_t i = 0; i < 20000; i++) {
		buf_clear(&c);
		buf_add(&c, b.p, b.len);
		for (size_t k = 0; k < 1 + i % 3; k++)
			c.p[rng_below(&rng, c.len)] = (uint8_t)rng_u64(&rng);
		if (wire_reply_parse(doc, c.p, c.len, r, &e)) {
			n_bad++;
			continue;
		}
		n_good++;
		const struct provider *q = &r->info.provider;
		n_wild += strlen(q->url) >= PROVIDER_URL_MAX || q->n_probe > PROVIDER_DIM_MAX ||
			  q->dimensions > PROVIDER_DIM_MAX || strpbrk(q->url, " \n") != NULL;
	}
	ok(n_good && n_bad && !n_wild, "20,000 damaged ones are refused or within bounds (%zu, %zu)", n_bad, n_good);
	buf_release(&b);
	buf_release(&c);
	mp_free(doc);
	mem_free(info);
	mem_free(r);
}

static void hosts(void)
{
	static const char *const here[] = {"http://localhost", "https://LOCALHOST:8/x", "http://127.0.0.1", "http://127.9.8.7:1/",
					   "http://[::1]:80/v1", "tcp://127.0.0.1:5557", "ipc:///tmp/x", NULL};
	static const char *const there[] = {"http://localhost.example", "http://127.0.0.1.example", "http://127.0.0.256",
					    "http://127.1", "http://a@127.0.0.1", "http://127.0.0.1@a", "http://127.0.0.1:80@a/",
					    "http://127.0.0.1\\@a", "http://[::1].a", "http://[::ffff:127.0.0.1]", "http://",
					    "http://127.0.0.1#a", "http://127.0.0.1?a", "http:/127.0.0.1", "localhost", "",
					    "http://127.0.0.1:80a", "http:// 127.0.0.1", "http://0.0.0.0", "http://2130706433",
					    "tcp://*:1", NULL};
	size_t bad = 0;
	struct buf b = BUF_INIT;
	for (size_t i = 0; here[i]; i++)
		bad += !url_is_loopback(here[i]);
	ok(!bad, "this machine is known by its names");
	for (size_t i = 0; there[i]; i++)
		bad += url_is_loopback(there[i]);
	ok(!bad, "what only looks like them is another machine");
	url_api("http://h:1/", "/v1", "/embeddings", &b);
	ok(!strcmp((const char *)b.p, "http://h:1/v1/embeddings"), "an address without a path gets the version");
	buf_clear(&b);
	url_api("https://h/api//", "/v1", "/embeddings", &b);
	ok(!strcmp((const char *)b.p, "https://h/api/embeddings"), "one with a path does not");
	buf_clear(&b);
	url_api("https://h/v1/embeddings", "/v1", "/embeddings", &b);
	ok(!strcmp((const char *)b.p, "https://h/v1/embeddings"), "and a whole one stays");
	buf_release(&b);
}

static void consent(void)
{
	struct err e;
	back = p;
	unsetenv("LEANN_ALLOW_REMOTE");
	ok(!gateway_consent(&back, false, "x", &e), "this machine may be asked");
	strcpy(back.url, "https://api.example.org/v1");
	ok(gateway_consent(&back, false, "x.leann", &e) == -1 && e.code == ERR_USAGE &&
	   strstr(e.msg, "x.leann: ollama at https://api.example.org/v1 is another machine") &&
	   strstr(e.msg, "LEANN_ALLOW_REMOTE=api.example.org"), "another is not asked, and named");
	ok(!gateway_consent(&back, true, "x", &e), "but where that was allowed");
	setenv("LEANN_ALLOW_REMOTE", "example.org,xapi.example.org,api.example.or,api.example.org.x,*,1", 1);
	ok(gateway_consent(&back, false, "x", &e) == -1, "what is like its name is not its name");
	setenv("LEANN_ALLOW_REMOTE", "a, api.example.org ,b", 1);
	ok(!gateway_consent(&back, false, "x", &e), "its name in the list is");
	unsetenv("LEANN_ALLOW_REMOTE");
}

static const char *query_of(const char *model)
{
	memset(&back, 0, sizeof back);
	strcpy(back.model, model);
	prompts_fill(&back, false, false);
	return back.query_prefix;
}

static void prompts(void)
{
	ok(!strcmp(query_of("nomic-embed-text:latest"), "search_query: ") &&
	   !strcmp(back.document_prefix, "search_document: "), "nomic-embed-text has prefixes");
	ok(!strcmp(query_of("intfloat/E5-small-v2"), "query: ") && !strcmp(back.document_prefix, "passage: "),
	   "so has e5, whatever is before a slash and in any case");
	ok(strstr(query_of("mxbai-embed-large"), "Represent this sentence") && !*back.document_prefix,
	   "mxbai has one for questions");
	ok(!*query_of("BAAI/bge-m3") && !*query_of("all-minilm") && !*query_of("text-embedding-3-small"), "others have none");
	FILE *f = fopen("config_sentence_transformers.json", "w");
	fputs("{\"prompts\": {\"query\": \"Q: \", \"passage\": \"P: \", \"x\": 7}}", f);
	fclose(f);
	fclose(fopen("config.json", "w"));
	ok(!strcmp(query_of("."), "Q: ") && !strcmp(back.document_prefix, "P: "), "a folder's own prompts are taken");
	strcpy(back.model, "nomic-embed-text");
	strcpy(back.query_prefix, "q: ");
	*back.document_prefix = 0;
	prompts_fill(&back, true, true);
	ok(!strcmp(back.query_prefix, "q: ") && !*back.document_prefix, "what is given stays, nothing too");
}

int main(void)
{
	char dir[] = "/tmp/test-provider.XXXXXX";
	if (!mkdtemp(dir) || chdir(dir))
		return 2;
	make();
	probes();
	identities();
	in_a_header();
	in_a_manifest();
	in_a_message();
	hosts();
	consent();
	prompts();
	unlink("config_sentence_transformers.json");
	unlink("config.json");
	rmdir(dir);
	return done();
}
