/* The scalar kernels: the truth that the others are tested against; sums in f64. See kernels.h. */
#include "vec/kernels.h"

#include <math.h>

static float vec_dot_f32_scalar(const float *a, const float *b, size_t n)
{
	double s = 0;
	for (size_t i = 0; i < n; i++)
		s += (double)a[i] * b[i];
	return (float)s;
}

static void vec_add_f32_scalar(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

static void vec_scale_f32_scalar(float *y, float s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] *= s;
}

static void vec_gelu_f32_scalar(float *y, const float *bias, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double x = (double)(y[i] + bias[i]);
		y[i] = (float)(0.5 * x * erfc(-x * 0.70710678118654752));
	}
}

static void vec_softmax_f32_scalar(float *y, float scale, size_t n)
{
	double sum = 0;
	float top = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		y[i] *= scale;
		top = y[i] > top ? y[i] : top;
	}
	for (size_t i = 0; i < n; i++) {
		double v = exp((double)y[i] - top);
		y[i] = (float)v;
		sum += v;
	}
	for (size_t i = 0; i < n; i++)
		y[i] = (float)(y[i] / sum);
}

static void vec_layernorm_f32_scalar(float *y, const float *bias, const float *res,
				     const float *gamma, const float *beta, float eps, size_t n)
{
	double mean = 0, var = 0;
	for (size_t i = 0; i < n; i++) {
		y[i] += (bias ? bias[i] : 0) + (res ? res[i] : 0);
		mean += y[i];
	}
	mean /= (double)n;
	for (size_t i = 0; i < n; i++)
		var += (y[i] - mean) * (y[i] - mean);
	double inv = 1 / sqrt(var / (double)n + eps);
	for (size_t i = 0; i < n; i++)
		y[i] = (float)((y[i] - mean) * inv * gamma[i] + beta[i]);
}

const struct vec_kernels vec_kernels_scalar = {
	.name = "scalar",
	.dot_f32 = vec_dot_f32_scalar,
	.add_f32 = vec_add_f32_scalar,
	.scale_f32 = vec_scale_f32_scalar,
	.gelu_f32 = vec_gelu_f32_scalar,
	.softmax_f32 = vec_softmax_f32_scalar,
	.layernorm_f32 = vec_layernorm_f32_scalar,
};
