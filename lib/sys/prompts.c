/* Prefixes of models; see prompts.h. */
#include "sys/prompts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "sys/modeldir.h"

enum { FILE_MAX = 1 << 20 };

#define BGE "Represent this sentence for searching relevant passages: "
#define INSTRUCT(task) "Instruct: " task "\nQuery:"
#define WEB "Given a web search query, retrieve relevant passages that answer the query"

/*
 * From the models' cards and their config_sentence_transformers.json. The first row whose name the
 * model's begins with, without "ORG/" and in any case, counts. bge-m3 and the English models of
 * sentence-transformers have none.
 */
static const struct {
	const char *name, *query, *document;
} known[] = {
	{"nomic-embed-text", "search_query: ", "search_document: "},
	{"multilingual-e5-large-instruct", INSTRUCT(WEB) " ", ""},
	{"e5-mistral", INSTRUCT(WEB) " ", ""},
	{"multilingual-e5", "query: ", "passage: "},
	{"e5-", "query: ", "passage: "},
	{"bge-m3", "", ""},
	{"bge-small-en", BGE, ""},
	{"bge-base-en", BGE, ""},
	{"bge-large-en", BGE, ""},
	{"bge-large", BGE, ""},		/* as Ollama calls it */
	{"mxbai-embed", BGE, ""},
	{"snowflake-arctic-embed2", "query: ", ""},
	{"snowflake-arctic-embed-m-v2", "query: ", ""},
	{"snowflake-arctic-embed-l-v2", "query: ", ""},
	{"snowflake-arctic-embed", BGE, ""},
	{"embeddinggemma", "task: search result | query: ", "title: none | text: "},
	{"qwen3-embedding", INSTRUCT(WEB), ""},
	{"gte-qwen2", INSTRUCT(WEB) " ", ""},
};

/* A prompt of the file; one that is no text, or too long for us, is none. */
static bool take(const struct js *prompts, const char *key, char *out)
{
	size_t n;
	const char *s = js_str(js_get(prompts, key), &n);
	if (!s || n >= PROVIDER_PREFIX_MAX || strlen(s) != n)
		return false;
	memcpy(out, s, n + 1);
	return true;
}

/* What config_sentence_transformers.json in the folder says; false: it says nothing of both. */
static bool from_folder(const char *dir, struct provider *p)
{
	char *path = mem_printf("%s/config_sentence_transformers.json", dir);
	struct buf text = BUF_INIT;
	struct js *j = NULL;
	struct err ignored;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool query = false, document = false;
	if (fd >= 0 && !fd_slurp(fd, path, FILE_MAX, &text, &ignored) &&
	    !js_parse(text.p, text.len, path, &j, &ignored)) {
		const struct js *prompts = js_get(j, "prompts");
		query = take(prompts, "query", p->query_prefix);
		document = take(prompts, "document", p->document_prefix) ||
			   take(prompts, "passage", p->document_prefix);
	}
	if (fd >= 0)
		close(fd);
	js_free(j);
	buf_release(&text);
	mem_free(path);
	return query || document;
}

/* Of the model's own files, where they are on this machine. */
static bool from_files(struct provider *p)
{
	char *dir;
	struct err ignored;
	if (!*p->model || model_find(p->model, &dir, &ignored))
		return false;
	bool r = from_folder(dir, p);
	mem_free(dir);
	return r;
}

static void by_name(struct provider *p)
{
	const char *slash = strrchr(p->model, '/'), *name = slash ? slash + 1 : p->model;
	size_t i = 0, n = sizeof known / sizeof *known;
	while (i < n && strncasecmp(name, known[i].name, strlen(known[i].name)))
		i++;
	snprintf(p->query_prefix, sizeof p->query_prefix, "%s", i < n ? known[i].query : "");
	snprintf(p->document_prefix, sizeof p->document_prefix, "%s", i < n ? known[i].document : "");
}

void prompts_fill(struct provider *p, bool query_given, bool document_given)
{
	struct provider *own = mem_calloc(1, sizeof *own);
	memcpy(own->model, p->model, sizeof own->model);
	if (!from_files(own))
		by_name(own);
	if (!query_given)
		memcpy(p->query_prefix, own->query_prefix, sizeof p->query_prefix);
	if (!document_given)
		memcpy(p->document_prefix, own->document_prefix, sizeof p->document_prefix);
	mem_free(own);
}
