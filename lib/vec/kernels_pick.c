/* Which table of kernels this machine gets; the only reader of $LEANN_SIMD. See kernels.h. */
#include "vec/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct vec_kernels *vec_kernels_at(size_t i)
{
	const struct vec_kernels *have[4] = {NULL};
	size_t n = 0;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		have[n++] = &vec_kernels_avx2;
#elif defined(__aarch64__)
	have[n++] = &vec_kernels_neon;
#endif
	have[n++] = &vec_kernels_scalar;
	return i < n ? have[i] : NULL;
}

int vec_kernels_pick(const struct vec_kernels **out, struct err *e)
{
	const char *want = getenv("LEANN_SIMD");
	char list[64] = "";
	size_t len = 0;
	const struct vec_kernels *k;
	*out = vec_kernels_at(0);
	if (!want || !*want)
		return 0;
	for (size_t i = 0; (k = vec_kernels_at(i)); i++) {
		if (!strcmp(want, k->name)) {
			*out = k;
			return 0;
		}
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
					k->name);
	}
	return err_set(e, ERR_USAGE, "LEANN_SIMD=%s: not available here; this machine has %s", want,
		       list);
}
