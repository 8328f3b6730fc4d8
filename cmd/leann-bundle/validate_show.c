/* What leann-bundle validate found, for people and as JSON. */
#include <string.h>

#include "fmt/targets.h"
#include "validate.h"

enum { SHOWN_MAX = 20 };

static void add_paths(const struct validation *v, struct buf *out, const char *what,
		      const struct js *paths)
{
	struct buf one = BUF_INIT;
	size_t n = js_len(paths), max = v->o->verbose ? n : SHOWN_MAX;
	for (size_t i = 0; i < n && i < max; i++) {
		buf_clear(&one);
		js_dump(js_at(paths, i), 0, &one);
		for (size_t k = 0; k < one.len;
		     k++) /* a name cannot drive the terminal: no C1, no DEL */
			if (one.p[k] == 127 || one.p[k] == 0xc2)
				one.p[k] = '?';
		buf_printf(out, "  %s %s\n", what, (char *)one.p);
	}
	if (n > max)
		buf_printf(out, "  %s ... and %zu more (-v names them)\n", what, n - max);
	buf_release(&one);
}

static const char *word(bool met)
{
	return met ? "met" : "missed";
}

static void text_targets(const struct validation *v, struct buf *out)
{
	for (size_t i = 0; i < N_TARGETS; i++) {
		const struct target *t = &targets[i];
		const struct js *j = index_key(v->ix, t->key);
		if (!validate_wants(v, t->name))
			continue;
		if (j)
			buf_printf(out, "%-13s %.4f, target %s %.2f: %s\n", t->name, js_num(j),
				   t->below ? "<" : ">", t->target,
				   word(target_met(t, js_num(j))));
		else
			buf_printf(out, "%-13s not measured: the index has no codes\n", t->name);
	}
}

static void text_sample(const struct sample *s, struct buf *out)
{
	buf_printf(out, "sample        %zu passages embedded again", s->n);
	if (s->n_stale)
		buf_printf(out, ", %zu left out: their files changed", s->n_stale);
	buf_addc(out, '\n');
	if (s->recall.n_queries)
		buf_printf(out,
			   "recall        @3 %.4f, @10 %.4f of %zu questions, %zu recomputed each; by "
			   "codes alone %.4f, %.4f; target @3 >= %.2f: %s\n",
			   s->recall.at_3, s->recall.at_10, s->recall.n_queries, s->n_recompute,
			   s->recall.codes_at_3, s->recall.codes_at_10, TARGET_RECALL_3,
			   word(s->recall.at_3 >= TARGET_RECALL_3));
	if (s->n)
		buf_printf(out,
			   "of the sample coverage %.4f, quantisation error %.4f, reconstruction "
			   "%.4f\n",
			   s->coverage, s->quantization, s->reconstruction);
}

void validate_text(const struct validation *v, struct buf *out)
{
	buf_adds(out, "sound         every checksum is right\n");
	for (size_t i = 0; v->o->verbose && i < v->ix->b.n_members; i++)
		buf_printf(out, "  member %s: %zu bytes\n", v->ix->b.member[i].name,
			   v->ix->b.member[i].n);
	buf_printf(out, "sources       %zu files, %zu changed, %zu missing\n", v->n_files,
		   v->n_changed, v->n_missing);
	if (v->o->verbose)
		buf_printf(out, "  read again: %zu, for their time or because of --checksum\n",
			   v->n_read);
	add_paths(v, out, "changed", v->changed);
	add_paths(v, out, "missing", v->missing);
	text_targets(v, out);
	if (v->sample.n_wanted)
		text_sample(&v->sample, out);
	buf_printf(out, "verdict       %s\n", validate_verdict(v));
}

static struct js *json_targets(const struct validation *v)
{
	struct js *m = js_new_obj();
	for (size_t i = 0; i < N_TARGETS; i++) {
		const struct js *j = index_key(v->ix, targets[i].key);
		if (!validate_wants(v, targets[i].name) || !j)
			continue;
		struct js *t = js_new_obj();
		js_set(t, "value", js_copy(j));
		js_set(t, "target", js_new_real(targets[i].target));
		js_set(t, "met", js_new_bool(target_met(&targets[i], js_num(j))));
		js_set(m, targets[i].name, t);
	}
	return m;
}

static struct js *json_sample(const struct sample *s)
{
	struct js *o = js_new_obj(), *r = js_new_obj();
	js_set(o, "passages", js_new_int((int64_t)s->n));
	js_set(o, "stale", js_new_int((int64_t)s->n_stale));
	if (s->n) {
		js_set(o, "coverage", js_new_real(s->coverage));
		js_set(o, "quantizationError", js_new_real(s->quantization));
		js_set(o, "reconstruction", js_new_real(s->reconstruction));
	}
	if (!s->recall.n_queries) {
		js_free(r);
		return o;
	}
	js_set(o, "recall", r);
	js_set(r, "questions", js_new_int((int64_t)s->recall.n_queries));
	js_set(r, "recompute", js_new_int((int64_t)s->n_recompute));
	js_set(r, "at3", js_new_real(s->recall.at_3));
	js_set(r, "at10", js_new_real(s->recall.at_10));
	js_set(r, "codesAt3", js_new_real(s->recall.codes_at_3));
	js_set(r, "codesAt10", js_new_real(s->recall.codes_at_10));
	js_set(r, "target3", js_new_real(TARGET_RECALL_3));
	js_set(r, "met", js_new_bool(s->recall.at_3 >= TARGET_RECALL_3));
	return o;
}

void validate_json(const struct validation *v, struct buf *out)
{
	struct js *o = js_new_obj(), *src = js_new_obj();
	js_set(o, "index", js_new_str(v->ix->b.path));
	js_set(o, "verdict", js_new_str(validate_verdict(v)));
	js_set(o, "sound", js_new_bool(true));
	js_set(o, "sources", src);
	js_set(src, "files", js_new_int((int64_t)v->n_files));
	js_set(src, "n_changed", js_new_int((int64_t)v->n_changed));
	js_set(src, "n_missing", js_new_int((int64_t)v->n_missing));
	js_set(src, "changed", js_copy(v->changed));
	js_set(src, "missing", js_copy(v->missing));
	js_set(o, "metrics", json_targets(v));
	if (v->sample.n_wanted)
		js_set(o, "sample", json_sample(&v->sample));
	js_dump(o, 0, out);
	buf_addc(out, '\n');
	js_free(o);
}
