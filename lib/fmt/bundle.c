/* Reading a bundle: map, prove the structure. Checking sums: bundle_verify.c, writing: bundle_write.c. */
#define _GNU_SOURCE
#include "fmt/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/bundle_manifest.h"
#include "fmt/tar.h"

int bundle_damaged(const struct bundle *b, struct err *e, const char *fmt, ...)
{
	char msg[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_DATA, "%s: damaged index: %s", b->path, msg);
}

static int map_bundle(struct bundle *b, struct err *e)
{
	struct stat st;
	if (fstat(b->fd, &st))
		return err_sys(e, "%s: stat", b->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DATA, "%s: not a regular file, so no leann index", b->path);
	if (st.st_size < 2 * TAR_BLOCK + TAR_TAIL)
		return err_set(e, ERR_DATA, "%s: %lld bytes: too short for a leann index", b->path,
			       (long long)st.st_size);
	b->n_map = (size_t)st.st_size;
	const void *p;
	if (map_file(b->fd, b->path, b->n_map, &p, e))
		return -1;
	b->map = p;
	return 0;
}

/* The size field of a ustar header: 11 octal digits. */
static int octal_size(const uint8_t *h, uint64_t *n)
{
	*n = 0;
	for (int i = 0; i < 11; i++) {
		if (h[124 + i] < '0' || h[124 + i] > '7')
			return -1;
		*n = *n * 8 + (uint64_t)(h[124 + i] - '0');
	}
	return 0;
}

static int read_manifest(struct bundle *b, uint64_t *end, struct err *e)
{
	const char *head = MANIFEST_HEAD;
	const uint8_t *h = b->map, *text = h + TAR_BLOCK;
	uint64_t n;
	if (memcmp(h + 257, "ustar", 5) || strcmp((const char *)h, MANIFEST_NAME) ||
	    memcmp(text, head, strlen(head)))
		return err_set(e, ERR_DATA, "%s: not a leann index", b->path);
	if (octal_size(h, &n) || n % TAR_BLOCK || n > MANIFEST_MAX ||
	    n > b->n_map - TAR_BLOCK - TAR_TAIL)
		return bundle_damaged(b, e, "size of the manifest");
	*end = TAR_BLOCK + n;
	if (js_parse(text, (size_t)n, "manifest", &b->manifest, e))
		return err_prefix(e, "%s: damaged index", b->path);
	return 0;
}

/* The version is looked at before the checksum, so that a newer file is refused by name. */
static int check_version(const struct bundle *b, uint64_t end, struct err *e)
{
	const char *format = js_str(js_get(b->manifest, "format"), NULL);
	const struct js *major = js_get(b->manifest, "major"),
			*minor = js_get(b->manifest, "minor");
	if (!format || strcmp(format, "leann-index") || js_type(major) != JS_INT ||
	    js_type(minor) != JS_INT)
		return bundle_damaged(b, e, "manifest without format and version");
	if (js_int(major) != INDEX_MAJOR)
		return err_set(
			e, ERR_DATA, "%s: index version %lld.%lld, this program reads %d.x: %s",
			b->path, (long long)js_int(major), (long long)js_int(minor), INDEX_MAJOR,
			js_int(major) > INDEX_MAJOR ? "use a newer leann" : "build it again");
	if (manifest_sum(b->map, (size_t)end) != manifest_sum_said(b->map))
		return bundle_damaged(b, e, "checksum of the manifest: %016llx, it says %016llx",
			       (unsigned long long)manifest_sum(b->map, (size_t)end),
			       (unsigned long long)manifest_sum_said(b->map));
	return 0;
}

bool bundle_name_ok(const char *name)
{
	size_t n = strlen(name);
	return n && n < sizeof((struct bundle_member *)0)->name && name[0] != '.' &&
	       name[0] != '-' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n &&
	       strcmp(name, MANIFEST_NAME);
}

static int read_member(struct bundle *b, const struct js *j, uint64_t *at, struct err *e)
{
	struct bundle_member *m = &b->member[b->n_members];
	size_t n_name, n_sum;
	const char *name = js_str(js_get(j, "name"), &n_name),
		   *sum = js_str(js_get(j, "xxh3"), &n_sum);
	const struct js *off = js_get(j, "offset"), *len = js_get(j, "length");
	if (!name || !sum || n_sum != 16 || js_type(off) != JS_INT ||
	    js_type(len) != JS_INT || js_int(off) < 0 || js_int(len) < 0)
		return bundle_damaged(b, e, "member %zu of the manifest", b->n_members);
	if (strlen(name) != n_name || !bundle_name_ok(name) || bundle_find(b, name))
		return bundle_damaged(b, e, "name of member %zu", b->n_members);
	memcpy(m->name, name, n_name + 1);
	m->off_bytes = (uint64_t)js_int(off);
	uint64_t n = (uint64_t)js_int(len), room = b->n_map - TAR_TAIL;
	/* members lie end to end: one header block, data, padding */
	if (m->off_bytes != *at + TAR_BLOCK || m->off_bytes > room || n > TAR_MEMBER_MAX ||
	    tar_padded(n) > room - m->off_bytes)
		return bundle_damaged(b, e, "member %s at %llu + %llu, the file has %zu bytes", m->name,
			       (unsigned long long)m->off_bytes, (unsigned long long)n, b->n_map);
	if (manifest_hex(sum, &m->xxh3))
		return bundle_damaged(b, e, "checksum of member %s is not hexadecimal", m->name);
	m->n = (size_t)n;
	m->p = b->map + m->off_bytes;
	*at = m->off_bytes + tar_padded(n);
	b->n_members++;
	return 0;
}

int bundle_open(struct bundle *b, const char *path, struct err *e)
{
	*b = (struct bundle){.fd = -1};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? err_sys(e, "%s", path) : bundle_open_fd(b, fd, path, e);
}

int bundle_open_fd(struct bundle *b, int fd, const char *path, struct err *e)
{
	uint64_t at = 0;
	*b = (struct bundle){.fd = fd, .path = mem_strdup(path)};
	if (map_bundle(b, e) || read_manifest(b, &at, e) || check_version(b, at, e))
		goto fail;
	const struct js *list = js_get(b->manifest, "members");
	if (js_type(list) != JS_ARR || js_len(list) > BUNDLE_MEMBERS_MAX) {
		bundle_damaged(b, e, "list of members");
		goto fail;
	}
	for (size_t i = 0; i < js_len(list); i++)
		if (read_member(b, js_at(list, i), &at, e))
			goto fail;
	if (at + TAR_TAIL != b->n_map) {
		bundle_damaged(b, e, "%zu bytes, the members end at %llu + %d", b->n_map,
			(unsigned long long)at, TAR_TAIL);
		goto fail;
	}
	return 0;
fail:
	bundle_close(b);
	return -1;
}

const struct bundle_member *bundle_find(const struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->n_members; i++)
		if (!strcmp(b->member[i].name, name))
			return &b->member[i];
	return NULL;
}

void bundle_close(struct bundle *b)
{
	map_release(b->map, b->n_map);
	if (b->fd >= 0)
		close(b->fd);
	js_free(b->manifest);
	mem_free(b->path);
	*b = (struct bundle){.fd = -1};
}
