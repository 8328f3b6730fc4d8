/*
 * attention: softmax(scale q k^T) v of one head of one text.
 *
 *	const struct attention_kernels *att = attention_of(simd, PRECISION_INT8);
 *	void *scratch = mem_aligned(64, att->scratch_bytes(max_len, head));
 *	att->run(&(struct attention_job){...});
 *
 * Levels with products of bf16 round q, k, v and the weights of the softmax to bf16 where the
 * precision asked for is bf16 or int8 (sums are f32); in fp32 all is f32. The result depends on
 * the job alone. scalar is the truth: fp32 within 1e-5 max |v|, bf16 within 2e-2 max |v|.
 */
#ifndef LEANN_VEC_ATTENTION_H
#define LEANN_VEC_ATTENTION_H

#include <stddef.h>

#include "vec/precision.h"
#include "vec/simd.h"

struct attention_job {
	const float *q, *k, *v;	/* (len, head) each, rows ld elements apart */
	size_t ld, len, head;
	float scale;
	float *out;		/* (len, head), rows ldo elements apart */
	size_t ldo;
	void *scratch;		/* scratch_bytes(), 64-byte aligned; contents do not matter */
};

struct attention_kernels {
	enum simd simd;
	bool bf16;
	/* for texts of up to max_len */
	size_t (*scratch_bytes)(size_t max_len, size_t head);
	void (*run)(const struct attention_job *j);
};

/* The kernels of level s, or of those below it, for layers of precision p. */
const struct attention_kernels *attention_of(enum simd s, enum precision p);

#endif
