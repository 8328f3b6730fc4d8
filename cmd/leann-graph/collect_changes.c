/* What of a stream changes to an index differ in; see collect_impl.h. */
#include "algo/terms.h"
#include "collect_impl.h"
#include "fmt/context.h"
#include "fmt/copies.h"

int collect_terms(struct collect *c, const struct rec_terms *t)
{
	const struct rec_terms *old = &c->changes.base.terms;
	struct rec_terms sum = {t->n_words + old->n_words, NULL, 0};
	struct buf level = BUF_INIT;
	if (!c->changes.on || c->changes.full || !c->changes.base.n_chunks) {
		index_put_terms(&c->terms, t);
		return 0;
	}
	if (!old->n_buckets)
		return 0;
	terms_sum(old->level, old->n_buckets, t->level, t->n_buckets, &level);
	sum.level = level.p;
	sum.n_buckets = level.len;
	index_put_terms(&c->terms, &sum);
	buf_release(&level);
	return 0;
}

void collect_copies(struct collect *c)
{
	const struct rec_chunk *now = (const void *)c->changes.chunks.p;
	struct copies in = copies_in(&c->copies);
	const struct copies *old = &c->changes.base.copies;
	struct buf runs = BUF_INIT;
	buf_add(&runs, old->run, old->n_runs * sizeof *old->run);
	for (size_t i = 0; i < in.n_runs; i++)
		for (size_t k = 0; k < in.run[i].n; k++)
			copies_add(&runs, (uint32_t)now[in.run[i].chunk + k].id,
				   (uint32_t)now[in.run[i].of + k].id);
	buf_release(&c->copies);
	c->copies = runs;
}

int collect_hashes(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		       struct err *e)
{
	uint64_t first;
	const uint8_t *p;
	size_t n;
	if (rec_hashes(check, r, &first, &p, &n, e))
		return -1;
	buf_add(c->changes.on ? &c->changes.hashes : &c->hashes, p, n);
	return 0;
}

static int take_meta(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		     struct err *e)
{
	struct meta m = META_INIT;
	uint64_t off, sub_off;
	int bad = rec_meta(check, r, &off, &sub_off, &m, e);
	collect_forget_trail(c, &m);
	if (!bad)
		changes_meta(&c->changes, off, sub_off, &m);
	meta_release(&m);
	return bad;
}

int collect_change(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		       struct err *e)
{
	struct changes *x = &c->changes;
	float v[DIM_MAX];
	struct rec_file f;
	struct rec_chunk k;
	uint64_t file;
	const uint8_t *p;
	size_t n;
	switch (r->tag) {
	case TAG_FILE:
		if (rec_file(check, r, &f, e) || (c->tiny && collect_refuse_records(&f, e)))
			return -1;
		if ((f.flags & (FILE_STORED | FILE_EXTRACTED)) == FILE_STORED && !x->full)
			return err_set(e, ERR_DATA, "stdin: a stored file among changes");
		changes_file(x, &f);
		return 0;
	case TAG_CHUNK:
		if (rec_chunk(check, r, &k, e))
			return -1;
		changes_chunk(x, &k);
		return 0;
	case TAG_META: return take_meta(c, check, r, e);
	case TAG_TEXT:
		return rec_text(check, r, &p, &n, e) || changes_text(x, p, n, e) ? -1 : 0;
	case TAG_VEC: return rec_vec(check, r, v, e) || spool_add(&x->vecs, v, e) ? -1 : 0;
	case TAG_GONE:
		return rec_gone(check, r, &p, &n, e) || changes_gone(x, p, n, e) ? -1 : 0;
	case TAG_KEPT:
		return rec_kept(check, r, &file, &p, &n, e) || changes_kept(x, file, p, n, e) ? -1 : 0;
	case TAG_ANCHORS:
	case TAG_CODEBOOK:
		return err_set(e, ERR_DATA, "stdin: anchors or codes among changes: the index has its own");
	default: return 1;
	}
}

/* Embeddings of one index are all with, or without, a line before the text. */
static int check_context(struct collect *c, struct err *e)
{
	enum context now, was;
	if (context_of_head(&c->in.head, &now, e))
		return err_prefix(e, "stdin");
	if (!c->changes.on)
		return 0;
	if (context_of_index(&c->changes.base, &was, e))
		return -1;
	if (now == was)
		return 0;
	return err_set(e, ERR_DATA, "stdin: changes with --context=%s to an index with %s",
		       context_names[now], context_names[was]);
}

int collect_open_changes(struct collect *c, struct err *e)
{
	bool has = shead_has(&c->in.head, "base");
	if (has && !c->base)
		return err_set(e, ERR_USAGE, "stdin: changes to an index: name it with --update");
	if (!has && c->base)
		return err_set(e, ERR_DATA, "stdin: no changes to an index, but all of one: leave "
			       "--update out, or take leann-chunk --update");
	return (has && changes_open(&c->changes, c->base, &c->in.head, e)) || check_context(c, e) ? -1 : 0;
}
