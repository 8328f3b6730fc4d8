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
#include "fmt/meta.h"

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

/* Takes name, path and meta over. */
static void append(struct registry *r, char *name, char *path, int64_t made_s, struct js *meta)
{
	r->e = mem_realloc(r->e, (r->n + 1) * sizeof *r->e);
	r->e[r->n++] = (struct registry_entry){name, path, made_s, meta};
}

static int check_meta(const char *key, const struct js *v, void *ctx)
{
	size_t n;
	(void)ctx;
	return !meta_key_ok(key, strlen(key)) || !js_str(v, &n) || n > REGISTRY_VALUE_MAX;
}

static bool meta_good(const struct js *meta)
{
	return js_type(meta) == JS_OBJ && js_len(meta) <= REGISTRY_META_MAX && !js_each(meta, check_meta, NULL);
}

/* The fourth field, from p: NULL where there is none, false where it is not what it should be. */
static bool parse_meta(const char *p, const char *end, struct js **out)
{
	struct err ignored;
	char *text;
	*out = NULL;
	if (p == end)
		return true;
	text = unescape(p + 1, end);
	bool good = text && !js_parse(text, strlen(text), "", out, &ignored) && meta_good(*out);
	mem_free(text);
	if (!good) {
		js_free(*out);
		*out = NULL;
	}
	return good;
}

/* "NAME\tPATH\tMADE", or that and "\tMETADATA", NUL-terminated. */
static bool parse(struct registry *r, const char *line, size_t n)
{
	const char *tab = memchr(line, '\t', n), *end = line + n;
	const char *tab2 = tab ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : NULL;
	char *stop, *name, *path;
	struct js *meta;
	if (!tab2 || memchr(line, 0, n))
		return false;
	errno = 0;
	int64_t made = strtoll(tab2 + 1, &stop, 10);
	if (errno || (stop != end && *stop != '\t') || !strchr("-0123456789", tab2[1]) || !tab2[1] ||
	    !parse_meta(stop, end, &meta))
		return false;
	name = unescape(line, tab);
	path = unescape(tab + 1, tab2);
	bool good = name && path && registry_name_ok(name) && *path == '/' &&
		    strlen(path) <= PATH_MAX_BYTES && r->n < REGISTRY_MAX;
	if (good) {
		append(r, name, path, made, meta);
		return true;
	}
	js_free(meta);
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
	js_free(r->e[i].meta);
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

static void write_meta(struct buf *b, const struct js *meta)
{
	struct buf text = BUF_INIT;
	js_dump(meta, 0, &text);
	buf_addc(b, '\t');
	escape(b, (const char *)text.p);
	buf_release(&text);
}

static int write_file(const char *file, const struct registry *r, struct err *e)
{
	struct tmpout t;
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < r->n; i++) {
		escape(&b, r->e[i].name);
		buf_addc(&b, '\t');
		escape(&b, r->e[i].path);
		buf_printf(&b, "\t%" PRId64, r->e[i].made_s);
		if (js_len(r->e[i].meta))
			write_meta(&b, r->e[i].meta);
		buf_addc(&b, '\n');
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

/* What is to be done to the list. */
struct edit {
	/* 1: the list was changed; 0: it is as it was. */
	int (*apply)(struct registry *r, const struct edit *what, const char *file, struct err *e);
	bool makes;			/* a list, where there is none */
	const char *name, *path, *as;
	int64_t now_s;
	const struct js *changes;
};

static int put(struct registry *r, const struct edit *w, const char *file, struct err *e)
{
	const struct registry_entry *old = registry_by_path(r, w->path);
	const struct registry_entry *named = w->name ? registry_by_name(r, w->name) : NULL;
	if (named && named != old)
		return err_set(e, ERR_USAGE, "%s: %s has that name", w->name, named->path);
	if (!old && make_room(r, file, e))
		return -1;
	char *as = w->name ? mem_strdup(w->name) : old ? mem_strdup(old->name) : make_name(r, w->path);
	struct js *meta = old && old->meta ? js_copy(old->meta) : NULL;
	if (old)
		take_out(r, (size_t)(old - r->e));
	append(r, as, mem_strdup(w->path), w->now_s, meta);
	return 1;
}

static int drop(struct registry *r, const struct edit *w, const char *file, struct err *e)
{
	const struct registry_entry *old = registry_by_path(r, w->path);
	(void)file;
	(void)e;
	if (old)
		take_out(r, (size_t)(old - r->e));
	return old != NULL;
}

static struct registry_entry *entry(struct registry *r, const char *name, struct err *e)
{
	const struct registry_entry *n = registry_by_name(r, name);
	if (!n)
		err_set(e, ERR_DATA, "%s: no index has that name", name);
	return n ? r->e + (n - r->e) : NULL;
}

static int rename_entry(struct registry *r, const struct edit *w, const char *file, struct err *e)
{
	const struct registry_entry *other = registry_by_name(r, w->as);
	struct registry_entry *n = entry(r, w->name, e);
	(void)file;
	if (!n)
		return -1;
	if (other && other != n)
		return err_set(e, ERR_USAGE, "%s: %s has that name", w->as, other->path);
	mem_free(n->name);
	n->name = mem_strdup(w->as);
	if (w->path) {
		mem_free(n->path);
		n->path = mem_strdup(w->path);
	}
	return 1;
}

static int set_meta(const char *key, const struct js *v, void *ctx)
{
	if (js_type(v) == JS_NULL)
		js_del(ctx, key);
	else
		js_set(ctx, key, js_copy(v));
	return 0;
}

static int describe(struct registry *r, const struct edit *w, const char *file, struct err *e)
{
	struct registry_entry *n = entry(r, w->name, e);
	(void)file;
	if (!n)
		return -1;
	if (!n->meta)
		n->meta = js_new_obj();
	js_each(w->changes, set_meta, n->meta);
	if (!meta_good(n->meta))
		return err_set(e, ERR_USAGE, "%s: metadata is at most %d keys of 1 to 63 of a-z, 0-9, _, . and -,"
			       " a letter first, with texts of at most %d bytes", w->name, REGISTRY_META_MAX,
			       REGISTRY_VALUE_MAX);
	return 1;
}

static int change(const struct edit *w, struct err *e)
{
	struct registry r = {0};
	char *file, *dir;
	int lock = -1, did = 0;
	if (registry_path(&file, e))
		return -1;
	dir = env_data_dir();
	if (w->makes)
		env_make_dirs(dir);
	/* Where there is no list there is nothing to lock: it is empty, and stays so. */
	if ((w->makes || !access(file, F_OK)) &&
	    (lock_writer(file, LOCK_WAIT_S, &lock, e) || read_file(file, &r, e)))
		did = -1;
	if (!did)
		did = w->apply(&r, w, file, e);
	if (did > 0)
		did = write_file(file, &r, e);
	if (lock >= 0)
		close(lock);
	registry_release(&r);
	mem_free(dir);
	mem_free(file);
	return did < 0 ? -1 : 0;
}

static int check_name(const char *name, struct err *e)
{
	if (registry_name_ok(name))
		return 0;
	return err_set(e, ERR_USAGE, "not a name for an index: want 1 to %d bytes of UTF-8 "
		       "without control characters and /, and neither . nor - first", NAME_MAX_BYTES);
}

int registry_add(const char *path, const char *name, int64_t now_s, struct err *e)
{
	if (name && check_name(name, e))
		return -1;
	if (*path != '/' || strlen(path) > PATH_MAX_BYTES)
		return err_set(e, ERR_USAGE, "%s: want an absolute path of at most %d bytes", path,
			       PATH_MAX_BYTES);
	return change(&(struct edit){.apply = put, .makes = true, .path = path, .name = name,
				     .now_s = now_s < 0 ? 0 : now_s}, e);
}

int registry_drop(const char *path, struct err *e)
{
	return change(&(struct edit){.apply = drop, .path = path}, e);
}

int registry_rename(const char *name, const char *as, const char *path, struct err *e)
{
	if (check_name(as, e))
		return -1;
	return change(&(struct edit){.apply = rename_entry, .name = name, .as = as, .path = path}, e);
}

int registry_describe(const char *name, const struct js *changes, struct err *e)
{
	return change(&(struct edit){.apply = describe, .name = name, .changes = changes}, e);
}
