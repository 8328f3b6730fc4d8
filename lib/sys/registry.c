/* The list of indexes; see registry.h. */
#include "sys/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"
#include "base/utf8.h"

enum { FILE_MAX = 32 << 20, NAME_MAX_BYTES = 200, PATH_MAX_BYTES = 4095 };
#define LOCK_WAIT_S 5	/* who holds the lock is done in milliseconds */

bool registry_name_ok(const char *name)
{
	size_t n = strlen(name);
	if (!n || n > NAME_MAX_BYTES || *name == '.' || *name == '-' || strchr(name, '/') ||
	    !utf8_valid((const uint8_t *)name, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return true;
}

static int registry_path(char **out, struct err *e)
{
	char *dir = env_data_dir();
	*out = dir ? mem_printf("%s/indexes", dir) : NULL;
	mem_free(dir);
	return *out ? 0 : err_set(e, ERR_DATA, "no folder for the list of indexes: neither "
				  "XDG_DATA_HOME nor HOME is set");
}

/* A field up to end, unescaped: "\\", "\t", "\n". NULL: not written so. */
static char *unescape(const char *p, const char *end)
{
	struct buf b = BUF_INIT;
	buf_adds(&b, "");
	for (; p < end; p++) {
		int c = *p;
		if (c == '\\' && ++p < end)
			c = *p == 't' ? '\t' : *p == 'n' ? '\n' : *p == '\\' ? '\\' : 0;
		if (!c || p == end) {
			buf_release(&b);
			return NULL;
		}
		buf_addc(&b, c);
	}
	return (char *)buf_detach(&b);
}

static void escape(struct buf *b, const char *s)
{
	for (; *s; s++) {
		const char *with = *s == '\t' ? "\\t" : *s == '\n' ? "\\n" : *s == '\\' ? "\\\\" : NULL;
		if (with)
			buf_adds(b, with);
		else
			buf_addc(b, *s);
	}
}

static void append(struct registry *r, char *name, char *path, int64_t made_s)
{
	r->e = mem_realloc(r->e, (r->n + 1) * sizeof *r->e);
	r->e[r->n++] = (struct registry_entry){name, path, made_s};
}

/* "NAME\tPATH\tMADE", NUL-terminated. */
static bool parse(struct registry *r, const char *line, size_t n)
{
	const char *tab = memchr(line, '\t', n), *end = line + n;
	const char *tab2 = tab ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : NULL;
	char *stop, *name, *path;
	if (!tab2 || memchr(line, 0, n))
		return false;
	errno = 0;
	int64_t made = strtoll(tab2 + 1, &stop, 10);
	if (errno || stop != end || !strchr("-0123456789", tab2[1]) || !tab2[1])
		return false;
	name = unescape(line, tab);
	path = unescape(tab + 1, tab2);
	bool good = name && path && registry_name_ok(name) && *path == '/' &&
		    strlen(path) <= PATH_MAX_BYTES && r->n < REGISTRY_MAX;
	if (good) {
		append(r, name, path, made);
		return true;
	}
	mem_free(name);
	mem_free(path);
	return false;
}

static int read_file(const char *file, struct registry *r, struct err *e)
{
	struct buf b = BUF_INIT;
	int bad = 0;
	size_t n = 0;
	*r = (struct registry){0};
	if (access(file, F_OK) && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	bad = file_slurp(file, FILE_MAX, &b, e);
	for (size_t at = 0; at < b.len && !bad;) {
		char *line = (char *)b.p + at, *lf = memchr(line, '\n', b.len - at);
		n++;
		if (lf) {
			*lf = 0;
			at += (size_t)(lf - line) + 1;
		}
		if (!lf || !parse(r, line, (size_t)(lf - line)))
			bad = err_set(e, ERR_DATA, "%s:%zu: not a line of a list of indexes: mend or "
				      "remove the file", file, n);
	}
	buf_release(&b);
	if (bad)
		registry_release(r);
	return bad;
}

int registry_read(struct registry *r, struct err *e)
{
	char *file;
	*r = (struct registry){0};
	if (registry_path(&file, e))
		return -1;
	int bad = read_file(file, r, e);
	mem_free(file);
	return bad;
}

static void take_out(struct registry *r, size_t i)
{
	mem_free(r->e[i].name);
	mem_free(r->e[i].path);
	r->n--;
	memmove(r->e + i, r->e + i + 1, (r->n - i) * sizeof *r->e);
}

void registry_release(struct registry *r)
{
	while (r->n)
		take_out(r, r->n - 1);
	mem_free(r->e);
	*r = (struct registry){0};
}

const struct registry_entry *registry_by_name(const struct registry *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->e[i].name, name))
			return &r->e[i];
	return NULL;
}

const struct registry_entry *registry_by_path(const struct registry *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->e[i].path, path))
			return &r->e[i];
	return NULL;
}

static int write_file(const char *file, const struct registry *r, struct err *e)
{
	struct tmpout t;
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < r->n; i++) {
		escape(&b, r->e[i].name);
		buf_addc(&b, '\t');
		escape(&b, r->e[i].path);
		buf_printf(&b, "\t%" PRId64 "\n", r->e[i].made_s);
	}
	int bad = tmpout_open(&t, file, e);
	if (!bad && (fd_write(t.fd, file, b.p, b.len, e) || tmpout_commit(&t, e))) {
		tmpout_abandon(&t);
		bad = -1;
	}
	buf_release(&b);
	return bad;
}

/* A name of the path: the folder's of FOLDER/.leann/index.leann, else the file's; one not taken. */
static char *make_name(const struct registry *r, const char *path)
{
	static const char project[] = "/.leann/index.leann";
	char *s = mem_strdup(path), *name, *free_name;
	size_t n = strlen(s), k = sizeof project - 1;
	if (n > k && !strcmp(s + n - k, project))
		s[n - k] = 0;
	else if (n > 6 && !strcmp(s + n - 6, ".leann"))
		s[n - 6] = 0;
	name = strrchr(s, '/') + 1;
	if (strlen(name) > NAME_MAX_BYTES - 8)
		name[NAME_MAX_BYTES - 8] = 0;
	if (!registry_name_ok(name))
		name = "index";
	free_name = mem_strdup(name);
	for (size_t i = 2; registry_by_name(r, free_name); i++) {
		mem_free(free_name);
		free_name = mem_printf("%s-%zu", name, i);
	}
	mem_free(s);
	return free_name;
}

/* Room for one more: of a full list the oldest entry whose index is gone leaves it. */
static int make_room(struct registry *r, const char *file, struct err *e)
{
	for (size_t i = 0; r->n == REGISTRY_MAX && i < r->n; i++)
		if (access(r->e[i].path, F_OK))
			take_out(r, i);
	return r->n < REGISTRY_MAX ? 0 : err_set(e, ERR_DATA, "%s: full: it has %d indexes, all of "
						 "them there", file, REGISTRY_MAX);
}

static int put(struct registry *r, const char *file, const char *path, const char *name,
	       int64_t now_s, struct err *e)
{
	const struct registry_entry *old = registry_by_path(r, path);
	const struct registry_entry *named = name ? registry_by_name(r, name) : NULL;
	char *as;
	if (named && named != old)
		return err_set(e, ERR_USAGE, "%s: %s has that name", name, named->path);
	if (!old && make_room(r, file, e))
		return -1;
	as = name ? mem_strdup(name) : old ? mem_strdup(old->name) : make_name(r, path);
	if (old)
		take_out(r, (size_t)(old - r->e));
	append(r, as, mem_strdup(path), now_s);
	return 0;
}

/* The list with path in it, or, with now_s below 0, without. */
static int change(const char *path, const char *name, int64_t now_s, struct err *e)
{
	struct registry r = {0};
	const struct registry_entry *old;
	char *file, *dir;
	int lock = -1, bad;
	if (registry_path(&file, e))
		return -1;
	dir = env_data_dir();
	if (now_s >= 0)
		env_make_dirs(dir);
	if (now_s < 0 && access(file, F_OK))
		bad = 0;	/* no list, nothing to take out */
	else if (!(bad = lock_writer(file, LOCK_WAIT_S, &lock, e) || read_file(file, &r, e) ? -1 : 0)) {
		old = registry_by_path(&r, path);
		if (now_s >= 0)
			bad = put(&r, file, path, name, now_s, e);
		else if (old)
			take_out(&r, (size_t)(old - r.e));
		if (!bad && (now_s >= 0 || old))
			bad = write_file(file, &r, e);
	}
	if (lock >= 0)
		close(lock);
	registry_release(&r);
	mem_free(dir);
	mem_free(file);
	return bad;
}

int registry_add(const char *path, const char *name, int64_t now_s, struct err *e)
{
	if (name && !registry_name_ok(name))
		return err_set(e, ERR_USAGE, "not a name for an index: want 1 to %d bytes of UTF-8 "
			       "without control characters and /, and neither . nor - first",
			       NAME_MAX_BYTES);
	if (*path != '/' || strlen(path) > PATH_MAX_BYTES)
		return err_set(e, ERR_USAGE, "%s: want an absolute path of at most %d bytes", path,
			       PATH_MAX_BYTES);
	return change(path, name, now_s < 0 ? 0 : now_s, e);
}

int registry_drop(const char *path, struct err *e)
{
	return change(path, NULL, -1, e);
}
