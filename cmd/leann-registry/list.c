/* Showing the list; see list.h. */
#define _GNU_SOURCE	/* realpath */
#include "list.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "remove.h"

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

struct js *list_entry(const struct registry_entry *n)
{
	struct js *o = js_new_obj();
	struct stat st = {0};
	char made[32];
	const char *state = state_of(n->path, &st);
	time_text(n->made_s, made);
	js_set(o, "name", js_new_str(n->name));
	js_set(o, "path", js_new_path(n->path, strlen(n->path)));
	js_set(o, "made", js_new_str(made));
	js_set(o, "state", js_new_str(*state ? state : "ok"));
	if (!*state)
		js_set(o, "bytes", js_new_int((int64_t)st.st_size));
	if (js_len(n->meta))
		js_set(o, "meta", js_copy(n->meta));
	return o;
}

static void list_json(const struct registry *r)
{
	struct js *a = js_new_arr();
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < r->n; i++)
		js_push(a, list_entry(&r->e[i]));
	js_dump(a, 0, &b);
	puts((const char *)b.p);
	buf_release(&b);
	js_free(a);
}

void list_put_safe(const char *p)
{
	for (; *p; p++) {
		unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
		putchar(c < 0x20 || c == 0x7f || c1 ? '?' : c);
		p += c1;
	}
}

int list_print(bool json, struct err *e)
{
	struct registry r;
	if (registry_read(&r, e))
		return -1;
	if (json)
		list_json(&r);
	for (size_t i = 0; i < r.n && !json; i++) {
		struct stat st;
		char made[32];
		const char *state = state_of(r.e[i].path, &st);
		time_text(r.e[i].made_s, made);
		list_put_safe(r.e[i].name);
		putchar('\t');
		list_put_safe(r.e[i].path);
		printf("\t%s%s%s\n", made, *state ? "\t" : "", state);
	}
	registry_release(&r);
	return 0;
}

char *absolute(const char *path)
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
