/* Taking in a vector stream; see collect.h. */
#include "collect_impl.h"

#include <string.h>

#include "algo/passages.h"
#include "base/progress.h"
#include "fmt/copies.h"
#include "fmt/postings.h"

void collect_init(struct collect *c)
{
	*c = (struct collect){.in.head = SHEAD_INIT, .spool = SPOOL_INIT};
	c->ib = index_build_new();
}

void collect_release(struct collect *c)
{
	stream_in_release(&c->in);
	changes_release(&c->changes);
	buf_release(&c->hashes);
	buf_release(&c->copies);
	index_build_free(c->ib);
	spool_release(&c->spool);
	buf_release(&c->kept);
	buf_release(&c->assign);
	buf_release(&c->codes);
	buf_release(&c->terms);
	buf_release(&c->postings);
	meta_places_release(&c->metas);
	buf_release(&c->lang);
}

/* Of a record only its line is found again by cutting, and that by reading all lines before it. */
int collect_refuse_records(const struct rec_file *f, struct err *e)
{
	if (!(f->flags & FILE_RECORDS))
		return 0;
	return err_set(e, ERR_DATA, "--tiny: %.*s: of JSON Lines the spans of passages are kept: "
		       "leave --tiny out, --bytes 16 has codes as small",
		       (int)f->n_path, (const char *)f->path);
}

static int take_file(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		     struct err *e)
{
	struct rec_file f;
	if (rec_file(check, r, &f, e) || (c->tiny && collect_refuse_records(&f, e)) ||
	    index_build_meta(c->ib, NULL, e))
		return -1;
	meta_places_clear(&c->metas);
	return index_build_file(c->ib, &f, e);
}

/* An index that cuts its files again finds what a passage is under when it shows it, too. */
void collect_forget_trail(const struct collect *c, struct meta *m)
{
	if (!c->forget_trail)
		return;
	meta_del(m, "heading");
	meta_del(m, "symbol");
}

/* Places of sets move as there are more: none is kept over a record. */
static int take_meta(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		     struct err *e)
{
	struct meta m = META_INIT;
	uint64_t off, sub_off;
	if (rec_meta(check, r, &off, &sub_off, &m, e) || index_build_meta(c->ib, NULL, e)) {
		meta_release(&m);
		return -1;
	}
	collect_forget_trail(c, &m);
	meta_places_add(&c->metas, off, sub_off, &m);
	return 0;
}

static int take_chunk(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		      struct err *e)
{
	struct rec_chunk k;
	if (rec_chunk(check, r, &k, e) ||
	    index_build_meta(c->ib, meta_places_find(&c->metas, 0, c->metas.n, k.off_bytes,
						     k.sub_off_bytes), e))
		return -1;
	uint16_t lang = (uint16_t)index_build_last_lang(c->ib);
	index_build_chunk(c->ib, &k);
	buf_add(&c->lang, &lang, sizeof lang);
	return 0;
}

/* One record of the body of the stream. at: where enrichments lie in kept. */
static int take(struct collect *c, struct rec_check *check, const struct stream_rec *r,
		size_t at[6], struct err *e)
{
	float v[DIM_MAX];
	struct rec_terms t;
	uint64_t off;
	const uint8_t *p;
	size_t n;
	int done = c->changes.on ? collect_change(c, check, r, e) : 1;
	if (done <= 0)
		return done;
	switch (r->tag) {
	case TAG_FILE: return take_file(c, check, r, e);
	case TAG_TEXT:
		if (rec_text(check, r, &p, &n, e))
			return -1;
		index_build_text(c->ib, p, n);
		return 0;
	case TAG_META: return take_meta(c, check, r, e);
	case TAG_CHUNK: return take_chunk(c, check, r, e);
	case TAG_VEC:
		return rec_vec(check, r, v, e) || spool_add(&c->spool, v, e) ? -1 : 0;
	case TAG_ANCHORS: return collect_anchors(c, check, r, at, e);
	case TAG_ASSIGN: return collect_assign(c, check, r, e);
	case TAG_CODEBOOK: return collect_codebook(c, check, r, at, e);
	case TAG_CODES: return collect_codes(c, check, r, e);
	case TAG_HASHES: return collect_hashes(c, check, r, e);
	case TAG_COPIES:
		if (rec_copies(check, r, &p, &n, e))
			return -1;
		copies_take(&c->copies, p, n * COPIES_RUN_BYTES);
		return 0;
	case TAG_TERMS:
		return rec_terms(check, r, &t, e) ? -1 : collect_terms(c, &t);
	case TAG_POSTINGS:
		if (rec_postings(check, r, &off, &p, &n, e))
			return -1;
		buf_add(&c->postings, p, n);
		return 0;
	default: return rec_any(check, r, e);
	}
}

/* A stream of all files may say what its chunks and those kept do not have. */
static int check_copies(const struct collect *c, struct err *e)
{
	struct copies x = copies_in(&c->copies);
	return copies_check(&x, c->changes.n_old + c->spool.n, e) ? err_prefix(e, "stdin") : 0;
}

static int check_postings(const struct collect *c, struct err *e)
{
	struct postings x;
	if (c->postings.len &&
	    (postings_open(&x, c->postings.p, c->postings.len, c->spool.n, e) ||
	     postings_verify(&x, e)))
		return err_prefix(e, "stdin");
	return 0;
}

/* A reader cuts as this program's chunker does, which is what has to have cut the stream. */
static int want_chunker(struct collect *c, struct err *e)
{
	const struct shead *h = &c->in.head;
	uint64_t version;
	char cut[100], context[16];
	if (shead_u64(h, "chunk_version", 0, UINT32_MAX, &version, e) ||
	    shead_str(h, "chunk_structure", cut, sizeof cut, e) ||
	    shead_str(h, "context", context, sizeof context, e))
		return -1;
	c->forget_trail = strcmp(context, "full") != 0;
	if (*cut && strcmp(cut, "none"))
		return err_set(e, ERR_DATA, "stdin: --tiny: %s cut it: give leann-chunk --structure=none", cut);
	if (version == PASSAGES_VERSION)
		return 0;
	return err_set(e, ERR_DATA, "stdin: --tiny: chunker version %llu cut the passages, this "
		       "program cuts them again with %d", (unsigned long long)version,
		       PASSAGES_VERSION);
}

int collect_stream(struct collect *c, bool quiet, struct err *e)
{
	struct rec_check check;
	struct stream_rec r;
	struct progress pr;
	size_t at[6] = {0};
	int k;
	if (stream_in_open(&c->in, 0, "stdin", "vectors", e) || rec_check_init(&check, &c->in, e) ||
	    spool_open(&c->spool, check.dim, e))
		return -1;
	if (collect_open_changes(c, e))
		return -1;
	/* an index without spans is written anew without */
	c->tiny |= c->changes.on && !c->changes.base.chunks && c->changes.base.n_chunks;
	if (c->tiny && want_chunker(c, e))
		return -1;
	progress_start(&pr, "chunks", 0, quiet);
	while ((k = stream_in_next(&c->in, &r, e)) > 0) {
		if (take(c, &check, &r, at, e)) {
			k = -1;
			break;
		}
		progress_at(&pr, check.n_vecs);
	}
	progress_end(&pr, check.n_vecs);
	if (k < 0 || rec_check_end(&check, e))
		return -1;
	collect_settle(c, at);
	if (c->changes.on && changes_lay_out(&c->changes, c, e))
		return -1;
	return check_copies(c, e) || check_postings(c, e) ? -1 : 0;
}
