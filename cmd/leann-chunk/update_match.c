/* --update: which passages of a changed file the index has; see update.h. */
#include "algo/align.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"
#include "update.h"

static uint64_t key_of(uint64_t len, uint64_t sub_len, uint8_t hash)
{
	uint8_t b[17];
	put_le64(b, len);
	put_le64(b + 8, sub_len);
	b[16] = hash;
	return hash64(b, sizeof b);
}

uint32_t update_before(const struct update *u)
{
	if (u->src->old1)
		return u->src->old1 - 1;
	return u->src->was1 ? u->src->was1 - 1 : NAMES_NONE;
}

int update_match(const struct chunker *k, uint32_t *from, struct err *e)
{
	const struct update *u = k->up;
	const struct index *ix = &u->base.ix;
	uint32_t before = update_before(u);
	struct index_file f = {0};
	struct index_chunk c;
	size_t n_kept = 0;
	int r = 0;
	if (before != NAMES_NONE)
		index_file(ix, before, &f);
	bool may = ix->hashes && !k->c->reembed && !((f.flags ^ u->file.flags) & FILE_RECORDS);
	size_t n_old = may ? (size_t)f.n_chunks : 0;
	uint64_t *old = mem_array(n_old + 1, sizeof *old), *neu = mem_array(u->n_pieces + 1, sizeof *neu);
	for (size_t i = 0; i < n_old && !r; i++) {
		if ((r = index_chunk(ix, (size_t)f.first_chunk + i, &c, e)))
			break;
		old[i] = key_of(c.len_bytes, c.sub_len_bytes, index_hash(ix, (size_t)f.first_chunk + i));
	}
	for (size_t i = 0; i < u->n_pieces; i++) {
		const struct piece *p = &u->piece[i];
		neu[i] = key_of(p->c.len_bytes, p->c.sub_len_bytes,
				passage_hash((char *)u->texts.p + p->text_at, p->c.n_text));
	}
	if (!r)
		align_keys(old, n_old, neu, u->n_pieces, from);
	for (size_t i = 0; i < u->n_pieces && !r; i++)
		n_kept += from[i] != ALIGN_NONE;
	/* the file changed, so they cannot all be what they were */
	bool none = n_kept == u->n_pieces && n_kept == n_old;
	for (size_t i = 0; i < u->n_pieces && !r; i++)
		from[i] = none || from[i] == ALIGN_NONE ? ALIGN_NONE : (uint32_t)f.first_chunk + from[i];
	mem_free(old);
	mem_free(neu);
	return r;
}
