/* levels: the sets of instructions that this processor is seen to have, best first. */
#include <stdio.h>

#include "vec/simd.h"

int main(void)
{
	enum simd have[SIMD_N];
	size_t n = simd_list(have);
	for (size_t i = 0; i < n; i++)
		puts(simd_name(have[i]));
	return 0;
}
