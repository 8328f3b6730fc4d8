/* Values of a tensor as f32; see safetensors.h. */
#include <stdint.h>
#include <string.h>

#include "base/le.h"
#include "nn/safetensors.h"

static float from_bits(uint32_t u)
{
	float f;
	memcpy(&f, &u, 4);
	return f;
}

/* IEEE 754 binary16, subnormals included. */
static float from_f16(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, man = h & 0x3ff;
	if (exp == 31)
		return from_bits(sign | 0x7f800000 | man << 13);
	if (exp)
		return from_bits(sign | (exp + 112) << 23 | man << 13);
	float v = (float)man * 0x1p-24f;
	return sign ? -v : v;
}

size_t tensor_first_bad(const float *p, size_t n)
{
	enum { PIECE = 1024 };
	for (size_t i = 0; i < n; i += PIECE) {
		size_t k = n - i < PIECE ? n - i : PIECE;
		uint32_t bad = 0, u;
		for (size_t j = 0; j < k; j++) {
			memcpy(&u, p + i + j, 4);
			bad |= (u & 0x7f800000) == 0x7f800000;
		}
		for (size_t j = 0; bad && j < k; j++) {
			memcpy(&u, p + i + j, 4);
			if ((u & 0x7f800000) == 0x7f800000)
				return i + j;
		}
	}
	return n;
}

size_t tensor_get_f32(const struct tensor *t, size_t from, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) {
		if (t->type == TENSOR_F32)
			out[i] = get_lef32(t->p + 4 * (from + i));
		else if (t->type == TENSOR_F16)
			out[i] = from_f16(get_le16(t->p + 2 * (from + i)));
		else
			out[i] = from_bits((uint32_t)get_le16(t->p + 2 * (from + i)) << 16);
	}
	return tensor_first_bad(out, n);
}

const float *tensor_f32(const struct tensor *t)
{
	const uint32_t one = 1;
	uint8_t first;
	memcpy(&first, &one, 1);
	if (t->type != TENSOR_F32 || !first || (uintptr_t)t->p % sizeof(float))
		return NULL;
	return (const float *)(const void *)t->p;	/* aligned: checked above */
}
