/*
 * vecfile: embeddings in files of other programs: NumPy's .npy, .fvecs, and flat indexes of FAISS.
 *
 *	struct vecfile v;
 *	if (vecfile_open(&v, "e.npy", VECFILE_ANY, e)) ...
 *	vecfile_row(&v, i, out)			of v.n, v.dim floats
 *	vecfile_close(&v);
 *
 * All little-endian, rows one after the other:
 * npy (numpy.lib.format): \x93NUMPY, major, minor, length of the header (u16, from major 2 on u32), a dict of
 *   Python with descr '<f4', '<f8' or '<f2', fortran_order False, shape (n, dim); then the numbers.
 * fvecs: of each row i32 dim, then dim f32.
 * faiss: "IxFI" or "IxF2", i32 dim, i64 n, 16 bytes, u8 trained, i32 metric (0 inner product, 1 L2), u64 numbers,
 *   f32 each; or such a one within "IxMp" or "IxM2" (the same head, the index, u64 n, i64 ids).
 * Every number is checked against the size of the file, which has to be that of what it says.
 */
#ifndef LEANN_PORT_VECFILE_H
#define LEANN_PORT_VECFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum vecfile_format { VECFILE_ANY, VECFILE_NPY, VECFILE_FVECS, VECFILE_FAISS };
extern const char *const vecfile_names[];	/* "any", "npy", "fvecs", "faiss"; NULL-terminated */

struct vecfile {
	const uint8_t *map;		/* of the whole file */
	size_t n_map;
	size_t n, dim;
	const uint8_t *rows;		/* row i begins at rows + i * step */
	size_t step, width;		/* bytes of a row; of a number: 2, 4, 8 */
	const uint8_t *ids;		/* i64 each, or NULL */
};

/* VECFILE_ANY: what its first bytes say, fvecs where they say nothing. */
int vecfile_open(struct vecfile *v, const char *path, enum vecfile_format f, struct err *e) MUST_CHECK;
/* The same from bytes, which outlive it. */
int vecfile_parse(struct vecfile *v, const uint8_t *p, size_t n, enum vecfile_format f,
		  struct err *e) MUST_CHECK;
void vecfile_row(const struct vecfile *v, size_t i, float *out);
int64_t vecfile_id(const struct vecfile *v, size_t i);	/* with ids */
void vecfile_close(struct vecfile *v);

#endif
