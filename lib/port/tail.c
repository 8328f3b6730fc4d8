/* What follows the last chunk; see tail.h. */
#include "port/tail.h"

#include "fmt/copies.h"
#include "fmt/postings.h"
#include "fmt/record.h"

void tail_init(struct tail *t, bool copies, bool postings)
{
	*t = (struct tail){.terms = terms_count_new(), .twins = copies ? twins_new() : NULL,
			   .rare = postings ? rare_new(POSTINGS_MOST) : NULL};
}

void tail_hash(struct tail *t, const char *text, size_t n)
{
	buf_addc(&t->hashes, passage_hash(text, n));
}

void tail_copy(struct tail *t, const char *text, size_t n, uint64_t number)
{
	uint32_t of = t->twins ? twins_add(t->twins, text, n, (uint32_t)number) : (uint32_t)number;
	if (of == number)
		return;
	copies_add(&t->copies, (uint32_t)number, of);
	t->n_copies++;
}

void tail_words(struct tail *t, const char *text, size_t n, uint64_t number)
{
	terms_add(t->terms, text, n);
	if (t->rare)
		rare_add(t->rare, terms_words(t->terms), (uint32_t)(number >> POSTINGS_SHIFT));
}

void tail_word_hashes(struct tail *t, const uint64_t *hash, size_t n, uint64_t number)
{
	terms_add_hashes(t->terms, hash, n);
	if (t->rare)
		rare_add_hashes(t->rare, hash, n, (uint32_t)(number >> POSTINGS_SHIFT));
}

static int send_postings(struct tail *t, size_t n_chunks, struct stream_out *out, struct buf *body,
			 struct err *e)
{
	struct buf bytes = BUF_INIT;
	size_t n;
	const uint64_t *pair = rare_pairs(t->rare, &n);
	postings_pack(pair, n, n_chunks, &bytes);
	int r = postings_send(&bytes, out, body, e);
	buf_release(&bytes);
	return r;
}

int tail_send(struct tail *t, size_t n_chunks, struct stream_out *out, struct buf *body, struct err *e)
{
	struct buf level = BUF_INIT;
	terms_pack(t->terms, &level);
	put_terms(body, &(struct rec_terms){terms_n_words(t->terms), level.p, level.len});
	buf_release(&level);
	return stream_out_buf(out, body, e) || (t->rare && send_postings(t, n_chunks, out, body, e)) ||
			       hashes_send(t->hashes.p, t->hashes.len, out, body, e) ||
			       copies_send(&t->copies, out, body, e)
		       ? -1
		       : 0;
}

void tail_release(struct tail *t)
{
	terms_count_free(t->terms);
	twins_free(t->twins);
	rare_free(t->rare);
	buf_release(&t->hashes);
	buf_release(&t->copies);
	*t = (struct tail){0};
}
