/* Printing hits; see show.h. */
#include "show.h"

#include <stdio.h>
#include <string.h>

#include "algo/preview.h"
#include "base/buf.h"
#include "base/env.h"
#include "explain.h"
#include "lines.h"
#include "serve/hits.h"
#include "show_meta.h"

#define ON(s, code) ((s)->colour ? "\033[" code "m" : "")

/* The path as a person here would type it: relative to the working directory when below it. */
static void here(const struct leann_text *path, const char **p, size_t *n)
{
	size_t k = env_here(path->p, path->n_bytes);
	*p = path->p + k;
	*n = path->n_bytes - k;
}

struct hit_text {
	struct leann_passage p;
	const struct leann_meta *meta;	/* (n_meta) */
	size_t n_meta;
	struct lexical *words;		/* --explain: the question's, n_here in the passage; or NULL */
	struct buf preview;
	const char *path;
	size_t n_path, preview_line;
};

static int load_hit(const struct show *s, struct leann_searcher *from,
		    const struct leann_text *question, uint32_t chunk, struct hit_text *t,
		    struct leann_error *e)
{
	buf_clear(&t->preview);
	if (leann_passage_get(from, chunk, &t->p, e) ||
	    leann_passage_meta(from, chunk, &t->meta, &t->n_meta, e))
		return -1;
	here(&t->p.path, &t->path, &t->n_path);
	if (t->words)
		lexical_score(t->words, t->p.text.p, t->p.text.n_bytes);
	if (t->p.source == LEANN_FRESH)
		preview_lines(t->p.text.p, t->p.text.n_bytes, question->p, question->n_bytes,
			      s->json ? 8 : s->n_lines, &t->preview, &t->preview_line);
	return 0;
}

/* By enum leann_source, for people. */
static const char *const stale[] = {
	[LEANN_CHANGED] = "changed since it was indexed",
	[LEANN_MISSING] = "is gone",
	[LEANN_RECUT] = "is cut into other passages now",
	[LEANN_UNREADABLE] = "cannot be read",
};

static void print_person(const struct show *s, const struct leann_hit *h, const struct hit_text *t)
{
	struct buf path = BUF_INIT, text = BUF_INIT, place = BUF_INIT;
	preview_safe(&path, t->path, t->n_path, s->tty);
	printf("%s%s%s", ON(s, "35"), (const char *)path.p, ON(s, "0"));
	if (t->p.source == LEANN_FRESH)
		printf(":%s%llu-%llu%s", ON(s, "32"), (unsigned long long)t->p.first_line,
		       (unsigned long long)t->p.last_line, ON(s, "0"));
	printf("  %.3f", (double)h->score);
	if (t->p.id.n_bytes) {
		preview_safe(&text, t->p.id.p, t->p.id.n_bytes, s->tty);
		printf("  [%s]", (const char *)text.p);
	}
	show_meta_place(t->meta, t->n_meta, &t->p.heading, &place);
	if (place.len) {
		buf_clear(&text);
		preview_safe(&text, (const char *)place.p, place.len, s->tty);
		printf("  %s%s%s", ON(s, "1"), (const char *)text.p, ON(s, "0"));
	}
	if (t->p.source != LEANN_FRESH)
		printf("  %s(stale: the file %s)%s", ON(s, "31"), stale[t->p.source], ON(s, "0"));
	putchar('\n');
	lines_print(&t->preview, s->tty);
	buf_release(&path);
	buf_release(&text);
	buf_release(&place);
}

static void print_copy(const struct show *s, const struct leann_passage *p)
{
	struct buf safe = BUF_INIT;
	const char *path;
	size_t n;
	here(&p->path, &path, &n);
	preview_safe(&safe, path, n, s->tty);
	printf("    also %s%s%s", ON(s, "35"), (const char *)safe.p, ON(s, "0"));
	if (p->source == LEANN_FRESH)
		printf(":%s%llu-%llu%s", ON(s, "32"), (unsigned long long)p->first_line,
		       (unsigned long long)p->last_line, ON(s, "0"));
	putchar('\n');
	buf_release(&safe);
}

static struct js *json_hit(const struct leann_hit *h, const struct hit_text *t,
			   const struct leann_text *question)
{
	struct js *o = js_new_obj(), *item = place_json(&t->p);
	bool fresh = t->p.source == LEANN_FRESH;
	js_set(item, "language", js_new_str(t->p.language));
	if (t->p.id.n_bytes)
		js_set(item, "id", js_new_strn(t->p.id.p, t->p.id.n_bytes));
	show_meta_item(t->meta, t->n_meta, &t->p.heading, item);
	js_set(o, "item", item);
	js_set(o, "score", js_new_real((double)h->score));
	js_set(o, "cosine", js_new_real((double)h->cosine));
	js_set(o, "words", js_new_real((double)h->words));
	js_set(o, "exact", js_new_bool(h->exact));
	if (h->reranked)
		js_set(o, "reranked", js_new_bool(true));
	js_set(o, "chunk", js_new_int(h->chunk));
	js_set(o, "preview",
	       fresh ? js_new_strn((const char *)t->preview.p, t->preview.len) : js_new_null());
	if (t->words)
		js_set(o, "matched", explain_json(t->words, question));
	if (t->words && h->by_word)
		js_set(o, "byWord", js_new_bool(true));
	if (!fresh)
		js_set(o, "stale", js_new_str(stale_name(t->p.source)));
	return o;
}

/* Where the same text is again: a line each, or into the hit's object. Ends the use of t->p. */
static int show_copies(const struct show *s, struct leann_searcher *from,
		       const struct leann_hit *h, struct js *hit, struct leann_error *e)
{
	struct leann_passage p;
	if (s->json)
		return copies_json(from, h, hit, e);
	for (size_t i = 0; i < h->n_also; i++) {
		if (leann_passage_get(from, h->also[i], &p, e))
			return -1;
		print_copy(s, &p);
	}
	return 0;
}

/* Times are the question's share of its batch's. */
static struct js *json_answer(const struct show *s, const struct leann_text *question,
			      const struct shown_answer *a, struct js *items)
{
	struct js *o = js_new_obj();
	if (s->like)
		js_set(o, "like", js_new_path(s->like, strlen(s->like)));
	else
		js_set(o, "query", js_new_strn(question->p, question->n_bytes));
	js_set(o, "items", items);
	js_set(o, "latency", latency_json(a->times));
	js_set(o, "recomputed", js_new_int((int64_t)a->n_recomputed));
	js_set(o, "roundTrips", js_new_int((int64_t)a->n_round_trips));
	if (a->cached)
		js_set(o, "cached", js_new_bool(true));
	return o;
}

static void print_json(struct js *o)
{
	struct buf b = BUF_INIT;
	js_dump(o, 0, &b);
	puts((const char *)b.p);
	buf_release(&b);
}

int show_answer(struct show *s, const struct leann_text *question, const struct shown_answer *a,
		struct leann_error *e)
{
	struct hit_text t = {
		.words = s->explain && s->explain_words ? explain_new(question) : NULL};
	struct js *items = js_new_arr();
	int bad = 0;
	for (size_t k = 0; k < a->n_hits; k++) {
		const struct leann_hit *h = a->hits[k].hit;
		struct leann_searcher *from = a->hits[k].from;
		bad = load_hit(s, from, question, h->chunk, &t, e);
		if (bad)
			break;
		s->n_hits++;
		s->n_stale += t.p.source != LEANN_FRESH;
		struct js *hit = s->json ? json_hit(h, &t, question) : NULL;
		if (hit && a->hits[k].index)
			js_set(hit, "index", js_new_path(a->hits[k].index, strlen(a->hits[k].index)));
		if (s->json)
			js_push(items, hit);
		else
			print_person(s, h, &t);
		if (s->explain && !s->json)
			explain_print(h, t.words, question, s->tty);
		bad = show_copies(s, from, h, hit, e);
		if (bad)
			break;
	}
	if (!bad && s->explain && !s->json)
		printf("recomputed %zu in %zu round trip%s\n", a->n_recomputed, a->n_round_trips,
		       a->n_round_trips == 1 ? "" : "s");
	struct js *o = json_answer(s, question, a, items);
	if (!bad && s->json)
		print_json(o);
	js_free(o);
	buf_release(&t.preview);
	explain_free(t.words);
	return bad;
}

void show_question(struct show *s, const struct leann_text *question)
{
	struct buf text = BUF_INIT;
	preview_safe(&text, question->p, question->n_bytes, s->tty);
	printf("%s== ", s->n_shown++ ? "\n" : "");
	fwrite(text.p, 1, text.len, stdout);
	putchar('\n');
	buf_release(&text);
}
