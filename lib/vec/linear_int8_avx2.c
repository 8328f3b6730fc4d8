/*
 * int8 with AVX2: up to 4 rows by a panel; see linear.h. Two products of bytes are added in 16
 * bits: 2 x 127 x 127 fits, so rows have 7 bits.
 */
#include "vec/linear_impl.h"

#if defined(__x86_64__)

#include "vec/linear_int8_avx2.h"

enum { ROWS_MAX = 4 };

/* A row out of the ordinary: the scalar one's levels in half. */
static void odd_row(const struct linear_input *in, uint8_t *q)
{
	struct linear_row_tail *tail = (void *)(q + linear_k_pad(PRECISION_INT8, in->k));
	linear_rows_int8_scalar(in, q);
	for (size_t i = 0; i < in->k; i++)
		q[i] /= 2;
	tail->scale *= 255.0f / 127;
}

AVX2 static void rows(const struct linear_input *in, void *out)
{
	size_t bytes = linear_row_bytes(&linear_int8_avx2, in->k);
	for (size_t i = 0; i < in->m; i++) {
		const float *x = in->x + i * in->ldx;
		uint8_t *q = (uint8_t *)out + i * bytes;
		if (in->smooth ? !linear_row8(x, in->smooth, in->k, 127, q)
			       : !linear_row8(x, NULL, in->k, 127, q))
			odd_row(&(struct linear_input){x, in->ldx, 1, in->k, in->smooth}, q);
	}
}

/* s += four products of bytes */
AVX2 static ALWAYS_INLINE __m256i dot(__m256i s, __m256i q, __m256i w, __m256i ones)
{
	return _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(q, w), ones));
}

/* acc (R, 16) = R rows by the panel w */
AVX2 static ALWAYS_INLINE void sums(const uint8_t *q, size_t row_bytes, const int8_t *w,
				    size_t groups, int32_t *acc, const int R)
{
	__m256i s[ROWS_MAX][2];
	const __m256i ones = _mm256_set1_epi16(1);
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
			s[r][0] = dot(s[r][0], v, w0, ones);
			s[r][1] = dot(s[r][1], v, w1, ones);
		}
	}
	UNROLL
	for (int r = 0; r < R; r++) {
		_mm256_store_si256((void *)(acc + r * 16), s[r][0]);
		_mm256_store_si256((void *)(acc + r * 16 + 8), s[r][1]);
	}
}

#define SUMS(R) \
	AVX2 static void sums##R(const uint8_t *q, size_t row_bytes, const int8_t *w, \
				 size_t groups, int32_t *acc) \
	{ \
		sums(q, row_bytes, w, groups, acc, R); \
	}
SUMS(1)
SUMS(2)
SUMS(3)
SUMS(4)

static linear_sums8 *const sums_of[ROWS_MAX + 1] = {
	NULL, sums1, sums2, sums3, sums4,
};

static void mul(const struct linear_job *j)
{
	linear_mul8(j, sums_of, ROWS_MAX);
}

const struct linear_kernels linear_int8_avx2 = {
	SIMD_AVX2, PRECISION_INT8, rows, mul,
};

#endif
