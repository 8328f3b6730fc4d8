/*
 * prompts: what the authors of well-known models want before a question and before a passage, by the
 * model's name, since a provider does not say it.
 *
 *	prompts_fill(&p, query_given, document_given);
 *
 * The page is leann-embed-gateway(1).
 */
#ifndef LEANN_SYS_PROMPTS_H
#define LEANN_SYS_PROMPTS_H

#include <stdbool.h>

#include "fmt/provider.h"

/* The prefixes of p that were not given, by p->model; "" for a model that is not known. */
void prompts_fill(struct provider *p, bool query_given, bool document_given);

#endif
