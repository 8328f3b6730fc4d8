/* Rounding weights by what they are for: integers, less error than to nearest, odd inputs. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/encoder_round.h"
#include "vec/linear.h"
#include "unit.h"

struct layer {
	size_t n_seen, k, n;
	float *x, *w, *rounded, *bias, *scale;
	uint16_t *x16;
};

static struct rng rng;

static float real(void)
{
	return (float)rng_below(&rng, 20001) / 10000 - 1;
}

/* Inputs of a mean that is not 0, in few directions, one of them ten times as large. */
static void layer_init(struct layer *l, size_t n_seen, size_t k, size_t n)
{
	enum { DIRECTIONS = 8 };
	*l = (struct layer){.n_seen = n_seen, .k = k, .n = n};
	float *dir = mem_array(DIRECTIONS * k, sizeof *dir);
	l->x = mem_array(n_seen * k, sizeof *l->x);
	l->x16 = mem_array(n_seen * k, sizeof *l->x16);
	l->w = mem_array(n * k, sizeof *l->w);
	l->rounded = mem_array(n * k, sizeof *l->rounded);
	l->bias = mem_calloc(n, sizeof *l->bias);
	l->scale = mem_array(n, sizeof *l->scale);
	for (size_t i = 0; i < DIRECTIONS * k; i++)
		dir[i] = real() * (i < k ? 10 : 1);
	for (size_t i = 0; i < n_seen; i++) {
		float c[DIRECTIONS];
		for (size_t d = 0; d < DIRECTIONS; d++)
			c[d] = real() + .3f;
		for (size_t j = 0; j < k; j++) {
			float *x = &l->x[i * k + j];
			*x = .2f * real();
			for (size_t d = 0; d < DIRECTIONS; d++)
				*x += c[d] * dir[d * k + j];
		}
	}
	linear_bf16(l->x, n_seen * k, l->x16);
	linear_f32(l->x16, n_seen * k, l->x);
	for (size_t i = 0; i < n * k; i++)
		l->w[i] = real() * real();
	mem_free(dir);
}

static void layer_release(struct layer *l)
{
	mem_free(l->x);
	mem_free(l->x16);
	mem_free(l->w);
	mem_free(l->rounded);
	mem_free(l->bias);
	mem_free(l->scale);
}

static void round_it(struct layer *l)
{
	memcpy(l->rounded, l->w, l->n * l->k * sizeof *l->w);
	memset(l->bias, 0, l->n * sizeof *l->bias);
	encoder_round(&(struct encoder_inputs){l->x16, l->n_seen, l->k}, NULL, l->rounded, l->bias,
		      l->n, l->scale);
}

/* Mean square of what outputs change by. */
static double output_error(const struct layer *l)
{
	double sum = 0;
	for (size_t i = 0; i < l->n_seen; i++)
		for (size_t o = 0; o < l->n; o++) {
			double d = l->bias[o];
			for (size_t j = 0; j < l->k; j++)
				d += (double)l->x[i * l->k + j] *
				     (l->rounded[o * l->k + j] - l->w[o * l->k + j]);
			sum += d * d;
		}
	return sum / (double)(l->n_seen * l->n);
}

static void to_nearest(struct layer *l)
{
	memset(l->bias, 0, l->n * sizeof *l->bias);
	for (size_t i = 0; i < l->n * l->k; i++) {
		float s = l->scale[i / l->k];
		l->rounded[i] = s > 0 ? rintf(l->w[i] / s) * s : 0;
	}
}

static bool multiples(const struct layer *l)
{
	bool good = true;
	for (size_t i = 0; i < l->n * l->k; i++) {
		float s = l->scale[i / l->k], q = s > 0 ? l->rounded[i] / s : l->rounded[i];
		good &= fabsf(q) <= 127.001f && fabsf(q - rintf(q)) < 1e-4f;
	}
	return good;
}

static void better(size_t n_seen, size_t k, size_t n)
{
	struct layer l;
	layer_init(&l, n_seen, k, n);
	round_it(&l);
	ok(multiples(&l), "%zu inputs: weights are multiples of their row's scale, at most 127", k);
	double ours = output_error(&l);
	to_nearest(&l);
	double nearest = output_error(&l);
	ok(ours < .5 * nearest, "%zu inputs, %zu seen: outputs are off by %.3g, to nearest by %.3g",
	   k, n_seen, ours, nearest);
	layer_release(&l);
}

/* What linear_pack() makes of it are the very integers that were chosen. */
static void packed(void)
{
	struct layer l;
	const struct linear_kernels *lin = linear_of(SIMD_SCALAR, PRECISION_INT8);
	layer_init(&l, 60, 64, 16);
	round_it(&l);
	int8_t *out = mem_aligned(64, linear_weight_bytes(lin, l.n, l.k));
	linear_pack(lin, &(struct linear_layer){l.rounded, l.bias, l.n, l.k, l.scale}, out);
	size_t n_off = 0;
	for (size_t o = 0; o < l.n; o++)
		for (size_t i = 0; i < l.k; i++)
			n_off += out[i / 4 * 64 + o * 4 + i % 4] !=
				 (int8_t)rintf(l.rounded[o * l.k + i] / l.scale[o]);
	ok(!n_off, "packing keeps the integers that were chosen (%zu differ)", n_off);
	mem_free(out);
	layer_release(&l);
}

static void odd(void)
{
	struct layer l;
	layer_init(&l, 20, 48, 5);
	memset(l.w + 2 * l.k, 0, l.k * sizeof *l.w);
	round_it(&l);
	bool zero = l.scale[2] == 0;
	for (size_t i = 0; i < l.k; i++)
		zero &= l.rounded[2 * l.k + i] == 0;
	ok(zero && multiples(&l), "a row of zeros stays one");
	memset(l.x16, 0, l.n_seen * l.k * sizeof *l.x16);
	round_it(&l);
	ok(multiples(&l), "inputs that were always 0: weights are rounded to nearest");
	l.n_seen = 0;
	round_it(&l);
	ok(multiples(&l) && isfinite(l.bias[0]), "nothing seen: likewise");
	layer_release(&l);
}

static void same(void)
{
	struct layer l;
	layer_init(&l, 100, 300, 40);
	round_it(&l);
	float *first = mem_array(l.n * l.k, sizeof *first);
	memcpy(first, l.rounded, l.n * l.k * sizeof *first);
	round_it(&l);
	ok(!memcmp(first, l.rounded, l.n * l.k * sizeof *first), "the same comes out each time");
	mem_free(first);
	layer_release(&l);
}

int main(void)
{
	rng.s = 4;
	better(400, 200, 30);
	better(50, 333, 30);	/* fewer rows than inputs */
	packed();
	odd();
	same();
	return done();
}
