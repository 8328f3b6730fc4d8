/* Changes below folders, by inotify(7) and by looking; see watch.h. */
#define _GNU_SOURCE	/* realpath */
#include "sys/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/progress.h"
#include "sys/look.h"
#include "sys/walk_rules.h"

#define MISSING_S 1.		/* between two tries to find a root that went */
enum {
	FIRST_LOOKS_MAX = 3,	/* folders may be made while the first watches are set */
};
#define MASK (IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | \
	      IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* A folder that the kernel watches for us. */
struct mark {
	int wd;
	unsigned seen;		/* the look that it was last needed in */
	bool one_file;		/* only for roots that are files in it */
};

struct root {
	const char *given;
	char *abs;
	struct look look;
	bool missing;		/* look is of when it was there, if was_there */
	bool was_there;
	char *via;		/* followed links: given, owned, "root/link"; abs is without links */
	unsigned seen;		/* ... the look that a link led here in */
};

struct watch {
	const struct watch_opts *o;
	struct look_how how;
	struct root *roots;	/* (n_roots) the options', then what links lead to */
	size_t n_roots;
	char **skip;		/* (how.n_skip) absolute */
	int fd;			/* of inotify; -1: none to be had */
	struct mark *marks;	/* (n_marks) by wd */
	size_t n_marks, cap_marks;
	unsigned n_looks;
	bool new_dirs;		/* the last look set watches: look again */
	bool no_watch;		/* ... or failed to: an interval it is */
	bool took_hidden;	/* rules take names with a dot at their beginning */
	bool said_no_watch, lost;
	double first_s, last_s;	/* of events not looked at yet; first_s 0: none */
	double looked_s;
	struct buf events;
};

static void say(const struct watch *w, const char *fmt, ...) PRINTF(2, 3);
static void say(const struct watch *w, const char *fmt, ...)
{
	char msg[1000];
	va_list ap;
	if (!w->o->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	w->o->warn(msg);
}

/* ---- watches ---- */

/* Where wd is in marks, or belongs. */
static size_t mark_at(const struct watch *w, int wd)
{
	size_t from = 0, to = w->n_marks;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (w->marks[mid].wd < wd)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct mark *mark_find(const struct watch *w, int wd)
{
	size_t i = mark_at(w, wd);
	return i < w->n_marks && w->marks[i].wd == wd ? &w->marks[i] : NULL;
}

static struct mark *mark_add(struct watch *w, int wd)
{
	size_t i = mark_at(w, wd);
	if (w->n_marks == w->cap_marks) {
		w->cap_marks = w->cap_marks ? 2 * w->cap_marks : 64;
		w->marks = mem_realloc(w->marks, w->cap_marks * sizeof *w->marks);
	}
	memmove(w->marks + i + 1, w->marks + i, (w->n_marks - i) * sizeof *w->marks);
	w->n_marks++;
	w->marks[i] = (struct mark){.wd = wd, .seen = w->n_looks - 1};
	w->new_dirs = true;
	return &w->marks[i];
}

/* A folder of this look, whose files are looked at next: watched from now on, if it can be. */
static void want_dir(void *ctx, const char *real, const char *rel)
{
	struct watch *w = ctx;
	bool one_file = *rel == '/';
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", real, one_file ? "" : rel);
	if (w->fd < 0 || n < 0 || (size_t)n >= sizeof path) {
		w->no_watch = true;
		return;
	}
	int wd = inotify_add_watch(w->fd, path, MASK);
	if (wd < 0) {	/* one that went or may not be entered has nothing that is found, either */
		w->no_watch |= errno == ENOSPC || errno == ENOMEM;
		return;
	}
	struct mark *m = mark_find(w, wd);
	if (!m && w->o->max_watches && w->n_marks >= w->o->max_watches) {
		inotify_rm_watch(w->fd, wd);
		w->no_watch = true;
		return;
	}
	if (!m)
		m = mark_add(w, wd);
	m->one_file = one_file && (m->seen != w->n_looks || m->one_file);
	m->seen = w->n_looks;
}

/* Folders that the look did not need any more: gone, moved away, ignored. */
static void drop_unseen(struct watch *w)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->n_marks; i++)
		if (w->marks[i].seen == w->n_looks)
			w->marks[kept++] = w->marks[i];
		else
			inotify_rm_watch(w->fd, w->marks[i].wd);	/* or the kernel did */
	w->n_marks = kept;
}

static void say_watching(struct watch *w)
{
	if (w->no_watch == w->said_no_watch || w->o->poll)
		return;
	w->said_no_watch = w->no_watch;
	if (!w->no_watch)
		say(w, "all %zu folders are watched again", w->n_marks);
	else if (w->o->max_watches && w->n_marks >= w->o->max_watches)
		say(w, "only %zu folders are watched: looking every %g s", w->n_marks,
		    w->o->interval_s);
	else
		say(w, "no more folders can be watched than %zu (fs.inotify.max_user_watches):"
		    " looking every %g s", w->n_marks, w->o->interval_s);
}

/* ---- looking ---- */

struct changes {
	const struct root *root;
	struct watch_batch *b;
};

static void add_change(void *ctx, const char *name)
{
	struct changes *c = ctx;
	size_t n = strlen(c->root->given);
	const char *slash = !*name || (n && c->root->given[n - 1] == '/') ? "" : "/";
	buf_printf(&c->b->names, "%s%s%s", c->root->given, slash, name);
	buf_addc(&c->b->names, 0);
	c->b->n++;
}

static int look_root(struct watch *w, struct root *r, struct watch_batch *b, struct err *e)
{
	struct look now = LOOK_INIT;
	const struct look_dirs dirs = {want_dir, w};
	if (look_take(&now, &w->how, r->abs, &dirs, e)) {
		if (!r->missing)
			say(w, "%s: not there any more: waiting for it", r->given);
		r->missing = true;
		return -1;
	}
	if (r->missing && r->was_there)
		say(w, "%s: there again", r->given);
	if (b) {
		struct changes c = {r, b};
		look_compare(&r->look, &now, add_change, &c);
	}
	look_release(&r->look);
	r->look = now;
	w->took_hidden |= now.walk.took_hidden;
	r->missing = false;
	r->was_there = true;
	return 0;
}

/* ---- followed links: what they lead to is looked at as if it had been named ---- */

static void root_release(struct root *r)
{
	look_release(&r->look);
	mem_free(r->abs);
	mem_free(r->via);
}

/* Is there a file rel, or a folder "rel/", in the look? */
static bool look_has(const struct look *l, const char *rel)
{
	size_t n = strlen(rel);
	const char *names = (const char *)l->walk.names.p;
	bool has = false;
	for (size_t i = 0; i < l->n && !has; i++)
		has = !strcmp(names + l->off[i], rel);
	for (size_t i = 0; i < l->n_dirs && !has; i++)
		has = !strncmp(names + l->dir_off[i], rel, n) && !strcmp(names + l->dir_off[i] + n, "/");
	return has;
}

/* Is it a root, or below one and found there by its own name? */
static bool found_anyway(const struct watch *w, const char *real)
{
	bool found = false;
	for (size_t i = 0; i < w->n_roots && !found; i++) {
		const struct root *r = &w->roots[i];
		char *dir = r->missing || (r->via && r->seen != w->n_looks) ? NULL : realpath(r->abs, NULL);
		size_t n = dir ? strlen(dir) : 0;
		if (n && !strncmp(real, dir, n))
			found = !real[n] || (real[n] == '/' && look_has(&r->look, real + n + 1));
		free(dir);
	}
	return found;
}

/* Did a link of roots[from] lead to what was not found yet? Then it is a root, looked at now. */
static bool look_link(struct watch *w, size_t from, const char *link, struct watch_batch *b)
{
	char *path = mem_printf("%s/%s", w->roots[from].abs, link), *real = realpath(path, NULL);
	size_t i = w->o->n_roots;
	struct err ignored;
	mem_free(path);
	if (!real || found_anyway(w, real)) {
		free(real);
		return false;
	}
	while (i < w->n_roots && strcmp(w->roots[i].abs, real))
		i++;
	if (i == w->n_roots) {
		const char *given = w->roots[from].given;
		size_t n = strlen(given);
		char *via = mem_printf("%s%s%s", given, n && given[n - 1] == '/' ? "" : "/", link);
		w->roots = mem_realloc(w->roots, (w->n_roots + 1) * sizeof *w->roots);
		w->roots[w->n_roots++] = (struct root){.given = via, .via = via, .missing = true,
						       .abs = mem_strdup(real)};
	}
	free(real);
	if (look_root(w, &w->roots[i], b, &ignored))
		return false;
	w->roots[i].seen = w->n_looks;
	return true;
}

/* Links of the roots, and of what those lead to; where none leads any more, files are gone. */
static void look_links(struct watch *w, struct watch_batch *b)
{
	static const struct look nothing = LOOK_INIT;
	size_t kept = w->o->n_roots;
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < w->n_roots; i++) {
			struct buf links = BUF_INIT;	/* roots move */
			if (w->roots[i].missing || (w->roots[i].via && w->roots[i].seen != w->n_looks) ||
			    !w->roots[i].look.walk.links.len)
				continue;
			buf_add(&links, w->roots[i].look.walk.links.p, w->roots[i].look.walk.links.len);
			for (size_t at = 0; at < links.len; at += strlen((char *)links.p + at) + 1)
				more |= look_link(w, i, (char *)links.p + at, b);
			buf_release(&links);
		}
	}
	for (size_t i = kept; i < w->n_roots; i++) {
		struct root *r = &w->roots[i];
		struct changes c = {r, b};
		if (r->seen == w->n_looks) {
			w->roots[kept++] = *r;
			continue;
		}
		if (b)
			look_compare(&r->look, &nothing, add_change, &c);
		root_release(r);
	}
	w->n_roots = kept;
}

/* ---- all of it ---- */

static int look(struct watch *w, struct watch_batch *b, struct err *e)
{
	int r = 0;
	w->first_s = 0;
	w->n_looks++;
	w->new_dirs = w->lost = false;
	w->no_watch = w->fd < 0;
	w->took_hidden = false;
	for (size_t i = 0; i < w->o->n_roots; i++)
		r |= look_root(w, &w->roots[i], b, e);
	if (w->o->follow)
		look_links(w, b);
	drop_unseen(w);
	say_watching(w);
	w->looked_s = now_s();
	if (w->new_dirs)	/* files may have been made in them before they were watched */
		w->first_s = w->last_s = w->looked_s;
	return r;
}

/* ---- events ---- */

static bool matters(const struct watch *w, const struct inotify_event *ev)
{
	const struct mark *m = mark_find(w, ev->wd);
	const char *name = ev->len ? ev->name : "";
	if (ev->mask & IN_IGNORED)
		return false;
	if (!*name || !m)
		return true;
	for (size_t i = 0; m->one_file && i < w->n_roots; i++)
		if (!strcmp(strrchr(w->roots[i].abs, '/') + 1, name))
			return true;
	if (m->one_file)
		return false;
	return *name != '.' || w->o->hidden || w->took_hidden || rules_has(name);
}

/* Whole events alone can be read: as many bytes as there are. */
static int take_events(struct watch *w, struct err *e)
{
	int n = 0;
	size_t got;
	if (ioctl(w->fd, FIONREAD, &n) || n <= 0)
		return 0;
	buf_clear(&w->events);
	buf_reserve(&w->events, (size_t)n);
	if (fd_read(w->fd, "inotify", w->events.p, (size_t)n, &got, e))
		return -1;
	for (size_t at = 0; at + sizeof(struct inotify_event) <= got;) {
		const struct inotify_event *ev = (const void *)(w->events.p + at);
		at += sizeof *ev + ev->len;
		if (ev->mask & IN_Q_OVERFLOW && !w->lost) {
			say(w, "more changes than the kernel keeps"
			    " (fs.inotify.max_queued_events): looking at everything");
			w->lost = true;
		}
		if (!(ev->mask & IN_Q_OVERFLOW) && !matters(w, ev))
			continue;
		w->last_s = now_s();
		if (w->first_s <= 0)
			w->first_s = w->last_s;
	}
	return 0;
}

/* When to look, as now_s(); infinite: when something happens. */
static double due_s(const struct watch *w)
{
	double due = 1e300;
	if (w->first_s > 0) {
		due = w->last_s + w->o->debounce_s;
		if (due > w->first_s + w->o->longest_s)
			due = w->first_s + w->o->longest_s;
	}
	if ((w->no_watch || w->o->poll) && due > w->looked_s + w->o->interval_s)
		due = w->looked_s + w->o->interval_s;
	for (size_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].missing && due > w->looked_s + MISSING_S)
			due = w->looked_s + MISSING_S;
	return due;
}

/* 1: events are there, or the time is over; 0: it is to end. */
static int wait_for(struct watch *w, int stop_fd, int out_fd, double left_s, struct err *e)
{
	struct pollfd p[] = {{stop_fd, POLLIN, 0}, {out_fd, 0, 0}, {w->fd, POLLIN, 0}};
	int ms = left_s > 3600 ? 3600 * 1000 : left_s > 0 ? (int)(left_s * 1000) + 1 : 0;
	if (poll(p, 3, ms) < 0)
		return errno == EINTR ? 1 : err_sys(e, "poll");
	if (p[0].revents || p[1].revents)
		return 0;
	return p[2].revents && take_events(w, e) ? -1 : 1;
}

int watch_next(struct watch *w, int stop_fd, int out_fd, struct watch_batch *b, struct err *e)
{
	struct err missing;	/* said, and waited for */
	b->n = 0;
	buf_clear(&b->names);
	for (;;) {
		int r = wait_for(w, stop_fd, out_fd, due_s(w) - now_s(), e);
		if (r <= 0)
			return r;
		if (due_s(w) > now_s())
			continue;
		if (look(w, b, &missing))
			w->looked_s = now_s();
		if (b->n)
			return 1;
	}
}

/* ---- beginning and end ---- */

static char *absolute(const char *path)
{
	char *cwd = *path == '/' ? NULL : getcwd(NULL, 0);
	char *abs = cwd ? mem_printf("%s/%s", cwd, path) : mem_strdup(path);
	size_t n = strlen(abs);
	while (n > 1 && abs[n - 1] == '/')
		abs[--n] = 0;
	free(cwd);
	return abs;
}

/* Its folder without links, as the looks see it. */
static void skip_file(struct watch *w, const char *path)
{
	char *abs = absolute(path), *slash = strrchr(abs, '/');
	*slash = 0;
	char *dir = realpath(*abs ? abs : "/", NULL);
	const char *base = dir ? dir : abs;
	if (!strcmp(base, "/"))
		base = "";
	w->skip[w->how.n_skip++] = mem_printf("%s/%s", base, slash + 1);
	w->skip[w->how.n_skip++] = mem_printf("%s/%s.lock", base, slash + 1);
	w->skip[w->how.n_skip++] = mem_printf("%s/.%s.journal", base, slash + 1);
	free(dir);
	mem_free(abs);
}

int watch_open(const struct watch_opts *o, struct watch **out, struct err *e)
{
	struct watch *w = mem_calloc(1, sizeof *w);
	w->o = o;
	w->how.walk = (struct walk){.globs = o->globs, .hidden = o->hidden,
				    .no_ignore = o->no_ignore, .one_fs = o->one_fs, .follow = o->follow};
	w->fd = o->poll ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->roots = mem_calloc(o->n_roots, sizeof *w->roots);
	w->n_roots = o->n_roots;
	w->skip = mem_calloc(3 * o->n_exclude, sizeof *w->skip);
	w->how.skip = (const char *const *)w->skip;
	for (size_t i = 0; i < o->n_exclude; i++)
		skip_file(w, o->exclude[i]);
	for (size_t i = 0; i < o->n_roots; i++) {
		w->roots[i] = (struct root){.given = o->roots[i], .missing = true};
		w->roots[i].abs = absolute(o->roots[i]);
	}
	for (int i = 0; i < FIRST_LOOKS_MAX; i++) {
		if (look(w, NULL, e)) {
			watch_free(w);
			return -1;
		}
		if (!w->new_dirs)
			break;
	}
	*out = w;
	return 0;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_roots; i++)
		root_release(&w->roots[i]);
	for (size_t i = 0; i < w->how.n_skip; i++)
		mem_free(w->skip[i]);
	if (w->fd >= 0)
		close(w->fd);
	buf_release(&w->events);
	mem_free(w->marks);
	mem_free(w->roots);
	mem_free(w->skip);
	mem_free(w);
}

void watch_batch_release(struct watch_batch *b)
{
	buf_release(&b->names);
}

size_t watch_n_files(const struct watch *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n_roots; i++)
		n += w->roots[i].look.n;
	return n;
}

size_t watch_n_dirs(const struct watch *w)
{
	return w->n_marks;
}
