/* A directory among the inputs: walked, its files added; see sources.h. */
#include "sources.h"

#include "base/mem.h"

void sources_warn(void *ctx, const char *msg)
{
	const struct chunk_opts *c = ctx;
	if (!c->quiet)
		err_warn("%s", msg);
}

static bool want_cb(void *ctx, const char *rel)
{
	const struct chunk_opts *c = ctx;
	return types_may_want(&c->types, rel);
}

int sources_dir(struct sources *s, const struct chunk_opts *c, const char *path, const char *shown,
		struct counts *counts, struct err *e)
{
	struct walk w = sources_walk(c);
	size_t root;
	int r = -1;
	if (!sources_root(s, path, shown, &root, e) && !walk_dir(&w, path, e)) {
		for (size_t i = 0; i < w.n; i++)
			sources_add(s, (struct source){.root = root, .rel = mem_strdup(walk_path(&w, i))},
				    counts);
		counts->n_symlinks += w.n_symlinks;
		counts->n_special += w.n_special;
		counts->n_ignored += w.n_ignored;
		counts->n_unreadable += w.n_unreadable;
		counts->n_other_fs += w.n_other_fs;
		buf_add(&s->unsure, w.unsure.p, w.unsure.len);
		s->roots[root].walked = true;
		r = w.links.len ? sources_follow(s, c, path, shown, &w.links, counts, e) : 0;
	}
	walk_release(&w);
	return r;
}

struct walk sources_walk(const struct chunk_opts *c)
{
	return (struct walk){.globs = &c->globs, .hidden = c->hidden, .no_ignore = c->no_ignore,
			     .follow = c->follow, .one_fs = c->one_fs, .want = want_cb,
			     .warn = sources_warn, .ctx = (void *)c};
}
