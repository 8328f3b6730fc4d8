/*
 * make-vectors N DIM [N_LANGS [nan|SHA256]]: a stream of N made-up vectors; nan spoils the last,
 * SHA256 is the identity of the model that they are said to be of.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "fmt/record.h"
#include "../unit/synth.h"

static void check(int r, struct err *e)
{
	if (r)
		err_die(e);
}

static void put_one(struct stream_out *out, size_t i, size_t n_langs, const float *v, size_t dim)
{
	struct buf b = BUF_INIT;
	struct err e;
	char path[40], lang[40];
	snprintf(path, sizeof path, "file-%zu", i / 10);
	snprintf(lang, sizeof lang, "lang-%zu", i / 10 % n_langs);
	struct rec_file f = {.id = i / 10,
			     .path = (uint8_t *)path,
			     .n_path = strlen(path),
			     .size_bytes = 1000,
			     .lang = lang,
			     .n_lang = strlen(lang)};
	struct rec_chunk k = {.id = i,
			      .file = i / 10,
			      .off_bytes = i % 10 * 100,
			      .len_bytes = 100,
			      .first_line = 1 + i % 10,
			      .last_line = 1 + i % 10,
			      .n_tokens = 20};
	if (i % 10 == 0) {
		put_file(&b, &f);
		check(stream_out_buf(out, &b, &e), &e);
	}
	put_chunk(&b, &k);
	check(stream_out_buf(out, &b, &e), &e);
	put_vec(&b, i, v, dim);
	check(stream_out_buf(out, &b, &e), &e);
	buf_release(&b);
}

int main(int argc, char **argv)
{
	struct stream_out out;
	struct shead h = SHEAD_INIT;
	struct buf roots = BUF_INIT;
	struct err e;
	prog_start(argv[0]);
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100,
	       dim = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
	size_t n_langs = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	float *x = synth_rows(n ? n : 1, dim, 20, 7);
	bool spoil = argc > 4 && !strcmp(argv[4], "nan");
	if (spoil && n)
		x[n * dim - 1] = NAN;
	snprintf(h.kind, sizeof h.kind, "vectors");
	mp_put_arr(&roots, 1);
	mp_put_bin(&roots, "/tmp", 4);
	shead_set_packed(&h, "roots", &roots);
	shead_set_u64(&h, "dim", dim);
	if (argc > 4 && !spoil)
		shead_set_str(&h, "model_sha256", argv[4]);
	shead_set_str(&h, "metric", "cosine");
	shead_set_str(&h, "dtype", "f32");
	shead_set_bool(&h, "normalized", true);
	shead_add_prog(&h, "make-vectors", 0, NULL);
	stream_out_open(&out, 1, "stdout");
	check(stream_out_head(&out, &h, &e), &e);
	for (size_t i = 0; i < n; i++)
		put_one(&out, i, n_langs, x + i * dim, dim);
	check(stream_out_end(&out, &e), &e);
	stream_out_release(&out);
	shead_release(&h);
	buf_release(&roots);
	mem_free(x);
	return 0;
}
