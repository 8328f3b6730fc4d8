/*
 * hnsw_file: the vectors of a folder of hnswlib's persistent files as Chroma has them: header.bin says how they
 * lie in data_level0.bin. Nothing else of the folder is opened, the pickle least of all.
 *
 *	struct hnsw_file h;
 *	if (hnsw_file_open(&h, "DIR", dim, e)) ...	no such files, or empty ones: n 0
 *	hnsw_file_vec(&h, i, out)			of live element i, by ascending label
 *	hnsw_file_close(&h);
 *
 * header.bin, little-endian, without gaps: u32 version 1, u64 0, u64 elements there is room for, u64 elements, u64
 * bytes of one, u64 where its label is, u64 where its vector is, i32 top level, u32 entry, u64 links, u64 links of
 * level 0, u64 M, f64, u64. An element: u32 number of links, whose third byte is odd where it is deleted; links,
 * u32 each; the vector, f32 each; u64 label.
 */
#ifndef LEANN_PORT_HNSW_FILE_H
#define LEANN_PORT_HNSW_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hnsw_file {
	const uint8_t *map;		/* of data_level0.bin; NULL: there is nothing */
	size_t n_map;
	size_t dim, n_bytes, vec_at, label_at;	/* of an element */
	size_t n;			/* elements that are not deleted */
	size_t n_deleted;
	struct hnsw_live {
		uint64_t label;
		uint32_t element;
	} *live;			/* (n) by ascending label */
	uint64_t label_max;		/* of all, deleted ones too; 0: none */
};

/* dim 0: what the files say. */
int hnsw_file_open(struct hnsw_file *h, const char *dir, size_t dim, struct err *e) MUST_CHECK;
/* The same from bytes, which outlive it: what files say is not believed. */
int hnsw_file_parse(struct hnsw_file *h, const uint8_t *head, size_t n_head, const uint8_t *data, size_t n_data,
		    size_t dim, struct err *e) MUST_CHECK;
void hnsw_file_vec(const struct hnsw_file *h, size_t i, float *out);
void hnsw_file_close(struct hnsw_file *h);	/* all zero is fine */

#endif
