/*
 * leann-bundle validate: is an index whole, are its sources as they were, is it good?
 * The targets are those of leann-index(5).
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "fmt/index.h"
#include "fmt/index_verify.h"
#include "sys/readfile.h"
#include "tool.h"

static const struct target {
	const char *key, *name;
	double target;
	bool below;		/* good is below the target, else above */
} targets[] = {
	{"quality.coverage", "coverage", .80, false},
	{"quality.quantizationError", "quantization", .05, true},
	{"quality.balance", "balance", .70, false},
};
enum { N_TARGETS = sizeof targets / sizeof *targets, SHOWN_MAX = 20 };

struct state {
	const struct index *ix;
	const struct tool_opts *o;
	struct js *changed, *missing;
	size_t n_changed, n_missing;
	bool met;
};

enum file_state { FILE_FRESH, FILE_CHANGED, FILE_MISSING };

/* Read file i again. rel and bytes are scratch. */
static int file_state(const struct state *s, struct readfile *rf, size_t i, struct buf *rel,
		      struct buf *bytes, enum file_state *out, struct err *e)
{
	struct index_file f;
	struct file_meta meta;
	struct err ignored;
	struct buf root = BUF_INIT;
	int r = -1;
	index_file(s->ix, i, &f);
	buf_clear(rel);
	buf_clear(bytes);
	if (index_path(s->ix, i, rel, e))
		return -1;
	*out = FILE_FRESH;
	if (f.flags & FILE_STORED)
		return 0;	/* its bytes are in the bundle, under its checksums */
	if (index_root(s->ix, f.root, &root, e))
		goto out;
	r = 0;
	if (!root.len || !rel->len) {	/* no name to look for */
		*out = FILE_MISSING;
		goto out;
	}
	switch (readfile(rf, (char *)root.p, (char *)rel->p, f.size_bytes, bytes, &meta,
			 &ignored)) {
	case READ_OK:
		if (bytes->len != f.size_bytes || hash64(bytes->p, bytes->len) != f.hash)
			*out = FILE_CHANGED;
		break;
	case READ_TOO_BIG:
	case READ_CHANGED:
		*out = FILE_CHANGED;
		break;
	default:
		*out = FILE_MISSING;
	}
out:
	buf_release(&root);
	return r;
}

static int check_sources(struct state *s, struct err *e)
{
	struct readfile rf = READFILE_INIT;
	struct buf rel = BUF_INIT, bytes = BUF_INIT;
	int r = 0;
	for (size_t i = 0; i < s->ix->n_files && !r; i++) {
		enum file_state st;
		r = file_state(s, &rf, i, &rel, &bytes, &st, e);
		if (r || st == FILE_FRESH)
			continue;
		s->n_changed += st == FILE_CHANGED;
		s->n_missing += st == FILE_MISSING;
		js_push(st == FILE_CHANGED ? s->changed : s->missing, js_new_path(rel.p, rel.len));
	}
	readfile_release(&rf);
	buf_release(&rel);
	buf_release(&bytes);
	return r;
}

static bool wanted(const struct state *s, const struct target *t)
{
	return !s->o->metric || strcmp(s->o->metric, t->name) == 0;
}

static bool met(const struct target *t, double v)
{
	return t->below ? v < t->target : v > t->target;
}

static void check_targets(struct state *s)
{
	s->met = true;
	for (size_t i = 0; i < N_TARGETS; i++) {
		const struct js *v = index_key(s->ix, targets[i].key);
		if (wanted(s, &targets[i]) && v && !met(&targets[i], js_num(v)))
			s->met = false;
	}
}

static const char *verdict(const struct state *s)
{
	if (s->n_changed || s->n_missing)
		return "stale";
	return s->met ? "good" : "below target";
}

static void add_paths(struct buf *out, const char *what, const struct js *paths)
{
	struct buf one = BUF_INIT;
	for (size_t i = 0; i < js_len(paths) && i < SHOWN_MAX; i++) {
		buf_clear(&one);
		js_dump(js_at(paths, i), 0, &one);
		for (size_t k = 0; k < one.len;
		     k++) /* a name cannot drive the terminal: no C1, no DEL */
			if (one.p[k] == 127 || one.p[k] == 0xc2)
				one.p[k] = '?';
		buf_printf(out, "  %s %s\n", what, (char *)one.p);
	}
	if (js_len(paths) > SHOWN_MAX)
		buf_printf(out, "  %s ... and %zu more\n", what, js_len(paths) - SHOWN_MAX);
	buf_release(&one);
}

static void show_text(const struct state *s, struct buf *out)
{
	buf_printf(out,
		   "sound         every checksum is right\nsources       %zu files, %zu changed, "
		   "%zu missing\n",
		   s->ix->n_files, s->n_changed, s->n_missing);
	add_paths(out, "changed", s->changed);
	add_paths(out, "missing", s->missing);
	for (size_t i = 0; i < N_TARGETS; i++) {
		const struct target *t = &targets[i];
		const struct js *v = index_key(s->ix, t->key);
		if (!wanted(s, t))
			continue;
		if (v)
			buf_printf(out, "%-13s %.4f, target %s %.2f: %s\n", t->name, js_num(v),
				   t->below ? "<" : ">", t->target,
				   met(t, js_num(v)) ? "met" : "missed");
		else
			buf_printf(out, "%-13s not measured: the index has no codes\n", t->name);
	}
	buf_printf(out, "verdict       %s\n", verdict(s));
}

static void show_json(struct state *s, struct buf *out)
{
	struct js *o = js_new_obj(), *src = js_new_obj(), *m = js_new_obj();
	js_set(o, "index", js_new_strn(s->ix->b.path, strlen(s->ix->b.path)));
	js_set(o, "verdict", js_new_str(verdict(s)));
	js_set(o, "sound", js_new_bool(true));
	js_set(o, "sources", src);
	js_set(src, "files", js_new_int((int64_t)s->ix->n_files));
	js_set(src, "changed", js_copy(s->changed));
	js_set(src, "missing", js_copy(s->missing));
	js_set(o, "metrics", m);
	for (size_t i = 0; i < N_TARGETS; i++) {
		const struct js *v = index_key(s->ix, targets[i].key);
		struct js *t;
		if (!wanted(s, &targets[i]) || !v)
			continue;
		t = js_new_obj();
		js_set(t, "value", js_copy(v));
		js_set(t, "target", js_new_real(targets[i].target));
		js_set(t, "met", js_new_bool(met(&targets[i], js_num(v))));
		js_set(m, targets[i].name, t);
	}
	js_dump(o, 0, out);
	buf_addc(out, '\n');
	js_free(o);
}

static void show_damaged(const char *path, const struct err *e, struct buf *out)
{
	struct js *o = js_new_obj();
	js_set(o, "index", js_new_strn(path, strlen(path)));
	js_set(o, "verdict", js_new_str("damaged"));
	js_set(o, "sound", js_new_bool(false));
	js_set(o, "error", js_new_strn(e->msg, strlen(e->msg)));
	js_dump(o, 0, out);
	buf_addc(out, '\n');
	js_free(o);
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
	struct state s = {.ix = &ix, .o = o, .changed = js_new_arr(), .missing = js_new_arr()};
	if (index_verify(&ix, e)) {
		if (o->json)
			show_damaged(path, e, out);
	} else if (check_sources(&s, e) == 0) {
		check_targets(&s);
		*good = s.met && !s.n_changed && !s.n_missing;
		if (o->json)
			show_json(&s, out);
		else
			show_text(&s, out);
		r = 0;
	}
	js_free(s.changed);
	js_free(s.missing);
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
