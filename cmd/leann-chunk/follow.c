/*
 * --follow: what a link leads to is taken as if it had been named, under its own path; so questions and
 * updates find it without links. Each directory is gone into once.
 */
#define _GNU_SOURCE	/* realpath */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "sources.h"

static bool inside(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") ? strlen(dir) : 0;
	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

/* Is the directory one that was entered on its own account? */
static bool was_entered(const struct sources *s, const struct chunk_opts *c, const char *real)
{
	struct walk w = sources_walk(c);
	struct err ignored;
	bool yes = false;
	w.warn = NULL;
	for (size_t i = 0; i < s->n_roots && !yes; i++) {
		const char *root = s->roots[i].path;
		struct buf at = BUF_INIT, by = BUF_INIT;
		enum walk_why why = WALK_GONE;
		if (s->roots[i].walked && inside(real, root))
			yes = !strcmp(real, root) ||
			      (!walk_explain(&w, root, real + strlen(root) + (root[1] != 0), &why, &at, &by,
					     &ignored) && why == WALK_IN);
		buf_release(&at);
		buf_release(&by);
	}
	walk_release(&w);
	return yes;
}

/* Was it not gone into yet? */
static bool fresh(struct sources *s, const struct chunk_opts *c, const char *real, const struct stat *st)
{
	if (was_entered(s, c, real))
		return false;
	const uint64_t id[] = {(uint64_t)st->st_dev, (uint64_t)st->st_ino};
	return id_set_add(&s->followed, id, sizeof id);
}

static int take_file(struct sources *s, const char *real, const char *shown, struct counts *counts,
		     struct err *e)
{
	size_t root = s->n_roots, n = 0;
	for (size_t i = 0; i < s->n_roots; i++)
		if (inside(real, s->roots[i].path) && strlen(s->roots[i].path) > n) {
			root = i;
			n = strlen(s->roots[i].path);
		}
	if (root == s->n_roots && sources_root(s, "/", "/", &root, e))
		return -1;
	sources_add(s, (struct source){.root = root, .rel = mem_strdup(real + (n > 1 ? n + 1 : 1)),
				       .shown = mem_strdup(shown)}, counts);
	return 0;
}

/* link is its absolute path, without links in what is before its last component. */
static int follow(struct sources *s, const struct chunk_opts *c, const char *link, const char *shown,
		  struct counts *counts, struct err *e)
{
	struct stat st;
	char *real = realpath(link, NULL), *msg = NULL;
	int r = 0;
	if (!real || stat(real, &st)) {
		msg = mem_printf("%s: %s", shown, errno == ENOENT ? "a link to nothing" : strerror(errno));
		counts->n_gone++;
	} else if (S_ISDIR(st.st_mode) && inside(link, real)) {
		msg = mem_printf("%s: leads back to %s, which it is in: not followed", shown, real);
		counts->n_symlinks++;
	} else if (S_ISDIR(st.st_mode)) {
		if (fresh(s, c, real, &st))
			r = sources_dir(s, c, real, c->update ? real : shown, counts, e);
		else
			counts->n_twice++;
	} else if (S_ISREG(st.st_mode)) {
		r = take_file(s, real, c->update ? real : shown, counts, e);
	} else {
		counts->n_special++;
	}
	if (msg)
		sources_warn((void *)(uintptr_t)c, msg);
	mem_free(msg);
	free(real);	/* realpath's own */
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int sources_follow(struct sources *s, const struct chunk_opts *c, const char *path, const char *shown,
		   const struct buf *links, struct counts *counts, struct err *e)
{
	size_t n = 0, n_shown = strlen(shown);
	int r = 0;
	for (size_t i = 0; i < links->len; i++)
		n += !links->p[i];
	char **link = mem_array(n, sizeof *link);
	n = 0;
	for (size_t at = 0; at < links->len; at += strlen(link[n++]) + 1)
		link[n] = (char *)links->p + at;
	qsort(link, n, sizeof *link, by_name);
	for (size_t i = 0; i < n && !r; i++) {
		char *full = mem_printf("%s/%s", strcmp(path, "/") ? path : "", link[i]);
		char *name = mem_printf("%s%s%s", shown, n_shown && shown[n_shown - 1] == '/' ? "" : "/",
					link[i]);
		r = follow(s, c, full, name, counts, e);
		mem_free(full);
		mem_free(name);
	}
	mem_free(link);
	return r;
}
