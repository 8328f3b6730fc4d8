/* Options of leann-serve; see settings.h. */
#include "settings.h"

#include "base/mem.h"
#include "base/opts.h"
#include "sys/secret.h"

enum {
	ID_INDEX = 256,
	ID_BIND,
	ID_REMOTE,
	ID_HOST,
	ID_ORIGIN,
	ID_TOKEN,
	ID_WORKERS,
	ID_QUEUE,
	ID_CONNECTIONS,
	ID_MODEL,
	ID_ENDPOINT,
	ID_RERANK_MODEL,
	ID_RERANK_ENDPOINT,
	ID_TIMEOUT,
	ID_NO_START,
	ID_NO_CACHE,
};

enum { TOKEN_MIN = 16 };

static const struct opt table[] = {
	{ID_INDEX, "index", "FILE", "serve this index; again for more"},
	{'p', "port", "N", "port; 0 chooses one (8080)"},
	{ID_BIND, "bind", "ADDRESS", "IPv4 or IPv6 address (127.0.0.1)"},
	{ID_REMOTE, "allow-remote", NULL, "let it be an address that others reach; wants a token"},
	{ID_TOKEN, "token-file", "FILE", "want the token in it of every request; nobody else may read it"},
	{ID_HOST, "allow-host", "HOST[:PORT]", "another name by which this server is called; again for more"},
	{ID_ORIGIN, "allow-origin", "ORIGIN", "let pages of this origin send requests; again for more"},
	{ID_WORKERS, "workers", "N", "requests answered at a time (4)"},
	{ID_QUEUE, "queue", "N", "requests that may wait, others get 429 (256)"},
	{ID_CONNECTIONS, "connections", "N", "connections at a time (4000)"},
	{ID_MODEL, "model", "NAME|DIR", "the model, if not found under the index's name for it"},
	{ID_ENDPOINT, "endpoint", "EP", "embedding server, see leann-embed(7)"},
	{ID_RERANK_MODEL, "rerank-model", "NAME|DIR", "the model of mode rerank ($LEANN_RERANK_MODEL)"},
	{ID_RERANK_ENDPOINT, "rerank-endpoint", "EP", "server that has it"},
	{ID_TIMEOUT, "timeout", "SECONDS", "give up on the embedding server after (60)"},
	{ID_NO_START, "no-start", NULL, "do not start an embedding server"},
	{ID_NO_CACHE, "no-cache", NULL, "keep no answers and embeddings, use none"},
	{0},
};

static void add(const char **list, const char *s)
{
	size_t n = 0;
	while (list[n])
		n++;
	if (n == LIST_MAX)
		err_usage_die("%s: the limit is %d of them", s, LIST_MAX);
	list[n] = s;
}

static void set_option(struct settings *s, const struct opts *o, int c)
{
	struct err e;
	switch (c) {
	case ID_INDEX:
		if (s->n_index == CATALOG_MAX)
			err_usage_die("the limit is %d indexes", CATALOG_MAX);
		s->index[s->n_index++] = o->val;
		break;
	case 'p': s->port = (unsigned)opts_num(o, 0, 65535); break;
	case ID_BIND: s->bind = o->val; break;
	case ID_REMOTE: s->allow_remote = true; break;
	case ID_HOST: add(s->hosts, o->val); break;
	case ID_ORIGIN: add(s->origins, o->val); break;
	case ID_TOKEN:
		buf_clear(&s->token);
		if (secret_read(o->val, TOKEN_MIN, &s->token, &e))
			err_die(&e);
		break;
	case ID_WORKERS: s->n_workers = (size_t)opts_num(o, 1, 256); break;
	case ID_QUEUE: s->queue_max = (size_t)opts_num(o, 1, 100000); break;
	case ID_CONNECTIONS: s->connections_max = (size_t)opts_num(o, 1, 100000); break;
	case ID_MODEL: s->o.model = o->val; break;
	case ID_ENDPOINT: s->o.endpoint = o->val; break;
	case ID_RERANK_MODEL: s->o.reranker = o->val; break;
	case ID_RERANK_ENDPOINT: s->o.rerank_endpoint = o->val; break;
	case ID_TIMEOUT: s->o.timeout_s = opts_real(o, .001, 86400); break;
	case ID_NO_START: s->o.no_start = 1; break;
	case ID_NO_CACHE: s->o.no_cache = 1; break;
	}
}

void settings_parse(int argc, char **argv, struct settings *s)
{
	struct opts o = {.table = table, .usage = "[options] --index FILE [--index FILE ...]",
			 .summary = "Answer questions to indexes over HTTP."};
	*s = (struct settings){.port = 8080, .n_workers = 4, .queue_max = 256, .connections_max = 4000,
			       .o = LEANN_OPTIONS_INIT};
	s->o.threads = 1;	/* workers are */
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		set_option(s, &o, c);
	if (o.n_args)
		err_usage_die("%s: want --index before it", o.args[0]);
	if (!s->n_index)
		err_usage_die("which --index?");
	mem_free(o.args);
}

void settings_release(struct settings *s)
{
	secret_release(&s->token);
}
