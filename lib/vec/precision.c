/* Names of precisions; see precision.h. */
#include "vec/precision.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[PRECISION_AUTO] = "auto",
	[PRECISION_FP32] = "fp32",
	[PRECISION_BF16] = "bf16",
	[PRECISION_INT8] = "int8",
};

const char *precision_name(enum precision p)
{
	return names[p];
}

int precision_from(const char *name, enum precision *out)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i])) {
			*out = (enum precision)i;
			return 0;
		}
	return -1;
}
