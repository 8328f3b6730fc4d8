/*
 * safetensors: a file of named tensors, mapped read-only and checked before use: header at most
 * 100,000,000 bytes, no duplicate name, every size = shape x type, the data covered exactly once.
 *
 *	struct safetensors *st; if (safetensors_open(path, &st, e)) return -1;
 *	const struct tensor *t = safetensors_find(st, "embeddings.word_embeddings.weight");
 *	safetensors_free(st);		tensors and their data go with it
 */
#ifndef LEANN_NN_SAFETENSORS_H
#define LEANN_NN_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { TENSOR_DIMS_MAX = 8 };

enum tensor_type { TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_OTHER };

struct tensor {
	char *name;
	enum tensor_type type;
	char type_name[12];
	size_t n_dims, shape[TENSOR_DIMS_MAX];
	size_t n_elems, n_bytes;
	const uint8_t *p;	/* n_bytes, little-endian, any alignment */
};

struct safetensors;

int safetensors_open(const char *path, struct safetensors **out, struct err *e) MUST_CHECK;
/* The same over bytes in memory, borrowed; where names them in messages. */
int safetensors_parse(const void *p, size_t n, const char *where, struct safetensors **out,
		      struct err *e) MUST_CHECK;
void safetensors_free(struct safetensors *st);
size_t safetensors_len(const struct safetensors *st);
const struct tensor *safetensors_find(const struct safetensors *st, const char *name);

/*
 * Values [from, from + n) of an F32, F16 or BF16 tensor as f32 into out; the first index that is
 * not finite, or n.
 */
size_t tensor_get_f32(const struct tensor *t, size_t from, size_t n, float *out);
/* The data in place when it is F32 and aligned on a little-endian machine, else NULL. */
const float *tensor_f32(const struct tensor *t);
/* Index of the first value that is not finite, or n. */
size_t tensor_first_bad(const float *p, size_t n);

#endif
