/* Which files of an index changed; see stale.h. */
#include "sys/stale.h"

#include <unistd.h>

#include "base/hash.h"

/* Its size and time, without reading it. */
static bool looks_same(struct stale *s, const char *root, const char *rel,
		       const struct index_file *f, enum source_status *out)
{
	struct file_meta meta;
	struct err ignored;
	int fd;
	if (readfile_open(&s->rf, root, rel, &fd, &meta, &ignored) != READ_OK) {
		*out = SOURCE_MISSING;
		return true;
	}
	close(fd);
	*out = meta.size_bytes == f->size_bytes ? SOURCE_FRESH : SOURCE_CHANGED;
	return *out == SOURCE_CHANGED || (!s->checksum && meta.mtime_ns == f->mtime_ns);
}

static enum source_status read_again(struct stale *s, const char *root, const char *rel,
				     const struct index_file *f)
{
	struct file_meta meta;
	struct err ignored;
	s->n_read++;
	buf_clear(&s->bytes);
	switch (readfile(&s->rf, root, rel, f->size_bytes, &s->bytes, &meta, &ignored)) {
	case READ_OK:
		return s->bytes.len == f->size_bytes &&
				       hash64(s->bytes.p, s->bytes.len) == f->hash
			       ? SOURCE_FRESH
			       : SOURCE_CHANGED;
	case READ_TOO_BIG:
	case READ_CHANGED: return SOURCE_CHANGED;
	default: return SOURCE_MISSING;
	}
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
	if (!*root || !*rel)
		*out = SOURCE_MISSING;	/* no name to look for */
	else if (!looks_same(s, root, rel, &f, out))
		*out = read_again(s, root, rel, &f);
	return 0;
}

void stale_release(struct stale *s)
{
	buf_release(&s->bytes);
	buf_release(&s->at);
	readfile_release(&s->rf);
	index_paths_release(&s->paths);
}
