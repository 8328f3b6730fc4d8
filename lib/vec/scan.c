/* Sums of table entries in plain C, the truth; and which kernel a level has. See scan.h. */
#include "vec/scan.h"

#include <stdatomic.h>

/* Eight vectors at a time, their sums in registers. */
static uint64_t reach_8(const struct scan_table *t, const uint8_t *codes)
{
	unsigned a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, least = t->least;
	const uint8_t *v = t->entry, *p = codes;
	for (size_t j = 0; j < t->m; j++, v += SCAN_ENTRIES, p += SCAN_BLOCK) {
		a += v[p[0]];
		b += v[p[1]];
		c += v[p[2]];
		d += v[p[3]];
		e += v[p[4]];
		f += v[p[5]];
		g += v[p[6]];
		h += v[p[7]];
	}
	return (uint64_t)(a >= least) | (uint64_t)(b >= least) << 1 | (uint64_t)(c >= least) << 2 |
	       (uint64_t)(d >= least) << 3 | (uint64_t)(e >= least) << 4 |
	       (uint64_t)(f >= least) << 5 | (uint64_t)(g >= least) << 6 |
	       (uint64_t)(h >= least) << 7;
}

static void reach(const struct scan_table *t, const uint8_t *codes, size_t n_blocks,
		  uint64_t *mask)
{
	for (size_t i = 0; i < n_blocks; i++, codes += SCAN_BLOCK * t->m) {
		uint64_t asked = mask[i], found = 0;
		for (size_t at = 0; at < SCAN_BLOCK; at += 8)
			if (asked >> at & 255)
				found |= reach_8(t, codes + at) << at;
		mask[i] = asked & found;
	}
}

const struct scan_kernel scan_scalar = {"scalar", 8, reach};

const struct scan_kernel *scan_of(enum simd s)
{
	switch (s) {
#if defined(__x86_64__)
	case SIMD_AVX512:
		return __builtin_cpu_supports("avx512vbmi") ? &scan_vbmi : &scan_avx2;
	case SIMD_AVX2: return &scan_avx2;
#elif defined(__aarch64__)
	case SIMD_NEON: return &scan_neon;
#endif
	case SIMD_SCALAR: return &scan_scalar;
	default: return scan_of(simd_below(s));
	}
}

const struct scan_kernel *scan_best(void)
{
	/* Asking the processor takes 16 us in a virtual machine, a tenth of many a scan. */
	static _Atomic(const struct scan_kernel *) known;
	const struct scan_kernel *k = atomic_load(&known);
	enum simd s;
	struct err e;
	if (!k) {
		k = simd_pick(&s, &e) ? &scan_scalar : scan_of(s);
		atomic_store(&known, k);
	}
	return k;
}
