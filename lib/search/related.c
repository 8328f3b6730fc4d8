/* Passages near a passage: where it is, and what is near it. See leann.h. */
#define _GNU_SOURCE	/* realpath */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "search/leann_impl.h"
#include "sys/source.h"

/* A file that is looked for: its path below each root, NULL where it is not below that. */
struct wanted {
	const struct index *ix;
	const char *name;		/* as given: that of a stored file */
	const char **rel;		/* n_roots, borrowed */
	size_t file;			/* SIZE_MAX: not found yet */
};

/* What p is below root, or NULL. */
static const char *below(const char *p, const char *root)
{
	size_t n = strlen(root);
	while (n && root[n - 1] == '/')
		n--;
	return !strncmp(p, root, n) && p[n] == '/' ? p + n + 1 : NULL;
}

static int match_file(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	struct wanted *w = ctx;
	struct index_file f;
	(void)n;
	(void)e;
	if (w->file != SIZE_MAX)
		return 0;
	index_file(w->ix, i, &f);
	if (f.flags & FILE_REMOVED)
		return 0;
	const char *name = f.flags & FILE_STORED ? w->name : w->rel[f.root];
	if (name && !strcmp(name, (const char *)path))
		w->file = i;
	return 0;
}

/* The file of the index at the absolute path p, or stored as name; SIZE_MAX in *file: none. */
static int find_path(struct source *src, const char *p, const char *name, size_t *file,
		     struct err *e)
{
	const struct index *ix = source_index(src);
	struct wanted w = {ix, name, mem_calloc(ix->n_roots + 1, sizeof *w.rel), SIZE_MAX};
	struct buf root = BUF_INIT;
	int r = 0;
	for (size_t i = 0; i < ix->n_roots && !r; i++) {
		buf_clear(&root);
		if (source_root(src))
			buf_adds(&root, source_root(src));
		else
			r = index_root(ix, i, &root, e);
		buf_addc(&root, 0);
		w.rel[i] = below(p, (const char *)root.p);
	}
	if (!r)
		r = index_each_path(ix, match_file, &w, e);
	*file = w.file;
	buf_release(&root);
	mem_free(w.rel);
	return r;
}

/* path from the working directory, whether it is there or not. */
static int absolute(const char *path, char out[PATH_MAX], struct err *e)
{
	size_t n = 0, len = strlen(path);
	while (!strncmp(path, "./", 2)) {
		path += 2;
		len -= 2;
	}
	if (*path != '/') {
		if (!getcwd(out, PATH_MAX - 1))
			return err_sys(e, "working directory");
		n = strlen(out);
		out[n++] = '/';
	}
	if (n + len >= PATH_MAX)
		return err_set(e, ERR_USAGE, "%.100s...: a path of %zu bytes, the limit is %d",
			       path, len, PATH_MAX - 1);
	memcpy(out + n, path, len + 1);
	return 0;
}

/* As find_path(), of a path as people give it: where it leads, else, once it is gone, as it reads. */
static int find_file(struct source *src, const char *path, size_t *file, struct err *e)
{
	char full[PATH_MAX];
	*file = SIZE_MAX;
	if (realpath(path, full) && find_path(src, full, path, file, e))
		return -1;
	if (*file != SIZE_MAX)
		return 0;
	return absolute(path, full, e) || find_path(src, full, path, file, e) ? -1 : 0;
}

/* A passage that is what was indexed, or an error that names path (NULL: its own). */
static int read_fresh(struct source *src, size_t chunk, const char *path, struct source_passage *p,
		      struct err *e)
{
	if (source_passage(src, chunk, p, e))
		return -1;
	if (p->status == SOURCE_FRESH)
		return 0;
	return err_set(e, ERR_DATA, "%s: %s: build the index again",
		       path ? path : (const char *)p->path.p, source_status_text(p->status));
}

/* The first chunk of f with a byte of line: 1, 0 for none, or -1. */
static int find_line(struct source *src, const char *path, const struct index_file *f,
		     uint64_t line, uint32_t *chunk, struct err *e)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;
	struct index_chunk c;
	size_t from, to;
	int r = read_fresh(src, (size_t)f->first_chunk, path, &p, e);
	if (!r)
		r = source_line(src, (size_t)f->first_chunk, line, &from, &to, e);
	if (r > 0) {
		r = 0;
		uint64_t i = f->first_chunk, end = i + f->n_chunks;
		for (; i < end && !r; i++) {
			r = source_span(src, i, &c, e);
			if (r < 1)
				break;
			r = 0;
			if (c.off_bytes < to && c.off_bytes + c.len_bytes > from) {
				*chunk = (uint32_t)i;
				r = 1;
			}
		}
	}
	source_passage_release(&p);
	return r;
}

static int not_found(struct leann_error *to, const struct err *why)
{
	leann_fail(to, why);
	if (to)
		to->status = LEANN_NOT_FOUND;
	return -1;
}

int leann_find(struct leann_searcher *s, const char *path, uint64_t line, uint32_t *chunk,
	       struct leann_error *e)
{
	const struct leann_index *ix = s->ix;
	struct source *src = s->a.src;
	struct index_file f;
	struct err why;
	size_t file;
	int r = 0;
	*chunk = UINT32_MAX;
	searcher_look_anew(s);
	if (find_file(src, path, &file, &why))
		return leann_fail(e, &why);
	if (file == SIZE_MAX) {
		err_set(&why, ERR_USAGE, "%s: not in %s", path, ix->info.path);
		return not_found(e, &why);
	}
	index_file(&ix->g.ix, file, &f);
	if (f.n_chunks && !line) {
		*chunk = (uint32_t)f.first_chunk;
		return 0;
	}
	if (f.n_chunks)
		r = find_line(src, path, &f, line, chunk, &why);
	if (r < 0)
		return leann_fail(e, &why);
	if (r)
		return 0;
	if (line)
		err_set(&why, ERR_USAGE, "%s: no passage of %s has line %llu", path, ix->info.path,
			(unsigned long long)line);
	else
		err_set(&why, ERR_USAGE, "%s: has no passage in %s", path, ix->info.path);
	return not_found(e, &why);
}

/* The filter of p without chunk. Caller: mem_free. */
static uint64_t *all_but(const struct leann_index *ix, const uint64_t *allow, uint32_t chunk)
{
	size_t n = ix->g.ix.n_chunks / 64 + 1;
	uint64_t *bits = mem_array(n, sizeof *bits);
	if (allow)
		memcpy(bits, allow, n * sizeof *bits);
	else
		memset(bits, 0xff, n * sizeof *bits);
	bits[chunk / 64] &= ~((uint64_t)1 << chunk % 64);
	return bits;
}

/* Only fresh text is asked with. */
static int read_text(struct leann_searcher *s, uint32_t chunk, struct buf *out, struct err *e)
{
	struct source_passage p = SOURCE_PASSAGE_INIT;
	const struct leann_index *ix = s->ix;
	if (chunk >= ix->info.n_chunks)
		return err_set(e, ERR_USAGE, "%s: chunk %u of %zu", ix->info.path, chunk,
			       ix->info.n_chunks);
	int r = read_fresh(s->a.src, chunk, NULL, &p, e) ||
			source_embedded(s->a.src, chunk, &p, out, e) ? -1 : 0;
	source_passage_release(&p);
	return r;
}

int leann_related(struct leann_searcher *s, uint32_t chunk, const struct leann_params *p,
		  struct leann_results **out, struct leann_error *e)
{
	struct leann_params dense = LEANN_PARAMS_INIT;
	struct buf at = BUF_INIT;
	struct plan plan;
	struct err why;
	uint64_t *allow = NULL;
	int r;
	*out = NULL;
	if (p)
		dense = *p;
	if (dense.rerank) {
		err_set(&why, ERR_USAGE, "a reranker scores passages for a question: there is none");
		return leann_fail(e, &why);
	}
	dense.dense = 1;
	searcher_look_anew(s);
	r = searcher_plan(s, &dense, &plan, &why) || read_text(s, chunk, &at, &why) ? -1 : 0;
	if (!r) {
		struct leann_text text = {(const char *)at.p, at.len};
		allow = all_but(s->ix, plan.allow, chunk);
		plan.allow = allow;
		plan.like = true;
		r = searcher_ask(s, &plan, &text, 1, out, &why);
	}
	mem_free(allow);
	buf_release(&at);
	return r ? leann_fail(e, &why) : 0;
}
