/* --update: which sources have to be read, and which files of the index are gone; see update.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "document.h"
#include "sys/gitfiles.h"
#include "update.h"

/* Was this path asked for? */
static bool asked_for(const struct update *u, const char *path)
{
	bool yes = !u->n_sources;
	for (size_t i = 0; i < u->n_sources && !yes; i++)
		yes = path_inside(path, u->source[i]);
	return yes;
}

/* One root's part of git's list: "M\0path\0" or "R100\0old\0new\0", end to end. */
static int take_diff(struct update *u, const char *root, const struct buf *list, struct err *e)
{
	const char *end = (const char *)list->p + list->len;
	for (const char *p = (const char *)list->p; p && p < end;) {
		char kind = *p;
		char *path[2] = {NULL, NULL};
		uint32_t was = NAMES_NONE;
		size_t n = kind == 'R' || kind == 'C' ? 2 : 1;
		p += strlen(p) + 1;
		for (size_t i = 0; i < n && p < end; i++, p += strlen(p) + 1)
			path[i] = path_below(root, p);
		if (path[n - 1]) {
			if (n == 2)
				was = names_get(&u->base.by_path, path[0], strlen(path[0]));
			names_put(&u->touched, path[n - 1], strlen(path[n - 1]), was);
			if (kind == 'R')
				names_put(&u->touched, path[0], strlen(path[0]), NAMES_NONE);
		}
		bool whole = path[n - 1] != NULL;
		mem_free(path[0]);
		mem_free(path[1]);
		if (!whole)
			return err_set(e, ERR_DATA, "%s: git diff: its list is cut short", root);
	}
	return 0;
}

int update_ask_git(struct chunker *k, struct err *e)
{
	const struct sources *s = k->src;
	struct buf list = BUF_INIT;
	int r = 0;
	for (size_t i = 0; i < s->n_roots && !r; i++) {
		bool twice = false;
		for (size_t j = 0; j < i; j++)
			twice |= !strcmp(s->roots[i].path, s->roots[j].path);
		if (twice)
			continue;
		buf_clear(&list);
		if (gitfiles_diff(s->roots[i].path, k->c->git_from, k->c->git_to, &list, e))
			r = err_prefix(e, "%s", s->roots[i].path);
		else
			r = take_diff(k->up, s->roots[i].path, &list, e);
	}
	buf_release(&list);
	return r;
}

static bool unchanged(const struct index_file *f, const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size_bytes &&
	       (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == f->mtime_ns;
}

/* As it was when no text could be taken from it. */
static void still_refused(struct chunker *k, const struct source *s)
{
	char *shown = source_shown(k->src, s);
	k->counts.n_no_text++;
	if (k->c->verbose && !k->c->quiet)
		err_warn("%s: no text, as before: --checksum tries again", shown);
	mem_free(shown);
}

/* Is the source to be read? Else its file of the index stays; one not asked for is not looked at. */
static bool look(struct chunker *k, struct source *s)
{
	struct update *u = k->up;
	struct index_file f;
	char *path = path_below(k->src->roots[s->root].path, s->rel);
	uint32_t old = names_get(&u->base.by_path, path, strlen(path));
	bool wanted = asked_for(u, path), read = wanted;
	if (old != NAMES_NONE) {
		index_file(&u->base.ix, old, &f);
		s->old1 = old + 1;
	}
	if (k->c->git_from) {
		uint32_t was = NAMES_NONE;
		wanted = read = wanted && names_has(&u->touched, path, strlen(path), &was);
		s->was1 = was == NAMES_NONE ? 0 : was + 1;
	} else if (wanted && old != NAMES_NONE && !k->c->checksum && !k->c->full) {
		read = !unchanged(&f, path);
	}
	s->unasked = k->c->full && !wanted && old != NAMES_NONE;
	read |= s->unasked;
	u->n_looked += wanted;
	if (!read && old != NAMES_NONE) {
		u->state[old] = FILE_STAYS;
		if (wanted && file_is_refused(f.flags, f.text_bytes))
			still_refused(k, s);
	}
	mem_free(path);
	return read;
}

bool update_head_says_no(const struct chunker *k, struct readfile *rf, const struct source *s,
			 bool *binary, bool *unwanted)
{
	struct buf head = BUF_INIT;
	struct file_meta m = {0};
	struct err ignored;
	if (!s->old1 && readfile_head(rf, k->src->roots[s->root].path, s->rel, LANG_HEAD_BYTES, &head,
				      &m, &ignored) == READ_OK) {
		struct look l = look_at(k->c, s->rel, true, head.p, head.len);
		*binary = l.binary;
		*unwanted = !lang_wanted(k->c, s->rel, l.lang);
	}
	buf_release(&head);
	return *binary || *unwanted;
}

static void drop(struct source *s)
{
	mem_free(s->rel);
	mem_free(s->shown);
}

void update_look(struct chunker *k)
{
	struct sources *s = k->src;
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct source *x = &s->p[i];
		if (!look(k, x))
			drop(x);
		else
			s->p[n++] = *x;
	}
	s->n = n;
}

/* Could the file be there and only not be seen? */
static bool hidden_from_us(const struct sources *s, const char *path)
{
	struct stat st;
	bool unsure = false;
	for (size_t at = 0; at < s->unsure.len && !unsure; at += strlen((char *)s->unsure.p + at) + 1)
		unsure = path_inside(path, (char *)s->unsure.p + at);
	if (unsure)
		return true;
	if (lstat(path, &st))
		return errno != ENOENT && errno != ENOTDIR;
	char *dir = mem_strdup(path), *slash = strrchr(dir, '/');
	slash[slash == dir] = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsure = fd < 0 && errno != ENOENT && errno != ENOTDIR;
	if (fd >= 0)
		close(fd);
	mem_free(dir);
	return unsure;
}

/*
 * Was it looked for where it was? Sources that an index says little of (a list of names, whatever
 * was given for this update) may be others than it was made of.
 */
static bool looked_for(const struct chunker *k, const char *path)
{
	const struct update *u = k->up;
	struct stat st;
	for (size_t i = 0; i < u->n_walked; i++)
		if (path_inside(path, u->walked[i]))
			return true;
	if (!u->base.has_args)
		return false;
	if (k->c->follow)
		return true;	/* a link led to it: to where it does now, all links were followed */
	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return true;
	if (!k->c->quiet)
		err_warn("%s: is there, but in none of the sources: kept as it was", path);
	return false;
}

void update_gone(struct chunker *k)
{
	struct update *u = k->up;
	for (size_t i = 0; i < u->base.ix.n_files; i++) {
		if (u->state[i] != FILE_UNMET || u->base.path[i] == SIZE_MAX)
			continue;
		const char *path = base_path(&u->base, i);
		uint32_t was;
		bool asked = asked_for(u, path) &&
			     (!k->c->git_from || names_has(&u->touched, path, strlen(path), &was));
		if (!asked || !looked_for(k, path)) {
			u->state[i] = FILE_STAYS;
		} else if (hidden_from_us(k->src, path)) {
			u->state[i] = FILE_STAYS;
			if (!k->c->quiet)
				err_warn("%s: cannot be seen, kept as it was", path);
		} else {
			u->state[i] = FILE_GONE;
			u->n_gone++;
		}
	}
}
