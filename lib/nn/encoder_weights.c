/* Where the weights lie in their block, and their file; see encoder_weights.h, leann-weights(5). */
#include "nn/encoder_weights.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/tmpfile.h"

enum { HEADER_BYTES = 128, HEADER_SUMMED = 104, VERSION = 2, RERANKER = 1 };

struct place {
	char *block;
	size_t n;
};

static void *take(struct place *p, size_t n_bytes)
{
	void *at = p->block ? p->block + p->n : NULL;
	p->n += (n_bytes + 63) / 64 * 64;
	return at;
}

static void place_layer(struct place *p, struct encoder_layer *y, const struct model_info *m,
			const struct linear_kernels *lin)
{
	size_t dim = m->dim, ff = m->ff_dim, vec_bytes = dim * sizeof(float);
	y->qkv = take(p, linear_weight_bytes(lin, 3 * dim, dim));
	y->att = take(p, linear_weight_bytes(lin, dim, dim));
	y->att_gamma = take(p, vec_bytes);
	y->att_beta = take(p, vec_bytes);
	y->up = take(p, linear_weight_bytes(lin, ff, dim));
	y->down = take(p, linear_weight_bytes(lin, dim, ff));
	y->down_gamma = take(p, vec_bytes);
	y->down_beta = take(p, vec_bytes);
	for (size_t i = 0; i < LAYER_INPUTS && lin->precision == PRECISION_INT8; i++)
		y->smooth[i] = take(p, i == INPUT_DOWN ? ff * sizeof(float) : vec_bytes);
}

void encoder_weights_place(struct encoder_weights *w, const struct model_info *m,
			   const struct linear_kernels *lin)
{
	struct place p = {w->block, 0};
	if (!w->layers)
		w->layers = mem_calloc(m->n_layers, sizeof *w->layers);
	w->gamma = take(&p, m->dim * sizeof(float));
	w->beta = take(&p, m->dim * sizeof(float));
	for (size_t l = 0; l < m->n_layers; l++)
		place_layer(&p, &w->layers[l], m, lin);
	w->pos = take(&p, m->n_positions * m->dim * sizeof(float));
	if (lin->precision != PRECISION_FP32)
		w->word16 = take(&p, m->n_vocab * m->dim * sizeof(uint16_t));
	if (m->kind == MODEL_RERANKER) {
		w->type1 = take(&p, m->dim * sizeof(float));
		w->pool = take(&p, m->dim * m->dim * sizeof(float));
		w->pool_bias = take(&p, m->dim * sizeof(float));
		w->score = take(&p, m->dim * sizeof(float));
		w->score_bias = take(&p, sizeof(float));
	}
	w->n_block = p.n;
}

void encoder_weights_release(struct encoder_weights *w)
{
	mem_free(w->layers);
	if (w->mapped)
		map_release(w->mapped, w->n_mapped);
	else
		mem_free(w->block);
	mem_free(w->word_own);
	safetensors_free(w->st);
	*w = (struct encoder_weights){0};
}

static int hex_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* The header without its sums. */
static void put_header(uint8_t h[HEADER_BYTES], const struct model_info *m,
		       const struct encoder_weights_id *id, size_t n_block)
{
	const size_t shape[6] = {m->dim, m->n_layers, m->n_heads, m->ff_dim, m->n_vocab,
				 m->n_positions};
	memset(h, 0, HEADER_BYTES);
	memcpy(h, "LEANNWTS", 8);
	put_le32(h + 8, VERSION);
	put_le32(h + 12, (uint32_t)id->precision);
	for (size_t i = 0; i < 32; i++)
		h[16 + i] = (uint8_t)(hex_digit(id->sha256[2 * i]) << 4 |
				      hex_digit(id->sha256[2 * i + 1]));
	for (size_t i = 0; i < 6; i++)
		put_le32(h + 48 + 4 * i, (uint32_t)shape[i]);
	put_le64(h + 88, n_block);
	put_le32(h + 112, m->kind == MODEL_RERANKER ? RERANKER : 0);
}

int encoder_weights_save(const struct encoder_weights *w, const char *path,
			 const struct model_info *m, const struct encoder_weights_id *id,
			 struct err *e)
{
	struct tmpout t;
	uint8_t h[HEADER_BYTES];
	put_header(h, m, id, w->n_block);
	put_lef64(h + 72, w->cos_mean);
	put_lef64(h + 80, w->cos_min);
	put_le64(h + 96, hash64(w->block, w->n_block));
	put_le64(h + HEADER_SUMMED, hash64(h, HEADER_SUMMED));
	if (tmpout_open(&t, path, e))
		return -1;
	if (fd_write(t.fd, path, h, sizeof h, e) ||
	    fd_write(t.fd, path, w->block, w->n_block, e) || tmpout_commit(&t, e)) {
		tmpout_abandon(&t);
		return -1;
	}
	return 0;
}

/* Is this the file that saving these weights makes? */
static bool good(const uint8_t *p, size_t n, const struct model_info *m,
		 const struct encoder_weights_id *id, size_t n_block)
{
	uint8_t want[HEADER_BYTES];
	put_header(want, m, id, n_block);
	return n == HEADER_BYTES + n_block && !memcmp(p, want, 72) &&
	       !memcmp(p + 112, want + 112, 16) &&
	       get_le64(p + 88) == n_block &&
	       get_le64(p + HEADER_SUMMED) == hash64(p, HEADER_SUMMED) &&
	       get_le64(p + 96) == hash64(p + HEADER_BYTES, n_block);
}

int encoder_weights_map(struct encoder_weights *w, const char *path, const struct model_info *m,
			const struct encoder_weights_id *id, const struct linear_kernels *lin,
			struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 1 : err_sys(e, "%s", path);
	encoder_weights_place(w, m, lin);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size != HEADER_BYTES + w->n_block) {
		close(fd);
		return 1;
	}
	w->n_mapped = (size_t)st.st_size;
	int r = map_file(fd, path, w->n_mapped, &w->mapped, e);
	close(fd);
	if (r)
		return -1;
	const uint8_t *p = w->mapped;
	if (!good(p, w->n_mapped, m, id, w->n_block)) {
		encoder_weights_release(w);
		return 1;
	}
	w->cos_mean = get_lef64(p + 72);
	w->cos_min = get_lef64(p + 80);
	/* Mapped for reading; the pointers are not const because packing writes through them. */
	w->block = (char *)(uintptr_t)(p + HEADER_BYTES);
	encoder_weights_place(w, m, lin);
	return 0;
}
