/* leann-registry: the list of a user's indexes. See leann-registry(1). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/opts.h"
#include "base/utf8.h"
#include "collection.h"
#include "list.h"
#include "remove.h"
#include "sys/registry.h"

enum { ID_JSON = 256, ID_NAME, ID_WAIT, ID_OUTPUT, ID_SET, ID_UNSET };

static const struct opt table[] = {
	{ID_JSON, "json", NULL, "list, describe, remove: JSON"},
	{ID_NAME, "name", "NAME", "add: call it so (after its folder or file)"},
	{ID_OUTPUT, "output", "FILE", "copy: the file to write (with your own data)"},
	{ID_SET, "set", "KEY=VALUE", "describe: say this of it; again for more"},
	{ID_UNSET, "unset", "KEY", "describe: and this no more"},
	{ID_WAIT, "wait", "SECONDS", "rename, remove: wait so long for a writer of the index (0)"},
	{0},
};

struct options {
	const char *name, *output;
	double wait_s;
	bool json;
	struct js *changes;	/* of metadata */
};

static int list(const struct options *o, char **args, struct err *e)
{
	(void)args;
	return list_print(o->json, e);
}

static int rename_one(const struct options *o, char **args, struct err *e)
{
	return collection_rename(args[0], args[1], o->wait_s, e);
}

static int copy_one(const struct options *o, char **args, struct err *e)
{
	return collection_copy(args[0], args[1], o->output, e);
}

static int describe_one(const struct options *o, char **args, struct err *e)
{
	return collection_describe(args[0], o->changes, o->json, e);
}

/* KEY=VALUE, or KEY alone for none. */
static void change_meta(struct options *s, const char *arg, bool set)
{
	const char *eq = strchr(arg, '=');
	if (set != (eq != NULL))
		err_usage_die(set ? "--set %s: want KEY=VALUE" : "--unset %s: want a KEY", arg);
	if (!utf8_valid((const uint8_t *)arg, strlen(arg)))
		err_usage_die("--%s: not UTF-8", set ? "set" : "unset");
	char *key = eq ? mem_strndup(arg, (size_t)(eq - arg)) : mem_strdup(arg);
	js_set(s->changes, key, set ? js_new_str(eq + 1) : js_new_null());
	mem_free(key);
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
} commands[] = {
	{"list", 0, list},	     {"add", 1, add},	      {"find", 1, find},	 {"remove", 1, remove_one},
	{"rename", 2, rename_one}, {"copy", 2, copy_one}, {"describe", 1, describe_one},
};

int main(int argc, char **argv)
{
	struct opts o = {.table = table,
			 .usage = "list [--json]\n       leann-registry add [--name NAME] INDEX\n"
				  "       leann-registry find NAME\n"
				  "       leann-registry rename NAME NEW\n"
				  "       leann-registry copy [--output FILE] NAME NEW\n"
				  "       leann-registry describe [--json] [--set KEY=VALUE] [--unset KEY] NAME\n"
				  "       leann-registry remove [--json] [--wait SECONDS] NAME|INDEX",
			 .summary = "The list of your indexes: show it, change it, remove an index."};
	struct options s = {.changes = js_new_obj()};
	struct err e;
	size_t v = 0, n = sizeof commands / sizeof *commands;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		switch (c) {
		case ID_JSON: s.json = true; break;
		case ID_NAME: s.name = o.val; break;
		case ID_OUTPUT: s.output = o.val; break;
		case ID_SET: change_meta(&s, o.val, true); break;
		case ID_UNSET: change_meta(&s, o.val, false); break;
		case ID_WAIT: s.wait_s = opts_real(&o, 0, 86400); break;
		}
	while (v < n && (!o.n_args || strcmp(o.args[0], commands[v].name)))
		v++;
	if (v == n || o.n_args - 1 != commands[v].n_args)
		err_usage_die("want list, add INDEX, find NAME, rename NAME NEW, copy NAME NEW, describe NAME or"
			      " remove NAME");
	int status = commands[v].run(&s, o.args + 1, &e);
	js_free(s.changes);
	if (status < 0)
		err_die(&e);
	mem_free(o.args);
	close_stdout_die();
	return status;
}
