/* leann-registry: the list of a user's indexes. See leann-registry(1). */
#define _GNU_SOURCE	/* realpath */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "remove.h"
#include "sys/registry.h"

enum { ID_JSON = 256, ID_NAME, ID_WAIT };

static const struct opt table[] = {
	{ID_JSON, "json", NULL, "list, remove: JSON"},
	{ID_NAME, "name", "NAME", "add: call it so (after its folder or file)"},
	{ID_WAIT, "wait", "SECONDS", "remove: wait so long for a writer of the index (0)"},
	{0},
};

struct options {
	const char *name;
	double wait_s;
	bool json;
};

/* "": it is there; else what is wrong with it. */
static const char *state_of(const char *path, struct stat *st)
{
	struct err e;
	if (stat(path, st))
		return errno == ENOENT || errno == ENOTDIR ? "gone" : "unreadable";
	int is = is_index(path, &e);
	return is > 0 ? "" : is < 0 ? "unreadable" : "no index";
}

static void time_text(int64_t s, char out[32])
{
	struct tm tm;
	time_t t = (time_t)s;
	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 32, "?");
}

static void list_json(const struct registry *r)
{
	struct js *a = js_new_arr();
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < r->n; i++) {
		struct js *o = js_new_obj();
		struct stat st = {0};
		char made[32];
		const char *state = state_of(r->e[i].path, &st);
		time_text(r->e[i].made_s, made);
		js_set(o, "name", js_new_str(r->e[i].name));
		js_set(o, "path", js_new_path(r->e[i].path, strlen(r->e[i].path)));
		js_set(o, "made", js_new_str(made));
		js_set(o, "state", js_new_str(*state ? state : "ok"));
		if (!*state)
			js_set(o, "bytes", js_new_int((int64_t)st.st_size));
		js_push(a, o);
	}
	js_dump(a, 0, &b);
	puts((const char *)b.p);
	buf_release(&b);
	js_free(a);
}

/* What a terminal may act on, C1 included, is shown as "?". */
static void put_safe(const char *p)
{
	for (; *p; p++) {
		unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
		putchar(c < 0x20 || c == 0x7f || c1 ? '?' : c);
		p += c1;
	}
}

static int list(const struct options *o, char **args, struct err *e)
{
	struct registry r;
	(void)args;
	if (registry_read(&r, e))
		return -1;
	if (o->json)
		list_json(&r);
	for (size_t i = 0; i < r.n && !o->json; i++) {
		struct stat st;
		char made[32];
		const char *state = state_of(r.e[i].path, &st);
		time_text(r.e[i].made_s, made);
		put_safe(r.e[i].name);
		putchar('\t');
		put_safe(r.e[i].path);
		printf("\t%s%s%s\n", made, *state ? "\t" : "", state);
	}
	registry_release(&r);
	return 0;
}

/* path, absolute, its folder without symbolic links: the file itself may be gone. Caller frees. */
static char *absolute(const char *path)
{
	char real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	char *dir = slash ? mem_strndup(path, slash == path ? 1 : (size_t)(slash - path))
			  : mem_strdup(".");
	char *out = NULL;
	if (realpath(path, real))
		out = mem_strdup(real);
	else if (realpath(dir, real))
		out = mem_printf("%s/%s", strcmp(real, "/") ? real : "", slash ? slash + 1 : path);
	else if (*path == '/')
		out = mem_strdup(path);
	mem_free(dir);
	return out;
}

static int add(const struct options *o, char **args, struct err *e)
{
	int is = is_index(args[0], e);
	if (is < 0)
		return -1;
	if (!is)
		return err_set(e, ERR_DATA, "%s: not an index", args[0]);
	char *path = absolute(args[0]);
	int r = path ? registry_add(path, o->name, (int64_t)time(NULL), e)
		     : err_set(e, ERR_DATA, "%s: not to be found", args[0]);
	mem_free(path);
	return r;
}

/* The path of NAME; 1: none. Or of a path that is in the list. */
static int find(const struct options *o, char **args, struct err *e)
{
	struct registry r;
	(void)o;
	if (registry_read(&r, e))
		return -1;
	const struct registry_entry *n = registry_by_name(&r, args[0]);
	if (n)
		printf("%s\n", n->path);
	registry_release(&r);
	return !n;
}

static int remove_one(const struct options *o, char **args, struct err *e)
{
	struct registry r;
	if (registry_read(&r, e))
		return -1;
	const struct registry_entry *n = registry_by_name(&r, args[0]);
	char *path = n ? mem_strdup(n->path) : absolute(args[0]);
	bool known = n || (path && registry_by_path(&r, path)), gone = false;
	registry_release(&r);
	int bad = !path ? err_set(e, ERR_DATA, "%s: no index of that name or path", args[0])
			: remove_index(path, o->wait_s, &gone, e);
	if (!bad && gone && !known)
		bad = err_set(e, ERR_DATA, "%s: no index of that name or path", args[0]);
	if (!bad && known)
		bad = registry_drop(path, e);
	if (!bad && o->json) {
		struct js *j = js_new_obj();
		struct buf b = BUF_INIT;
		js_set(j, "path", js_new_path(path, strlen(path)));
		js_set(j, "removed", js_new_bool(!gone));
		js_dump(j, 0, &b);
		puts((const char *)b.p);
		buf_release(&b);
		js_free(j);
	} else if (!bad && gone) {
		err_warn("%s: was gone already: taken out of the list", path);
	}
	mem_free(path);
	return bad;
}

static const struct command {
	const char *name;
	size_t n_args;
	int (*run)(const struct options *o, char **args, struct err *e);
} commands[] = {{"list", 0, list}, {"add", 1, add}, {"find", 1, find}, {"remove", 1, remove_one}};

int main(int argc, char **argv)
{
	static const char *const verbs[] = {"list", "add", "find", "remove", NULL};
	struct opts o = {.table = table,
			 .usage = "list [--json]\n       leann-registry add [--name NAME] INDEX\n"
				  "       leann-registry find NAME\n"
				  "       leann-registry remove [--json] [--wait SECONDS] NAME|INDEX",
			 .summary = "The list of your indexes: show it, add to it, remove an index."};
	struct options s = {0};
	struct err e;
	size_t v = 0;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_JSON: s.json = true; break;
		case ID_NAME: s.name = o.val; break;
		case ID_WAIT: s.wait_s = opts_real(&o, 0, 86400); break;
		}
	while (verbs[v] && (!o.n_args || strcmp(o.args[0], verbs[v])))
		v++;
	if (!verbs[v] || o.n_args - 1 != commands[v].n_args)
		err_usage_die("want list, add INDEX, find NAME or remove NAME");
	int status = commands[v].run(&s, o.args + 1, &e);
	if (status < 0)
		err_die(&e);
	mem_free(o.args);
	close_stdout_die();
	return status;
}
