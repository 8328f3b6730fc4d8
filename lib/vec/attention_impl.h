/* attention_impl: what the attention_*.c files share; see attention.h. */
#ifndef LEANN_VEC_ATTENTION_IMPL_H
#define LEANN_VEC_ATTENTION_IMPL_H

#include "vec/attention.h"
#include "vec/unroll.h"

/* The scalar kernel itself, for levels without their own. */
size_t attention_scratch_scalar(size_t max_len, size_t head);
void attention_run_scalar(const struct attention_job *j);

extern const struct attention_kernels attention_fp32_scalar, attention_fp32_blas;
#if defined(__x86_64__)
extern const struct attention_kernels attention_fp32_avx2, attention_fp32_avx512;
extern const struct attention_kernels attention_bf16_avx512, attention_bf16_amx;
#elif defined(__aarch64__)
extern const struct attention_kernels attention_fp32_neon;
#endif

#endif
