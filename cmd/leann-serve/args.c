/* Paths and query strings; see args.h. */
#include "args.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

char *args_part(const char *path, size_t i)
{
	for (path += *path == '/'; i; i--) {
		path += strcspn(path, "/");
		path += *path == '/';
	}
	return mem_strndup(path, strcspn(path, "/"));
}

void args_number(struct js *obj, const char *key, const char *s)
{
	struct js *n = NULL;
	struct err ignored;
	size_t len = strlen(s);
	if (!len || strspn(s, "0123456789") != len || js_parse(s, len, key, &n, &ignored))
		n = js_new_strn(s, len);
	js_set(obj, key, n);
}

static bool among(const char *key, const char *const *list)
{
	while (*list && strcmp(key, *list))
		list++;
	return *list;
}

/* "a,b" as ["a", "b"]. */
static struct js *split(const char *s)
{
	struct js *a = js_new_arr();
	for (;; s++) {
		size_t n = strcspn(s, ",");
		if (n)
			js_push(a, js_new_strn(s, n));
		s += n;
		if (!*s)
			return a;
	}
}

/* Members of the request, and of its filters. */
struct into {
	struct js *o, *filters;
};

static int add(const char *key, const struct js *v, void *ctx)
{
	static const char *const numbers[] = {"top_k", "recompute", "per_file", "context", "line", "chunk",
				 "rerank_depth", NULL},
				 *const flags[] = {"dense", "all_copies", NULL},
				 *const lists[] = {"languages", "paths", "types", NULL};
	struct into *to = ctx;
	const char *s = js_str(v, NULL);
	if (among(key, numbers))
		args_number(to->o, key, s);
	else if (among(key, flags) && (!strcmp(s, "true") || !strcmp(s, "false")))
		js_set(to->o, key, js_new_bool(*s == 't'));
	else if (among(key, lists))
		js_set(to->filters, key, split(s));
	else if (!strcmp(key, "where"))
		js_set(to->filters, key, js_copy(v));
	else
		js_set(to->o, strcmp(key, "q") ? key : "query", js_copy(v));
	return 0;
}

struct js *args_json(const struct js *args)
{
	struct into to = {js_new_obj(), js_new_obj()};
	js_each(args, add, &to);
	if (js_len(to.filters))
		js_set(to.o, "filters", to.filters);
	else
		js_free(to.filters);
	return to.o;
}
