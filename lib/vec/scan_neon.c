/* Look-ups by NEON: four tables of 64 bytes serve 16 codes. See scan.h. */
#include "vec/scan.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include "vec/unroll.h"

/* x[i] = v[c[i]]; an index past its 64 bytes gives 0, or leaves what was found. */
static inline void look_up(const uint8_t *v, uint8x16_t c[4], uint8x16_t x[4])
{
	const uint8x16_t step = vdupq_n_u8(64);
	uint8x16x4_t part = vld1q_u8_x4(v);
	UNROLL
	for (int i = 0; i < 4; i++)
		x[i] = vqtbl4q_u8(part, c[i]);
	UNROLL
	for (int k = 1; k < 4; k++) {
		part = vld1q_u8_x4(v + 64 * k);
		UNROLL
		for (int i = 0; i < 4; i++) {
			c[i] = vsubq_u8(c[i], step);
			x[i] = vqtbx4q_u8(x[i], part, c[i]);
		}
	}
}

/* Bit i: byte i of x, all ones or all zeros. */
static inline uint64_t bits_of(uint8x16_t x)
{
	static const uint8_t weight[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	uint8x16_t b = vandq_u8(x, vld1q_u8(weight));
	return (uint64_t)vaddv_u8(vget_low_u8(b)) | (uint64_t)vaddv_u8(vget_high_u8(b)) << 8;
}

static uint64_t reach_block(const struct scan_table *t, const uint8_t *codes)
{
	uint16x8_t lo[4], hi[4], least = vdupq_n_u16(t->least);
	uint64_t mask = 0;
	UNROLL
	for (int i = 0; i < 4; i++)
		lo[i] = hi[i] = vdupq_n_u16(0);
	const uint8_t *v = t->entry;
	for (size_t j = 0; j < t->m; j++, v += SCAN_ENTRIES, codes += SCAN_BLOCK) {
		uint8x16_t c[4], x[4];
		UNROLL
		for (int i = 0; i < 4; i++)
			c[i] = vld1q_u8(codes + 16 * i);
		look_up(v, c, x);
		UNROLL
		for (int i = 0; i < 4; i++) {
			lo[i] = vaddw_u8(lo[i], vget_low_u8(x[i]));
			hi[i] = vaddw_high_u8(hi[i], x[i]);
		}
	}
	UNROLL
	for (int i = 0; i < 4; i++) {
		uint8x8_t a = vmovn_u16(vcgeq_u16(lo[i], least));
		mask |= bits_of(vmovn_high_u16(a, vcgeq_u16(hi[i], least))) << 16 * i;
	}
	return mask;
}

static void reach(const struct scan_table *t, const uint8_t *codes, size_t n_blocks,
		  uint64_t *mask)
{
	for (size_t i = 0; i < n_blocks; i++, codes += SCAN_BLOCK * t->m)
		if (mask[i])
			mask[i] &= reach_block(t, codes);
}

const struct scan_kernel scan_neon = {"neon", 6, reach};

#endif
