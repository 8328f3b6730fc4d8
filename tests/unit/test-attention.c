/* Every attention of this machine against the scalar one: shapes, bounds of memory, extremes. */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "unit.h"
#include "vec/attention_impl.h"

enum { BODY = 1 << 20, LEN_MAX = 512, HEAD_MAX = 128, K_MAX = 3 * SIMD_N + 1 };

static const size_t lens[] = {
	1,  2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12, 13,  14,  15,  16,  17,
	18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,  31,  32,  33,  34,
	35, 36, 37, 38, 39, 40, 63, 64, 65, 127, 128, 129, 181, 256, 512,
};
static const size_t heads[] = {1, 7, 8, 16, 31, 32, 33, 64, 128};

/* What is known of a kernel after some cases; err in parts of what it may be. */
struct subject {
	const struct attention_kernels *k;
	char name[32];
	double err;
	bool same, apart;
};

/* Pages between two that are not ours to touch. */
struct fence {
	char *lo, *hi;
};

struct world {
	struct subject s[K_MAX];
	size_t n;
	struct fence q, k, v, out, scratch;
	float *ref;		/* (LEN_MAX, HEAD_MAX) */
	float v_top;
};

static struct rng rng = {11};

static float uniform(float lo, float hi)
{
	return lo + (hi - lo) * (float)rng_unit(&rng);
}

static struct fence fence_new(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, BODY + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (p == MAP_FAILED || mprotect(p, page, PROT_NONE) ||
	    mprotect(p + page + BODY, page, PROT_NONE))
		exit(2);
	return (struct fence){p + page, p + page + BODY};
}

static void subject_add(struct world *w, const struct attention_kernels *k)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->s[i].k == k)
			return;
	struct subject *s = &w->s[w->n++];
	s->k = k;
	snprintf(s->name, sizeof s->name, "%s %s", simd_name(k->simd), k->bf16 ? "bf16" : "fp32");
}

static void world_init(struct world *w)
{
	enum simd have[SIMD_N];
	size_t n = simd_list(have);
	memset(w, 0, sizeof *w);
	for (size_t i = 0; i < n; i++)
		for (enum precision p = PRECISION_FP32; p <= PRECISION_INT8; p++)
			subject_add(w, attention_of(have[i], p));
#if defined(__x86_64__)
	/* on some processors not chosen, but there */
	if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vbmi"))
		subject_add(w, &attention_bf16_avx512);
#endif
	w->q = fence_new();
	w->k = fence_new();
	w->v = fence_new();
	w->out = fence_new();
	w->scratch = fence_new();
	w->ref = (float *)(void *)fence_new().lo;
}

static void begin(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		w->s[i].err = 0;
		w->s[i].same = w->s[i].apart = true;
	}
}

/* (len, head) whose rows are ld apart, against the upper or the lower fence. */
static float *place(const struct fence *f, size_t len, size_t head, size_t ld, bool upper)
{
	size_t n = (len - 1) * ld + head;
	return (float *)(void *)(upper ? f->hi - n * sizeof(float) : f->lo);
}

/* A job with room for its arrays, which are yet to be filled. */
static struct attention_job job(struct world *w, size_t len, size_t head, bool upper)
{
	size_t ld = head + 5, ldo = head + 3;
	return (struct attention_job){
		.q = place(&w->q, len, head, ld, upper), .k = place(&w->k, len, head, ld, upper),
		.v = place(&w->v, len, head, ld, upper), .ld = ld, .len = len, .head = head,
		.scale = 1 / sqrtf((float)head), .out = place(&w->out, len, head, ldo, upper),
		.ldo = ldo,
	};
}

/* x (len, head) uniform in +-top, in steps of step if that is not 0 */
static void fill(const struct attention_job *j, const float *x, float top, float step)
{
	float *p = (float *)(uintptr_t)x;
	for (size_t i = 0; i < j->len; i++)
		for (size_t d = 0; d < j->head; d++) {
			float a = uniform(-top, top);
			p[i * j->ld + d] = step > 0 ? rintf(a / step) * step : a;
		}
}

static void run(struct world *w, const struct attention_kernels *k, struct attention_job *j,
		int dirt)
{
	size_t bytes = k->scratch_bytes(j->len, j->head);
	j->scratch = w->scratch.hi - bytes;
	memset(j->scratch, dirt, bytes);
	k->run(j);
}

/* The scalar result to ref. */
static void set_ref(struct world *w, struct attention_job j)
{
	j.out = w->ref;
	j.ldo = j.head;
	run(w, attention_of(SIMD_SCALAR, PRECISION_FP32), &j, 0);
	w->v_top = 0;
	for (size_t i = 0; i < j.len; i++)
		for (size_t d = 0; d < j.head; d++)
			w->v_top = fmaxf(w->v_top, fabsf(j.v[i * j.ld + d]));
}

/* Error of row i in parts of what is allowed; NaN counts as much. */
static double row_error(const struct world *w, const struct attention_kernels *k,
			const struct attention_job *j, size_t i)
{
	double allowed = (k->bf16 ? 2e-2 : 1e-5) * w->v_top, worst = 0;
	for (size_t d = 0; d < j->head; d++) {
		double e = fabs((double)j->out[i * j->ldo + d] - w->ref[i * j->head + d]);
		worst = e / allowed > worst || isnan(e) ? (isnan(e) ? 1e9 : e / allowed) : worst;
	}
	return worst;
}

/* All kernels on the job; what they gave is compared with ref and with a second call. */
static void compare(struct world *w, struct attention_job *j)
{
	static float first[LEN_MAX * (HEAD_MAX + 3)];
	size_t n = (j->len - 1) * j->ldo + j->head;
	set_ref(w, *j);
	for (size_t s = 0; s < w->n; s++) {
		struct subject *t = &w->s[s];
		memset(j->out, 0x77, n * sizeof(float));
		run(w, t->k, j, 0xff);
		memcpy(first, j->out, n * sizeof(float));
		for (size_t i = 0; i < j->len; i++) {
			t->err = fmax(t->err, row_error(w, t->k, j, i));
			for (size_t d = j->head; d < j->ldo && i + 1 < j->len; d++) {
				uint32_t u;
				memcpy(&u, &j->out[i * j->ldo + d], sizeof u);
				t->apart &= u == 0x77777777;
			}
		}
		run(w, t->k, j, 0x5a);
		t->same &= !memcmp(first, j->out, n * sizeof(float));
	}
}

static void check_shapes(struct world *w)
{
	begin(w);
	for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
		for (size_t l = 0; l < sizeof lens / sizeof *lens; l++) {
			struct attention_job j = job(w, lens[l], heads[h], (l + h) % 3 != 0);
			fill(&j, j.q, 2, 0);
			fill(&j, j.k, 2, 0);
			fill(&j, j.v, 3, 0);
			compare(w, &j);
		}
	for (size_t i = 0; i < w->n; i++) {
		const struct subject *s = &w->s[i];
		ok(s->err <= 1, "%s: every length and size of head is within bounds (%.2g of them)",
		   s->name, s->err);
		ok(s->same, "%s: a second call with other scratch gives the same bytes", s->name);
		ok(s->apart, "%s: nothing beside the head is written", s->name);
	}
}

/* Whole numbers times ln 2: scores that bf16 has exactly, of any size. */
static void check_sizes(struct world *w)
{
	static const float tops[] = {1, 3, 12, 100};
	begin(w);
	for (size_t t = 0; t < sizeof tops / sizeof *tops; t++)
		for (size_t l = 8; l < sizeof lens / sizeof *lens; l += 7) {
			struct attention_job j = job(w, lens[l], l % 2 ? 32 : 64, true);
			j.scale = 0.693147181f;
			fill(&j, j.q, tops[t], 1);
			fill(&j, j.k, tops[t], 1);
			fill(&j, j.v, 3, 0);
			compare(w, &j);
		}
	for (size_t i = 0; i < w->n; i++)
		ok(w->s[i].err <= 1, "%s: scores of up to 10^5 are as good (%.2g of the bounds)",
		   w->s[i].name, w->s[i].err);
}

/* Scores of +-top, half of the queries being turned around; or all below 0, some by a quarter. */
static void check_extremes(struct world *w)
{
	static const float tops[] = {60, -60, 80, -80, 1e4f, -1e4f};
	begin(w);
	for (size_t t = 0; t < sizeof tops / sizeof *tops; t++) {
		struct attention_job j = job(w, 45, 32, true);
		float one = sqrtf(fabsf(tops[t]) / (j.scale * 32));
		float *q = (float *)(uintptr_t)j.q, *k = (float *)(uintptr_t)j.k;
		for (size_t i = 0; i < j.len; i++)
			for (size_t d = 0; d < j.head; d++) {
				float sign = i % 2 ? -1 : 1;
				q[i * j.ld + d] = tops[t] > 0 ? sign * one : one;
				k[i * j.ld + d] = tops[t] > 0 ? sign * one
						: i % 3 ? -1.25f * one : -one;
			}
		fill(&j, j.v, 3, 0);
		compare(w, &j);
	}
	for (size_t i = 0; i < w->n; i++)
		ok(w->s[i].err <= 1, "%s: scores of +-60, +-80 and +-10^4 do not overflow (%.2g)",
		   w->s[i].name, w->s[i].err);
}

/* A NaN in one of q, k and v: whether those that must be NaN are, and for q no others. */
static bool nan_stays(struct world *w, const struct attention_kernels *k, char where)
{
	bool good = true;
	for (size_t l = 0; l < sizeof lens / sizeof *lens; l += 5) {
		struct attention_job j = job(w, lens[l], l % 2 ? 32 : 33, true);
		size_t at = rng_below(&rng, j.len), chan = rng_below(&rng, j.head);
		fill(&j, j.q, 2, 0);
		fill(&j, j.k, 2, 0);
		fill(&j, j.v, 3, 0);
		set_ref(w, j);
		const float *x = where == 'q' ? j.q : where == 'k' ? j.k : j.v;
		((float *)(uintptr_t)x)[at * j.ld + chan] = NAN;
		run(w, k, &j, 0);
		for (size_t i = 0; i < j.len; i++) {
			if (where == 'q' && i != at)
				good &= row_error(w, k, &j, i) <= 1;
			for (size_t d = 0; d < j.head; d++)
				if ((where != 'q' || i == at) && (where != 'v' || d == chan))
					good &= isnan(j.out[i * j.ldo + d]);
		}
	}
	return good;
}

static void check_nan(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct subject *s = &w->s[i];
		ok(nan_stays(w, s->k, 'q'), "%s: a NaN in a query is one in its row alone",
		   s->name);
		ok(nan_stays(w, s->k, 'k') && nan_stays(w, s->k, 'v'),
		   "%s: a NaN in a key or value is not lost", s->name);
	}
}

static void check_levels(void)
{
	enum simd have[SIMD_N];
	size_t n = simd_list(have);
	bool f32 = true, aligned = true;
	for (size_t i = 0; i < n; i++) {
		f32 &= !attention_of(have[i], PRECISION_FP32)->bf16;
		for (size_t len = 1; len < 70; len++)
			aligned &= attention_of(have[i], PRECISION_INT8)->scratch_bytes(len, 33) %
				   64 == 0;
	}
	ok(f32, "no level rounds to bf16 where fp32 is asked for");
	ok(aligned, "scratch is whole cache lines");
}

int main(void)
{
	static struct world w;
	world_init(&w);
	check_levels();
	check_shapes(&w);
	check_sizes(&w);
	check_extremes(&w);
	check_nan(&w);
	return done();
}
