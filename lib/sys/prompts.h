/*
 * prompts: what a model's authors want before a question and before a passage, since a provider does not
 * say it: by the model's own config_sentence_transformers.json, where it is on this machine, else by its
 * name, for models that are well known.
 *
 *	prompts_fill(&p, query_given, document_given);
 *
 * The page is leann-embed-gateway(1).
 */
#ifndef LEANN_SYS_PROMPTS_H
#define LEANN_SYS_PROMPTS_H

#include <stdbool.h>

#include "fmt/provider.h"

/* The prefixes of p that were not given, for p->model; "" for a model that is not known. */
void prompts_fill(struct provider *p, bool query_given, bool document_given);

#endif
