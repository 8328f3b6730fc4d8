/* --update: one file, its passages matched with those that the index has; see update.h. */
#include <string.h>

#include "algo/align.h"
#include "base/mem.h"
#include "base/decode.h"
#include "base/utf8.h"
#include "update.h"

/* Text of a passage whose file's bytes are raw, as it was embedded; id is scratch. */
static int text_of(const struct buf *raw, const struct rec_kept *k, unsigned flags, struct buf *text,
		   struct err *e)
{
	struct buf all = BUF_INIT, id = BUF_INIT;
	buf_clear(text);
	if (!(flags & FILE_RECORDS)) {
		decode_span(text, file_encoding(flags), raw->p + k->off_bytes, (size_t)k->len_bytes);
		return 0;
	}
	int r = record_text(raw->p + k->off_bytes, (size_t)k->len_bytes, &all, &id, e);
	if (!r && (k->sub_off_bytes > all.len || k->sub_len_bytes > all.len - k->sub_off_bytes))
		r = err_set(e, ERR_DATA, "a passage beyond its record's text");
	if (!r)
		utf8_repair(text, all.p + k->sub_off_bytes,
			    k->sub_len_bytes ? (size_t)k->sub_len_bytes
					     : all.len - (size_t)k->sub_off_bytes);
	buf_release(&all);
	buf_release(&id);
	return r;
}

/* With --full words and copies are counted of kept passages, too: they are of the new index. */
static void count_all(struct chunker *k, const char *text, size_t n)
{
	tail_copy(&k->tail, text, n, k->up->n_all);
	count_words(k, text, n, k->up->n_all);
}

static void keep(struct update *u, const struct rec_kept *p)
{
	uint8_t le[REC_KEPT_BYTES];
	kept_put(le, p);
	buf_add(&u->kept, le, sizeof le);
	u->n_kept++;
	u->n_all++;
}

static int send_kept(struct chunker *k, struct err *e)
{
	struct update *u = k->up;
	int r = kept_send(k->counts.n_files - 1, u->kept.p, u->kept.len / REC_KEPT_BYTES, &u->kept_out,
			  &k->body, e);
	buf_clear(&u->kept);
	return r;
}

/* What chunk i of the index has, for the same passage here; *now is what the latest record said. */
static int keep_meta(struct chunker *k, uint32_t i, const struct index_chunk *c, struct meta *now,
		     struct err *e)
{
	struct update *u = k->up;
	struct meta m = META_INIT;
	int r = u->meta ? meta_reader_get(u->meta, i, &m, e) : 0;
	if (r)
		err_prefix(e, "%s", u->base.ix.b.path);
	else if (!meta_equal(&m, now)) {
		meta_copy(now, &m);
		r = write_meta(k, c->off_bytes, c->sub_off_bytes, now, e);
	}
	meta_release(&m);
	return r;
}

/* All passages of file `from` of the index; raw NULL: its bytes cannot be had. */
static int keep_all(struct chunker *k, uint32_t from, const struct buf *raw, struct err *e)
{
	struct update *u = k->up;
	const struct index *ix = &u->base.ix;
	struct index_file f;
	struct index_chunk c;
	struct buf text = BUF_INIT;
	struct meta now = META_INIT;
	int r = 0;
	if (!ix->chunks && ix->n_chunks)
		return err_set(e, ERR_DATA, "%s has no spans of passages: of file %u, which is stored or "
			       "cannot be read now, they cannot be kept", ix->b.path, from);
	index_file(ix, from, &f);
	for (size_t i = (size_t)f.first_chunk; i < f.first_chunk + f.n_chunks && !r; i++) {
		if ((r = index_chunk(ix, i, &c, e)) || (r = keep_meta(k, (uint32_t)i, &c, &now, e)))
			break;
		struct rec_kept p = {(uint32_t)i, ix->hashes ? index_hash(ix, i) : 0, c.off_bytes,
				     c.len_bytes, c.sub_off_bytes, c.sub_len_bytes};
		if (raw && (k->c->full || !ix->hashes)) {
			if ((r = text_of(raw, &p, f.flags, &text, e))) {
				err_prefix(e, "%s: chunk %zu", ix->b.path, i);
				break;
			}
			p.hash = passage_hash((char *)text.p, text.len);
			if (k->c->full)
				count_all(k, (char *)text.p, text.len);
		}
		keep(u, &p);
	}
	buf_release(&text);
	meta_release(&now);
	return r ? r : send_kept(k, e);
}

static void replaced(struct update *u, const struct source *s)
{
	if (s->old1)
		u->state[s->old1 - 1] = FILE_REPLACED;
}

int update_whole(struct chunker *k, const struct source *s, const struct rec_file *f, uint32_t from,
		 const struct buf *raw, struct err *e)
{
	struct update *u = k->up;
	bool own = s->old1 && s->old1 - 1 == from;
	struct index_file g;
	index_file(&u->base.ix, from, &g);
	u->n_read++;
	if (own && f->mtime_ns == g.mtime_ns) {
		u->state[from] = FILE_STAYS;
		if (!k->c->full)
			return 0;
		u->written[from] = true;
	} else {
		char *path = path_below(k->src->roots[s->root].path, s->rel);
		replaced(u, s);
		if (!s->unasked)
			update_note(u, own ? '=' : s->old1 ? '~' : '>', from, path);
		mem_free(path);
	}
	struct rec_file with = *f;
	struct buf text = BUF_INIT;
	int r = 0;
	if (f->flags & FILE_EXTRACTED) {	/* its text is in the index */
		with.text_bytes = g.text_bytes;
		r = index_text(&u->base.ix, from, 0, (size_t)g.text_bytes, &text, e);
		raw = &text;
	}
	if (!r)
		r = write_file(k, &with, raw, e) || keep_all(k, from, raw, e) ? -1 : 0;
	buf_release(&text);
	return r;
}

int update_unread(struct chunker *k, uint32_t i, struct err *e)
{
	const struct index *ix = &k->up->base.ix;
	struct index_file g;
	struct buf path = BUF_INIT, raw = BUF_INIT;
	index_file(ix, i, &g);
	const char *lang = index_lang(ix, g.lang);
	bool stored = file_keeps_text(g.flags);
	int r = index_path(ix, i, &path, e);
	if (!r && stored && g.text_bytes > NAMED_FILE_MAX)
		r = err_set(e, ERR_DATA, "%s: stored file of %llu bytes", ix->b.path,
			    (unsigned long long)g.size_bytes);
	if (!r && stored)
		r = index_text(ix, i, 0, (size_t)g.text_bytes, &raw, e);
	if (!r)
		r = write_file(k, &(struct rec_file){.root = g.root, .path = path.p, .n_path = path.len,
						    .size_bytes = g.size_bytes, .mtime_ns = g.mtime_ns,
						    .hash = g.hash, .lang = lang,
						    .n_lang = strlen(lang), .flags = g.flags,
						    .text_bytes = g.text_bytes},
			       &raw, e) ||
				    keep_all(k, i, stored ? &raw : NULL, e)
			    ? -1
			    : 0;
	buf_release(&path);
	buf_release(&raw);
	return r;
}

void update_file(struct chunker *k, const struct source *s, const struct rec_file *f,
		 const struct buf *raw)
{
	struct update *u = k->up;
	u->src = s;
	u->file = *f;
	u->raw = raw;
	u->n_pieces = 0;
	meta_places_clear(&u->metas);
	buf_clear(&u->texts);
	u->n_read++;
}

void update_chunk(struct update *u, const struct rec_chunk *c)
{
	if (u->n_pieces == u->cap_pieces) {
		u->cap_pieces = u->cap_pieces ? 2 * u->cap_pieces : 64;
		u->piece = mem_realloc(u->piece, u->cap_pieces * sizeof *u->piece);
	}
	struct piece *p = &u->piece[u->n_pieces++];
	*p = (struct piece){*c, u->texts.len, 0, c->ext_id != NULL};
	buf_add(&u->texts, c->text, c->n_text);
	p->id_at = u->texts.len;
	if (c->ext_id)
		buf_add(&u->texts, c->ext_id, c->n_ext_id);
}

static int send_piece(struct chunker *k, struct piece *p, uint32_t from, struct err *e)
{
	static const struct meta none = META_INIT;
	struct update *u = k->up;
	const char *text = (char *)u->texts.p + p->text_at;
	if (k->c->full)
		count_all(k, text, p->c.n_text);
	if (from != ALIGN_NONE) {
		keep(u, &(struct rec_kept){from, passage_hash(text, p->c.n_text), p->c.off_bytes,
					   p->c.len_bytes, p->c.sub_off_bytes, p->c.sub_len_bytes});
		return 0;
	}
	p->c.text = text;
	p->c.ext_id = p->has_id ? (char *)u->texts.p + p->id_at : NULL;
	u->n_all++;
	const struct meta *m = meta_places_find(&u->metas, 0, u->metas.n, p->c.off_bytes,
						p->c.sub_off_bytes);
	return write_chunk(k, &p->c, m ? m : &none, !k->c->full, e);
}

int update_file_end(struct chunker *k, struct err *e)
{
	struct update *u = k->up;
	uint32_t *from = mem_array(u->n_pieces + 1, sizeof *from), before = update_before(u);
	char *path = path_below(k->src->roots[u->src->root].path, u->src->rel);
	int r = update_match(k, from, e);
	if (!r)
		r = write_file(k, &u->file, u->raw, e);
	for (size_t i = 0; i < u->metas.n && !r; i++)
		r = write_meta(k, u->metas.p[i].off, u->metas.p[i].sub_off, &u->metas.p[i].m, e);
	for (size_t i = 0; i < u->n_pieces && !r; i++)
		r = send_piece(k, &u->piece[i], from[i], e);
	if (!r)
		r = send_kept(k, e);
	replaced(u, u->src);
	update_note(u, u->src->old1 ? '~' : before != NAMES_NONE ? '>' : '+', before, path);
	mem_free(path);
	mem_free(from);
	return r;
}
