/*
 * leann-peak: the most products a second that this machine's instructions make, to hold kernels
 * against.
 *
 *	leann-peak [-j THREADS]
 *
 * Prints a line an instruction, NAME TAB 1e9 operations a second, a multiplication and an addition
 * being two, all threads together; "-" where the processor lacks it. Each runs in registers alone,
 * on independent sums; the best of many rounds of a millisecond, which others seldom disturb.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/opts.h"
#include "base/par.h"
#include "vec/simd.h"

enum { ROUNDS = 300, THREADS_MAX = 256 };

struct peak {
	const char *name;
	enum simd needs;
	double ops;			/* of one turn of its loop */
	void (*loop)(size_t n_turns);
};

#if defined(__x86_64__)
#include <immintrin.h>

/* One instruction on each of 12 registers: more sums than any of them takes cycles. */
#define TWELVE(insn, reg)								\
	"1:\n\t"									\
	insn " %%" reg "12, %%" reg "13, %%" reg "0\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "1\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "2\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "3\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "4\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "5\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "6\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "7\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "8\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "9\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "10\n\t"				\
	insn " %%" reg "12, %%" reg "13, %%" reg "11\n\t"				\
	"dec %0\n\tjnz 1b\n\t"
#define ZERO(reg, i) "vxorps %%" reg #i ", %%" reg #i ", %%" reg #i "\n\t"
#define ZEROS(reg)									\
	ZERO(reg, 0) ZERO(reg, 1) ZERO(reg, 2) ZERO(reg, 3) ZERO(reg, 4) ZERO(reg, 5)	\
	ZERO(reg, 6) ZERO(reg, 7) ZERO(reg, 8) ZERO(reg, 9) ZERO(reg, 10) ZERO(reg, 11)	\
	ZERO(reg, 12) ZERO(reg, 13)
#define CLOBBERS "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
	"xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "cc"
#define LOOP(name, isa, insn, reg)							\
	__attribute__((target(isa))) static void name(size_t n)				\
	{										\
		__asm__ volatile(ZEROS(reg) TWELVE(insn, reg) : "+r"(n) : : CLOBBERS);	\
	}

LOOP(fma_avx2, "avx2,fma", "vfmadd231ps", "ymm")
LOOP(fma_avx512, "avx512f,avx512dq", "vfmadd231ps", "zmm")
LOOP(dpbusd_avxvnni, "avx2", "%{vex%} vpdpbusd", "ymm")
LOOP(dpbusd_avx512, "avx512f,avx512vnni,avx512dq", "vpdpbusd", "zmm")

/* What AVX2 has for bytes: two products of bytes to 16 bits, two of those to 32, added. */
__attribute__((target("avx2"))) static void maddubs_avx2(size_t n)
{
#define THREE(t, s)									\
	"vpmaddubsw %%ymm12, %%ymm13, %%ymm" t "\n\t"					\
	"vpmaddwd %%ymm14, %%ymm" t ", %%ymm" t "\n\t"					\
	"vpaddd %%ymm" t ", %%ymm" s ", %%ymm" s "\n\t"
	__asm__ volatile(ZEROS("ymm") ZERO("ymm", 14)
			 "1:\n\t" THREE("0", "6") THREE("1", "7") THREE("2", "8")
			 THREE("3", "9") THREE("4", "10") THREE("5", "11")
			 "dec %0\n\tjnz 1b\n\t" : "+r"(n) : : CLOBBERS, "xmm14");
}

struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

/* Tiles of 16 rows of 64 bytes: 0 to 3 are sums, 4 to 7 factors. */
#define TILES(name, isa, insn)								\
	__attribute__((target("amx-tile," isa))) static void name(size_t n)		\
	{										\
		struct tile_config c = {.palette = 1};					\
		for (int i = 0; i < 8; i++) {						\
			c.row_bytes[i] = 64;						\
			c.rows[i] = 16;							\
		}									\
		__asm__ volatile("ldtilecfg %1\n\t"					\
			"tilezero %%tmm0\n\ttilezero %%tmm1\n\ttilezero %%tmm2\n\t"	\
			"tilezero %%tmm3\n\ttilezero %%tmm4\n\ttilezero %%tmm5\n\t"	\
			"tilezero %%tmm6\n\ttilezero %%tmm7\n\t"			\
			"1:\n\t"							\
			insn " %%tmm6, %%tmm4, %%tmm0\n\t"				\
			insn " %%tmm7, %%tmm4, %%tmm1\n\t"				\
			insn " %%tmm6, %%tmm5, %%tmm2\n\t"				\
			insn " %%tmm7, %%tmm5, %%tmm3\n\t"				\
			"dec %0\n\tjnz 1b\n\ttilerelease\n\t"				\
			: "+r"(n) : "m"(c) : "cc");					\
	}
TILES(tiles_int8, "amx-int8", "tdpbusd")
TILES(tiles_bf16, "amx-bf16", "tdpbf16ps")

static const struct peak peaks[] = {
	{"fp32 avx2 fma", SIMD_AVX2, 12 * 8 * 2, fma_avx2},
	{"fp32 avx512 fma", SIMD_AVX512, 12 * 16 * 2, fma_avx512},
	{"bf16 amx", SIMD_AMX, 4 * 16 * 16 * 32 * 2, tiles_bf16},
	{"int8 avx2 maddubs", SIMD_AVX2, 6 * 32 * 2, maddubs_avx2},
	{"int8 avxvnni", SIMD_AVXVNNI, 12 * 32 * 2, dpbusd_avxvnni},
	{"int8 avx512 vnni", SIMD_AVX512, 12 * 64 * 2, dpbusd_avx512},
	{"int8 amx", SIMD_AMX, 4 * 16 * 16 * 64 * 2, tiles_int8},
};
enum { N_PEAKS = sizeof peaks / sizeof *peaks };

#else

static const struct peak peaks[] = {{"fp32", SIMD_N, 0, NULL}};
enum { N_PEAKS = 1 };

#endif

struct run {
	const struct peak *peak;
	size_t n_turns;
};

static void body(void *ctx, size_t i_item, size_t i_worker)
{
	const struct run *r = ctx;
	(void)i_item;
	(void)i_worker;
	r->peak->loop(r->n_turns);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* 1e9 operations a second. */
static double measure(const struct peak *p, struct par *par)
{
	struct run r = {p, 100};
	double best = 0, took_s = 0;
	while (took_s < .001) {			/* turns that take long enough to time */
		r.n_turns *= 2;
		took_s = now();
		p->loop(r.n_turns);
		took_s = now() - took_s;
	}
	for (int i = 0; i < ROUNDS; i++) {
		double t0 = now();
		par_for(par, par_n_threads(par), body, &r);
		double rate = p->ops * (double)r.n_turns * (double)par_n_threads(par) /
			      (now() - t0) / 1e9;
		best = rate > best ? rate : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	static const struct opt table[] = {{'j', "threads", "N", "threads (1)"}, {0}};
	struct opts o = {.table = table, .usage = "", .summary = "the most products a second"};
	size_t n_threads = 1;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	for (int c; (c = opts_next(&o));)
		if (c == 'j')
			n_threads = (size_t)opts_num(&o, 1, THREADS_MAX);
	if (o.n_args)
		err_usage_die("no operands");
	struct par *par = par_new(n_threads);
	for (size_t i = 0; i < N_PEAKS; i++) {
		if (peaks[i].loop && simd_here(peaks[i].needs))
			printf("%s\t%.1f\n", peaks[i].name, measure(&peaks[i], par));
		else
			printf("%s\t-\n", peaks[i].name);
	}
	par_free(par);
	close_stdout_die();
	return 0;
}
