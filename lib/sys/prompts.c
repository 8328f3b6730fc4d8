/* Prefixes of models; see prompts.h. */
#include "sys/prompts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

void prompts_fill(struct provider *p, bool query_given, bool document_given)
{
	const char *slash = strrchr(p->model, '/'), *name = slash ? slash + 1 : p->model;
	size_t i = 0, n = sizeof known / sizeof *known;
	while (i < n && strncasecmp(name, known[i].name, strlen(known[i].name)))
		i++;
	if (!query_given)
		snprintf(p->query_prefix, sizeof p->query_prefix, "%s", i < n ? known[i].query : "");
	if (!document_given)
		snprintf(p->document_prefix, sizeof p->document_prefix, "%s", i < n ? known[i].document : "");
}
