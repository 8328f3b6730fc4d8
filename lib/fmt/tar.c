/* tar, and reading archives, through libarchive; the only file that includes it. See tar.h, unpack.h. */
#include "fmt/tar.h"
#include "fmt/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "base/fdio.h"
#include "base/mem.h"

struct sink {
	int fd;			/* -1: keep the first block in header */
	const char *name;
	uint64_t n_bytes;
	uint8_t header[TAR_BLOCK];
	struct err *e;
};

/* What libarchive says of a failure that is not of put(). */
static int failed(struct archive *a, struct sink *s, const char *name)
{
	if (s->e->code != ERR_NONE)
		return -1;
	if (!a || archive_errno(a) == ENOMEM || !archive_error_string(a))
		mem_none("tar");
	return err_set(s->e, ERR_SYS, "%s: tar%s%s: %s", s->name, *name ? ": member " : "", name,
		       archive_error_string(a));
}

static la_ssize_t put(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct sink *s = ctx;
	(void)a;
	if (s->fd < 0 && s->n_bytes < TAR_BLOCK) {
		size_t k = TAR_BLOCK - s->n_bytes < n ? TAR_BLOCK - (size_t)s->n_bytes : n;
		memcpy(s->header + s->n_bytes, p, k);
	}
	if (s->fd >= 0 && fd_write(s->fd, s->name, p, n, s->e))
		return -1;
	s->n_bytes += n;
	return (la_ssize_t)n;
}

/*
 * A writer of pax tar without extra blocks: "restricted" adds pax headers only where ustar
 * cannot say it.
 */
static struct archive *open_writer(struct sink *s)
{
	struct archive *a = archive_write_new();
	if (!a || archive_write_set_format_pax_restricted(a) ||
	    archive_write_set_bytes_per_block(a, 0) ||
	    archive_write_set_bytes_in_last_block(a, 1) ||
	    archive_write_open(a, s, NULL, put, NULL)) {
		if (failed(a, s, ""))
			archive_write_free(a);
		return NULL;
	}
	return a;
}

static int put_header(struct archive *a, struct sink *s, const char *name, uint64_t n)
{
	struct archive_entry *en = archive_entry_new();
	uint64_t before = s->n_bytes;
	if (!en)
		mem_none("tar");
	archive_entry_set_pathname(en, name);
	archive_entry_set_size(en, (la_int64_t)n);
	archive_entry_set_filetype(en, AE_IFREG);
	archive_entry_set_perm(en, 0644);
	archive_entry_set_mtime(en, 0, 0);
	int rc = archive_write_header(a, en);
	archive_entry_free(en);
	if (rc != ARCHIVE_OK)
		return failed(a, s, name);
	if (s->n_bytes - before != TAR_BLOCK)
		return err_set(s->e, ERR_SYS, "%s: tar: member %s needs a header of %llu bytes",
			       s->name, name, (unsigned long long)(s->n_bytes - before));
	return 0;
}

int tar_header(const char *name, uint64_t n, uint8_t out[TAR_BLOCK], struct err *e)
{
	struct sink s = {.fd = -1, .name = name, .e = e};
	e->code = ERR_NONE;
	mem_guard(true);
	struct archive *a = open_writer(&s);
	int r = a ? put_header(a, &s, name, n) : -1;
	memcpy(out, s.header, TAR_BLOCK);
	archive_write_free(a);
	mem_guard(false);
	return r;
}

static int put_member(struct archive *a, struct sink *s, const struct tar_member *m)
{
	if (m->n >= TAR_MEMBER_MAX)
		return err_set(s->e, ERR_DATA,
			       "%s: member %s has %zu bytes, the limit is 8 GiB: split the index",
			       s->name, m->name, m->n);
	if (put_header(a, s, m->name, m->n))
		return -1;
	for (size_t at = 0; at < m->n;) {
		size_t k = m->n - at < (1u << 20) ? m->n - at : 1u << 20;
		la_ssize_t w = archive_write_data(a, (const char *)m->p + at, k);
		if (w <= 0)
			return failed(a, s, m->name);
		at += (size_t)w;
	}
	/* the padding now, not in front of the next header */
	if (archive_write_finish_entry(a) != ARCHIVE_OK)
		return failed(a, s, m->name);
	return 0;
}

int tar_write(int fd, const char *fd_name, const struct tar_member *m, size_t n_members,
	      struct err *e)
{
	struct sink s = {.fd = fd, .name = fd_name, .e = e};
	e->code = ERR_NONE;
	mem_guard(true);
	struct archive *a = open_writer(&s);
	int r = a ? 0 : -1;
	for (size_t i = 0; !r && i < n_members; i++)
		r = put_member(a, &s, &m[i]);
	if (!r && archive_write_close(a) != ARCHIVE_OK)
		r = failed(a, &s, "");
	if (a) {
		archive_write_fail(a);
		archive_write_free(a);
	}
	mem_guard(false);
	return r;
}

struct unpack {
	struct archive *a;
	size_t n_packed, n_members;
	uint64_t n_bytes;
	bool any;
};

/* What libarchive says, without the lines that some of it has. */
static int unpack_bad(struct unpack *u, struct err *e)
{
	const char *why = archive_error_string(u->a);
	if (archive_errno(u->a) == ENOMEM)
		return err_set(e, ERR_DATA, "damaged archive: it wants more memory than there is");
	return err_set(e, ERR_DATA, "damaged archive: %.*s", why ? (int)strcspn(why, "\n") : 7,
		       why ? why : "unknown");
}

int unpack_open(const void *p, size_t n, bool single, struct unpack **out, struct err *e)
{
	struct unpack *u = mem_calloc(1, sizeof *u);
	u->n_packed = n;
	u->a = archive_read_new();
	*out = NULL;
	if (!u->a)
		mem_none("archive");
	archive_read_support_filter_gzip(u->a);
	archive_read_support_filter_bzip2(u->a);
	archive_read_support_filter_xz(u->a);
	archive_read_support_filter_zstd(u->a);
	archive_read_support_filter_compress(u->a);
	if (single) {
		archive_read_support_format_raw(u->a);
	} else {
		archive_read_support_format_zip(u->a);
		archive_read_support_format_tar(u->a);
	}
	if (archive_read_open_memory(u->a, p, n) != ARCHIVE_OK) {
		int r = unpack_bad(u, e);
		unpack_close(u);
		return r;
	}
	*out = u;
	return 0;
}

int unpack_next(struct unpack *u, const char **name, struct err *e)
{
	struct archive_entry *en;
	for (;;) {
		int rc = archive_read_next_header(u->a, &en);
		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return unpack_bad(u, e);
		if (++u->n_members > UNPACK_MEMBERS_MAX)
			return err_set(e, ERR_DATA, "archive of more than %d members", UNPACK_MEMBERS_MAX);
		const char *path = archive_entry_pathname(en);
		if (archive_entry_filetype(en) != AE_IFREG || archive_entry_hardlink(en) || !path)
			continue;
		if (archive_entry_is_encrypted(en))
			return err_set(e, ERR_DATA, "encrypted: it wants a password");
		*name = path;
		return 1;
	}
}

int unpack_read(struct unpack *u, struct buf *b, size_t *got, struct err *e)
{
	enum { PIECE = 64 << 10 };
	buf_reserve(b, PIECE);
	la_ssize_t n = archive_read_data(u->a, b->p + b->len, PIECE);
	*got = 0;
	if (n < 0)
		return unpack_bad(u, e);
	*got = (size_t)n;
	b->len += *got;
	b->p[b->len] = 0;
	u->n_bytes += *got;
	if (u->n_bytes > UNPACK_FREE_BYTES && u->n_bytes / UNPACK_RATIO_MAX > u->n_packed)
		return err_set(e, ERR_DATA, "archive that grows more than %d times", UNPACK_RATIO_MAX);
	return 0;
}

void unpack_close(struct unpack *u)
{
	if (!u)
		return;
	archive_read_free(u->a);
	mem_free(u);
}
