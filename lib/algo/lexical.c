/* BM25 of passages whose text is at hand; see lexical.h. */
#include "algo/lexical.h"

#include <math.h>
#include <string.h>

#define K1 1.2
#define B .75

enum { SLOTS = 4 * LEXICAL_WORDS_MAX };

/* The slot of a word, or the empty one where it would go. */
static uint16_t *slot_of(struct lexical *q, uint64_t hash)
{
	size_t i = (size_t)(hash >> 32) % SLOTS;
	while (q->slot[i] && q->word[q->slot[i] - 1].hash != hash)
		i = (i + 1) % SLOTS;
	return &q->slot[i];
}

void lexical_init(struct lexical *q, const char *question, size_t n, const struct terms *t)
{
	double passages = t->n_passages ? (double)t->n_passages : 1;
	memset(q, 0, sizeof *q);
	q->words_mean = fmax((double)t->n_words / passages, 1);
	words_of(question, n, &q->w);
	for (size_t i = 0; i < q->w.n && q->n < LEXICAL_WORDS_MAX; i++) {
		uint16_t *s = slot_of(q, q->w.p[i].hash);
		if (*s)
			continue;
		double df = terms_df(t, q->w.p[i].hash);
		q->word[q->n] = (struct lexical_word){
			.hash = q->w.p[i].hash, .at = q->w.p[i].at, .len = q->w.p[i].len,
			.idf = log(1 + (passages - df + .5) / (df + .5))};
		*s = (uint16_t)++q->n;
	}
}

double lexical_score(struct lexical *q, const char *text, size_t n)
{
	double score = 0;
	words_of(text, n, &q->w);
	for (size_t k = 0; k < q->n; k++)
		q->word[k].n_here = 0;
	for (size_t i = 0; i < q->w.n; i++) {
		uint16_t s = *slot_of(q, q->w.p[i].hash);
		if (s)
			q->word[s - 1].n_here++;
	}
	double norm = K1 * (1 - B + B * (double)q->w.n / q->words_mean);
	for (size_t k = 0; k < q->n; k++) {
		double tf = q->word[k].n_here;
		score += q->word[k].idf * tf * (K1 + 1) / (tf + norm);
	}
	return score;
}

void lexical_release(struct lexical *q)
{
	words_release(&q->w);
}
