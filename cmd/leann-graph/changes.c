/* Changes to an index; see changes.h. */
#include "changes.h"

#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/tmpfile.h"

static int check_base(const struct changes *x, const char *path, const struct shead *head,
		      struct err *e)
{
	const struct index *ix = &x->base;
	const char *has = js_str(index_key(ix, "build_id"), NULL), *why;
	enum index_update kind = index_update_kind(ix, &why);
	char want[32];
	if (shead_str(head, "base", want, sizeof want, e))
		return err_prefix(e, "stdin");
	if (!has || strcmp(want, has))
		return err_set(e, ERR_TEMP, "%s is build %s, the changes are to %s: another "
			       "program changed it: update again", path, has ? has : "nameless", want);
	if (kind == INDEX_FIXED && !x->full)
		return err_set(e, ERR_USAGE, "%s has %s: it cannot be updated: give leann-chunk --full "
			       "--reembed", path, why);
	if (kind == INDEX_REWRITTEN && !x->full)
		return err_set(e, ERR_USAGE, "%s has %s, which nothing can be added to: give "
			       "leann-chunk --full", path, why);
	return 0;
}

/* Files say their root by number, of both. */
static int check_roots(const struct changes *x, const struct shead *head, struct err *e)
{
	struct buf mine = BUF_INIT, theirs = BUF_INIT;
	size_t n = 0;
	int r = 0;
	for (size_t i = 0; i < x->base.n_roots && !r; i++) {
		buf_clear(&mine);
		buf_clear(&theirs);
		r = index_root(&x->base, i, &mine, e) || shead_bin_at(head, "roots", i, &theirs, &n, e);
		if (!r && (mine.len != theirs.len || memcmp(mine.p, theirs.p, mine.len)))
			r = err_set(e, ERR_DATA, "stdin: root %zu is another than in the index", i);
	}
	buf_release(&mine);
	buf_release(&theirs);
	return r;
}

static int check_head(const struct changes *x, const struct shead *head, struct err *e)
{
	char sha[1100];
	const char *want = js_str(index_key(&x->base, "model.sha256"), NULL);
	if (shead_str(head, "model_sha256", sha, sizeof sha, e))
		return err_prefix(e, "stdin");
	if (!want || strcmp(sha, want))
		return err_set(e, ERR_DATA, "stdin: embeddings of model %.16s, the index has those "
			       "of %.16s: embed with its model and precision", sha, want ? want : "none");
	return check_roots(x, head, e);
}

int changes_open(struct changes *x, const char *base, const struct shead *head, struct err *e)
{
	if (index_open(&x->base, base, e))
		return -1;
	x->on = true;
	x->text_fd = -1;
	x->full = shead_has(head, "full");
	x->gone = mem_calloc(x->base.n_files + 1, 1);
	x->vecs = (struct spool)SPOOL_INIT;
	if (check_base(x, base, head, e) || check_head(x, head, e))
		return -1;
	return spool_open(&x->vecs, x->base.dim, e);
}

void changes_release(struct changes *x)
{
	if (!x->on)
		return;
	index_close(&x->base);
	mem_free(x->gone);
	buf_release(&x->files);
	buf_release(&x->names);
	buf_release(&x->chunks);
	buf_release(&x->hashes);
	meta_places_release(&x->metas);
	buf_release(&x->kept);
	buf_release(&x->exact);
	spool_release(&x->vecs);
	if (x->text_fd >= 0)
		close(x->text_fd);
}

void changes_file(struct changes *x, const struct rec_file *f)
{
	struct held h = {.f = *f, .path_at = x->names.len, .text_at = x->n_text_bytes,
			 .first_chunk = x->chunks.len / sizeof(struct rec_chunk),
			 .first_meta = x->metas.n};
	buf_add(&x->names, f->path, f->n_path);
	h.lang_at = x->names.len;
	buf_add(&x->names, f->lang, f->n_lang);
	buf_add(&x->files, &h, sizeof h);
}

int changes_text(struct changes *x, const uint8_t *p, size_t n, struct err *e)
{
	/* stored bytes are in the base */
	if (!n_held(x) || !(held_at(x, n_held(x) - 1)->f.flags & FILE_EXTRACTED))
		return 0;
	if (x->text_fd < 0 && tmpspool_open(&x->text_fd, e))
		return -1;
	x->n_text_bytes += n;
	return fd_write(x->text_fd, "scratch file", p, n, e);
}

int changes_text_get(const struct changes *x, uint64_t off, size_t n, struct buf *out,
		     struct err *e)
{
	size_t got;
	buf_reserve(out, n);
	if (fd_pread(x->text_fd, "scratch file", out->p + out->len, n, off, &got, e))
		return -1;
	out->len += got;
	return got == n ? 0 : err_set(e, ERR_SYS, "scratch file: cut short");
}

void changes_chunk(struct changes *x, const struct rec_chunk *k)
{
	struct rec_chunk c = *k;
	c.ext_id = c.text = NULL;
	buf_add(&x->chunks, &c, sizeof c);
	held_at(x, n_held(x) - 1)->n_chunks++;
}

void changes_meta(struct changes *x, uint64_t off, uint64_t sub_off, struct meta *m)
{
	meta_places_add(&x->metas, off, sub_off, m);
	held_at(x, n_held(x) - 1)->n_meta++;
}

int changes_gone(struct changes *x, const uint8_t *p, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t file = get_le32(p + 4 * i);
		if (file >= x->base.n_files ||
		    column_get(&x->base.flags, file) & FILE_REMOVED)
			return err_set(e, ERR_DATA, "stdin: file %u is gone, of %zu in the index",
				       file, x->base.n_files);
		x->gone[file] = 1;
	}
	return 0;
}

int changes_kept(struct changes *x, uint64_t file, const uint8_t *p, size_t n, struct err *e)
{
	struct held *h = held_at(x, (size_t)file);
	const char *why;
	if (index_update_kind(&x->base, &why) == INDEX_FIXED)
		return err_set(e, ERR_DATA, "%s has %s: no passage of it can be kept, as of stored files: "
			       "build it again", x->base.b.path, why);
	if (!h->n_kept)
		h->first_kept = x->kept.len / KEPT_BYTES;
	h->n_kept += n;
	for (size_t i = 0; i < n; i++) {
		struct rec_kept k;
		kept_get(p + i * KEPT_BYTES, &k);
		if (k.chunk >= x->base.n_chunks)
			return err_set(e, ERR_DATA, "stdin: chunk %u is kept, of %zu in the index",
				       k.chunk, x->base.n_chunks);
		if ((k.sub_off_bytes || k.sub_len_bytes) && !(h->f.flags & FILE_RECORDS))
			return err_set(e, ERR_DATA, "stdin: file %llu: a part of a record is kept, but "
				       "it has no records", (unsigned long long)file);
		if (!k.len_bytes || k.len_bytes > rec_file_room(&h->f) ||
		    k.off_bytes > rec_file_room(&h->f) - k.len_bytes)
			return err_set(e, ERR_DATA, "stdin: file %llu of %llu bytes: %llu bytes at %llu "
				       "are kept", (unsigned long long)file,
				       (unsigned long long)rec_file_room(&h->f),
				       (unsigned long long)k.len_bytes,
				       (unsigned long long)k.off_bytes);
	}
	buf_add(&x->kept, p, n * KEPT_BYTES);
	return 0;
}

bool changes_any(const struct changes *x)
{
	bool any = x->full || x->files.len;
	for (size_t i = 0; !any && i < x->base.n_files; i++)
		any = x->gone[i];
	return any;
}
