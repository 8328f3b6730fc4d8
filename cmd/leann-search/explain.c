/* Cosines and words of a hit; see explain.h. */
#include "explain.h"

#include <stdio.h>

#include "algo/preview.h"
#include "base/mem.h"

struct lexical *explain_new(const struct leann_text *question)
{
	static const uint8_t none;
	const struct terms t = {&none, 1, 0, 0};
	struct lexical *q = mem_alloc(sizeof *q);
	lexical_init(q, question->p, question->n_bytes, &t);
	return q;
}

void explain_free(struct lexical *q)
{
	if (q)
		lexical_release(q);
	mem_free(q);
}

void explain_print(const struct leann_hit *h, const struct lexical *words,
		   const struct leann_text *question, bool tty)
{
	struct buf word = BUF_INIT;
	printf("    cosine %.3f%s", (double)h->cosine, h->exact ? "" : " by its code");
	if (h->exact)
		printf(" (%.3f by its code)", (double)h->approx);
	printf(", words %.2f%s", (double)h->words, h->words > 0 ? ":" : "");
	for (size_t i = 0; words && i < words->n; i++) {
		const struct lexical_word *w = &words->word[i];
		if (!w->n_here)
			continue;
		buf_clear(&word);
		preview_safe(&word, question->p + w->at, w->len, tty);
		printf(" %s", (const char *)word.p);
	}
	printf("%s%s\n", h->by_word ? ", found by a rare word" : "",
	       h->reranked ? "; the score is the reranker's" : "");
	buf_release(&word);
}

struct js *explain_json(const struct lexical *words, const struct leann_text *question)
{
	struct js *a = js_new_arr();
	for (size_t i = 0; i < words->n; i++) {
		const struct lexical_word *w = &words->word[i];
		if (w->n_here)
			js_push(a, js_new_strn(question->p + w->at, w->len));
	}
	return a;
}
