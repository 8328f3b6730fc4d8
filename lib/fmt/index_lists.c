/* Anchors' lists; see index_lists.h and leann-index(5). */
#include "fmt/index_lists.h"

#include "base/le.h"
#include "base/mem.h"
#include "fmt/index_get.h"
#include "fmt/interp.h"

/* (n_lists + 1): where each list starts among all. */
static uint32_t *starts_of(const uint32_t *assign, size_t n, size_t n_lists)
{
	uint32_t *start = mem_calloc(n_lists + 1, sizeof *start);
	for (size_t i = 0; i < n; i++)
		start[assign[i] + 1]++;
	for (size_t a = 0; a < n_lists; a++)
		start[a + 1] += start[a];
	return start;
}

void index_list_order(const uint32_t *assign, size_t n, size_t n_lists, uint32_t *order)
{
	uint32_t *next = starts_of(assign, n, n_lists);
	for (size_t i = 0; i < n; i++)
		order[next[assign[i]]++] = (uint32_t)i;
	mem_free(next);
}

void index_put_lists(struct buf *b, const uint32_t *assign, size_t n, size_t n_lists)
{
	uint32_t *start = starts_of(assign, n, n_lists), *order = mem_array(n, sizeof *order);
	size_t ends = b->len, data = ends + 8 * n_lists;
	struct interp_out o = {.b = b};
	index_list_order(assign, n, n_lists, order);
	buf_zero(b, 8 * n_lists);
	for (size_t a = 0; a < n_lists; a++) {
		interp_put_list(&o, order + start[a], start[a + 1] - start[a], 0,
				(uint32_t)(n - 1));
		interp_put_end(&o);
		put_le64(b->p + ends + 8 * a, b->len - data);
	}
	mem_free(start);
	mem_free(order);
}

int index_open_lists(struct index *ix, struct err *e)
{
	const struct bundle_member *m = bundle_find(&ix->b, "lists");
	size_t n = ix->anchors.m;
	uint64_t from = 0;
	if (!m)
		return 0;
	if (!n)
		return index_bad(ix, e, "member lists, but no anchors");
	if (m->n / 8 < n)
		return index_bad(ix, e, "member lists: %zu bytes for %zu lists", m->n, n);
	ix->list_start = mem_array(n + 1, sizeof *ix->list_start);
	ix->list_start[0] = 0;
	for (size_t a = 0; a < n; a++) {
		uint64_t to = get_le64(m->p + 8 * a);
		if (to < from || to > m->n - 8 * n)
			return index_bad(ix, e, "member lists: list %zu at %llu..%llu of %zu", a,
					 (unsigned long long)from, (unsigned long long)to,
					 m->n - 8 * n);
		from = to;
		/* index.c has added them up: they are n_chunks, a u32 */
		ix->list_start[a + 1] = ix->list_start[a] + get_le32(ix->anchor_size + 4 * a);
	}
	if (from != m->n - 8 * n)
		return index_bad(ix, e, "member lists: lists end at %llu of %zu",
				 (unsigned long long)from, m->n - 8 * n);
	ix->lists = m;
	return 0;
}

void index_list_bytes(const struct index *ix, size_t a, const uint8_t **p, size_t *n)
{
	const uint8_t *ends = ix->lists->p, *data = ends + 8 * ix->anchors.m;
	size_t from = a ? (size_t)get_le64(ends + 8 * (a - 1)) : 0;
	*p = data + from;
	*n = (size_t)get_le64(ends + 8 * a) - from;
}

int index_list(const struct index *ix, size_t a, uint32_t *ids, struct err *e)
{
	size_t k = ix->list_start[a + 1] - ix->list_start[a], n_bytes;
	struct interp_in s = {0};
	index_list_bytes(ix, a, &s.p, &n_bytes);
	s.end = 8 * (uint64_t)n_bytes;
	interp_get_list(&s, ids, k, 0, (uint32_t)(ix->n_chunks - 1));
	if (!interp_ended(&s))
		return index_bad(ix, e, "member lists: list %zu has %zu bytes, its %zu chunks take "
				 "%llu", a, n_bytes, k, (unsigned long long)(s.at + 7) / 8);
	return 0;
}

int index_places(const struct index *ix, uint32_t **place, struct err *e)
{
	size_t n = ix->n_chunks;
	uint32_t *at = mem_array(n, sizeof *at), *ids = mem_array(n, sizeof *ids);
	for (size_t i = 0; i < n; i++)
		at[i] = UINT32_MAX;	/* no place: there are n_chunks <= UINT32_MAX */
	for (size_t a = 0; a < ix->anchors.m; a++) {
		size_t from = ix->list_start[a], to = ix->list_start[a + 1];
		if (index_list(ix, a, ids, e))
			goto fail;
		for (size_t p = from; p < to; p++) {
			if (at[ids[p - from]] != UINT32_MAX) {
				index_bad(ix, e, "member lists: chunk %u is in list %zu and one "
					  "before", ids[p - from], a);
				goto fail;
			}
			at[ids[p - from]] = (uint32_t)p;
		}
	}
	mem_free(ids);
	*place = at;
	return 0;
fail:
	mem_free(ids);
	mem_free(at);
	return -1;
}
