/* leann-bundle unpack and pack: members as files, and back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/bundle_manifest.h"
#include "fmt/tar.h"
#include "tool.h"

/* An empty directory, made if it is not there. */
static int empty_dir(const char *path, bool *made, struct err *e)
{
	*made = mkdir(path, 0777) == 0;
	if (!*made && errno != EEXIST)
		return err_sys(e, "%s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : opendir(path);
	if (!d) {
		err_sys(e, "%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	size_t n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	if (n <= 2)	/* "." and ".." */
		return fd;
	close(fd);
	return err_set(e, ERR_USAGE, "%s: not empty: name a new directory", path);
}

static int put_file(int dirfd, const char *name, const void *p, size_t n, struct err *e)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(e, "%s", name);
	int r = fd_write(fd, name, p, n, e);
	if (!r && fsync(fd))
		r = err_sys(e, "%s: fsync", name);
	if (close(fd) && !r)
		r = err_sys(e, "%s: close", name);
	return r;
}

int cmd_unpack(const struct tool_opts *o, char **args, struct err *e)
{
	struct bundle b;
	bool made;
	(void)o;
	if (bundle_open(&b, args[0], e))
		return -1;
	int dir = bundle_verify(&b, e) ? -1 : empty_dir(args[1], &made, e);
	if (dir < 0) {
		bundle_close(&b);
		return -1;
	}
	uint64_t end = b.n_members ? b.member[0].off_bytes - TAR_BLOCK : b.n_map - TAR_TAIL;
	int r = put_file(dir, MANIFEST_NAME, b.map + TAR_BLOCK, (size_t)end - TAR_BLOCK, e);
	for (size_t i = 0; i < b.n_members && !r; i++)
		r = put_file(dir, b.member[i].name, b.member[i].p, b.member[i].n, e);
	if (!r && fsync(dir))
		r = err_sys(e, "%s: fsync", args[1]);
	if (r) {	/* leave nothing half done; the directory was empty */
		unlinkat(dir, MANIFEST_NAME, 0);
		for (size_t i = 0; i < b.n_members; i++)
			unlinkat(dir, b.member[i].name, 0);
		if (made)
			rmdir(args[1]);
		err_prefix(e, "%s", args[1]);
	}
	close(dir);
	bundle_close(&b);
	return r;
}

struct packed {
	char *name[BUNDLE_MEMBERS_MAX];
	struct bundle_part part[BUNDLE_MEMBERS_MAX];
	size_t n;
};

/* Map a regular file of dir as the next part. */
static int add_part(struct packed *p, int dir, const char *name, struct err *e)
{
	struct stat st;
	const void *map = "";
	if (p->n == BUNDLE_MEMBERS_MAX)
		return err_set(e, ERR_DATA, "more than %d members", BUNDLE_MEMBERS_MAX);
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", name);
	int r = fstat(fd, &st) ? err_sys(e, "%s: stat", name) : 0;
	if (!r && !S_ISREG(st.st_mode))
		r = err_set(e, ERR_DATA, "%s: not a regular file", name);
	if (!r && st.st_size)
		r = map_file(fd, name, (size_t)st.st_size, &map, e);
	close(fd);
	if (r)
		return r;
	p->name[p->n] = mem_strdup(name);
	p->part[p->n] = (struct bundle_part){p->name[p->n], map, (size_t)st.st_size};
	p->n++;
	return 0;
}

static bool has(const struct packed *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->name[i], name))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files that the manifest does not list, in order of their names. */
static int add_others(struct packed *p, int dir, const char *path, struct err *e)
{
	char *name[BUNDLE_MEMBERS_MAX + 1];
	size_t n = 0;
	int r = 0;
	DIR *d = opendir(path);
	if (!d)
		return err_sys(e, "%s", path);
	for (struct dirent *de; n <= BUNDLE_MEMBERS_MAX && (de = readdir(d));)
		if (de->d_name[0] != '.' && strcmp(de->d_name, MANIFEST_NAME) &&
		    !has(p, de->d_name))
			name[n++] = mem_strdup(de->d_name);
	closedir(d);
	qsort(name, n, sizeof *name, by_name);
	for (size_t i = 0; i < n; i++) {
		if (!r)
			r = add_part(p, dir, name[i], e);
		mem_free(name[i]);
	}
	return r;
}

static int collect(struct packed *p, int dir, const char *path, struct js **extra, struct err *e)
{
	struct buf b = BUF_INIT;
	struct js *m = NULL;
	char *name = mem_printf("%s/%s", path, MANIFEST_NAME);
	int r = file_slurp(name, MANIFEST_MAX, &b, e);
	if (!r)
		r = js_parse(b.p ? b.p : (const uint8_t *)"", b.len, name, &m, e);
	if (!r && (js_type(m) != JS_OBJ || js_type(js_get(m, "members")) != JS_ARR))
		r = err_set(e, ERR_DATA, "%s: not a manifest", name);
	if (!r &&
	    (js_int(js_get(m, "major")) != INDEX_MAJOR || js_int(js_get(m, "minor")) > INDEX_MINOR))
		r = err_set(e, ERR_DATA, "%s: index version %lld.%lld, this program writes %d.%d",
			    name, (long long)js_int(js_get(m, "major")),
			    (long long)js_int(js_get(m, "minor")), INDEX_MAJOR, INDEX_MINOR);
	for (size_t i = 0; !r && i < js_len(js_get(m, "members")); i++) {
		const char *member = js_str(js_get(js_at(js_get(m, "members"), i), "name"), NULL);
		if (!member || !bundle_name_ok(member) || has(p, member))
			r = err_set(e, ERR_DATA, "%s: name of member %zu", name, i);
		else if (faccessat(dir, member, F_OK, AT_SYMLINK_NOFOLLOW))
			err_warn("%s: no file %s: the index will not have this member", path,
				 member);
		else
			r = add_part(p, dir, member, e);
	}
	if (!r)
		*extra = bundle_extra(m);
	js_free(m);
	buf_release(&b);
	mem_free(name);
	return r ? r : add_others(p, dir, path, e);
}

int cmd_pack(const struct tool_opts *o, char **args, struct err *e)
{
	struct packed p = {.n = 0};
	struct js *extra = NULL;
	int dir = open(args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "%s", args[0]);
	int r = collect(&p, dir, args[0], &extra, e);
	if (!r)
		r = publish_checked(args[1], o->wait_s, extra, p.part, p.n, e);
	for (size_t i = 0; i < p.n; i++) {
		if (p.part[i].n)
			map_release(p.part[i].p, p.part[i].n);
		mem_free(p.name[i]);
	}
	js_free(extra);
	close(dir);
	return r;
}
