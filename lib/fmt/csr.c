/* Graphs as bytes; the layout is in csr.h. */
#include "fmt/csr.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "fmt/interp.h"

enum { HEAD = 24 };
static const char magic[4] = {'L', 'G', 'R', '1'};

void csr_release(struct csr *c)
{
	mem_free(c->offs);
	mem_free(c->edges);
	*c = (struct csr)CSR_INIT;
}

static int check_node(const struct csr *c, size_t i, size_t *max_degree, struct err *e)
{
	size_t d = (size_t)(c->offs[i + 1] - c->offs[i]);
	const uint32_t *v = c->edges + c->offs[i];
	if (d > CSR_DEGREE_MAX)
		return err_set(e, ERR_DATA, "graph: node %zu has %zu links, at most %d can be had",
			       i, d, CSR_DEGREE_MAX);
	for (size_t j = 0; j < d; j++)
		if (v[j] >= c->n || v[j] == i || (j && v[j] <= v[j - 1]))
			return err_set(e, ERR_DATA, "graph: node %zu: link %zu to %u of %zu nodes",
				       i, j, v[j], c->n);
	if (d > *max_degree)
		*max_degree = d;
	return 0;
}

int csr_pack(const struct csr *c, struct buf *b, struct err *e)
{
	size_t max_degree = 0, n_blocks = (c->n + CSR_BLOCK - 1) / CSR_BLOCK, at = b->len;
	struct interp_out o = {.b = b};
	if (c->n >= UINT32_MAX || (c->n && c->entry >= c->n))
		return err_set(e, ERR_DATA, "graph: entry %u of %zu nodes", c->entry, c->n);
	for (size_t i = 0; i < c->n; i++)
		if (check_node(c, i, &max_degree, e))
			return -1;
	buf_zero(b, HEAD + 4 * n_blocks);
	size_t data = b->len;
	for (size_t i = 0; i < c->n; i++) {
		size_t d = (size_t)(c->offs[i + 1] - c->offs[i]);
		interp_put_number(&o, (uint32_t)d, 0, (uint32_t)max_degree);
		interp_put_list(&o, c->edges + c->offs[i], d, 0, (uint32_t)c->n - 1);
		if (i % CSR_BLOCK != CSR_BLOCK - 1 && i + 1 < c->n)
			continue;
		interp_put_end(&o);
		if (b->len - data > UINT32_MAX)
			return err_set(e, ERR_DATA, "graph: links take more than 4 GiB");
		put_le32(b->p + at + HEAD + 4 * (i / CSR_BLOCK), (uint32_t)(b->len - data));
	}
	memcpy(b->p + at, magic, 4);
	put_le32(b->p + at + 4, (uint32_t)c->n);
	put_le32(b->p + at + 8, c->n ? c->entry : 0);
	put_le32(b->p + at + 12, (uint32_t)max_degree);
	put_le64(b->p + at + 16, c->n ? c->offs[c->n] : 0);
	return 0;
}

/* The nodes of block b, whose bytes are p[0..n_bytes-1]; edges are bounded by n_edges. */
static int get_block(struct csr *c, size_t b, const uint8_t *p, size_t n_bytes, uint32_t max_degree,
		     uint64_t n_edges, struct err *e)
{
	struct interp_in s = {.p = p, .end = 8 * (uint64_t)n_bytes};
	size_t end = (b + 1) * CSR_BLOCK < c->n ? (b + 1) * CSR_BLOCK : c->n;
	for (size_t i = b * CSR_BLOCK; i < end; i++) {
		uint32_t d = interp_get_number(&s, 0, max_degree);
		uint32_t *v = c->edges + c->offs[i];
		if (d >= c->n || d > n_edges - c->offs[i])
			return err_set(e, ERR_DATA, "graph: node %zu has %u links", i, d);
		c->offs[i + 1] = c->offs[i] + d;
		interp_get_list(&s, v, d, 0, (uint32_t)c->n - 1);
		for (uint32_t j = 0; j < d; j++)
			if (v[j] == i)
				return err_set(e, ERR_DATA, "graph: node %zu is linked to itself",
					       i);
	}
	/* s.at <= s.end < s.at + 8 once the sizes agree */
	if (!interp_ended(&s))
		return err_set(e, ERR_DATA, "graph: block %zu has %zu bytes, its links take %llu",
			       b, n_bytes, (unsigned long long)(s.at + 7) / 8);
	return 0;
}

static int check_head(const uint8_t *p, size_t n_bytes, size_t *n_blocks, struct err *e)
{
	if (n_bytes < HEAD || memcmp(p, magic, 4))
		return err_set(e, ERR_DATA, "graph: %zu bytes that do not begin with LGR1",
			       n_bytes);
	uint64_t n = get_le32(p + 4), n_edges = get_le64(p + 16);
	uint32_t entry = get_le32(p + 8), max_degree = get_le32(p + 12);
	*n_blocks = (size_t)((n + CSR_BLOCK - 1) / CSR_BLOCK);
	if (n == UINT32_MAX || (n ? entry >= n : entry > 0))
		return err_set(e, ERR_DATA, "graph: entry %u of %llu nodes", entry,
			       (unsigned long long)n);
	if (max_degree > CSR_DEGREE_MAX || n_edges > n * max_degree)
		return err_set(e, ERR_DATA, "graph: %llu links, at most %u a node, %llu nodes",
			       (unsigned long long)n_edges, max_degree, (unsigned long long)n);
	/* bounds the room that a small hostile header can ask for */
	if ((n_bytes - HEAD) / 4 < *n_blocks || (n > 4096 && n_edges / 64 > n_bytes))
		return err_set(e, ERR_DATA,
			       "graph: %zu bytes cannot hold %llu nodes and %llu links", n_bytes,
			       (unsigned long long)n, (unsigned long long)n_edges);
	return 0;
}

static int get_blocks(struct csr *c, const uint8_t *p, size_t n_bytes, size_t n_blocks,
		      struct err *e)
{
	uint32_t max_degree = get_le32(p + 12);
	const uint8_t *data = p + HEAD + 4 * n_blocks;
	uint64_t n_edges = get_le64(p + 16), from = 0,
		 size = n_bytes - HEAD - 4 * (uint64_t)n_blocks;
	size_t seen = 0;
	for (size_t b = 0; b < n_blocks; b++) {
		uint32_t to = get_le32(p + HEAD + 4 * b);
		if (to < from || to > size)
			return err_set(e, ERR_DATA, "graph: block %zu ends at %u of %llu bytes", b,
				       to, (unsigned long long)size);
		if (get_block(c, b, data + from, (size_t)(to - from), max_degree, n_edges, e))
			return -1;
		from = to;
	}
	for (size_t i = 0; i < c->n; i++)
		if (c->offs[i + 1] - c->offs[i] > seen)
			seen = (size_t)(c->offs[i + 1] - c->offs[i]);
	if (from != size || c->offs[c->n] != n_edges || seen != max_degree)
		return err_set(e, ERR_DATA,
			       "graph: %llu links, at most %zu a node, in %llu bytes; stated %llu, "
			       "%u, %llu",
			       (unsigned long long)c->offs[c->n], seen, (unsigned long long)from,
			       (unsigned long long)n_edges, max_degree, (unsigned long long)size);
	return 0;
}

int csr_unpack(const uint8_t *p, size_t n_bytes, struct csr *c, struct err *e)
{
	size_t n_blocks = 0;
	if (check_head(p, n_bytes, &n_blocks, e))
		return -1;
	c->n = get_le32(p + 4);
	c->entry = get_le32(p + 8);
	uint64_t n_edges = get_le64(p + 16);
	c->offs = mem_calloc(c->n + 1, sizeof *c->offs);
	c->edges = mem_array((size_t)n_edges, sizeof *c->edges);
	if (!get_blocks(c, p, n_bytes, n_blocks, e))
		return 0;
	csr_release(c);
	return -1;
}
