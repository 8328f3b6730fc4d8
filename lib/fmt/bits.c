/* Bit-packed numbers; see bits.h. */
#include "fmt/bits.h"

#include "base/le.h"
#include "base/mem.h"

unsigned bits_width(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

void bits_pack(struct buf *b, const uint64_t *v, size_t n, unsigned width)
{
	size_t start = b->len, total = (n * width + 7) / 8;
	buf_zero(b, total);
	uint8_t *p = b->p + start;
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < width;) {
			size_t bit = i * width + k;
			unsigned room = 8 - bit % 8, take = width - k < room ? width - k : room;
			uint64_t part = v[i] >> k & ((1u << take) - 1);
			p[bit / 8] |= (uint8_t)(part << bit % 8);
			k += take;
		}
}

uint64_t bits_get(const uint8_t *p, size_t i, unsigned width)
{
	uint64_t v = 0;
	for (unsigned k = 0; k < width;) {
		size_t bit = i * width + k;
		unsigned room = 8 - bit % 8, take = width - k < room ? width - k : room;
		v |= (uint64_t)(p[bit / 8] >> bit % 8 & ((1u << take) - 1)) << k;
		k += take;
	}
	return v;
}

uint64_t zigzag(int64_t v)
{
	return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

int64_t unzigzag(uint64_t u)
{
	return (int64_t)(u & 1 ? ~(u >> 1) : u >> 1);
}

void column_pack(struct buf *b, const uint64_t *v, size_t n)
{
	uint8_t head[COLUMN_HEAD] = {0};
	uint64_t min = n ? v[0] : 0, max = min;
	size_t start = b->len;
	struct buf rel = BUF_INIT;
	for (size_t i = 1; i < n; i++) {
		min = v[i] < min ? v[i] : min;
		max = v[i] > max ? v[i] : max;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t d = v[i] - min;
		buf_add(&rel, &d, sizeof d);
	}
	put_le64(head, min);
	put_le32(head + 8, bits_width(max - min));
	buf_add(b, head, sizeof head);
	bits_pack(b, (const uint64_t *)(const void *)rel.p, n, bits_width(max - min));
	buf_zero(b, (8 - (b->len - start) % 8) % 8);
	buf_release(&rel);
}

int column_open(struct column *c, const uint8_t **p, size_t *left, size_t n, const char *what,
		struct err *e)
{
	size_t bits, bytes;
	if (*left < COLUMN_HEAD)
		return err_set(e, ERR_DATA, "%s: column cut short: %zu bytes left", what, *left);
	c->min = get_le64(*p);
	uint32_t width = get_le32(*p + 8);
	if (width > 64 || get_le32(*p + 12))
		return err_set(e, ERR_DATA, "%s: column of width %u", what, width);
	if (size_mul(n, width, &bits, e) || size_add(bits, 63, &bits, e))
		return err_prefix(e, "%s", what);
	bytes = bits / 64 * 8;
	if (bytes > *left - COLUMN_HEAD)
		return err_set(e, ERR_DATA, "%s: column of %zu x %u bits, %zu bytes left", what, n,
			       width, *left - COLUMN_HEAD);
	c->width = width;
	c->n = n;
	c->p = *p + COLUMN_HEAD;
	*p += COLUMN_HEAD + bytes;
	*left -= COLUMN_HEAD + bytes;
	return 0;
}

uint64_t column_get(const struct column *c, size_t i)
{
	return c->min + bits_get(c->p, i, c->width);
}
