/*
 * leann-bundle validate: is an index whole, are its sources as they were, is it good?
 * The targets are those of leann-index(5).
 */
#define _GNU_SOURCE	/* realpath */
#include "validate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmt/index_verify.h"
#include "fmt/targets.h"
#include "sys/stale.h"

static int use_root(const struct tool_opts *o, const struct index *ix, struct stale *s,
		    char real[PATH_MAX], struct err *e)
{
	if (!o->root)
		return 0;
	if (ix->n_roots > 1)
		return err_set(e, ERR_USAGE,
			       "%s: files are below %zu roots: another root can stand for one only",
			       ix->b.path, ix->n_roots);
	if (!realpath(o->root, real))
		return err_sys(e, "%s", o->root);
	s->root = real;
	return 0;
}

int validate_sources(struct validation *v, struct err *e)
{
	char real[PATH_MAX];
	struct stale s = STALE_INIT;
	s.ix = v->ix;
	s.checksum = v->o->checksum;
	int r = use_root(v->o, v->ix, &s, real, e);
	for (size_t i = 0; i < v->ix->n_files && !r; i++) {
		enum source_status st;
		v->n_files += !(column_get(&v->ix->flags, i) & FILE_REMOVED);
		r = stale_file(&s, i, &st, e);
		if (r || st == SOURCE_FRESH)
			continue;
		v->n_changed += st == SOURCE_CHANGED;
		v->n_missing += st != SOURCE_CHANGED;
		js_push(st == SOURCE_CHANGED ? v->changed : v->missing,
			js_new_path(s.paths.path.p, s.paths.path.len));
	}
	v->n_read = s.n_read;
	stale_release(&s);
	return r;
}

bool validate_wants(const struct validation *v, const char *metric)
{
	return !v->o->metric || strcmp(v->o->metric, metric) == 0;
}

static void check_targets(struct validation *v)
{
	v->met = !(v->sample.recall.n_queries && v->sample.recall.at_3 < TARGET_RECALL_3);
	for (size_t i = 0; i < N_TARGETS; i++) {
		const struct js *j = index_key(v->ix, targets[i].key);
		if (validate_wants(v, targets[i].name) && j && !target_met(&targets[i], js_num(j)))
			v->met = false;
	}
}

const char *validate_verdict(const struct validation *v)
{
	if (v->n_changed || v->n_missing)
		return "stale";
	return v->met ? "good" : "below target";
}

static void show_damaged(const char *path, const struct err *e, struct buf *out)
{
	struct js *o = js_new_obj();
	js_set(o, "index", js_new_str(path));
	js_set(o, "verdict", js_new_str("damaged"));
	js_set(o, "sound", js_new_bool(false));
	js_set(o, "error", js_new_str(e->msg));
	js_dump(o, 0, out);
	buf_addc(out, '\n');
	js_free(o);
}

static int sample(struct validation *v, const char *path, struct err *e)
{
	struct sample_opts o = {.index = path, .root = v->o->root, .model = v->o->model,
				.n = v->o->n_sample, .quiet = v->o->quiet};
	return v->o->n_sample ? sample_measure(&o, &v->sample, e) : 0;
}

/* The report into out. -1 and ERR_DATA: damaged; with --json, out says so too. */
static int validate(const char *path, const struct tool_opts *o, bool *good, struct buf *out,
		    struct err *e)
{
	struct index ix;
	int r = -1;
	if (index_open(&ix, path, e)) {
		if (o->json && e->code == ERR_DATA)
			show_damaged(path, e, out);
		return -1;
	}
	struct validation v = {.ix = &ix, .o = o, .changed = js_new_arr(), .missing = js_new_arr()};
	if (index_verify(&ix, e)) {
		if (o->json)
			show_damaged(path, e, out);
	} else if (validate_sources(&v, e) == 0 && sample(&v, path, e) == 0) {
		check_targets(&v);
		*good = v.met && !v.n_changed && !v.n_missing;
		if (o->json)
			validate_json(&v, out);
		else
			validate_text(&v, out);
		r = 0;
	}
	js_free(v.changed);
	js_free(v.missing);
	index_close(&ix);
	return r;
}

int cmd_validate(const struct tool_opts *o, char **args, struct err *e)
{
	struct buf out = BUF_INIT;
	bool good = false;
	int r = validate(args[0], o, &good, &out, e);
	if (out.len)
		fwrite(out.p, 1, out.len, stdout);
	buf_release(&out);
	return r ? -1 : !good;
}
