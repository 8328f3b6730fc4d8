/* The list of inputs: operands and --files-from, directories walked, nothing twice. */
#define _GNU_SOURCE	/* realpath */
#include "chunk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "sources.h"
#include "update.h"

enum { ROOTS_MAX = 65535 };	/* of a stream's header */

int sources_root(struct sources *s, const char *path, const char *shown, size_t *i, struct err *e)
{
	size_t n = strlen(shown);
	for (*i = 0; *i < s->n_roots; ++*i)
		if (!strcmp(s->roots[*i].path, path) && !strncmp(s->roots[*i].shown, shown, n))
			return 0;
	if (s->n_roots == ROOTS_MAX)
		return err_set(e, ERR_USAGE, "more than %d directories: give one above them",
			       ROOTS_MAX);
	s->roots = mem_realloc(s->roots, (s->n_roots + 1) * sizeof *s->roots);
	s->roots[s->n_roots++] = (struct root){
		mem_strdup(path), mem_printf("%s%s", shown, n && shown[n - 1] == '/' ? "" : "/"), false};
	return 0;
}

void sources_add(struct sources *s, struct source src, struct counts *counts)
{
	if (!src.is_stdin) {
		const char *root = s->roots[src.root].path;
		char *full = mem_printf("%s/%s", strcmp(root, "/") ? root : "", src.rel);
		bool fresh = id_set_add(&s->seen, full, strlen(full));
		mem_free(full);
		if (!fresh) {
			counts->n_twice++;
			mem_free(src.rel);
			mem_free(src.shown);
			return;
		}
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->p = mem_realloc(s->p, s->cap * sizeof *s->p);
	}
	s->p[s->n++] = src;
}

/* The longest of the first n roots that a file named by itself is below; NULL: none. */
static const char *known_root(const struct sources *s, size_t n_roots, const char *path)
{
	const char *best = NULL;
	for (size_t i = 0; i < n_roots; i++) {
		const char *r = s->roots[i].path;
		size_t n = strcmp(r, "/") ? strlen(r) : 0;
		if (!strncmp(path, r, n) && path[n] == '/' && (!best || n > strlen(best)))
			best = r;
	}
	return best;
}

/*
 * A file lies below a root of the index, of a list of any operand; else below the working directory if
 * it can, so that its name stays short. Patterns are for what is found: what the user named is wanted.
 */
static int add_file(struct sources *s, const struct chunk_opts *c, const char *path,
		    const char *shown, bool listed, struct counts *counts, struct err *e)
{
	char cwd[PATH_MAX];
	const char *root = "/", *rel = path + 1;
	size_t i, n = getcwd(cwd, sizeof cwd) ? strlen(cwd) : 0;
	if (n > 1 && !strncmp(path, cwd, n) && path[n] == '/') {
		root = cwd;
		rel = path + n + 1;
	}
	const char *known = known_root(s, listed ? s->n_roots : s->n_known, path);
	if (known) {
		root = known;
		rel = path + (strcmp(known, "/") ? strlen(known) : 0) + 1;
	}
	if (listed && !globs_take(&c->globs, rel))
		return 0;
	if (sources_root(s, root, root, &i, e))
		return -1;
	sources_add(s, (struct source){.root = i, .rel = mem_strdup(rel), .shown = mem_strdup(shown),
			       .named = true}, counts);
	return 0;
}

/* One operand or line: 0 taken, 1 not there, -1 error. Links are followed: the user named it. */
static int add_path(struct sources *s, const struct chunk_opts *c, const char *name, bool listed,
		    struct counts *counts, struct err *e)
{
	struct stat st;
	int r = -1;
	char *path = realpath(name, NULL);
	if (!path || stat(path, &st)) {
		int gone = errno == ENOENT || errno == ENOTDIR;
		err_sys(e, "%s", name);
		free(path);	/* realpath's own */
		return gone ? 1 : -1;
	}
	const char *shown = c->update ? path : name;
	if (S_ISDIR(st.st_mode))
		r = sources_dir(s, c, path, shown, counts, e);
	else if (S_ISREG(st.st_mode))
		r = add_file(s, c, path, shown, listed, counts, e);
	else
		err_set(e, ERR_USAGE, "%s: neither a file nor a directory: use - to read a pipe",
			name);
	free(path);
	return r;
}

static int add_stdin(struct sources *s, const struct chunk_opts *c, struct counts *counts,
		     struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i].is_stdin)
			return err_set(e, ERR_USAGE, "- given twice");
	if (c->files_from && !strcmp(c->files_from, "-"))
		return err_set(e, ERR_USAGE, "- and --files-from=- both want standard input");
	sources_add(s,
	    (struct source){.rel = mem_strdup(c->stdin_name),
			    .shown = mem_strdup("-"),
			    .named = true,
			    .is_stdin = true},
	    counts);
	return 0;
}

/* Lines of a list, most likely made by another program a moment ago: what is gone is a warning. */
static int add_list(struct sources *s, const struct chunk_opts *c, struct counts *counts,
		    struct err *e)
{
	bool is_stdin = !strcmp(c->files_from, "-"), more = true;
	int r = -1, fd = is_stdin ? 0 : open(c->files_from, O_RDONLY | O_CLOEXEC);
	struct fdin in;
	struct buf line = BUF_INIT;
	if (fd < 0)
		return err_sys(e, "%s", c->files_from);
	fdin_init(&in, fd, is_stdin ? "stdin" : c->files_from);
	for (;;) {
		if (fdin_line(&in, c->null ? 0 : '\n', PATH_MAX, &line, &more, e))
			break;
		if (!more) {
			r = 0;
			break;
		}
		if (!line.len)
			continue;
		int got = memchr(line.p, 0, line.len)
				  ? err_set(e, ERR_USAGE, "a NUL in %s: use -0", in.name)
				  : add_path(s, c, (char *)line.p, true, counts, e);
		if (got < 0)
			break;
		if (got > 0) {
			counts->n_gone++;
			sources_warn((void *)c, e->msg);
		}
	}
	fdin_release(&in);
	buf_release(&line);
	if (!is_stdin)
		close(fd);
	return r;
}

void sources_known(struct sources *s, char *const *root, size_t n)
{
	s->roots = mem_array(n + 1, sizeof *s->roots);
	for (size_t i = 0; i < n; i++)
		s->roots[i] = (struct root){mem_strdup(root[i]),
					    mem_printf("%s%s", root[i], strcmp(root[i], "/") ? "/" : ""),
					    false};
	s->n_roots = s->n_known = n;
}

int sources_collect(struct sources *s, const struct chunk_opts *c, struct update *up, char **args,
		    size_t n_args, struct counts *counts, struct err *e)
{
	for (size_t i = 0; i < n_args; i++) {
		int r = !strcmp(args[i], "-") ? add_stdin(s, c, counts, e)
					      : add_path(s, c, args[i], false, counts, e);
		if (r > 0 && up && update_operand_gone(up, args[i]))
			counts->n_gone++;
		else if (r)
			return -1;
	}
	return c->files_from ? add_list(s, c, counts, e) : 0;
}

char *source_shown(const struct sources *s, const struct source *src)
{
	if (src->shown)
		return mem_strdup(src->shown);
	return mem_printf("%s%s", s->roots[src->root].shown, src->rel);
}

void sources_release(struct sources *s)
{
	for (size_t i = 0; i < s->n; i++) {
		mem_free(s->p[i].rel);
		mem_free(s->p[i].shown);
	}
	for (size_t i = 0; i < s->n_roots; i++) {
		mem_free(s->roots[i].path);
		mem_free(s->roots[i].shown);
	}
	mem_free(s->p);
	mem_free(s->roots);
	id_set_release(&s->seen);
	id_set_release(&s->followed);
	buf_release(&s->unsure);
}
