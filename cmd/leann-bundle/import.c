/* leann-bundle import: an index from another machine, checked, put in its place, and what it lacks. */
#define _GNU_SOURCE	/* realpath */
#include "import.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "fmt/index_verify.h"
#include "search/recut.h"
#include "sys/registry.h"
#include "validate.h"

struct import {
	const struct tool_opts *o;
	struct tool_opts plain;	/* without a root: the roots are where they should be by then */
	char *dest;
	struct index ix;	/* as it is in its place */
	const char *model;	/* model_state() */
	struct validation v;
	size_t n_stored;
	struct js *todo;
};

/* Where it goes: -o, else a name of its own in the data folder, where no index is replaced. */
static int choose_dest(struct import *m, const char *file, struct err *e)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	size_t n = strlen(name);
	char *dir, *stem;
	if (m->o->out) {
		m->dest = mem_strdup(m->o->out);
		return 0;
	}
	dir = env_data_dir();
	stem = mem_strndup(name, n > 6 && !strcmp(name + n - 6, ".leann") ? n - 6 : n);
	m->dest = dir && registry_name_ok(stem) ? mem_printf("%s/%s.leann", dir, stem) : NULL;
	if (m->dest)
		env_make_dirs(dir);
	mem_free(stem);
	mem_free(dir);
	if (!m->dest)
		return err_set(e, ERR_USAGE, "import: no place for %s: name one with -o", file);
	if (!access(m->dest, F_OK))
		return err_set(e, ERR_USAGE, "%s: is there already: remove it (leann remove), or name "
			       "another file with -o", m->dest);
	return 0;
}

/* Checked, with its roots moved, into m->dest. */
static int put(struct import *m, const char *file, struct err *e)
{
	struct index ix;
	struct bundle_part part[BUNDLE_MEMBERS_MAX];
	char real[PATH_MAX];
	if (index_open(&ix, file, e))
		return -1;
	struct js *extra = bundle_extra(ix.b.manifest);
	int r = index_verify(&ix, e);
	if (!r && m->o->root)
		r = !realpath(m->o->root, real) ? err_sys(e, "%s", m->o->root)
						: roots_move(extra, real, e);
	for (size_t i = 0; i < ix.b.n_members; i++)
		part[i] = (struct bundle_part){ix.b.member[i].name, ix.b.member[i].p,
					       ix.b.member[i].n};
	if (!r)
		r = publish_checked(m->dest, m->o->wait_s, extra, part, ix.b.n_members, e);
	js_free(extra);
	index_close(&ix);
	return r;
}

static void todo(struct import *m, char *line)
{
	js_push(m->todo, js_new_str(line));
	mem_free(line);
}

/* Files whose bytes are in the index. */
static size_t count_stored(const struct index *ix)
{
	size_t n = 0;
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		n += (f.flags & FILE_STORED) && !(f.flags & FILE_REMOVED);
	}
	return n;
}

/* What has to be done before it answers as it did where it was made. */
static int look(struct import *m, struct err *e)
{
	struct recut *recut = NULL;
	struct source *src = NULL;
	struct err why;
	m->plain = *m->o;
	m->plain.root = NULL;
	m->v = (struct validation){.ix = &m->ix, .o = &m->plain, .changed = js_new_arr(),
				   .missing = js_new_arr()};
	m->n_stored = count_stored(&m->ix);
	m->model = model_state(&m->ix, m->o->model, m->todo);
	if (validate_sources(&m->v, e))
		return -1;
	size_t n_out = m->v.n_files - m->n_stored;
	if (m->v.n_missing && m->v.n_missing == n_out)
		todo(m, mem_printf("none of its %zu files is where it was: say where they are with "
				   "--root, or export it with --self-contained", n_out));
	else if (m->v.n_changed + m->v.n_missing)
		todo(m, mem_printf("%zu files changed and %zu are missing: leann index update --index "
				   "%s", m->v.n_changed, m->v.n_missing, m->dest));
	if (recut_open(&m->ix, NULL, m->o->model, &recut, &src, &why))
		todo(m, mem_strdup(why.msg));
	source_free(src);
	recut_free(recut);
	return 0;
}

static void show_import(const struct import *m)
{
	struct js *o = js_new_obj(), *model = js_new_obj(), *src = js_new_obj();
	const char *name = js_str(index_key(&m->ix, "model.name"), NULL);
	js_set(o, "index", js_new_path(m->dest, strlen(m->dest)));
	js_set(o, "ready", js_new_bool(!js_len(m->todo)));
	js_set(o, "model", model);
	js_set(model, "name", js_new_str(name ? name : ""));
	js_set(model, "state", js_new_str(*m->model ? m->model : "ok"));
	js_set(o, "roots", js_copy(index_key(&m->ix, "roots")));
	js_set(o, "sources", src);
	js_set(src, "files", js_new_int((int64_t)m->v.n_files));
	js_set(src, "stored", js_new_int((int64_t)m->n_stored));
	js_set(src, "n_changed", js_new_int((int64_t)m->v.n_changed));
	js_set(src, "n_missing", js_new_int((int64_t)m->v.n_missing));
	js_set(o, "todo", js_copy(m->todo));
	if (m->o->json) {
		show_js(o);
		return;
	}
	js_free(o);
	show_safe(m->dest);
	printf(": %zu files, %zu of them with their text, %zu changed, %zu missing; model %s\n",
	       m->v.n_files, m->n_stored, m->v.n_changed, m->v.n_missing,
	       *m->model ? m->model : "ok");
	for (size_t i = 0; i < js_len(m->todo); i++) {
		printf("to do: ");
		show_safe(js_str(js_at(m->todo, i), NULL));
		putchar('\n');
	}
}

/* In the list of indexes, by its path; that it is not is said and nothing worse. */
static void enlist(const char *dest)
{
	char real[PATH_MAX];
	struct err e;
	if (realpath(dest, real) && registry_add(real, NULL, (int64_t)time(NULL), &e))
		err_warn("%s: not in the list of indexes: %s", dest, e.msg);
}

int cmd_import(const struct tool_opts *o, char **args, struct err *e)
{
	struct import m = {.o = o, .ix.b.fd = -1, .todo = js_new_arr(), .model = ""};
	int r = choose_dest(&m, args[0], e) || put(&m, args[0], e) ? -1 : 0;
	if (!r) {
		enlist(m.dest);
		r = index_open(&m.ix, m.dest, e) || look(&m, e) ? -1 : js_len(m.todo) > 0;
	}
	if (r >= 0)
		show_import(&m);
	js_free(m.v.changed);
	js_free(m.v.missing);
	js_free(m.todo);
	index_close(&m.ix);
	mem_free(m.dest);
	return r;
}
