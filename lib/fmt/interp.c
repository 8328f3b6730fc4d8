/* Ascending numbers as few bits; see interp.h. */
#include "fmt/interp.h"

#include "base/le.h"

/* Floor of log2 of r > 0. */
static unsigned log2_floor(uint32_t r)
{
	return 31 - (unsigned)__builtin_clz(r);
}

void interp_put_bits(struct interp_out *o, uint32_t v, unsigned n)
{
	o->acc |= (uint64_t)v << o->n;
	for (o->n += n; o->n >= 8; o->n -= 8) {
		buf_addc(o->b, (int)(o->acc & 0xff));
		o->acc >>= 8;
	}
}

void interp_put_number(struct interp_out *o, uint32_t x, uint32_t lo, uint32_t hi)
{
	uint32_t y = x - lo, r = hi - lo + 1;
	unsigned w = log2_floor(r);
	uint32_t u = (uint32_t)(((uint64_t)2 << w) - r);
	if (y < u) {
		interp_put_bits(o, y, w);
	} else {
		interp_put_bits(o, (y + u) >> 1, w);
		interp_put_bits(o, (y + u) & 1, 1);
	}
}

void interp_put_list(struct interp_out *o, const uint32_t *v, size_t k, uint32_t lo, uint32_t hi)
{
	if (!k)
		return;
	uint32_t m = (uint32_t)(k / 2), after = (uint32_t)(k - 1 - k / 2);
	interp_put_number(o, v[m], lo + m, hi - after);
	if (m)
		interp_put_list(o, v, m, lo, v[m] - 1);
	if (after)
		interp_put_list(o, v + m + 1, after, v[m] + 1, hi);
}

/* The bits from s->at on, 57 of them at least. */
static inline uint64_t peek(const struct interp_in *s)
{
	uint64_t v = 0, byte = s->at / 8;
	if (byte + 8 <= s->end / 8)
		v = get_le64(s->p + byte);
	else
		for (unsigned i = 0; byte + i < s->end / 8; i++)
			v |= (uint64_t)s->p[byte + i] << 8 * i;
	return v >> s->at % 8;
}

uint32_t interp_get_bits(struct interp_in *s, unsigned n)
{
	uint64_t v = peek(s);
	s->at += n;
	return (uint32_t)(v & (((uint64_t)1 << n) - 1));
}

static inline uint32_t get_number(struct interp_in *s, uint32_t lo, uint32_t hi)
{
	uint32_t r = hi - lo + 1;
	unsigned w = log2_floor(r);
	uint32_t u = (uint32_t)(((uint64_t)2 << w) - r);
	uint64_t v = peek(s);
	uint32_t y = (uint32_t)(v & (((uint64_t)1 << w) - 1));
	s->at += w;
	if (y >= u) {
		y = (y << 1 | (uint32_t)(v >> w & 1)) - u;
		s->at++;
	}
	return lo + y;
}

uint32_t interp_get_number(struct interp_in *s, uint32_t lo, uint32_t hi)
{
	return get_number(s, lo, hi);
}

void interp_get_list(struct interp_in *s, uint32_t *v, size_t k, uint32_t lo, uint32_t hi)
{
	while (k) {	/* the values after the middle one are the loop's next round */
		uint32_t m = (uint32_t)(k / 2), after = (uint32_t)(k - 1 - k / 2);
		v[m] = get_number(s, lo + m, hi - after);
		if (m == 1)
			v[0] = get_number(s, lo, v[1] - 1);
		else if (m)
			interp_get_list(s, v, m, lo, v[m] - 1);
		lo = v[m] + 1;
		v += m + 1;
		k = after;
	}
}

void interp_put_end(struct interp_out *o)
{
	interp_put_bits(o, 0, (8 - o->n) % 8);
}

bool interp_ended(struct interp_in *s)
{
	return (s->at + 7) / 8 == s->end / 8 && !interp_get_bits(s, (unsigned)(s->end - s->at));
}
