/* int8 with AVX-VNNI: up to 6 rows by a panel in 12 of the 16 registers; see linear.h. */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include "vec/linear_int8_avx2.h"

#define AVXVNNI __attribute__((target("avx2,fma,avxvnni")))

enum { ROWS_MAX = 6 };

AVX2 static void rows(const struct linear_input *in, void *out)
{
	size_t bytes = linear_row_bytes(&linear_int8_avxvnni, in->k);
	for (size_t i = 0; i < in->m; i++) {
		const float *x = in->x + i * in->ldx;
		uint8_t *q = (uint8_t *)out + i * bytes;
		if (in->smooth ? !linear_row8(x, in->smooth, in->k, 255, q)
			       : !linear_row8(x, NULL, in->k, 255, q))
			linear_rows_int8_scalar(&(struct linear_input){x, in->ldx, 1, in->k,
								       in->smooth}, q);
	}
}

/* acc (R, 16) = R rows by the panel w */
AVXVNNI static ALWAYS_INLINE void sums(const uint8_t *q, size_t row_bytes, const int8_t *w,
				       size_t groups, int32_t *acc, const int R)
{
	__m256i s[ROWS_MAX][2];
	UNROLL
	for (int r = 0; r < R; r++)
		s[r][0] = s[r][1] = _mm256_setzero_si256();
	for (size_t g = 0; g < groups; g++) {
		__m256i w0 = _mm256_loadu_si256((const void *)(w + g * 64));
		__m256i w1 = _mm256_loadu_si256((const void *)(w + g * 64 + 32));
		UNROLL
		for (int r = 0; r < R; r++) {
			int32_t four;
			memcpy(&four, q + r * row_bytes + g * 4, sizeof four);
			__m256i v = _mm256_set1_epi32(four);
			s[r][0] = _mm256_dpbusd_avx_epi32(s[r][0], v, w0);
			s[r][1] = _mm256_dpbusd_avx_epi32(s[r][1], v, w1);
		}
	}
	UNROLL
	for (int r = 0; r < R; r++) {
		_mm256_store_si256((void *)(acc + r * 16), s[r][0]);
		_mm256_store_si256((void *)(acc + r * 16 + 8), s[r][1]);
	}
}

#define SUMS(R) \
	AVXVNNI static void sums##R(const uint8_t *q, size_t row_bytes, const int8_t *w, \
				    size_t groups, int32_t *acc) \
	{ \
		sums(q, row_bytes, w, groups, acc, R); \
	}
SUMS(1)
SUMS(2)
SUMS(3)
SUMS(4)
SUMS(5)
SUMS(6)

static linear_sums8 *const sums_of[ROWS_MAX + 1] = {
	NULL, sums1, sums2, sums3, sums4, sums5, sums6,
};

static void mul(const struct linear_job *j)
{
	linear_mul8(j, sums_of, ROWS_MAX);
}

const struct linear_kernels linear_int8_avxvnni = {
	SIMD_AVXVNNI, PRECISION_INT8, rows, mul,
};

#endif
