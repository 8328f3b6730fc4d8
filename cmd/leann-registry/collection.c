/* Renaming, copying and describing an index; see collection.h. */
#include "collection.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"
#include "leann.h"
#include "list.h"
#include "remove.h"
#include "search/why.h"
#include "sys/registry.h"

enum { COPY_BYTES = 1 << 20 };

/* Where an index of that name lies with the user's own data. NULL: nowhere. Caller frees. */
static char *own_path(const char *name)
{
	char *dir = env_data_dir(), *path = dir ? mem_printf("%s/%s.leann", dir, name) : NULL;
	mem_free(dir);
	return path;
}

static int no_name(const char *name, struct err *e)
{
	return err_set(e, ERR_DATA, "%s: no index has that name", name);
}

/* A name that is free, and a file that is not there. */
static int check_free(const struct registry *r, const char *as, const char *path, struct err *e)
{
	struct stat st;
	if (!registry_name_ok(as))
		return err_set(e, ERR_USAGE, "%s: not a name for an index", as);
	if (registry_by_name(r, as))
		return err_set(e, ERR_USAGE, "%s: %s has that name", as, registry_by_name(r, as)->path);
	if (path && !lstat(path, &st))
		return err_set(e, ERR_USAGE, "%s: is there already", path);
	return 0;
}

/* The file under its new name, the old one gone: never both in the list, never neither. */
static int move_own(const char *name, const char *as, const char *from, const char *to, double wait_s,
		    struct err *e)
{
	int lock, bad;
	if (lock_writer(from, wait_s, &lock, e))
		return -1;
	bad = link(from, to) ? err_sys(e, "%s: renamed to %s", from, to) : 0;
	if (!bad) {
		bad = registry_rename(name, as, to, e);
		unlink(bad ? to : from);
	}
	if (!bad) {
		char *lock_path = mem_printf("%s.lock", from);
		unlink(lock_path);
		mem_free(lock_path);
	}
	close(lock);
	return bad;
}

int collection_rename(const char *name, const char *as, double wait_s, struct err *e)
{
	struct registry r;
	if (registry_read(&r, e))
		return -1;
	const struct registry_entry *n = registry_by_name(&r, name);
	char *from = own_path(name), *to = own_path(as);
	bool own = n && from && !strcmp(n->path, from) && !access(from, F_OK);
	int bad = !n ? no_name(name, e) : check_free(&r, as, own ? to : NULL, e);
	if (!bad)
		bad = own ? move_own(name, as, from, to, wait_s, e) : registry_rename(name, as, NULL, e);
	mem_free(from);
	mem_free(to);
	registry_release(&r);
	return bad;
}

/* As it is now: an index is replaced, never changed. */
static int copy_file(const char *from, const char *to, struct err *e)
{
	struct tmpout t;
	char *p;
	size_t got = COPY_BYTES;
	int fd = open(from, O_RDONLY | O_CLOEXEC), bad = 0;
	if (fd < 0)
		return err_sys(e, "%s", from);
	if (tmpout_open(&t, to, e)) {
		close(fd);
		return -1;
	}
	p = mem_alloc(COPY_BYTES);
	while (!bad && got == COPY_BYTES) {
		bad = fd_read(fd, from, p, COPY_BYTES, &got, e);
		if (!bad)
			bad = fd_write(t.fd, to, p, got, e);
	}
	if (!bad)
		bad = tmpout_commit(&t, e);
	if (bad)
		tmpout_abandon(&t);
	mem_free(p);
	close(fd);
	return bad;
}

int collection_copy(const char *name, const char *as, const char *path, struct err *e)
{
	struct registry r;
	if (registry_read(&r, e))
		return -1;
	const struct registry_entry *n = registry_by_name(&r, name);
	char *to = path ? absolute(path) : own_path(as), *dir = env_data_dir();
	if (!path && dir)
		env_make_dirs(dir);
	int bad = !n ? no_name(name, e) : !to ? err_set(e, ERR_DATA, "%s: no folder for it", as)
					      : check_free(&r, as, to, e);
	int is = bad ? 1 : is_index(n->path, e);
	if (is < 1)
		bad = is ? -1 : err_set(e, ERR_DATA, "%s: not an index", n->path);
	if (!bad)
		bad = copy_file(n->path, to, e);
	if (!bad && (registry_add(to, as, (int64_t)time(NULL), e) ||
		     (n->meta && registry_describe(as, n->meta, e))))
		bad = -1;
	mem_free(dir);
	mem_free(to);
	registry_release(&r);
	return bad;
}

/* What the index itself says, where it can be opened. */
static void add_index(struct js *o, const char *path)
{
	struct leann_index *ix;
	if (leann_open(path, 0, &ix, NULL))
		return;
	const struct leann_info *i = leann_index_info(ix);
	const struct leann_field *field;
	size_t n = leann_index_fields(ix, &field);
	struct js *fields = js_new_arr();
	js_set(o, "model", i->model ? js_new_str(i->model) : js_new_null());
	js_set(o, "precision", i->precision ? js_new_str(i->precision) : js_new_null());
	if (i->provider) {
		js_set(o, "provider", js_new_str(i->provider));
		js_set(o, "provider_url", js_new_str(i->provider_url));
		js_set(o, "remote", js_new_bool(i->remote));
	}
	js_set(o, "dim", js_new_int((int64_t)i->dim));
	js_set(o, "files", js_new_int((int64_t)i->n_files));
	js_set(o, "passages", js_new_int((int64_t)i->n_chunks));
	for (size_t k = 0; k < n; k++)
		js_push(fields, js_new_str(field[k].name));
	js_set(o, "fields", fields);
	leann_close(ix);
}

static int print_member(const char *key, const struct js *v, void *ctx)
{
	struct buf b = BUF_INIT;
	const char *s = js_str(v, NULL);
	(void)ctx;
	if (js_type(v) == JS_OBJ)
		return js_each(v, print_member, NULL);
	if (!s) {
		js_dump(v, 0, &b);
		s = (const char *)b.p;
	}
	printf("%s\t", key);
	list_put_safe(s);
	putchar('\n');
	buf_release(&b);
	return 0;
}

int collection_describe(const char *name, const struct js *changes, bool json, struct err *e)
{
	struct registry r;
	struct buf b = BUF_INIT;
	if (js_len(changes) && registry_describe(name, changes, e))
		return -1;
	if (registry_read(&r, e))
		return -1;
	const struct registry_entry *n = registry_by_name(&r, name);
	struct js *o = n ? list_entry(n) : NULL;
	if (n) {
		add_index(o, n->path);
		js_dump(o, 0, &b);
		if (json)
			puts((const char *)b.p);
		else
			js_each(o, print_member, NULL);
	}
	buf_release(&b);
	js_free(o);
	int bad = n ? 0 : no_name(name, e);
	registry_release(&r);
	return bad;
}
