/* Metadata in leann-bundle cat; see cat_meta.h. */
#include "cat_meta.h"

int cat_meta_put(struct cat_meta *c, const struct index *ix, size_t i, uint64_t file,
		 const struct index_chunk *k, struct stream_out *out, struct buf *body, struct err *e)
{
	if (!ix->meta)
		return 0;
	if (!c->r)
		c->r = meta_reader_new(ix->meta);
	if (meta_reader_get(c->r, (uint32_t)i, &c->m, e))
		return err_prefix(e, "%s: damaged index", ix->b.path);
	if (file != c->file)
		meta_clear(&c->now);
	c->file = file;
	if (meta_equal(&c->m, &c->now))
		return 0;
	meta_copy(&c->now, &c->m);
	put_meta(body, file, k->off_bytes, k->sub_off_bytes, &c->now);
	return stream_out_buf(out, body, e);
}

void cat_meta_release(struct cat_meta *c)
{
	meta_reader_free(c->r);
	meta_release(&c->now);
	meta_release(&c->m);
}
