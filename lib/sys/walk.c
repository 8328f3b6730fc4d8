/* Files below a directory; see walk.h. */
#define _GNU_SOURCE	/* d_type */
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
#include "sys/gitfiles.h"
#include "sys/ignore.h"
#include "sys/readfile.h"

/* A directory on the way down: rel is "" or "a/b/", fd is open on it. */
struct level {
	const char *root;
	char *rel;
	int fd;
	size_t depth;
};

static int read_level(struct walk *w, const struct level *l, struct err *e);
static int git_level(struct walk *w, const struct level *l, struct err *e);

static void warn(struct walk *w, const char *fmt, ...) PRINTF(2, 3);
static void warn(struct walk *w, const char *fmt, ...)
{
	char msg[1000];
	va_list ap;
	if (!w->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	w->warn(w->ctx, msg);
}

static void unsure(struct walk *w, const char *root, const char *rel)
{
	buf_printf(&w->unsure, "%s/%s", root, rel);
	buf_addc(&w->unsure, 0);
}

static void unreadable(struct walk *w, const char *root, const char *rel)
{
	w->n_unreadable++;
	unsure(w, root, rel);
}

static void add(struct walk *w, const char *rel, const char *name)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->off = mem_realloc(w->off, w->cap * sizeof *w->off);
	}
	w->off[w->n++] = w->names.len;
	buf_adds(&w->names, rel);
	buf_add(&w->names, name, strlen(name) + 1);
}

/* A regular file of this name in this directory: is it wanted? */
static void offer_file(struct walk *w, const char *rel, const char *name)
{
	char *path = mem_printf("%s%s", rel, name);
	bool by_glob = w->globs && w->globs->n_include;
	if (w->globs && !globs_take(w->globs, path))
		;
	else if (!w->no_ignore && !by_glob && ignore_file(name))
		w->n_ignored++;
	else
		add(w, rel, name);
	mem_free(path);
}

/* Go into directory name of l; git where it is a repository. What cannot be opened is a warning. */
static int enter(struct walk *w, const struct level *l, const char *name, struct err *e)
{
	struct level in = {.root = l->root, .depth = l->depth + 1};
	int r = 0;
	struct stat st;
	in.rel = mem_printf("%s%s/", l->rel, name);
	if (in.depth > WALK_DEPTH_MAX) {
		warn(w, "%s/%s: deeper than %d directories, left out", l->root, in.rel,
		     WALK_DEPTH_MAX);
		unreadable(w, l->root, in.rel);
	} else if ((in.fd = openat(l->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) <
		   0) {
		if (readfile_starved()) {
			r = err_sys(e, "%s/%s", l->root, in.rel);
		} else if (errno != ENOENT) {
			warn(w, "%s/%s: %s", l->root, in.rel, strerror(errno));
			unreadable(w, l->root, in.rel);
		}
	} else {
		bool repo = !w->no_ignore && fstatat(in.fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0;
		if (w->dirs)
			add(w, in.rel, "");
		r = repo ? git_level(w, &in, e) : read_level(w, &in, e);
		close(in.fd);
	}
	mem_free(in.rel);
	return r;
}

static bool dir_wanted(struct walk *w, const struct level *l, const char *name, bool beside_build)
{
	if (ignore_is_vcs(name) || (!w->hidden && name[0] == '.'))
		return false;
	if (!w->no_ignore && (ignore_dir(name) || (beside_build && ignore_build_dir(name)))) {
		w->n_ignored++;
		return false;
	}
	char *path = mem_printf("%s%s", l->rel, name);
	bool pruned = w->globs && globs_prune(w->globs, path);
	mem_free(path);
	return !pruned;
}

/* Type of an entry as d_type says it, asked for where the file system does not tell. */
static unsigned char entry_type(int fd, const struct dirent *de)
{
	struct stat st;
	if (de->d_type != DT_UNKNOWN)
		return de->d_type;
	if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return DT_UNKNOWN;
	return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR
	       : S_ISLNK(st.st_mode) ? DT_LNK : DT_FIFO;
}

/*
 * Entries of one directory: type byte, name, NUL, end to end; the directory stream is closed
 * again.
 */
static int list_entries(const struct level *l, struct buf *out, bool *build_file, bool *marked)
{
	int fd = openat(l->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (errno = 0; (de = readdir(d)); errno = 0) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		*build_file |= ignore_is_build_file(de->d_name);
		*marked |= ignore_marks_dir(de->d_name);
		buf_addc(out, entry_type(l->fd, de));
		buf_add(out, de->d_name, strlen(de->d_name) + 1);
	}
	int failed = errno;
	closedir(d);
	errno = failed;
	return failed ? -1 : 0;
}

static int take_entry(struct walk *w, const struct level *l, int type, const char *name,
		      bool beside_build, struct err *e)
{
	if (type == DT_DIR)
		return dir_wanted(w, l, name, beside_build) ? enter(w, l, name, e) : 0;
	if (!w->hidden && name[0] == '.')
		return 0;
	if (type == DT_REG)
		offer_file(w, l->rel, name);
	else if (type == DT_LNK)
		w->n_symlinks++;
	else
		w->n_special++;
	return 0;
}

static int read_level(struct walk *w, const struct level *l, struct err *e)
{
	struct buf entries = BUF_INIT;
	bool build_file = false, marked = false;
	int r = 0;
	if (list_entries(l, &entries, &build_file, &marked)) {
		if (readfile_starved()) {
			buf_release(&entries);
			return err_sys(e, "%s/%s", l->root, l->rel);
		}
		warn(w, "%s/%s: cannot be read: %s", l->root, l->rel, strerror(errno));
		unreadable(w, l->root, l->rel);
	}
	if (marked && !w->no_ignore && l->depth)
		w->n_ignored++;
	else
		for (size_t at = 0; at < entries.len && r == 0;) {
			const char *name = (const char *)entries.p + at + 1;
			r = take_entry(w, l, entries.p[at], name, build_file, e);
			at += 2 + strlen(name);
		}
	buf_release(&entries);
	return r;
}

/* Some component of path starts with "." (hidden), or is version control's own. */
static bool path_hidden(const struct walk *w, const char *path)
{
	for (const char *p = path; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		size_t k = strcspn(p, "/");
		char name[16];
		if (*p == '.' && !w->hidden)
			return true;
		if (k < sizeof name) {
			memcpy(name, p, k);
			name[k] = 0;
			if (ignore_is_vcs(name))
				return true;
		}
	}
	return false;
}

/*
 * One path from git, below l. Tracked files may be gone from the disk, or be something else
 * there.
 */
static int take_git_path(struct walk *w, const struct level *l, char *path, struct err *e)
{
	struct stat st;
	size_t n = strlen(path);
	if (n && path[n - 1] == '/')
		path[--n] = 0;
	if (!n || path_hidden(w, path) || fstatat(l->fd, path, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISLNK(st.st_mode)) {
		w->n_symlinks++;
	} else if (S_ISDIR(st.st_mode)) {
		char *full = mem_printf("%s%s", l->rel, path);
		bool pruned = w->globs && globs_prune(w->globs, full);
		mem_free(full);
		return pruned ? 0 : enter(w, l, path, e);
	} else if (!S_ISREG(st.st_mode)) {
		w->n_special++;
	} else {
		char *slash = strrchr(path, '/');
		char *rel = mem_printf("%s%.*s", l->rel, slash ? (int)(slash + 1 - path) : 0, path);
		offer_file(w, rel, slash ? slash + 1 : path);
		mem_free(rel);
	}
	return 0;
}

/* Is name one of the list's, which are sorted and end in NUL? */
static bool in_list(const struct buf *list, const char *name)
{
	size_t from = 0, to = list->len;
	while (from < to) {
		size_t at = from + (to - from) / 2;
		while (at > from && list->p[at - 1])
			at--;
		const char *p = (const char *)list->p + at;
		int c = strcmp(name, p);
		if (!c)
			return true;
		if (c < 0)
			to = at;
		else
			from = at + strlen(p) + 1;
	}
	return false;
}

/* Directories of a work tree, which git does not name: those it ignores end in "/" in ignored. */
static void git_dirs(struct walk *w, const struct level *l, size_t top, const struct buf *ignored)
{
	struct buf entries = BUF_INIT;
	bool unused = false;
	struct stat st;
	if (l->depth > WALK_DEPTH_MAX || list_entries(l, &entries, &unused, &unused))
		buf_clear(&entries);
	for (size_t at = 0; at < entries.len;) {
		const char *name = (const char *)entries.p + at + 1;
		int type = entries.p[at];
		at += 2 + strlen(name);
		if (type != DT_DIR || ignore_is_vcs(name) || (!w->hidden && name[0] == '.'))
			continue;
		struct level in = {.root = l->root, .depth = l->depth + 1};
		in.rel = mem_printf("%s%s/", l->rel, name);
		bool out = in_list(ignored, in.rel + top);
		if (!out && w->globs) {
			char *path = mem_printf("%s%s", l->rel, name);
			out = globs_prune(w->globs, path);
			mem_free(path);
		}
		in.fd = out ? -1 : openat(l->fd, name,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* A repository inside is entered by its own rules when git names it. */
		if (in.fd >= 0 && fstatat(in.fd, ".git", &st, AT_SYMLINK_NOFOLLOW)) {
			add(w, in.rel, "");
			git_dirs(w, &in, top, ignored);
		}
		if (in.fd >= 0)
			close(in.fd);
		mem_free(in.rel);
	}
	buf_release(&entries);
}

static int git_level(struct walk *w, const struct level *l, struct err *e)
{
	struct buf list = BUF_INIT;
	struct err why;
	char *dir = mem_printf("%s/%s", l->root, l->rel);
	int r = 0;
	if (gitfiles_list(dir, &list, &why)) {
		warn(w, "%s: %s: reading the directory instead", dir, why.msg);
		unsure(w, l->root, l->rel);
		r = read_level(w, l, e);
	} else if (!list.len && gitfiles_ignored(dir)) {
		/* Asked for by name though git ignores all of it: take it as a plain directory. */
		r = read_level(w, l, e);
	} else {
		for (size_t at = 0; at < list.len && r == 0;) {
			char *path = (char *)list.p + at;
			at += strlen(path) + 1;
			r = take_git_path(w, l, path, e);
		}
		buf_clear(&list);
		if (w->dirs && !gitfiles_ignored_dirs(dir, &list, &why))
			git_dirs(w, l, strlen(l->rel), &list);
	}
	buf_release(&list);
	mem_free(dir);
	return r;
}

static int by_path(const void *a, const void *b, void *names)
{
	const size_t *x = a, *y = b;
	return strcmp((const char *)names + *x, (const char *)names + *y);
}

int walk_dir(struct walk *w, const char *dir, struct err *e)
{
	char *root = mem_strdup(strcmp(dir, "/") ? dir : "");
	char rel[] = "";
	struct level l = {.root = root, .rel = rel};
	size_t kept = 0;
	int r = -1;
	w->n = 0;
	buf_clear(&w->names);
	l.fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l.fd < 0) {
		err_sys(e, "%s", dir);
	} else {
		bool git = !w->no_ignore && gitfiles_in_work_tree(dir);
		r = git ? git_level(w, &l, e) : read_level(w, &l, e);
		close(l.fd);
	}
	mem_free(root);
	if (w->n)
		qsort_r(w->off, w->n, sizeof *w->off, by_path, w->names.p);
	for (size_t i = 0; i < w->n; i++)	/* git names a file in conflict once a version */
		if (!kept || strcmp(walk_path(w, kept - 1), walk_path(w, i)))
			w->off[kept++] = w->off[i];
	w->n = kept;
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
	buf_release(&w->unsure);
	w->off = NULL;
	w->n = w->cap = 0;
}
