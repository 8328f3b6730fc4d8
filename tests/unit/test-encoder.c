/* The encoder on a tiny model written here, then the real one against the reference rows. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/env.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/encoder.h"
#include "unit.h"
#include "vec/simd.h"

enum { DIM = 20, FF = 44, LAYERS = 2, POS = 48 };

static char dir[] = "/tmp/leann-test-enc-XXXXXX";

static const char config[] = "{\"model_type\":\"bert\",\"hidden_act\":\"gelu\",\"hidden_size\":20,"
			     "\"num_hidden_layers\":2,"
			     "\"num_attention_heads\":2,\"intermediate_size\":44,\"vocab_size\":10,"
			     "\"max_position_embeddings\":48,\"layer_norm_eps\":1e-12}";
static const char modules[] =
	"[{\"type\":\"sentence_transformers.models.Transformer\",\"path\":\"\"},"
	"{\"type\":\"sentence_transformers.models.Pooling\",\"path\":\"1_Pooling\"},"
	"{\"type\":\"sentence_transformers.models.Normalize\",\"path\":\"2_Normalize\"}]";
static const char mean[] = "{\"pooling_mode_mean_tokens\":true,\"pooling_mode_cls_token\":false}";

static void put(const char *name, const void *p, size_t n)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(2);
}

static void puts_in(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void write_path(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");
	if (!f || fwrite(b->p, 1, b->len, f) != b->len || fclose(f))
		exit(2);
}

/* A safetensors file of random weights; the tensor named bad gets a NaN, the one named skip is left
 * out. */
struct weights {
	struct buf head, data;
	struct rng rng;
	const char *bad, *skip;
};

static void add(struct weights *w, const char *name, size_t rows, size_t cols)
{
	size_t n = (rows ? rows : 1) * cols, from = w->data.len;
	if (w->skip && !strcmp(name, w->skip))
		return;
	for (size_t i = 0; i < n; i++) {
		uint8_t p[4];
		float v = (float)rng_unit(&w->rng) - 0.5f;
		put_lef32(p, w->bad && !strcmp(name, w->bad) && i == 3 ? NAN : v);
		buf_add(&w->data, p, 4);
	}
	buf_printf(&w->head, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", w->head.len > 1 ? "," : "",
		   name);
	if (rows)
		buf_printf(&w->head, "%zu,", rows);
	buf_printf(&w->head, "%zu],\"data_offsets\":[%zu,%zu]}", cols, from, w->data.len);
}

static void add_layer(struct weights *w, int l)
{
	static const struct {
		const char *name;
		size_t rows, cols;
	} part[] = {{"attention.self.query.weight", DIM, DIM},
		    {"attention.self.query.bias", 0, DIM},
		    {"attention.self.key.weight", DIM, DIM},
		    {"attention.self.key.bias", 0, DIM},
		    {"attention.self.value.weight", DIM, DIM},
		    {"attention.self.value.bias", 0, DIM},
		    {"attention.output.dense.weight", DIM, DIM},
		    {"attention.output.dense.bias", 0, DIM},
		    {"attention.output.LayerNorm.weight", 0, DIM},
		    {"attention.output.LayerNorm.bias", 0, DIM},
		    {"intermediate.dense.weight", FF, DIM},
		    {"intermediate.dense.bias", 0, FF},
		    {"output.dense.weight", DIM, FF},
		    {"output.dense.bias", 0, DIM},
		    {"output.LayerNorm.weight", 0, DIM},
		    {"output.LayerNorm.bias", 0, DIM}};
	char name[100];
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		snprintf(name, sizeof name, "encoder.layer.%d.%s", l, part[i].name);
		add(w, name, part[i].rows, part[i].cols);
	}
}

static void write_weights(const char *bad, const char *skip_name)
{
	struct weights w = {.rng = {5}, .bad = bad, .skip = skip_name};
	uint8_t len[8];
	struct buf file = BUF_INIT;
	buf_adds(&w.head, "{");
	add(&w, "embeddings.word_embeddings.weight", 10, DIM);
	add(&w, "embeddings.position_embeddings.weight", POS, DIM);
	add(&w, "embeddings.token_type_embeddings.weight", 2, DIM);
	add(&w, "embeddings.LayerNorm.weight", 0, DIM);
	add(&w, "embeddings.LayerNorm.bias", 0, DIM);
	for (int l = 0; l < LAYERS; l++)
		add_layer(&w, l);
	buf_adds(&w.head, "}");
	while (w.head.len % 8)
		buf_adds(&w.head, " ");
	put_le64(len, w.head.len);
	buf_add(&file, len, 8);
	buf_add(&file, w.head.p, w.head.len);
	buf_add(&file, w.data.p, w.data.len);
	put("model.safetensors", file.p, file.len);
	buf_release(&file);
	buf_release(&w.head);
	buf_release(&w.data);
}

static void write_model(void)
{
	char path[256];
	if (!mkdtemp(dir))
		exit(2);
	snprintf(path, sizeof path, "%s/1_Pooling", dir);
	if (mkdir(path, 0777))
		exit(2);
	puts_in("config.json", config);
	puts_in("modules.json", modules);
	puts_in("1_Pooling/config.json", mean);
	puts_in("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n##a\n##b\n");
	puts_in("config_sentence_transformers.json",
		"{\"prompts\":{\"query\":\"a b \",\"document\":\"c: \"}}");
	write_weights(NULL, NULL);
}

static int open_as(enum precision p, struct encoder **enc, struct err *e)
{
	struct encoder_opts o = {.model_dir = dir, .precision = p};
	return encoder_open(&o, enc, e);
}

/* Opening with one file changed must fail with this text; the file is put back. */
static void refused(const char *file, const char *text, const char *was, const char *why)
{
	struct encoder *enc = NULL;
	struct err e = {0};
	puts_in(file, text);
	bool good = open_as(PRECISION_FP32, &enc, &e) == -1 && strstr(e.msg, why);
	ok(good, "%s with %.40s is refused: %s", file, text, e.msg);
	if (!good)
		encoder_free(enc);
	puts_in(file, was);
}

static void refusals(void)
{
	struct encoder *enc;
	struct err e;
	refused("config.json", "{\"model_type\":\"roberta\"}", config,
		"\"roberta\"; only \"bert\"");
	refused("config.json", "{\"model_type\":\"bert\",\"hidden_act\":\"gelu_new\"}", config,
		"gelu_new");
	refused("config.json",
		"{\"model_type\":\"bert\",\"position_embedding_type\":\"relative_key\"}", config,
		"relative_key");
	refused("config.json", "{\"model_type\":\"bert\"}", config, "hidden_size");
	refused("1_Pooling/config.json", "{\"pooling_mode_max_tokens\":true}", mean,
		"pooling_mode_max_tokens");
	refused("modules.json",
		"[{\"type\":\"x.Transformer\",\"path\":\"\"},{\"type\":\"x.Pooling\",\"path\":\"1_"
		"Pooling\"},"
		"{\"type\":\"x.Dense\",\"path\":\"2_Dense\"}]",
		modules, "Dense");
	write_weights("encoder.layer.1.output.dense.weight", NULL);
	ok(open_as(PRECISION_FP32, &enc, &e) == -1 &&
		   strstr(e.msg, "layer.1.output.dense.weight: value 3"),
	   "a NaN among the weights is found and named");
	write_weights(NULL, "encoder.layer.0.intermediate.dense.bias");
	ok(open_as(PRECISION_FP32, &enc, &e) == -1 &&
		   strstr(e.msg, "no tensor encoder.layer.0.intermediate.dense.bias"),
	   "a missing tensor is named");
	write_weights(NULL, NULL);
}

enum { N_TEXTS = 90 };

/* Texts of many lengths. */
static void make_texts(char text[N_TEXTS][400], struct encoder_text *t)
{
	struct rng r = {9};
	for (size_t i = 0; i < N_TEXTS; i++) {
		size_t n = rng_below(&r, 400);
		for (size_t k = 0; k < n; k++)
			text[i][k] = "abcd ab.,\n"[rng_below(&r, 10)];
		t[i] = (struct encoder_text){text[i], n};
	}
}

/* The same bytes on 1, 2 and 3 threads, and of a text alone, its prefix written out. */
static void same_bytes(struct encoder *enc)
{
	static char text[N_TEXTS][400];
	static float out[3][N_TEXTS * DIM];
	uint32_t n_tokens[N_TEXTS];
	struct encoder_text t[N_TEXTS];
	struct err e;
	bool good = true;
	make_texts(text, t);
	for (size_t j = 0; j < 3; j++) {
		struct par *par = j ? par_new(j + 1) : NULL;
		struct encoder_batch b = {t, N_TEXTS, ENCODER_DOCUMENT, out[j], n_tokens, NULL};
		good &= !encoder_embed(enc, par, &b, &e);
		par_free(par);
	}
	ok(good && !memcmp(out[0], out[1], sizeof out[0]) && !memcmp(out[0], out[2], sizeof out[0]),
	   "%s: one, two and three threads give the same bytes", encoder_kernels(enc));
	size_t n_wrong = 0, n_other = 0;
	double low = 1;
	struct par *par = par_new(3);
	for (size_t i = 0; i < N_TEXTS; i++) {
		float one[DIM];
		double dot = 0;
		char whole[410] = "c: ";
		memcpy(whole + 3, text[i], t[i].n);
		n_wrong += n_tokens[i] != tok_count(encoder_tok(enc), whole, t[i].n + 3) + 2;
		struct encoder_text w = {whole, t[i].n + 3};
		struct encoder_batch b = {&w, 1, ENCODER_RAW, one, NULL, NULL};
		n_wrong += encoder_embed(enc, i % 2 ? par : NULL, &b, &e) != 0;
		n_other += memcmp(one, out[0] + i * DIM, sizeof one) != 0;
		for (size_t d = 0; d < DIM; d++)
			dot += (double)one[d] * out[0][i * DIM + d];
		low = fmin(low, dot);
	}
	par_free(par);
	ok(encoder_alone(enc) ? !n_other : low > 0.999999,
	   "%s: a text alone embeds as among others (%zu differ, lowest cosine %.9f)",
	   encoder_kernels(enc), n_other, low);
	ok(!n_wrong, "tokens before the cut are told");
}

/* Every level of this machine in every precision, against plain C in fp32. */
static void levels(void)
{
	static const enum precision precisions[] = {PRECISION_FP32, PRECISION_BF16, PRECISION_INT8};
	static const double lowest[] = {.999999, .999, .99};
	static char text[N_TEXTS][400];
	static float want[N_TEXTS * DIM], got[N_TEXTS * DIM];
	struct encoder_text t[N_TEXTS];
	struct encoder *enc;
	enum simd have[SIMD_N];
	struct err e = {0};
	make_texts(text, t);
	struct encoder_batch b = {t, N_TEXTS, ENCODER_RAW, want, NULL, NULL};
	setenv("LEANN_SIMD", "scalar", 1);
	if (ok(!open_as(PRECISION_FP32, &enc, &e) && !encoder_embed(enc, NULL, &b, &e),
	       "plain C embeds %s", e.msg))
		encoder_free(enc);
	b.out = got;
	for (size_t i = simd_list(have); i-- > 0;) {
		setenv("LEANN_SIMD", simd_name(have[i]), 1);
		for (size_t p = 0; p < 3; p++) {
			double low = 1;
			if (!ok(!open_as(precisions[p], &enc, &e), "%s opens in %s",
				simd_name(have[i]), precision_name(precisions[p])))
				continue;
			bool good = !encoder_embed(enc, NULL, &b, &e);
			for (size_t n = 0; n < N_TEXTS; n++) {
				double dot = 0;
				for (size_t d = 0; d < DIM; d++)
					dot += (double)want[n * DIM + d] * got[n * DIM + d];
				low = fmin(low, dot);
			}
			ok(good && low >= lowest[p], "%s: lowest cosine to plain C in fp32 %.6f",
			   encoder_kernels(enc), low);
			struct encoder_quality q = encoder_quality(enc);
			ok(q.known == (precisions[p] == PRECISION_INT8) &&
				   (!q.known || (q.mean > .99 && q.min > .98 && q.mean >= q.min)),
			   "the quality of int8 is measured, of others not");
			same_bytes(enc);
			encoder_free(enc);
		}
	}
	unsetenv("LEANN_SIMD");
}

static void truncate_path(const char *path, off_t n)
{
	if (truncate(path, n))
		exit(2);
}

static void slurp(const char *path, struct buf *b)
{
	struct err e;
	buf_clear(b);
	if (file_slurp(path, 1 << 30, b, &e))
		buf_clear(b);
}

/* A file of packed weights: made once, used again, made anew when it is damaged or not ours. */
static void kept(void)
{
	char sha[65], pack[600], path[700];
	struct encoder *enc;
	struct encoder_opts o = {.model_dir = dir, .precision = PRECISION_INT8,
				 .weights_sha256 = sha, .pack_dir = pack};
	struct buf first = BUF_INIT, now = BUF_INIT;
	struct err e;
	float a[DIM], b[DIM];
	struct encoder_text t = {"ab cd", 5};
	struct encoder_batch one = {&t, 1, ENCODER_RAW, a, NULL, NULL};
	snprintf(pack, sizeof pack, "%s/packed", dir);
	memset(sha, 'a', 64);
	sha[64] = 0;
	snprintf(path, sizeof path, "%s/%s-int8.weights", pack, sha);
	for (size_t round = 0; round < 5; round++) {
		if (round == 2)
			truncate_path(path, 100);
		if (round == 3) {
			slurp(path, &now);
			now.p[now.len / 2] ^= 1;
			write_path(path, &now);
		}
		if (!ok(!encoder_open(&o, &enc, &e) && !encoder_embed(enc, NULL, &one, &e),
			"int8 weights open, round %zu", round))
			continue;
		slurp(path, round ? &now : &first);
		ok(round ? now.len == first.len && !memcmp(now.p, first.p, now.len) &&
				   !memcmp(a, b, sizeof a)
			 : first.len > 128,
		   "the file of packed weights is whole and gives the same embedding");
		memcpy(b, a, sizeof b);
		encoder_free(enc);
	}
	unlink(path);
	rmdir(pack);
	o.pack_dir = "/proc/nowhere";
	if (ok(!encoder_open(&o, &enc, &e), "where weights cannot be kept the encoder opens"))
		encoder_free(enc);
	buf_release(&first);
	buf_release(&now);
}

static void tiny(void)
{
	struct encoder *enc = NULL;
	struct err e;
	float v[DIM];
	struct encoder_text empty = {NULL, 0};
	struct encoder_batch b = {&empty, 1, ENCODER_RAW, v, NULL, NULL},
			     none = {NULL, 0, ENCODER_RAW, NULL, NULL, NULL};
	if (!ok(!open_as(PRECISION_FP32, &enc, &e), "a tiny model opens"))
		return;
	const struct model_info *m = encoder_info(enc);
	ok(m->dim == DIM && m->max_tokens == POS && m->normalize && !m->assumed &&
		   m->pooling == MODEL_POOL_MEAN && !strcmp(m->query_prefix, "a b ") &&
		   !strcmp(m->name, strrchr(dir, '/') + 1),
	   "its description is right");
	double norm = 0;
	ok(!encoder_embed(enc, NULL, &b, &e), "an empty text embeds");
	for (size_t d = 0; d < DIM; d++)
		norm += (double)v[d] * v[d];
	ok(fabs(norm - 1) < 1e-6, "the embedding has length 1");
	ok(!encoder_embed(enc, NULL, &none, &e), "no texts are no work");
	same_bytes(enc);
	encoder_free(enc);
	levels();
	kept();
}

static void identity(void)
{
	struct model_info m;
	struct err e;
	char w[65] = "", a[65], b[65];
	ok(!model_info_read(dir, &m, &e) && !model_weights_sha256(dir, w, &e) && strlen(w) == 64,
	   "weights are hashed");
	model_identity(&m, "t", w, PRECISION_FP32, a);
	model_identity(&m, "t", w, PRECISION_INT8, b);
	ok(strcmp(a, b), "the identity depends on the precision");
	m.pooling = MODEL_POOL_CLS;
	model_identity(&m, "t", w, PRECISION_FP32, b);
	ok(strlen(a) == 64 && strcmp(a, b), "the identity depends on the pooling");
	strcpy(m.query_prefix, "x");
	model_identity(&m, "t", w, PRECISION_FP32, a);
	ok(strcmp(a, b), "and on the prefixes");
}

static double cosine(const float *a, const struct js *ref, size_t dim)
{
	double ab = 0, aa = 0, bb = 0;
	for (size_t d = 0; d < dim; d++) {
		double r = js_num(js_at(ref, d));
		ab += a[d] * r;
		aa += (double)a[d] * a[d];
		bb += r * r;
	}
	return ab / sqrt(aa * bb);
}

/* Every row of the reference file, one text a call. */
static void check_rows(struct encoder *enc, struct buf *rows)
{
	size_t n_rows = 0, n_ids_bad = 0, dim = encoder_info(enc)->dim,
	       max = encoder_info(enc)->max_tokens;
	float *v = mem_array(dim, sizeof *v);
	uint32_t *ids = mem_array(max, sizeof *ids);
	double low = 2;
	struct err e;
	for (uint8_t *p = rows->p, *lf; (lf = memchr(p, '\n', rows->len - (size_t)(p - rows->p)));
	     p = lf + 1) {
		struct js *j;
		struct encoder_text t;
		size_t n_ids, n_all;
		if (js_parse(p, (size_t)(lf - p), "reference", &j, &e))
			break;
		const struct js *want = js_get(j, "ids");
		t.p = js_str(js_get(j, "text"), &t.n);
		struct encoder_batch b = {&t, 1, ENCODER_RAW, v, NULL, NULL};
		bool good = !tok_encode(encoder_tok(enc), t.p, t.n, max, ids, &n_ids, &n_all, &e) &&
			    n_ids == js_len(want) &&
			    (int64_t)n_all == js_int(js_get(j, "n_tokens_untruncated"));
		for (size_t i = 0; good && i < n_ids; i++)
			good = js_int(js_at(want, i)) == ids[i];
		n_ids_bad += !good;
		if (encoder_embed(enc, NULL, &b, &e))
			break;
		low = fmin(low, cosine(v, js_get(j, "embedding"), dim));
		n_rows++;
		js_free(j);
	}
	ok(n_rows == 157 && !n_ids_bad, "token ids of %zu reference rows are equal (%zu are not)",
	   n_rows, n_ids_bad);
	ok(low >= 0.99999, "every reference row has cosine >= 0.99999 (lowest %.9f)", low);
	mem_free(v);
	mem_free(ids);
}

static void reference(void)
{
	char *cache = env_cache_dir(),
	     *model = mem_printf("%s/models/all-MiniLM-L6-v2", cache ? cache : "");
	struct buf rows = BUF_INIT;
	struct encoder_opts o = {.model_dir = model, .precision = PRECISION_FP32};
	struct encoder *enc = NULL;
	struct err e;
	if (file_slurp("../shared/reference/minilm-l6-reference.jsonl", 64 << 20, &rows, &e) ||
	    access(model, R_OK)) {
		skip("the reference rows or the default model are not here");
	} else if (ok(!encoder_open(&o, &enc, &e), "the default model opens")) {
		check_rows(enc, &rows);
	}
	encoder_free(enc);
	buf_release(&rows);
	mem_free(model);
	mem_free(cache);
}

int main(void)
{
	static const char *const names[] = {"config.json",
					    "modules.json",
					    "1_Pooling/config.json",
					    "vocab.txt",
					    "config_sentence_transformers.json",
					    "model.safetensors",
					    "1_Pooling"};
	write_model();
	tiny();
	refusals();
	identity();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		remove(path);
	}
	rmdir(dir);
	reference();
	return done();
}
