/*
 * kernels_poly: the polynomials behind the SIMD kernels, fitted here by iteratively reweighted
 * least squares (tests/unit/test-kernels.c checks the errors stated).
 */
#ifndef LEANN_VEC_KERNELS_POLY_H
#define LEANN_VEC_KERNELS_POLY_H

/*
 * log Phi(-a), Phi the normal distribution, 0 <= a <= GELU_A_MAX, powers ascending. gelu(x) is
 * -a q for x = -a and a (1 - q) for x = a, q = exp(poly(min(a, GELU_A_MAX))): |error| of gelu
 * <= 1.2e-7 max(1, |x|), no branch, and negative x keep their small values.
 */
#define GELU_A_MAX 6.0f
static const float GELU_POLY[10] = {
	-6.931471825e-01f, -7.978854179e-01f, -3.183014989e-01f, -3.636770695e-02f,
	4.843438044e-03f, -2.711843081e-05f, -1.762919128e-04f, 4.535564949e-05f,
	-5.513594715e-06f, 2.788769962e-07f,
};

/* exp(x) = 2^k exp(r), r = x - k ln 2 in two parts; exp(r) = 1 + r + r^2 poly(r), error 3e-9. */
#define EXP_MIN (-87.0f)		/* below: the result is exp(-87), 1.6e-38 */
#define EXP_LOG2E 1.44269504f
#define EXP_LN2_HI 0.693359375f		/* 9 bits: k times it is exact */
#define EXP_LN2_LO (-2.12194440e-4f)
static const float EXP_POLY[5] = {
	4.999999345e-01f, 1.666652063e-01f, 4.166838806e-02f, 8.368717074e-03f, 1.381459867e-03f,
};

#endif
