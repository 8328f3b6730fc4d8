/* Terms, postings and hashes of what leann-bundle cat writes; see cat_words.h. */
#include "cat_words.h"

#include "fmt/copies.h"
#include "fmt/postings.h"

void cat_words_init(struct cat_words *w, bool postings, bool context)
{
	w->terms = terms_count_new();
	w->hashes = w->copies = (struct buf)BUF_INIT;
	w->twins = context ? NULL : twins_new();
	w->rare = postings ? rare_new(POSTINGS_MOST) : NULL;
}

void cat_words_release(struct cat_words *w)
{
	terms_count_free(w->terms);
	rare_free(w->rare);
	buf_release(&w->hashes);
	buf_release(&w->copies);
	twins_free(w->twins);
}

void cat_words_add(struct cat_words *w, uint64_t id, const struct buf *text)
{
	const char *p = text->p ? (const char *)text->p : "";
	terms_add(w->terms, p, text->len);
	buf_addc(&w->hashes, passage_hash(p, text->len));
	uint32_t of = w->twins ? twins_add(w->twins, p, text->len, (uint32_t)id) : (uint32_t)id;
	if (of != id)
		copies_add(&w->copies, (uint32_t)id, of);
	if (w->rare)
		rare_add(w->rare, terms_words(w->terms), (uint32_t)(id >> POSTINGS_SHIFT));
}

int cat_words_put(struct cat_words *w, uint64_t n_chunks, struct stream_out *out, struct err *e)
{
	struct buf body = BUF_INIT, bytes = BUF_INIT;
	size_t n;
	terms_pack(w->terms, &bytes);
	put_terms(&body, &(struct rec_terms){terms_n_words(w->terms), bytes.p, bytes.len});
	int r = stream_out_buf(out, &body, e);
	if (!r && w->rare) {
		const uint64_t *pair = rare_pairs(w->rare, &n);
		buf_clear(&bytes);
		postings_pack(pair, n, (size_t)n_chunks, &bytes);
		r = postings_send(&bytes, out, &body, e);
	}
	if (!r)
		r = hashes_send(w->hashes.p, w->hashes.len, out, &body, e) ||
			    copies_send(&w->copies, out, &body, e)
		    ? -1
		    : 0;
	buf_release(&body);
	buf_release(&bytes);
	return r;
}
