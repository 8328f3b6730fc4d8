/* Which files of an index changed; see stale.h. */
#include "sys/stale.h"

#include <unistd.h>

#include "base/hash.h"

/* Of what was not READ_OK; or -1. */
static int not_read(enum read_result res, enum source_status *out)
{
	*out = res == READ_DENIED				? SOURCE_UNREADABLE
	       : res == READ_TOO_BIG || res == READ_CHANGED	? SOURCE_CHANGED
								: SOURCE_MISSING;
	return res == READ_ERROR || res == READ_STARVED ? -1 : 0;
}

/* 1: its size and time say what it is, without reading it; 0: they do not; or -1. */
static int look(struct stale *s, const char *root, const char *rel, const struct index_file *f,
		enum source_status *out, struct err *e)
{
	struct file_meta meta;
	int fd;
	enum read_result res = readfile_open(&s->rf, root, rel, &fd, &meta, e);
	if (res != READ_OK)
		return not_read(res, out) ? -1 : 1;
	close(fd);
	*out = meta.size_bytes == f->size_bytes ? SOURCE_FRESH : SOURCE_CHANGED;
	return *out == SOURCE_CHANGED || (!s->checksum && meta.mtime_ns == f->mtime_ns);
}

static int read_again(struct stale *s, const char *root, const char *rel,
		      const struct index_file *f, enum source_status *out, struct err *e)
{
	struct file_meta meta;
	s->n_read++;
	buf_clear(&s->bytes);
	enum read_result res = readfile(&s->rf, root, rel, f->size_bytes, &s->bytes, &meta, e);
	if (res != READ_OK)
		return not_read(res, out);
	*out = s->bytes.len == f->size_bytes && hash64(s->bytes.p, s->bytes.len) == f->hash
		       ? SOURCE_FRESH
		       : SOURCE_CHANGED;
	return 0;
}

int stale_file(struct stale *s, size_t i, enum source_status *out, struct err *e)
{
	struct index_file f;
	index_file(s->ix, i, &f);
	*out = SOURCE_FRESH;
	if (index_paths_get(s->ix, &s->paths, i, e))
		return -1;
	if (f.flags & (FILE_STORED | FILE_REMOVED))
		return 0;	/* its bytes are in the index, under its checksums, or do not matter */
	buf_clear(&s->at);
	if (s->root)
		buf_adds(&s->at, s->root);
	else if (index_root(s->ix, f.root, &s->at, e))
		return -1;
	buf_addc(&s->at, 0);
	const char *root = (const char *)s->at.p, *rel = (const char *)s->paths.path.p;
	if (!*root || !*rel) {
		*out = SOURCE_MISSING;	/* no name to look for */
		return 0;
	}
	int known = look(s, root, rel, &f, out, e);
	return known ? known < 0 ? -1 : 0 : read_again(s, root, rel, &f, out, e);
}

void stale_release(struct stale *s)
{
	buf_release(&s->bytes);
	buf_release(&s->at);
	readfile_release(&s->rf);
	index_paths_release(&s->paths);
}
