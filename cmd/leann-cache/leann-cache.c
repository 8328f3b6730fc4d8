/* leann-cache: what searches have kept, its removal, and reading indexes ahead. See leann-cache(1). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "search/cache.h"
#include "warm.h"

enum { ID_JSON = 256, ID_MAX, ID_INDEX_ONLY };

static const struct opt table[] = {
	{ID_JSON, "json", NULL, "with stats: one JSON object"},
	{ID_MAX, "max", "SIZE", "with warm: read at most that many bytes, with k, M or G"},
	{ID_INDEX_ONLY, "index-only", NULL, "with warm: leave the embedding server alone"},
	{0},
};

/* Names of the cache's files, sorted. */
struct files {
	char **name;
	size_t n;
};

static void files_release(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		mem_free(f->name[i]);
	mem_free(f->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* temps: those that a program which was killed left behind, too. */
static int list(const char *dir, bool temps, struct files *f, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool temp;
	*f = (struct files){0};
	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return err_sys(e, "%s", dir);
	while ((errno = 0, entry = readdir(d)))
		if (cache_is_file(entry->d_name, &temp) && (temps || !temp)) {
			f->name = mem_realloc(f->name, (f->n + 1) * sizeof *f->name);
			f->name[f->n++] = mem_strdup(entry->d_name);
		}
	int r = errno ? err_sys(e, "%s", dir) : 0;
	closedir(d);
	if (f->n)
		qsort(f->name, f->n, sizeof *f->name, by_name);
	return r;
}

static struct js *stat_json(const char *name, const struct slots_stat *st)
{
	struct js *o = js_new_obj();
	js_set(o, "name", js_new_str(name));
	js_set(o, "slots", js_new_int((int64_t)st->n_slots));
	js_set(o, "used", js_new_int((int64_t)st->n_used));
	js_set(o, "used_bytes", js_new_int((int64_t)st->used_bytes));
	js_set(o, "max_bytes", js_new_int((int64_t)st->max_bytes));
	js_set(o, "hits", js_new_int((int64_t)st->n_hits));
	js_set(o, "misses", js_new_int((int64_t)st->n_misses));
	return o;
}

static void print_stat(const char *name, const struct slots_stat *st)
{
	printf("%-22s %llu of %llu slots, %llu of at most %llu bytes; found %llu times, not found"
	       " %llu times\n", name, (unsigned long long)st->n_used,
	       (unsigned long long)st->n_slots, (unsigned long long)st->used_bytes,
	       (unsigned long long)st->max_bytes, (unsigned long long)st->n_hits,
	       (unsigned long long)st->n_misses);
}

static int show(const char *dir, bool json, struct err *e)
{
	struct files f;
	struct slots_stat st;
	struct buf b = BUF_INIT;
	int r = list(dir, false, &f, e);
	struct js *o = js_new_obj(), *a = js_new_arr();
	js_set(o, "dir", js_new_path(dir, strlen(dir)));
	if (!r && !json)
		printf("%s: %s\n", dir, f.n ? "kept by searches" : "nothing kept");
	for (size_t i = 0; i < f.n && !r; i++) {
		char *path = mem_printf("%s/%s", dir, f.name[i]);
		bool whole = slots_stat(path, &st);
		if (json && whole)
			js_push(a, stat_json(f.name[i], &st));
		else if (!json && whole)
			print_stat(f.name[i], &st);
		else if (!json)
			printf("%-22s damaged: the next search makes it anew\n", f.name[i]);
		mem_free(path);
	}
	js_set(o, "files", a);
	js_dump(o, 0, &b);
	if (!r && json)
		puts((const char *)b.p);
	buf_release(&b);
	js_free(o);
	files_release(&f);
	return r;
}

static int clear(const char *dir, struct err *e)
{
	struct files f;
	int r = list(dir, true, &f, e);
	for (size_t i = 0; i < f.n && !r; i++) {
		char *path = mem_printf("%s/%s", dir, f.name[i]);
		if (unlink(path) && errno != ENOENT)
			r = err_sys(e, "%s", path);
		mem_free(path);
	}
	files_release(&f);
	return r;
}

static int kept(bool remove, bool json, struct err *e)
{
	char *dir = env_cache_dir();
	int r = !dir ? err_set(e, ERR_DATA,
			       "no folder for caches: neither XDG_CACHE_HOME nor HOME is set")
		: remove ? clear(dir, e)
			 : show(dir, json, e);
	mem_free(dir);
	return r;
}

int main(int argc, char **argv)
{
	enum { STATS, CLEAR, WARM };
	static const char *const verbs[] = {"stats", "clear", "warm", NULL};
	struct opts o = {.table = table,
			 .usage = "stats [--json]\n       leann-cache clear\n"
				  "       leann-cache warm [--max SIZE] [--index-only] INDEX...",
			 .summary = "Show or remove what searches have kept; read indexes ahead."};
	struct warm_opts w = {0};
	struct err e;
	bool json = false;
	size_t verb = 0;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_JSON: json = true; break;
		case ID_INDEX_ONLY: w.index_only = true; break;
		case ID_MAX:
			w.max_bytes = opts_size(&o, INT64_MAX);
			if (!w.max_bytes)
				err_usage_die("--max: want 1 or more");
			break;
		}
	while (verbs[verb] && (!o.n_args || strcmp(o.args[0], verbs[verb])))
		verb++;
	if (!verbs[verb] || (verb != WARM && o.n_args != 1))
		err_usage_die("want stats, clear or warm INDEX...");
	if (json && verb != STATS)
		err_usage_die("--json goes with stats");
	if ((w.max_bytes || w.index_only) && verb != WARM)
		err_usage_die("--max and --index-only go with warm");
	if (verb == WARM && o.n_args < 2)
		err_usage_die("warm: want an index");
	if (verb == WARM ? warm(o.args + 1, o.n_args - 1, &w, &e) : kept(verb == CLEAR, json, &e))
		err_die(&e);
	mem_free(o.args);
	close_stdout_die();
	return 0;
}
