/* What this processor and its kernel allow; the only reader of $LEANN_SIMD. See simd.h. */
#define _GNU_SOURCE
#include "vec/simd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

static const char *const names[SIMD_N] = {
	[SIMD_SCALAR] = "scalar", [SIMD_BLAS] = "blas", [SIMD_AVX2] = "avx2",
	[SIMD_AVXVNNI] = "avxvnni", [SIMD_AVX512] = "avx512", [SIMD_AMX] = "amx",
	[SIMD_NEON] = "neon", [SIMD_DOTPROD] = "dotprod", [SIMD_I8MM] = "i8mm",
};

const char *simd_name(enum simd s)
{
	return names[s];
}

#if defined(__x86_64__)

static bool have_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool have_avxvnni(void)
{
	unsigned a, b, c, d;
	return have_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

static bool have_avx512(void)
{
	return have_avx2() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

/* Linux lends the tile registers to a process that asks (arch_prctl(2)), for all its threads. */
static bool have_amx(void)
{
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
	unsigned a, b, c, d;
	if (!have_avx512() || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return false;
	if (!(d >> 22 & 1) || !(d >> 24 & 1) || !(d >> 25 & 1))		/* BF16, TILE, INT8 */
		return false;
	return !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA);
}

bool simd_here(enum simd s)
{
	switch (s) {
	case SIMD_SCALAR:
	case SIMD_BLAS: return true;
	case SIMD_AVX2: return have_avx2();
	case SIMD_AVXVNNI: return have_avxvnni();
	case SIMD_AVX512: return have_avx512();
	case SIMD_AMX: return have_amx();
	default: return false;
	}
}

#elif defined(__aarch64__)

bool simd_here(enum simd s)
{
	/* bits of the Linux ABI, <asm/hwcap.h> */
	bool dotprod = getauxval(AT_HWCAP) >> 20 & 1;
	bool i8mm = getauxval(AT_HWCAP2) >> 13 & 1, bf16 = getauxval(AT_HWCAP2) >> 14 & 1;
	switch (s) {
	case SIMD_SCALAR:
	case SIMD_BLAS:
	case SIMD_NEON: return true;
	case SIMD_DOTPROD: return dotprod;
	case SIMD_I8MM: return dotprod && i8mm && bf16;
	default: return false;
	}
}

#else

bool simd_here(enum simd s)
{
	return s == SIMD_SCALAR || s == SIMD_BLAS;
}

#endif

size_t simd_list(enum simd out[SIMD_N])
{
	static const enum simd order[SIMD_N] = {SIMD_AMX, SIMD_AVX512, SIMD_AVXVNNI, SIMD_AVX2,
		SIMD_I8MM, SIMD_DOTPROD, SIMD_NEON, SIMD_BLAS, SIMD_SCALAR};
	size_t n = 0;
	for (size_t i = 0; i < SIMD_N; i++)
		if (simd_here(order[i]))
			out[n++] = order[i];
	return n;
}

enum simd simd_below(enum simd s)
{
	switch (s) {
	case SIMD_AMX: return SIMD_AVX512;
	case SIMD_AVX512:
	case SIMD_AVXVNNI: return SIMD_AVX2;
	case SIMD_I8MM: return SIMD_DOTPROD;
	case SIMD_DOTPROD: return SIMD_NEON;
	case SIMD_BLAS: return simd_here(SIMD_AVX2) ? SIMD_AVX2
			     : simd_here(SIMD_NEON) ? SIMD_NEON : SIMD_SCALAR;
	default: return SIMD_SCALAR;
	}
}

int simd_pick(enum simd *out, struct err *e)
{
	const char *want = getenv("LEANN_SIMD");
	enum simd have[SIMD_N];
	size_t n = simd_list(have), len = 0;
	char list[128] = "";
	*out = have[0];
	if (!want || !*want)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(want, names[have[i]])) {
			*out = have[i];
			return 0;
		}
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
					names[have[i]]);
	}
	return err_set(e, ERR_USAGE, "LEANN_SIMD=%s: not available here; this machine has %s", want,
		       list);
}
