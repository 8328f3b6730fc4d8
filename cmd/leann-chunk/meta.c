/* Metadata of the file at hand: what passages from a place on have; see chunk.h. */
#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "update.h"

void meta_state_release(struct meta_state *s)
{
	meta_release(&s->run);
	meta_release(&s->file);
	meta_release(&s->written);
	meta_release(&s->next);
}

void meta_file(struct chunker *k, const struct rec_file *f, const struct buf *raw)
{
	struct meta_state *s = &k->meta;
	(void)f;
	(void)raw;
	meta_copy(&s->file, &s->run);
	meta_clear(&s->written);
	meta_copy(&s->next, &s->file);
	s->off = s->sub_off = 0;
}

int emit_meta(struct chunker *k, uint64_t off, uint64_t sub_off, const struct meta *m, struct err *e)
{
	struct meta_state *s = &k->meta;
	if (off < s->off || (off == s->off && sub_off < s->sub_off))
		return err_set(e, ERR_DATA, "metadata from byte %llu on, after that from byte %llu on",
			       (unsigned long long)off, (unsigned long long)s->off);
	meta_copy(&s->next, &s->file);
	if (!meta_merge(&s->next, m))
		k->counts.n_meta_lost++;
	s->off = off;
	s->sub_off = sub_off;
	return 0;
}

int write_meta(struct chunker *k, uint64_t off, uint64_t sub_off, const struct meta *m, struct err *e)
{
	put_meta(&k->body, k->counts.n_files - 1, off, sub_off, m);
	return stream_out_buf(k->to, &k->body, e);
}

int meta_before(struct chunker *k, const struct rec_chunk *c, struct err *e)
{
	struct meta_state *s = &k->meta;
	if (c->off_bytes < s->off || (c->off_bytes == s->off && c->sub_off_bytes < s->sub_off) ||
	    meta_equal(&s->next, &s->written))
		return 0;
	meta_copy(&s->written, &s->next);
	if (!k->up)
		return write_meta(k, s->off, s->sub_off, &s->written, e);
	struct meta m = META_INIT;
	meta_copy(&m, &s->written);
	meta_places_add(&k->up->metas, s->off, s->sub_off, &m);
	return 0;
}
