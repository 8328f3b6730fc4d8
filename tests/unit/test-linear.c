/*
 * The linear layers of every level against plain sums and the scalar kernels: sizes, ranges of
 * columns, neighbours, values that are not finite; every operand ends at a guard page.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "unit.h"
#include "vec/linear_impl.h"

enum { AREA_BYTES = 4 << 20, K_MAX = 1536 };
/* GRID: sums are exact in f32, in any order; EXTREME: +-1, the largest sums of bytes. */
enum fill { GRID, REAL, EXTREME, FLAT };
enum area { X, ROWS, W, BIAS, PACKED, Y, WANT, AREAS };

static const size_t ms[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 15, 16, 17, 24, 31, 32, 33, 35};
static const size_t ns[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 70};
static const size_t ks[] = {1,	2,  3,	4,  5,	7,  8,	 15,  16,  17,	31, 32,
			    33, 63, 64, 65, 95, 96, 127, 128, 129, 200};
#define LEN(a) (sizeof(a) / sizeof *(a))

static const float canary = 12345.5f;
static struct rng rng = {11};
static char *ends[AREAS];		/* the next byte is not ours to touch */

/* One product; pointers are into the areas. */
struct set {
	const struct linear_kernels *lin;
	size_t m, n, k, ldx, ldy, row_bytes;
	float *x, *w, *bias, *y, *want;
	void *rows, *packed;
};

static const char *name_of(const struct linear_kernels *lin)
{
	static char s[32];
	snprintf(s, sizeof s, "%s %s", simd_name(lin->simd),
		 lin->precision == PRECISION_INT8 ? "int8"
		 : lin->precision == PRECISION_BF16 ? "bf16" : "fp32");
	return s;
}

static void areas_init(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	for (int i = 0; i < AREAS; i++) {
		char *p = mmap(NULL, AREA_BYTES + page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED || mprotect(p + AREA_BYTES, page, PROT_NONE))
			exit(2);
		ends[i] = p + AREA_BYTES;
	}
}

static void *at_end(enum area a, size_t bytes)
{
	if (bytes > AREA_BYTES)
		exit(2);
	return ends[a] - bytes;
}

static float some(enum fill f, float unit)
{
	switch (f) {
	case GRID: return (float)((int)rng_below(&rng, 9) - 4) * unit;
	case EXTREME: return rng_below(&rng, 2) ? unit : -unit;
	case FLAT: return 3 * unit;
	default: return (float)(2 * rng_unit(&rng) - 1) * 4 * unit;
	}
}

/* x, w and bias so that most of y lies where gelu bends. */
static void set_init(struct set *s, const struct linear_kernels *lin, size_t m, size_t n,
		     size_t k, enum fill f)
{
	float unit = 1.0f / 8;
	for (size_t d = 1; d < k; d *= 4)
		unit /= 2;
	*s = (struct set){.lin = lin, .m = m, .n = n, .k = k};
	s->ldx = k + rng_below(&rng, 3);
	s->ldy = n + rng_below(&rng, 3);
	s->x = at_end(X, ((m - 1) * s->ldx + k) * sizeof(float));
	s->w = at_end(W, n * k * sizeof(float));
	s->bias = at_end(BIAS, n * sizeof(float));
	s->y = at_end(Y, ((m - 1) * s->ldy + n) * sizeof(float));
	s->want = at_end(WANT, ((m - 1) * s->ldy + n) * sizeof(float));
	s->packed = at_end(PACKED, linear_weight_bytes(lin, n, k));
	for (size_t i = 0; i < (m - 1) * s->ldx + k; i++)
		s->x[i] = some(f, 1);
	for (size_t i = 0; i < n * k; i++)
		s->w[i] = some(f == FLAT ? REAL : f, unit);
	for (size_t i = 0; i < n; i++)
		s->bias[i] = some(f, unit * 2);
	const float *bias = rng_below(&rng, 8) ? s->bias : memset(s->bias, 0, n * 4);
	linear_pack(lin, &(struct linear_layer){s->w, bias, n, k, NULL}, s->packed);
}

static void set_rows(struct set *s)
{
	if (!s->lin->rows) {
		s->rows = s->x;
		s->row_bytes = s->ldx * sizeof(float);
		return;
	}
	s->row_bytes = linear_row_bytes(s->lin, s->k);
	s->rows = at_end(ROWS, s->m * s->row_bytes);
	memset(s->rows, 0xa5, s->m * s->row_bytes);
	s->lin->rows(&(struct linear_input){s->x, s->ldx, s->m, s->k, NULL}, s->rows);
}

static size_t panels(const struct set *s)
{
	return (s->n + LINEAR_PANEL - 1) / LINEAR_PANEL;
}

static struct linear_job job(const struct set *s, bool gelu)
{
	return (struct linear_job){
		.rows = s->rows, .row_bytes = s->row_bytes, .m = s->m, .k = s->k, .w = s->packed,
		.n = s->n, .lo = 0, .hi = panels(s), .gelu = gelu, .y = s->y, .ldy = s->ldy,
	};
}

static size_t y_len(const struct set *s)
{
	return (s->m - 1) * s->ldy + s->n;
}

static void clear(const struct set *s, float *y)
{
	for (size_t i = 0; i < y_len(s); i++)
		y[i] = canary;
}

static bool same_bits(const float *a, const float *b, size_t n)
{
	return !memcmp(a, b, n * sizeof *a);
}

/* What the kernel sees of a weight or an input. */
static float seen(enum precision p, float v)
{
	return p == PRECISION_BF16 ? linear_from_bf16(linear_to_bf16(v)) : v;
}

/* y[i][c] in f64, and the sum of magnitudes. */
static double plain(const struct set *s, size_t i, size_t c, double *mag)
{
	double acc = s->bias[c];
	*mag = fabs(acc);
	for (size_t d = 0; d < s->k; d++) {
		double v = (double)seen(s->lin->precision, s->x[i * s->ldx + d]) *
			   (double)seen(s->lin->precision, s->w[c * s->k + d]);
		acc += v;
		*mag += fabs(v);
	}
	return acc;
}

/* Half a step of x and of w for each product, and then the rounding of f32. */
static double steps_off(const struct set *s, size_t i, size_t c)
{
	double lo = s->x[i * s->ldx], hi = lo, top = 0, off = 0;
	int levels = s->lin->simd == SIMD_AVX2 ? 127 : 255;
	for (size_t d = 0; d < s->k; d++) {
		lo = fmin(lo, s->x[i * s->ldx + d]);
		hi = fmax(hi, s->x[i * s->ldx + d]);
		top = fmax(top, fabs((double)s->w[c * s->k + d]));
	}
	double dx = (hi - lo) / levels / 2, dw = top / 127 / 2;
	for (size_t d = 0; d < s->k; d++)
		off += dx * fabs((double)s->w[c * s->k + d]) +
		       dw * fabs((double)s->x[i * s->ldx + d]) + dx * dw;
	return off * 1.0001 + 1e-5 * (fabs(lo) + fabs(hi)) * top * (double)s->k;
}

struct found {
	bool near, exact, outside;
	double gelu;
};

static double gelu_off(const struct set *s, double y, double got)
{
	double want = 0.5 * y * erfc(-y * 0.70710678118654752);
	double one = s->lin->precision == PRECISION_FP32 ? fmax(1, fabs(y)) : 1;
	return fabs(got - want) / one;
}

/* Without gelu against plain sums, and bit by bit where bits are promised. */
static void check_sums(struct set *s, enum fill f, struct found *out)
{
	struct linear_job j = job(s, false);
	bool int8 = s->lin->precision == PRECISION_INT8;
	clear(s, s->y);
	s->lin->mul(&j);
	for (size_t i = 0; i < s->m; i++) {
		for (size_t c = 0; c < s->n; c++) {
			double mag, want = plain(s, i, c, &mag), got = s->y[i * s->ldy + c];
			double tol = (double)(s->k + 4) * 0x1p-24 * mag;
			if (f == GRID && !int8)
				out->exact &= got == want;
			out->near &= fabs(got - want) <= (int8 ? tol + steps_off(s, i, c) : tol);
		}
		for (size_t c = s->n; c < s->ldy && i + 1 < s->m; c++)
			out->outside &= s->y[i * s->ldy + c] == canary;
	}
	if (int8) {
		clear(s, s->want);
		j.y = s->want;
		linear_mul_int8_scalar(&j);
		out->exact &= same_bits(s->y, s->want, y_len(s));
	}
}

/* gelu of what the same kernel gives without it. */
static void check_gelu(struct set *s, struct found *out)
{
	struct linear_job j = job(s, true);
	memcpy(s->want, s->y, y_len(s) * sizeof *s->y);
	clear(s, s->y);
	s->lin->mul(&j);
	for (size_t i = 0; i < s->m; i++)
		for (size_t c = 0; c < s->n; c++) {
			double off = gelu_off(s, s->want[i * s->ldy + c], s->y[i * s->ldy + c]);
			out->gelu = off <= out->gelu ? out->gelu : off;
		}
	for (size_t i = 0; i + 1 < s->m; i++)
		for (size_t c = s->n; c < s->ldy; c++)
			out->outside &= s->y[i * s->ldy + c] == canary;
}

static void one_size(const struct linear_kernels *lin, size_t m, size_t n, size_t k,
		     enum fill f, struct found *out)
{
	struct set s;
	set_init(&s, lin, m, n, k, f);
	set_rows(&s);
	check_sums(&s, f, out);
	if (f != EXTREME && m * n <= 2000)
		check_gelu(&s, out);
}

static void check_sizes(const struct linear_kernels *lin)
{
	struct found r = {true, true, true, 0};
	size_t turn = 0;
	double tol = lin->precision == PRECISION_FP32 ? 2e-6 : 1e-4;
	for (size_t i = 0; i < LEN(ms); i++)
		for (size_t c = 0; c < LEN(ns); c++)
			one_size(lin, ms[i], ns[c], ks[turn++ % LEN(ks)],
				 (enum fill)rng_below(&rng, FLAT + 1), &r);
	one_size(lin, 33, 1152, 384, REAL, &r);
	one_size(lin, 3, 1152, 384, GRID, &r);
	one_size(lin, 33, 384, 1536, EXTREME, &r);
	one_size(lin, 3, 384, 1536, REAL, &r);
	one_size(lin, 3, 384, 1536, GRID, &r);
	ok(r.near, "%s: sums are within what its precision allows", name_of(lin));
	ok(r.exact, lin->precision == PRECISION_INT8 ? "%s: the same rows give the scalar bits"
						     : "%s: sums that f32 can hold are exact",
	   name_of(lin));
	ok(r.gelu <= tol, "%s: gelu is within %.0e (%.2g)", name_of(lin), tol, r.gelu);
	ok(r.outside, "%s: columns past n are left alone", name_of(lin));
}

/* Rows [r, r + m) and panels [lo, hi) alone, against the whole product in want. */
static bool part_same(const struct set *s, const struct linear_job *all, size_t r, size_t m,
		      size_t lo, size_t hi)
{
	struct linear_job j = *all;
	j.rows = (const char *)all->rows + r * s->row_bytes;
	j.m = m;
	j.lo = lo;
	j.hi = hi;
	j.y = s->y + r * s->ldy;
	clear(s, s->y);
	s->lin->mul(&j);
	bool good = true;
	for (size_t i = 0; i < s->m; i++)
		for (size_t c = 0; c < s->ldy && i * s->ldy + c < y_len(s); c++) {
			size_t at = i * s->ldy + c, panel = c / LINEAR_PANEL;
			bool mine = i >= r && i < r + m && panel >= lo && panel < hi && c < s->n;
			if (mine && s->lin->simd == SIMD_BLAS)
				good &= fabsf(s->y[at] - s->want[at]) <= 1e-4f;
			else
				good &= s->y[at] == (mine ? s->want[at] : canary);
		}
	return good;
}

/* Every row and panel of a product comes out the same in any company. */
static void check_parts(const struct linear_kernels *lin)
{
	static const size_t shapes[][3] = {{35, 70, 200}, {35, 33, 129}, {70, 160, 384},
					   {17, 50, 1}, {40, 96, 600}, {100, 40, 64}};
	bool good = true;
	struct set s;
	struct linear_job j;
	for (size_t i = 0; i < 2 * LEN(shapes); i++) {
		const size_t *shape = shapes[i / 2];
		set_init(&s, lin, shape[0], shape[1], shape[2], REAL);
		set_rows(&s);
		j = job(&s, i % 2);
		j.y = s.want;
		clear(&s, s.want);
		lin->mul(&j);
		for (int turn = 0; turn < 30; turn++) {
			size_t r = rng_below(&rng, s.m), m = 1 + rng_below(&rng, s.m - r);
			size_t lo = rng_below(&rng, panels(&s));
			size_t hi = lo + rng_below(&rng, panels(&s) - lo + 1);
			good &= part_same(&s, &j, r, m, lo, hi);
		}
	}
	ok(good, lin->simd == SIMD_BLAS
		 ? "%s: parts are near the whole and write nothing else"
		 : "%s: a row and a panel have the same bits in any company", name_of(lin));
}

/* Weights of zero: y is the bias, whatever the precision, so gelu can be walked in fine steps. */
static void check_gelu_dense(const struct linear_kernels *lin)
{
	enum { N = 4800 };
	static const size_t m = 3;
	double worst = 0, tol = lin->precision == PRECISION_FP32 ? 2e-6 : 1e-4;
	for (int turn = 0; turn < 10; turn++) {
		struct set s;
		set_init(&s, lin, m, N, 1, REAL);
		memset(s.w, 0, N * sizeof *s.w);
		for (size_t c = 0; c < N; c++)
			s.bias[c] = -12 + 5e-4f * ((float)turn + 10 * (float)c);
		linear_pack(lin, &(struct linear_layer){s.w, s.bias, N, 1, NULL}, s.packed);
		set_rows(&s);
		struct linear_job j = job(&s, true);
		lin->mul(&j);
		for (size_t c = 0; c < N; c++)
			for (size_t i = 0; i < m; i++) {
				double off = gelu_off(&s, s.bias[c], s.y[i * s.ldy + c]);
				worst = off <= worst ? worst : off;
			}
	}
	ok(worst <= tol, "%s: gelu is within %.0e from -12 to 12 in steps of 5e-4 (%.2g)",
	   name_of(lin), tol, worst);
}

/* Row 7 of 18 has v at place d: it must not come out finite, the others as without it. */
static void strange(const struct linear_kernels *lin, float v, size_t d, bool gelu, bool *gone,
		    bool *others)
{
	struct set s;
	set_init(&s, lin, 18, 33, 70, REAL);
	for (size_t i = 0; i < s.n * s.k; i++)
		s.w[i] += s.w[i] >= 0 ? 0.01f : -0.01f;
	linear_pack(lin, &(struct linear_layer){s.w, s.bias, s.n, s.k, NULL}, s.packed);
	set_rows(&s);
	struct linear_job j = job(&s, gelu);
	j.y = s.want;
	lin->mul(&j);
	s.x[7 * s.ldx + d] = v;
	set_rows(&s);
	j.y = s.y;
	lin->mul(&j);
	for (size_t i = 0; i < s.m; i++)
		for (size_t c = 0; c < s.n; c++) {
			float y = s.y[i * s.ldy + c];
			if (i != 7)
				*others &= y == s.want[i * s.ldy + c];
			else
				*gone &= isnan(v) || lin->precision == PRECISION_INT8
					? isnan(y) : !isfinite(y);
		}
}

static void check_strange(const struct linear_kernels *lin)
{
	static const float vs[] = {NAN, INFINITY, -INFINITY};
	bool gone = true, others = true;
	for (size_t i = 0; i < LEN(vs); i++)
		for (size_t d = 0; d < 70; d += 3)
			for (int gelu = 0; gelu < 2; gelu++)
				strange(lin, vs[i], d, gelu, &gone, &others);
	ok(gone, "%s: a NaN or infinity in a row leaves none of its outputs finite", name_of(lin));
	ok(others, "%s: a NaN or infinity in a row leaves other rows as they were", name_of(lin));
}

static bool row8_good(const struct linear_kernels *lin, const float *x, const float *smooth,
		      size_t k, const uint8_t *q, const uint8_t *truth)
{
	size_t pad = linear_k_pad(PRECISION_INT8, k);
	const struct linear_row_tail *t = (const void *)(q + pad);
	const struct linear_row_tail *tt = (const void *)(truth + pad);
	bool good = t->min == tt->min, half = lin->simd == SIMD_AVX2;
	for (size_t i = 0; i < k; i++) {
		double v = smooth ? (double)x[i] * (double)smooth[i] : (double)x[i];
		double back = (double)t->scale * q[i] + (double)t->min;
		good &= fabs(back - v) <= 0.5001 * (double)t->scale + 1e-6 * fabs(v);
		good &= half ? q[i] <= 127 : abs(q[i] - truth[i]) <= 1;
	}
	for (size_t i = k; i < pad; i++)
		good &= q[i] == 0;
	return good & (half ? fabsf(t->scale * 127 - tt->scale * 255) <= 1e-6f * tt->scale * 255
			    : t->scale == tt->scale);
}

/* Values of many sizes; for bf16 also ties, NaNs with payloads, infinities, denormals. */
static void fill_rows(struct set *s, int turn)
{
	float top = (float)ldexp(1, (int)rng_below(&rng, 40) - 20);
	for (size_t i = 0; i < (s->m - 1) * s->ldx + s->k; i++) {
		uint32_t u = (uint32_t)rng_u64(&rng);
		s->x[i] = turn % 4 == 0 ? top
			: turn % 4 == 1 ? (float)rng_unit(&rng) * top
			: turn % 4 == 2 ? -1 - (float)rng_unit(&rng) * top
					: (float)(rng_unit(&rng) - 0.5) * top;
		if (s->lin->precision == PRECISION_INT8 || turn % 2)
			continue;
		if (turn % 4 == 2)
			u = (u & 0xffff0000) | 0x8000;
		memcpy(&s->x[i], &u, sizeof u);
	}
}

static bool rows_good(const struct linear_kernels *lin, size_t m, size_t k, int turn)
{
	struct set s;
	struct linear_input in;
	bool good = true;
	set_init(&s, lin, m, 1, k, REAL);
	fill_rows(&s, turn);
	set_rows(&s);
	in = (struct linear_input){s.x, s.ldx, m, k, NULL};
	uint8_t *rows = s.rows, *truth = (uint8_t *)ends[WANT] - m * s.row_bytes;
	if (lin->precision == PRECISION_BF16) {
		linear_rows_bf16_scalar(&in, truth);
		return !memcmp(truth, rows, m * s.row_bytes);
	}
	if (turn % 2) {
		in.smooth = s.w;
		for (size_t i = 0; i < k; i++)
			s.w[i] = (float)exp(4 * rng_unit(&rng) - 2);
		lin->rows(&in, rows);
	}
	linear_rows_int8_scalar(&in, truth);
	for (size_t r = 0; r < m; r++)
		good &= row8_good(lin, s.x + r * s.ldx, in.smooth, k, rows + r * s.row_bytes,
				  truth + r * s.row_bytes);
	return good;
}

static void check_rows(const struct linear_kernels *lin)
{
	bool good = true;
	int turn = 0;
	for (size_t i = 0; i < LEN(ks) + 2; i++)
		for (size_t m = 1; m <= 5; m++)
			good &= rows_good(lin, m, i < LEN(ks) ? ks[i] : i == LEN(ks) ? 384 : K_MAX,
					  turn++);
	ok(good, lin->precision == PRECISION_BF16
		 ? "%s: rows are the scalar bytes"
		 : "%s: rows are x, and x times factors, within half a step", name_of(lin));
}

static void check(const struct linear_kernels *lin)
{
	if (lin->rows)
		check_rows(lin);
	check_sizes(lin);
	check_parts(lin);
	check_gelu_dense(lin);
	check_strange(lin);
}

/* Every kernel once; with an argument only those whose name holds it. */
int main(int argc, char **argv)
{
	static const enum precision ps[] = {PRECISION_INT8, PRECISION_BF16, PRECISION_FP32};
	const struct linear_kernels *seen_before[3 * SIMD_N];
	enum simd here[SIMD_N];
	size_t n = simd_list(here), n_seen = 0;
	areas_init();
	for (size_t p = 0; p < LEN(ps); p++)
		for (size_t i = 0; i < n; i++) {
			const struct linear_kernels *lin = linear_of(here[i], ps[p]);
			bool again = false;
			for (size_t t = 0; t < n_seen; t++)
				again |= seen_before[t] == lin;
			seen_before[n_seen++] = lin;
			if (!again && (argc < 2 || strstr(name_of(lin), argv[1])))
				check(lin);
		}
	return done();
}
