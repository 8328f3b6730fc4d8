/* --explain: why a path is taken or left out. */
#define _GNU_SOURCE	/* realpath */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sources.h"

static bool inside(const char *path, const char *dir, const char **rel)
{
	size_t n = strcmp(dir, "/") ? strlen(dir) : 0;
	if (strncmp(path, dir, n) || (path[n] != '/' && path[n]))
		return false;
	*rel = path + n + (path[n] == '/');
	return true;
}

static bool has_dots(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || !p[2]))
			return true;
	return false;
}

/* The path that name stands for: as written where that says it, else without links but in its last part. */
static char *path_of(const char *name)
{
	char *path = absolute(name), *slash = strrchr(path, '/');
	if (!has_dots(path))
		return path;
	char *base = mem_strdup(slash + 1);
	slash[slash == path] = 0;
	char *dir = strcmp(base, "..") ? realpath(path, NULL) : NULL, *all = dir ? NULL : realpath(name, NULL);
	char *out = dir ? mem_printf("%s/%s", strcmp(dir, "/") ? dir : "", base)
			: mem_strdup(all ? all : path);
	free(dir);	/* realpath's own */
	free(all);
	mem_free(base);
	mem_free(path);
	return out;
}

static const char *reason(enum walk_why why)
{
	switch (why) {
	case WALK_IN: return "";
	case WALK_VCS: return "version control's own";
	case WALK_GLOB: return "left out by pattern ";
	case WALK_NO_GLOB: return "no pattern of -g takes it";
	case WALK_RULE: return "ignored by ";
	case WALK_LIST: return "on the ignore list: ";
	case WALK_CACHE: return "a cache: it has CACHEDIR.TAG or pyvenv.cfg";
	case WALK_HIDDEN: return "hidden: its name starts with a dot";
	case WALK_UNWANTED: return "not of a type that -t takes, or of one that -T leaves out";
	case WALK_LINK: return "a symbolic link";
	case WALK_SPECIAL: return "a FIFO, device or socket";
	case WALK_OTHER_FS: return "on another file system";
	case WALK_DEEP: return "more than 256 directories deep";
	case WALK_UNREADABLE: return "cannot be read";
	case WALK_GONE: return "not there";
	}
	return "";
}

/* What reading says of a regular file; false: it is left out. */
static bool explain_bytes(const struct chunker *k, const char *root, const char *rel, bool named,
			  struct buf *why)
{
	struct readfile rf = READFILE_INIT;
	struct buf head = BUF_INIT;
	struct file_meta m = {0};
	struct err e;
	uint64_t max = named ? (uint64_t)NAMED_FILE_MAX : k->c->max_bytes;
	struct look l = {0};
	enum read_result res = readfile_head(&rf, root, rel, LOOK_BYTES, &head, &m, &e);
	bool in = false;
	if (res == READ_OK)
		l = look_at(k->c, rel, named, head.p, head.len);
	if (res < READ_OK)
		buf_adds(why, e.msg);
	else if (res != READ_OK)
		buf_adds(why, res == READ_GONE ? "not there" : "not a regular file");
	else if (m.size_bytes > max && max == NAMED_FILE_MAX)
		buf_printf(why, "%llu bytes, over 1G, the most that is read", (unsigned long long)m.size_bytes);
	else if (m.size_bytes > max)
		buf_printf(why, "%llu bytes, --max-filesize is %llu", (unsigned long long)m.size_bytes,
			   (unsigned long long)max);
	else if (l.binary)
		buf_adds(why, "binary");
	else if (!lang_wanted(k->c, rel, l.lang))
		buf_printf(why, "language %s is not wanted", *l.lang->name ? l.lang->name : "unknown");
	else if (l.generated)
		buf_adds(why, l.generated);
	else if ((in = true))
		buf_adds(why, !m.size_bytes ? "empty: no passages" : *l.lang->name ? l.lang->name : "text");
	buf_release(&head);
	readfile_release(&rf);
	return in;
}

/* The file or directory rel below root, which the walk takes or leaves out. */
static int explain_below(const struct chunker *k, const char *root, const char *rel, bool *in,
			 struct buf *why, struct err *e)
{
	struct walk w = sources_walk(k->c);
	struct buf at = BUF_INIT, by = BUF_INIT;
	enum walk_why v = WALK_IN;
	struct stat st = {0};
	char *path = mem_printf("%s/%s", strcmp(root, "/") ? root : "", rel);
	int r = walk_explain(&w, root, rel, &v, &at, &by, e);
	buf_addc(&by, 0);
	buf_addc(&at, 0);
	*in = !r && v == WALK_IN;
	bool whole = at.len - 1 == strlen(rel) - (*rel && rel[strlen(rel) - 1] == '/');
	if (!r && v != WALK_IN)
		buf_printf(why, "%s%s%s%s", whole ? "" : (char *)at.p, whole ? "" : ": ", reason(v),
			   v == WALK_RULE || v == WALK_GLOB || v == WALK_LIST ? (char *)by.p : "");
	else if (!r && lstat(path, &st))
		*in = (buf_adds(why, strerror(errno)), false);
	else if (!r && S_ISLNK(st.st_mode))
		buf_adds(why, "a link that is followed");
	else if (!r && S_ISDIR(st.st_mode))
		buf_adds(why, "a directory");
	else if (!r)
		*in = explain_bytes(k, root, rel, false, why);
	if (*in && by.len > 1)
		buf_printf(why, ", taken by %s", (char *)by.p);
	mem_free(path);
	buf_release(&at);
	buf_release(&by);
	walk_release(&w);
	return r;
}

static int explain(const struct chunker *k, const char *name, char **root, size_t n, bool *in,
		   struct buf *why, struct err *e)
{
	char *path = path_of(name);
	const char *best = NULL, *rel = NULL, *below;
	int r = 0;
	for (size_t i = 0; i < n; i++)
		if (inside(path, root[i], &below) && (!best || strlen(root[i]) > strlen(best))) {
			best = root[i];
			rel = below;
		}
	*in = best && !*rel;
	if (!best)
		buf_printf(why, "outside of %s", n == 1 ? root[0] : "all folders of the index");
	else if (*rel)
		r = explain_below(k, best, rel, in, why, e);
	else
		buf_adds(why, k->c->update ? "named" : "the working directory");
	mem_free(path);
	return r;
}

static void put(const char *word, const char *path, const char *why, bool null)
{
	const char *field[] = {word, path, why};
	for (int i = 0; i < 3; i++) {
		put_name(field[i], null);
		putchar(null ? 0 : i == 2 ? '\n' : '\t');
	}
}

int explain_paths(struct chunker *k, const struct opts *o, const struct opts *from, bool *all_in,
		  struct err *e)
{
	size_t n = from ? from->n_args : 1;
	char **root = mem_calloc(n, sizeof *root);
	int r = 0;
	*all_in = true;
	for (size_t i = 0; i < n; i++) {
		char *real = realpath(from ? from->args[i] : ".", NULL);
		root[i] = mem_strdup(real ? real : from ? from->args[i] : ".");
		free(real);	/* realpath's own */
	}
	for (size_t i = 0; i < o->n_args && !r; i++) {
		struct buf why = BUF_INIT;
		bool in;
		r = explain(k, o->args[i], root, n, &in, &why, e);
		if (!r)
			put(in ? "in" : "out", o->args[i], (char *)why.p, k->c->out_null);
		*all_in &= in;
		buf_release(&why);
	}
	for (size_t i = 0; i < n; i++)
		mem_free(root[i]);
	mem_free(root);
	return r;
}
