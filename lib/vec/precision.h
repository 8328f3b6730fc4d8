/* precision: in which numbers an encoder's linear layers are computed, by name. */
#ifndef LEANN_VEC_PRECISION_H
#define LEANN_VEC_PRECISION_H

/* The values are written into files of weights, leann-weights(5): never reuse one. */
enum precision { PRECISION_AUTO = 0, PRECISION_FP32 = 1, PRECISION_BF16 = 2, PRECISION_INT8 = 3 };

const char *precision_name(enum precision p);	/* "auto", "fp32", "bf16", "int8" */
/* -1: no such name */
int precision_from(const char *name, enum precision *out);

#endif
