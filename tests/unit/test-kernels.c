/* The SIMD kernels against the scalar truth: lengths, offsets, whole numbers, a guard page. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "unit.h"
#include "vec/kernels.h"

enum { N_MAX = 1023, OFFS = 8 };

static const size_t lens[] = {0,  1,   2,   3,	 4,   5,   6,	7,   8,	  9,   10, 11,
			      12, 13,  14,  15,	 16,  17,  18,	19,  20,  21,  22, 23,
			      24, 25,  26,  27,	 28,  29,  30,	31,  32,  33,  63, 64,
			      65, 127, 128, 129, 383, 384, 385, 767, 768, 1023};

/* Arrays that end where the next byte is not ours to touch. */
struct arena {
	float *end[4];
};

static struct rng rng = {7};

static float uniform(float lo, float hi)
{
	return lo + (hi - lo) * (float)rng_unit(&rng);
}

static void arena_init(struct arena *a)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), body = 2 * page;
	for (int i = 0; i < 4; i++) {
		char *p = mmap(NULL, body + page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED || mprotect(p + body, page, PROT_NONE))
			exit(2);
		a->end[i] = (float *)(void *)(p + body);
	}
}

static void fill(float *p, size_t n, float lo, float hi)
{
	for (size_t i = 0; i < n; i++)
		p[i] = uniform(lo, hi);
}

static void check_dot(const struct vec_kernels *k, struct arena *ar)
{
	double worst = 0;
	bool exact = true;
	for (size_t l = 0; l < sizeof lens / sizeof *lens; l++)
		for (size_t off = 0; off < OFFS; off++) {
			size_t n = lens[l];
			float *a = ar->end[0] - n - off, *b = ar->end[1] - n - off % 3;
			double sum = 0, mag = 0;
			fill(a, n, -1, 1);
			fill(b, n, -1, 1);
			for (size_t i = 0; i < n; i++) {
				sum += (double)a[i] * b[i];
				mag += fabs((double)a[i] * b[i]);
			}
			double err = fabs(k->dot_f32(a, b, n) - sum);
			if (mag > 0 && err / mag > worst)
				worst = err / mag;
			long want = 0;
			for (size_t i = 0; i < n; i++) {
				a[i] = (float)((int)rng_below(&rng, 101) - 50);
				b[i] = (float)((int)rng_below(&rng, 101) - 50);
				want += (long)a[i] * (long)b[i];
			}
			exact &= k->dot_f32(a, b, n) == (float)want;
		}
	ok(exact, "%s: dot of whole numbers is exact at every length and offset", k->name);
	ok(worst <= 4e-7, "%s: dot errs by at most 4e-7 of the sum of magnitudes (%.2g)", k->name,
	   worst);
}

struct worst {
	double gelu, softmax, norm;
	bool elementwise, untouched;
};

static void one_shape(const struct vec_kernels *k, struct arena *ar, size_t n, size_t off,
		      struct worst *w)
{
	const struct vec_kernels *s = &vec_kernels_scalar;
	static float ref[N_MAX + OFFS];
	float *y = ar->end[0] - n - off, *b = ar->end[1] - n, *r = ar->end[2] - n,
	      *g = ar->end[3] - n;
	float before = y[-1], after = off ? y[n] : 0;
	float scale = uniform(0.1f, 3);
	fill(b, n, -1, 1);
	fill(r, n, -2, 2);
	fill(g, n, -2, 2);

	fill(y, n, -9, 9);
	memcpy(ref, y, n * sizeof *y);
	s->gelu_f32(ref, b, n);
	float *x = malloc((n + 1) * sizeof *x);
	for (size_t i = 0; i < n; i++)
		x[i] = y[i] + b[i];
	k->gelu_f32(y, b, n);
	for (size_t i = 0; i < n; i++)
		w->gelu = fmax(w->gelu, fabs((double)y[i] - ref[i]) / fmax(1, fabs((double)x[i])));
	free(x);

	fill(y, n, -20, 20);
	memcpy(ref, y, n * sizeof *y);
	s->softmax_f32(ref, scale, n);
	k->softmax_f32(y, scale, n);
	for (size_t i = 0; i < n; i++)
		if (ref[i] > 1e-37f)
			w->softmax = fmax(w->softmax, fabs((double)y[i] - ref[i]) / ref[i]);

	fill(y, n, -3, 3);
	memcpy(ref, y, n * sizeof *y);
	s->layernorm_f32(ref, off & 1 ? b : NULL, off & 2 ? r : NULL, g, b, 1e-5f, n);
	k->layernorm_f32(y, off & 1 ? b : NULL, off & 2 ? r : NULL, g, b, 1e-5f, n);
	for (size_t i = 0; n > 1 && i < n; i++)
		w->norm = fmax(w->norm, fabs((double)y[i] - ref[i]));

	fill(y, n, -3, 3);
	memcpy(ref, y, n * sizeof *y);
	s->add_f32(ref, b, n);
	s->scale_f32(ref, scale, n);
	k->add_f32(y, b, n);
	k->scale_f32(y, scale, n);
	w->elementwise &= !memcmp(ref, y, n * sizeof *y);
	w->untouched &= y[-1] == before && (!off || y[n] == after);
}

static void check_rest(const struct vec_kernels *k, struct arena *ar)
{
	struct worst w = {.elementwise = true, .untouched = true};
	for (size_t l = 0; l < sizeof lens / sizeof *lens; l++)
		for (size_t off = 0; off < OFFS; off++)
			one_shape(k, ar, lens[l], off, &w);
	ok(w.gelu <= 2e-7, "%s: gelu errs by at most 2e-7 max(1, |x|) (%.2g)", k->name, w.gelu);
	ok(w.softmax <= 1e-5, "%s: softmax errs by at most 1e-5 of each value (%.2g)", k->name,
	   w.softmax);
	ok(w.norm <= 1e-5, "%s: layernorm is within 1e-5 (%.2g)", k->name, w.norm);
	ok(w.elementwise, "%s: add and scale give the scalar bytes", k->name);
	ok(w.untouched, "%s: nothing beside the array is written", k->name);
}

static void check_gelu_dense(const struct vec_kernels *k)
{
	double worst = 0;
	static const float zero[8];
	for (double x = -12; x < 12; x += 1e-4 * 8) {
		float y[8], in[8];
		for (int i = 0; i < 8; i++)
			y[i] = in[i] = (float)(x + 1e-4 * i);
		k->gelu_f32(y, zero, 8);
		for (int i = 0; i < 8; i++) {
			double v = in[i], want = 0.5 * v * erfc(-v * 0.70710678118654752);
			worst = fmax(worst, fabs(y[i] - want) / fmax(1, fabs(v)));
		}
	}
	ok(worst <= 2e-7, "%s: gelu keeps to 2e-7 from -12 to 12 in steps of 1e-4 (%.2g)", k->name,
	   worst);
}

static void check_nan(const struct vec_kernels *k)
{
	for (size_t n = 1; n <= 17; n += 8) {
		float y[17] = {0}, zero[17] = {0}, one[17] = {0};
		bool good = true;
		y[n - 1] = NAN;
		k->softmax_f32(y, 1, n);
		good &= isnan(y[n - 1]);
		y[n - 1] = NAN;
		k->gelu_f32(y, zero, n);
		good &= isnan(y[n - 1]);
		y[n - 1] = NAN;
		k->layernorm_f32(y, NULL, NULL, one, zero, 1e-5f, n);
		good &= isnan(y[n - 1]);
		ok(good, "%s: a NaN stays one among %zu", k->name, n);
	}
}

static void check_pick(void)
{
	const struct vec_kernels *k = NULL;
	struct err e;
	setenv("LEANN_SIMD", "scalar", 1);
	ok(!vec_kernels_pick(&k, &e) && k == &vec_kernels_scalar, "LEANN_SIMD=scalar is obeyed");
	setenv("LEANN_SIMD", "mmx", 1);
	ok(vec_kernels_pick(&k, &e) == -1 && e.code == ERR_USAGE && strstr(e.msg, "scalar"),
	   "a level that is not there is an error that lists those that are");
	unsetenv("LEANN_SIMD");
	ok(!vec_kernels_pick(&k, &e) && k == vec_kernels_at(0),
	   "without LEANN_SIMD the best is taken");
}

int main(void)
{
	struct arena ar;
	const struct vec_kernels *k;
	arena_init(&ar);
	for (size_t i = 0; (k = vec_kernels_at(i)); i++) {
		check_dot(k, &ar);
		check_rest(k, &ar);
		check_gelu_dense(k);
		check_nan(k);
	}
	check_pick();
	return done();
}
