/*
 * linear_gelu: gelu(x) = max(0, x) + e(|x|), e(a) = -a Phi(-a), Phi the normal distribution, by
 * one polynomial for each interval of a, from tables in registers. The interval of a is
 * round(a / STEP), in the last bits of a / STEP + MAGIC; the last one goes on to infinity and is
 * 0, so that what is not finite stays so. Rows: coefficients of (a - interval STEP)^0, ^1, ...
 * (NEAR: of a), interpolated at Chebyshev's points of each interval; e(0) is 0.
 */
#ifndef LEANN_VEC_LINEAR_GELU_H
#define LEANN_VEC_LINEAR_GELU_H

#include <immintrin.h>

#include "vec/linear_tile.h"

#define LINEAR_GELU_MAGIC 12582912.0f	/* 1.5 2^23 */

/* |error| <= 1e-7 max(1, |x|), rounding included */
#define LINEAR_GELU16_STEP 0.375f
enum { LINEAR_GELU16_N = 6 };
static const float LINEAR_GELU16[LINEAR_GELU16_N][16] = {
	{0, -0.132686332f, -0.169970512f, -0.146581337f, -0.100210808f, -0.056993179f,
	 -0.0275050607f, -0.0113726743f, -0.00404969323f, -0.00124563964f, -0.000331565039f,
	 -7.64642173e-05f, -1.52896118e-05f, -2.65223525e-06f, -3.9926843e-07f, 0},
	{-0.5f, -0.214384571f, -0.000774282031f, 0.108066708f, 0.127469197f, 0.0985779092f,
	 0.0591897443f, 0.0290685277f, 0.0119456463f, 0.00415719766f, 0.0012338165f,
	 0.000313692639f, 6.85291889e-05f, 1.28911906e-05f, 2.09140194e-06f, 0},
	{0.3989411f, 0.345705062f, 0.216444194f, 0.07780312f, -0.0161863156f, -0.0521266274f,
	 -0.0486025587f, -0.0311158132f, -0.0155120101f, -0.00629702024f, -0.00212648627f,
	 -0.000604593777f, -0.000145808939f, -2.99774456e-05f, -5.2726009e-06f, 0},
	{5.05599492e-05f, -0.0896935239f, -0.129393071f, -0.108627908f, -0.0566649809f,
	 -0.0104129752f, 0.0126459897f, 0.0160918217f, 0.011079873f, 0.00557545153f,
	 0.00221750978f, 0.000720677548f, 0.000194787062f, 4.42525416e-05f, 8.50955621e-06f, 0},
	{-0.0672471225f, -0.0467280596f, -0.00488110632f, 0.0284041688f, 0.0358326957f,
	 0.0236087814f, 0.00777436839f, -0.00162901194f, -0.00402153283f, -0.00301459641f,
	 -0.00152597006f, -0.000592075172f, -0.000184593839f, -4.73460932e-05f, -1.01283977e-05f,
	 0},
	{0.00463250466f, 0.0189908575f, 0.0226817038f, 0.0112630269f, -0.00265365327f,
	 -0.00885874312f, -0.00715520605f, -0.00288699474f, -1.91462277e-05f, 0.000837918196f,
	 0.000671841437f, 0.000334583659f, 0.000124183658f, 3.64908701e-05f, 8.73637327e-06f, 0},
};

/* |error| <= 2e-7 max(1, |x|), rounding included */
#define LINEAR_GELU8_STEP 0.8f
enum { LINEAR_GELU8_N = 7 };
static const float LINEAR_GELU8[LINEAR_GELU8_N][8] = {
	{0, -0.169484317f, -0.0876788646f, -0.0196740869f, -0.00219884142f, -0.000126684972f,
	 -3.80797519e-06f, 0},
	{-0.5f, 0.0198967345f, 0.122674763f, 0.0455493629f, 0.00694182562f, 0.00050365756f,
	 1.82261829e-05f, 0},
	{0.398941785f, 0.19699055f, -0.0310577825f, -0.0421018302f, -0.00982241239f,
	 -0.000936806959f, -4.16744369e-05f, 0},
	{1.39237309e-05f, -0.129726231f, -0.0426295288f, 0.0157645065f, 0.00794017315f,
	 0.00107024412f, 6.00749372e-05f, 0},
	{-0.0666316226f, 0.000835285755f, 0.0340427458f, 0.00293792714f, -0.0036946421f,
	 -0.000825517578f, -6.15793615e-05f, 0},
	{0.000613189943f, 0.0212594829f, -0.00488129584f, -0.00544194737f, 0.000575426093f,
	 0.000442265358f, 5.00926253e-05f, 0},
	{0.00893789157f, -0.00317672873f, -0.00373967271f, 0.00191809994f, 0.000349532987f,
	 -0.000145468613f, -2.79100186e-05f, 0},
};

/* |error| <= 9.2e-5 */
#define LINEAR_NEAR16_STEP 0.283f
enum { LINEAR_NEAR16_N = 3 };
static const float LINEAR_NEAR16[LINEAR_NEAR16_N][16] = {
	{0, -0.0009951125f, -0.01656822f, -0.07056825f, -0.1701981f, -0.2912835f, -0.3901379f,
	 -0.4306143f, -0.4038609f, -0.3282455f, -0.2343223f, -0.1483282f, -0.08384696f,
	 -0.04255252f, -0.01946884f, 0},
	{-0.4999765f, -0.4889641f, -0.4177665f, -0.265978f, -0.06445447f, 0.1267728f, 0.2549832f,
	 0.2998932f, 0.2751625f, 0.2124206f, 0.1424784f, 0.08446369f, 0.0447159f, 0.02128645f,
	 0.009155624f, 0},
	{0.39778f, 0.3671094f, 0.2850566f, 0.1780407f, 0.07596195f, 0.0003865956f, -0.04120955f,
	 -0.05366817f, -0.04795307f, -0.03493438f, -0.0219104f, -0.01212389f, -0.005997607f,
	 -0.002673879f, -0.001079983f, 0},
};

/* c: the rows of the table */
__attribute__((target("avx512f,avx512dq")))
static ALWAYS_INLINE __m512 linear_gelu16(__m512 x, const __m512 *c)
{
	const __m512 magic = _mm512_set1_ps(LINEAR_GELU_MAGIC);
	__m512 a = _mm512_abs_ps(x);
	__m512 t = _mm512_min_ps(a, _mm512_set1_ps(15 * LINEAR_GELU16_STEP));
	t = _mm512_fmadd_ps(t, _mm512_set1_ps(1 / LINEAR_GELU16_STEP), magic);
	__m512i at = _mm512_castps_si512(t);
	__m512 r = _mm512_fnmadd_ps(_mm512_sub_ps(t, magic), _mm512_set1_ps(LINEAR_GELU16_STEP), a);
	__m512 e = _mm512_permutexvar_ps(at, c[LINEAR_GELU16_N - 1]);
	UNROLL
	for (int i = LINEAR_GELU16_N - 2; i >= 0; i--)
		e = _mm512_fmadd_ps(e, r, _mm512_permutexvar_ps(at, c[i]));
	return _mm512_add_ps(_mm512_max_ps(_mm512_setzero_ps(), x), e);	/* a NaN stays one */
}

__attribute__((target("avx512f,avx512dq")))
static ALWAYS_INLINE __m512 linear_near16(__m512 x, const __m512 *c)
{
	__m512 a = _mm512_abs_ps(x);
	__m512 t = _mm512_min_ps(a, _mm512_set1_ps(15 * LINEAR_NEAR16_STEP));
	t = _mm512_fmadd_ps(t, _mm512_set1_ps(1 / LINEAR_NEAR16_STEP),
			    _mm512_set1_ps(LINEAR_GELU_MAGIC));
	__m512i at = _mm512_castps_si512(t);
	__m512 e = _mm512_fmadd_ps(_mm512_permutexvar_ps(at, c[2]), a,
				   _mm512_permutexvar_ps(at, c[1]));
	e = _mm512_fmadd_ps(e, a, _mm512_permutexvar_ps(at, c[0]));
	return _mm512_add_ps(_mm512_max_ps(_mm512_setzero_ps(), x), e);
}

__attribute__((target("avx2,fma")))
static ALWAYS_INLINE __m256 linear_gelu8(__m256 x)
{
	const __m256 magic = _mm256_set1_ps(LINEAR_GELU_MAGIC);
	const __m256 step = _mm256_set1_ps(LINEAR_GELU8_STEP);
	__m256 a = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
	__m256 t = _mm256_min_ps(a, _mm256_set1_ps(7 * LINEAR_GELU8_STEP));
	t = _mm256_fmadd_ps(t, _mm256_set1_ps(1 / LINEAR_GELU8_STEP), magic);
	__m256i at = _mm256_castps_si256(t);
	__m256 r = _mm256_fnmadd_ps(_mm256_sub_ps(t, magic), step, a);
	__m256 e = _mm256_permutevar8x32_ps(_mm256_loadu_ps(LINEAR_GELU8[LINEAR_GELU8_N - 1]), at);
	UNROLL
	for (int i = LINEAR_GELU8_N - 2; i >= 0; i--) {
		__m256 c = _mm256_loadu_ps(LINEAR_GELU8[i]);
		e = _mm256_fmadd_ps(e, r, _mm256_permutevar8x32_ps(c, at));
	}
	return _mm256_add_ps(_mm256_max_ps(_mm256_setzero_ps(), x), e);
}

#endif
