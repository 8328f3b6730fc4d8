/* A look at the files below a root; see look.h. */
#define _GNU_SOURCE	/* realpath */
#include "sys/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"

/*
 * File times advance in steps of up to 10 ms: a file that is written twice in one, with as many bytes,
 * is alike for us. Whoever was told of the first time reads it later than that.
 */
static uint64_t signature(const struct stat *st)
{
	const uint64_t what[] = {(uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec,
				 (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ino,
				 (uint64_t)st->st_mode};
	return hash64(what, sizeof what);
}

static bool skipped(const struct look_how *how, const char *real, const char *rel)
{
	size_t n = strlen(real);
	for (size_t i = 0; i < how->n_skip; i++) {
		const char *s = how->skip[i];
		if (!strncmp(s, real, n) &&
		    (*rel ? s[n] == '/' && !strcmp(s + n + 1, rel) : !s[n]))
			return true;
	}
	return false;
}

/* Files of the walk, with what they are like now; those that went meanwhile are not there. */
static void take_files(struct look *l, const struct look_how *how, const char *real)
{
	int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	l->off = mem_array(l->walk.n + 1, sizeof *l->off);
	l->sig = mem_array(l->walk.n + 1, sizeof *l->sig);
	for (size_t i = 0; i < l->walk.n && fd >= 0; i++) {
		const char *rel = walk_path(&l->walk, i);
		struct stat st;
		size_t k = strlen(rel);
		if (!k || rel[k - 1] == '/' || skipped(how, real, rel) ||
		    fstatat(fd, rel, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		l->off[l->n] = l->walk.off[i];
		l->sig[l->n++] = signature(&st);
	}
	if (fd >= 0)
		close(fd);
}

static void take_dirs(struct look *l, const char *real, const struct look_dirs *dirs)
{
	l->dir_off = mem_array(l->walk.n + 1, sizeof *l->dir_off);
	if (dirs)
		dirs->ready(dirs->ctx, real, "");
	l->n_dirs = 0;
	for (size_t i = 0; i < l->walk.n; i++) {
		const char *rel = walk_path(&l->walk, i);
		size_t k = strlen(rel);
		if (!k || rel[k - 1] != '/')
			continue;
		l->dir_off[l->n_dirs++] = l->walk.off[i];
		if (dirs)
			dirs->ready(dirs->ctx, real, rel);
	}
}

/* A root that is a file: one name, "". */
static void take_file(struct look *l, const struct look_how *how, const char *real,
		      const struct look_dirs *dirs)
{
	char *dir = mem_strdup(real), *slash = strrchr(dir, '/');
	struct stat st;
	if (slash)
		slash[slash == dir] = 0;
	if (dirs && slash)
		dirs->ready(dirs->ctx, dir, strrchr(real, '/'));
	mem_free(dir);
	l->is_file = true;
	buf_addc(&l->walk.names, 0);
	l->off = mem_calloc(1, sizeof *l->off);
	l->sig = mem_calloc(1, sizeof *l->sig);
	if (!stat(real, &st) && !skipped(how, real, "")) {
		l->sig[0] = signature(&st);
		l->n = 1;
	}
}

int look_take(struct look *l, const struct look_how *how, const char *root,
	      const struct look_dirs *dirs, struct err *e)
{
	struct stat st;
	int r = 0;
	look_release(l);
	char *real = realpath(root, NULL);
	if (!real || stat(real, &st)) {
		err_sys(e, "%s", root);
		free(real);
		return -1;
	}
	l->walk = how->walk;
	l->walk.dirs = true;
	if (!S_ISDIR(st.st_mode)) {
		take_file(l, how, real, dirs);
	} else if (!(r = walk_dir(&l->walk, real, e))) {
		take_dirs(l, real, dirs);
		take_files(l, how, real);
	}
	free(real);
	if (r)
		look_release(l);
	return r;
}

void look_compare(const struct look *a, const struct look *b,
		  void (*f)(void *ctx, const char *name), void *ctx)
{
	for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
		const char *x = i < a->n ? (const char *)a->walk.names.p + a->off[i] : NULL;
		const char *y = k < b->n ? (const char *)b->walk.names.p + b->off[k] : NULL;
		int c = !x ? 1 : !y ? -1 : strcmp(x, y);
		if (c || a->sig[i] != b->sig[k])
			f(ctx, c <= 0 ? x : y);
		i += c <= 0;
		k += c >= 0;
	}
}

void look_release(struct look *l)
{
	walk_release(&l->walk);
	mem_free(l->off);
	mem_free(l->sig);
	mem_free(l->dir_off);
	*l = (struct look)LOOK_INIT;
}
