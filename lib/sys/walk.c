/* Files below a directory; see walk.h. */
#define _GNU_SOURCE	/* d_type, getdents64 */
#include "sys/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/ignore.h"
#include "sys/readfile.h"
#include "sys/walk_rules.h"

enum { DENTS_BYTES = 32 << 10 };

/* A directory on the way down, open as fd. */
struct level {
	struct rule_dir rules;
	int fd;
	size_t depth;
	bool beside_build;	/* names of build_dirs are on the list */
	bool marked;		/* it says that it is a cache */
	bool taken;		/* a glob or rule took it, marked or not */
	struct buf entries;	/* type byte, name, NUL, end to end */
};

struct walker {
	struct walk *w;
	struct buf path;	/* absolute, of the level that is read, ending in "/" */
	size_t root;		/* bytes of the root in it */
	dev_t dev;
	struct rule_dir *above;	/* (n_above) directories over the root */
	size_t n_above;
};

/* What is to be done with an entry; by: for walk_explain(). */
struct verdict {
	enum walk_why why;
	bool forced;		/* taken by a glob or rule */
	struct rule_hit hit;
	const char *by;
};

static void warn(void *ctx, const char *msg)
{
	const struct walk *w = ((struct walker *)ctx)->w;
	if (w->warn)
		w->warn(w->ctx, msg);
}

static void warn_path(struct walker *x, const char *what)
{
	char *msg = mem_printf("%s: %s", (const char *)x->path.p, what);
	warn(x, msg);
	mem_free(msg);
}

static const char *rel_of(const struct walker *x)
{
	return (const char *)x->path.p + x->root;
}

/* The path goes on with name, and back to n bytes. */
static void path_push(struct walker *x, const char *name)
{
	buf_adds(&x->path, name);
}

static void path_pop(struct walker *x, size_t n)
{
	x->path.len = n;
	x->path.p[n] = 0;
}

static void unreadable(struct walker *x)
{
	x->w->n_unreadable++;
	buf_add(&x->w->unsure, x->path.p, x->path.len);
	buf_addc(&x->w->unsure, 0);
}

/* The path as it is, a file or a directory with its slash. */
static void add(struct walker *x)
{
	struct walk *w = x->w;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->off = mem_realloc(w->off, w->cap * sizeof *w->off);
	}
	w->off[w->n++] = w->names.len;
	buf_add(&w->names, x->path.p + x->root, x->path.len - x->root + 1);
}

/* ---- one directory's entries ---- */

/* Type of an entry as d_type says it, asked for where the file system does not tell. */
static unsigned char entry_type(int fd, const char *name, unsigned char type)
{
	struct stat st;
	if (type != DT_UNKNOWN)
		return type;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return DT_UNKNOWN;
	return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR
	       : S_ISLNK(st.st_mode) ? DT_LNK : DT_FIFO;
}

/* Fills l->entries; *has: which of them are files of rules. -1 and errno. */
static int list_entries(struct level *l, unsigned *has)
{
	_Alignas(struct dirent64) char dents[DENTS_BYTES];
	ssize_t n;
	bool build = false;
	*has = 0;
	while ((n = getdents64(l->fd, dents, sizeof dents)) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *de = (const void *)(dents + at);
			const char *name = de->d_name;
			at += de->d_reclen;
			if (*name == '.' && (!name[1] || (name[1] == '.' && !name[2])))
				continue;
			*has |= rules_has(name);
			build |= ignore_is_build_file(name);
			l->marked |= ignore_marks_dir(name);
			buf_addc(&l->entries, entry_type(l->fd, name, de->d_type));
			buf_add(&l->entries, name, strlen(name) + 1);
		}
	l->beside_build = build;
	return n < 0 ? -1 : 0;
}

/* Entries and rules of the level that the path is at. -1: an error; what cannot be read is a warning. */
static int open_level(struct walker *x, struct level *l, const struct rule_dir *up, struct err *e)
{
	unsigned has = 0;
	if (list_entries(l, &has)) {
		if (readfile_starved())
			return err_sys(e, "%s", (const char *)x->path.p);
		char *why = mem_printf("cannot be read: %s", strerror(errno));
		warn_path(x, why);
		mem_free(why);
		unreadable(x);
	}
	if (rule_dir_open(&l->rules, up, l->fd, (const char *)x->path.p, x->w->no_ignore ? 0 : has, false,
			  warn, x, e))
		return -1;
	l->beside_build &= !l->rules.in_git;	/* there it is said what is built */
	return 0;
}

static void close_level(struct level *l)
{
	rule_dir_close(&l->rules);
	buf_release(&l->entries);
	close(l->fd);
}

/* ---- in or out ---- */

/* By globs, rules and the list alone: what is left is WALK_IN. The path is the entry's. */
static struct verdict judge_names(struct walker *x, const struct level *l, const char *name, bool is_dir)
{
	struct walk *w = x->w;
	struct verdict v = {.why = WALK_IN};
	if (w->globs && w->globs->n) {
		int d = globs_decide(w->globs, rel_of(x), is_dir, &v.by);
		if (d < 0 || (!d && !is_dir && w->globs->n_include))
			v.why = d < 0 ? WALK_GLOB : WALK_NO_GLOB;
		v.forced = d > 0;
		if (d || v.why != WALK_IN)
			return v;
	}
	if (w->no_ignore)
		return v;
	v.hit = rule_dir_match(&l->rules, (const char *)x->path.p, is_dir);
	if (v.hit.rule) {
		v.forced = v.hit.rule->negated;
		v.why = v.forced ? WALK_IN : WALK_RULE;
		return v;
	}
	v.by = !is_dir ? ignore_file(name) : ignore_dir(name);
	if (is_dir && !v.by && l->beside_build)
		v.by = ignore_build_dir(name);
	v.why = v.by ? WALK_LIST : WALK_IN;
	return v;
}

/* Is the entry, a link that is to be followed, one to a directory? Broken ones are files. */
static bool leads_to_dir(const struct level *l, const char *name)
{
	struct stat st;
	return !fstatat(l->fd, name, &st, 0) && S_ISDIR(st.st_mode);
}

/* The path is the entry's, without a slash at its end. */
static struct verdict judge(struct walker *x, const struct level *l, const char *name, int type)
{
	struct walk *w = x->w;
	bool link = type == DT_LNK && w->follow, is_dir = type == DT_DIR;
	struct verdict v = {.why = WALK_VCS};
	if (ignore_is_vcs(name))
		return v;
	if (link)
		is_dir = leads_to_dir(l, name);
	v = judge_names(x, l, name, is_dir);
	if (v.why == WALK_IN && *name == '.' && !w->hidden) {
		w->took_hidden |= v.forced;
		v.why = v.forced ? WALK_IN : WALK_HIDDEN;
	}
	if (v.why != WALK_IN)
		return v;
	if (type == DT_UNKNOWN)
		v.why = WALK_GONE;
	else if (type == DT_LNK && !link)
		v.why = WALK_LINK;
	else if (type != DT_REG && type != DT_DIR && type != DT_LNK)
		v.why = WALK_SPECIAL;
	else if (!is_dir && w->want && !w->want(w->ctx, rel_of(x)))
		v.why = WALK_UNWANTED;
	return v;
}

static void count(struct walk *w, enum walk_why why)
{
	w->n_ignored += why == WALK_RULE || why == WALK_LIST || why == WALK_CACHE;
	w->n_symlinks += why == WALK_LINK;
	w->n_special += why == WALK_SPECIAL;
	w->n_other_fs += why == WALK_OTHER_FS;
}

/* ---- down ---- */

/*
 * Open the directory that the path now is, name in l, as *in; else *why. The path has its slash. What
 * cannot be opened is a warning.
 */
static int go_in(struct walker *x, const struct level *l, const char *name, struct level *in,
		 enum walk_why *why, struct err *e)
{
	struct stat st;
	*why = WALK_IN;
	in->depth = l->depth + 1;
	if (in->depth > WALK_DEPTH_MAX) {
		char *deep = mem_printf("deeper than %d directories, left out", WALK_DEPTH_MAX);
		warn_path(x, deep);
		mem_free(deep);
		unreadable(x);
		*why = WALK_DEEP;
		return 0;
	}
	in->fd = openat(l->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in->fd < 0) {
		if (readfile_starved())
			return err_sys(e, "%s", (const char *)x->path.p);
		bool gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
		*why = gone ? WALK_GONE : WALK_UNREADABLE;
		if (!gone) {
			warn_path(x, strerror(errno));
			unreadable(x);
		}
	} else if (x->w->one_fs && (fstat(in->fd, &st) || st.st_dev != x->dev)) {
		close(in->fd);
		*why = WALK_OTHER_FS;
	}
	return 0;
}

static int read_level(struct walker *x, struct level *l, struct err *e);

static int enter(struct walker *x, const struct level *l, const char *name, bool forced,
		 struct err *e)
{
	struct level in = {.taken = forced};
	enum walk_why why;
	size_t n = x->path.len;
	int r;
	buf_addc(&x->path, '/');
	r = go_in(x, l, name, &in, &why, e);
	if (!r && why == WALK_IN) {
		r = open_level(x, &in, &l->rules, e);
		if (!r && in.marked && !in.taken && !x->w->no_ignore) {
			why = WALK_CACHE;
		} else if (!r) {
			if (x->w->dirs)
				add(x);
			r = read_level(x, &in, e);
		}
		close_level(&in);
	}
	count(x->w, why);
	path_pop(x, n);
	return r;
}

static int read_level(struct walker *x, struct level *l, struct err *e)
{
	size_t n = x->path.len;
	int r = 0;
	for (size_t at = 0; at < l->entries.len && !r; path_pop(x, n)) {
		int type = l->entries.p[at];
		const char *name = (const char *)l->entries.p + at + 1;
		at += 2 + strlen(name);
		path_push(x, name);
		struct verdict v = judge(x, l, name, type);
		count(x->w, v.why);
		if (v.why != WALK_IN)
			continue;
		if (type == DT_DIR)
			r = enter(x, l, name, v.forced, e);
		else if (type == DT_REG)
			add(x);
		else
			buf_add(&x->w->links, x->path.p + x->root, x->path.len - x->root + 1);
	}
	return r;
}

/* ---- the root, and what is above it ---- */

/* Rules of the directories over the root, from "/" on; *up: the last one's, NULL: none. */
static int open_above(struct walker *x, const char *dir, const struct rule_dir **up, struct err *e)
{
	size_t n = 0;
	int r = 0;
	*up = NULL;
	for (const char *p = dir; *p; p++)
		n += *p == '/';
	x->above = mem_calloc(n + 1, sizeof *x->above);
	if (x->w->no_ignore || !strcmp(dir, "/"))
		return 0;
	for (const char *p = dir; p && !r; p = strchr(p + 1, '/')) {
		char *path = mem_strndup(dir, (size_t)(p - dir) + 1);
		int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			struct rule_dir *d = &x->above[x->n_above++];
			r = rule_dir_open(d, *up, fd, path, HAS_ALL, true, warn, x, e);
			close(fd);
			*up = d;
		}
		mem_free(path);
	}
	return r;
}

static int start(struct walker *x, struct level *l, struct walk *w, const char *dir, struct err *e)
{
	struct stat st = {0};
	*x = (struct walker){.w = w};
	*l = (struct level){.taken = true};
	l->fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->fd < 0 || (w->one_fs && fstat(l->fd, &st))) {
		err_sys(e, "%s", dir);
		if (l->fd >= 0)
			close(l->fd);
		return -1;
	}
	x->dev = st.st_dev;
	buf_printf(&x->path, "%s/", strcmp(dir, "/") ? dir : "");
	x->root = x->path.len;
	return 0;
}

static void finish(struct walker *x)
{
	while (x->n_above)
		rule_dir_close(&x->above[--x->n_above]);
	mem_free(x->above);
	buf_release(&x->path);
}

static int by_path(const void *a, const void *b, void *names)
{
	const size_t *x = a, *y = b;
	return strcmp((const char *)names + *x, (const char *)names + *y);
}

int walk_dir(struct walk *w, const char *dir, struct err *e)
{
	struct walker x;
	struct level l;
	w->n = 0;
	buf_clear(&w->names);
	buf_clear(&w->links);
	if (start(&x, &l, w, dir, e))
		return -1;
	const struct rule_dir *up;
	int r = open_above(&x, dir, &up, e) || open_level(&x, &l, up, e) || read_level(&x, &l, e) ? -1 : 0;
	close_level(&l);
	finish(&x);
	if (w->n)
		qsort_r(w->off, w->n, sizeof *w->off, by_path, w->names.p);
	return r;
}

const char *walk_path(const struct walk *w, size_t i)
{
	return (const char *)w->names.p + w->off[i];
}

void walk_release(struct walk *w)
{
	mem_free(w->off);
	buf_release(&w->names);
	buf_release(&w->links);
	buf_release(&w->unsure);
	w->off = NULL;
	w->n = w->cap = 0;
}

/* ---- one path ---- */

static void put_reason(const struct walker *x, const struct verdict *v, struct buf *by)
{
	if (v->hit.rule)
		rule_hit_put(&v->hit, (const char *)x->path.p, by);
	else if (v->by)
		buf_adds(by, v->by);
}

/* The next component of rel, at *at in l: what becomes of it. in: opened, where there is more. */
static int explain_step(struct walker *x, struct level *l, const char *name, bool last, struct level *in,
			struct verdict *v, struct err *e)
{
	struct stat st;
	if (fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
		v->why = errno == ENOENT || errno == ENOTDIR ? WALK_GONE : WALK_UNREADABLE;
		return 0;
	}
	int type = S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR
		   : S_ISLNK(st.st_mode) ? DT_LNK : DT_FIFO;
	*v = judge(x, l, name, type);
	if (v->why != WALK_IN || type != DT_DIR) {
		if (v->why == WALK_IN && !last)
			v->why = type == DT_LNK ? WALK_LINK : WALK_GONE;
		return 0;
	}
	buf_addc(&x->path, '/');
	*in = (struct level){.taken = v->forced};
	int r = go_in(x, l, name, in, &v->why, e);
	if (!r && v->why == WALK_IN) {
		r = open_level(x, in, &l->rules, e);
		if (!r && in->marked && !in->taken && !x->w->no_ignore)
			v->why = WALK_CACHE;
		if (r || v->why != WALK_IN || last)
			close_level(in);
	}
	path_pop(x, x->path.len - 1);
	return r;
}

int walk_explain(struct walk *w, const char *dir, const char *rel, enum walk_why *why,
		 struct buf *at, struct buf *by, struct err *e)
{
	struct walker x;
	struct level *l = mem_calloc(WALK_DEPTH_MAX + 2, sizeof *l);
	struct verdict v = {.why = WALK_IN};
	size_t n = 0;
	const struct rule_dir *up;
	int r = start(&x, &l[0], w, dir, e);
	if (!r) {
		n = 1;
		r = open_above(&x, dir, &up, e) || open_level(&x, &l[0], up, e) ? -1 : 0;
	}
	for (const char *p = rel; !r && v.why == WALK_IN && *p;) {
		size_t k = strcspn(p, "/"), rest = strspn(p + k, "/");
		char *name = mem_strndup(p, k);
		path_push(&x, name);
		r = explain_step(&x, &l[n - 1], name, !p[k + rest], &l[n], &v, e);
		n += !r && v.why == WALK_IN && p[k + rest];
		buf_clear(by);	/* of the last component alone; it may point into name */
		put_reason(&x, &v, by);
		p += k + rest;
		if (!r && v.why == WALK_IN && *p)
			buf_addc(&x.path, '/');
		mem_free(name);
	}
	if (!r) {
		*why = v.why;
		buf_adds(at, rel_of(&x));
	}
	while (n)
		close_level(&l[--n]);
	mem_free(l);
	finish(&x);
	return r;
}
