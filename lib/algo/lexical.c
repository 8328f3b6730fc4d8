/* BM25 of passages whose text is at hand; see lexical.h. */
#include "algo/lexical.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/hash.h"

#define K1 1.2
#define B .75

enum { SLOTS = 4 * LEXICAL_WORDS_MAX };

/*
 * English words that say nothing of what a passage is about, as far as search goes: Lucene's list. In
 * code they are rare, so that their frequency alone would make them count: without them nDCG@10 is
 * .850 on exercism's questions to code, .817 with; .712 and .713 on scifact. As words_of() gives them.
 */
static const char *const stop_words[] = {
	"a",   "an",   "and",  "are",  "as",   "at",	"be",	 "but",	 "by",	 "for",	 "if",
	"in",  "into", "is",   "it",   "no",   "not",	"of",	 "on",	 "or",	 "such", "that",
	"the", "their", "then", "there", "these", "they", "this", "to",	 "was",	 "will", "with",
};

static bool is_stop_word(uint64_t hash)
{
	for (size_t i = 0; i < sizeof stop_words / sizeof *stop_words; i++)
		if (hash == hash64(stop_words[i], strlen(stop_words[i])))
			return true;
	return false;
}

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
		if (*s || is_stop_word(q->w.p[i].hash))
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

void lexical_set_rare(struct lexical *q, size_t k, const char *question)
{
	struct lexical_word *w = &q->word[k];
	w->rare = true;
	for (uint32_t i = 0; question && i < w->len; i++) {
		char c = question[w->at + i];
		w->name |= (c >= '0' && c <= '9') || c == '_' || (i && c >= 'A' && c <= 'Z');
	}
}

/* Is word k inside of a rare word that is here? */
static bool is_in_rare(const struct lexical *q, size_t k, bool names)
{
	const struct lexical_word *w = &q->word[k];
	for (size_t i = 0; i < q->n; i++) {
		const struct lexical_word *r = &q->word[i];
		if (r->rare && r->n_here && (r->name || !names) && r->at <= w->at &&
		    w->at + w->len <= r->at + r->len)
			return true;
	}
	return false;
}

/* 0 up to lo, 1 from hi on. */
static double between(double x, double lo, double hi)
{
	return x <= lo ? 0 : x >= hi ? 1 : (x - lo) / (hi - lo);
}

double lexical_rare(const struct lexical *q)
{
	double name = 0, any = 0, all = 0;
	bool here = false;
	for (size_t k = 0; k < q->n; k++)
		here |= q->word[k].rare && q->word[k].n_here;
	for (size_t k = 0; here && k < q->n; k++) {
		double idf = q->word[k].idf;
		all += idf;
		any += is_in_rare(q, k, false) ? idf : 0;
		name += is_in_rare(q, k, true) ? idf : 0;
	}
	return all > 0 ? fmax(between(name / all, .3, .6), between(any / all, .75, .999)) : 0;
}

void lexical_release(struct lexical *q)
{
	words_release(&q->w);
}
