/* Pairs of a question and a text: how they are cut and packed, and scores of a tiny reranker. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/encoder.h"
#include "unit.h"

enum { DIM = 20, FF = 44, POS = 24 };

static char dir[] = "/tmp/leann-test-rer-XXXXXX";

#define SHAPE \
	"\"model_type\":\"bert\",\"hidden_act\":\"gelu\",\"hidden_size\":20,\"num_hidden_layers\":1," \
	"\"num_attention_heads\":2,\"intermediate_size\":44,\"vocab_size\":10," \
	"\"max_position_embeddings\":24,\"layer_norm_eps\":1e-12"
#define RERANKER "\"architectures\":[\"BertForSequenceClassification\"]"
static const char config[] = "{" SHAPE "," RERANKER ",\"id2label\":{\"0\":\"LABEL_0\"}}";

static void put(const char *name, const void *p, size_t n)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(2);
	mem_free(path);
}

struct weights {
	struct buf head, data;
	struct rng rng;
	const char *skip;
};

static void add(struct weights *w, const char *name, size_t rows, size_t cols)
{
	size_t n = (rows ? rows : 1) * cols, from = w->data.len;
	if (w->skip && !strcmp(name, w->skip))
		return;
	for (size_t i = 0; i < n; i++) {
		uint8_t p[4];
		put_lef32(p, 2 * (float)rng_unit(&w->rng) - 1);
		buf_add(&w->data, p, 4);
	}
	buf_printf(&w->head, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", w->head.len > 1 ? "," : "",
		   name);
	if (rows)
		buf_printf(&w->head, "%zu,", rows);
	buf_printf(&w->head, "%zu],\"data_offsets\":[%zu,%zu]}", cols, from, w->data.len);
}

/* The names that transformers writes. */
static void write_weights(size_t types, const char *skip)
{
	static const struct {
		const char *name;
		size_t rows, cols;
	} part[] = {{"embeddings.word_embeddings.weight", 10, DIM},
		    {"embeddings.position_embeddings.weight", POS, DIM},
		    {"embeddings.LayerNorm.weight", 0, DIM},
		    {"embeddings.LayerNorm.bias", 0, DIM},
		    {"encoder.layer.0.attention.self.query.weight", DIM, DIM},
		    {"encoder.layer.0.attention.self.query.bias", 0, DIM},
		    {"encoder.layer.0.attention.self.key.weight", DIM, DIM},
		    {"encoder.layer.0.attention.self.key.bias", 0, DIM},
		    {"encoder.layer.0.attention.self.value.weight", DIM, DIM},
		    {"encoder.layer.0.attention.self.value.bias", 0, DIM},
		    {"encoder.layer.0.attention.output.dense.weight", DIM, DIM},
		    {"encoder.layer.0.attention.output.dense.bias", 0, DIM},
		    {"encoder.layer.0.attention.output.LayerNorm.weight", 0, DIM},
		    {"encoder.layer.0.attention.output.LayerNorm.bias", 0, DIM},
		    {"encoder.layer.0.intermediate.dense.weight", FF, DIM},
		    {"encoder.layer.0.intermediate.dense.bias", 0, FF},
		    {"encoder.layer.0.output.dense.weight", DIM, FF},
		    {"encoder.layer.0.output.dense.bias", 0, DIM},
		    {"encoder.layer.0.output.LayerNorm.weight", 0, DIM},
		    {"encoder.layer.0.output.LayerNorm.bias", 0, DIM},
		    {"pooler.dense.weight", DIM, DIM},
		    {"pooler.dense.bias", 0, DIM}};
	struct weights w = {.rng = {5}, .skip = skip};
	struct buf file = BUF_INIT;
	uint8_t len[8];
	buf_adds(&w.head, "{");
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		char name[120];
		snprintf(name, sizeof name, "bert.%s", part[i].name);
		add(&w, name, part[i].rows, part[i].cols);
	}
	add(&w, "bert.embeddings.token_type_embeddings.weight", types, DIM);
	add(&w, "classifier.weight", 1, DIM);
	add(&w, "classifier.bias", 0, 1);
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

/* By the rule in words: drop tokens one by one from the longer until it fits, then even out. */
static void cuts(void)
{
	size_t n_bad = 0;
	for (size_t max = 3; max < 40; max++)
		for (size_t a = 0; a < 50; a++)
			for (size_t b = 0; b < 50; b++) {
				struct tok_pair c;
				size_t room = max - 3, x = a, y = b;
				tok_pair_cut(a, b, max, &c);
				while (x + y > room)
					*(x > y || (x == y && a > b) ? &x : &y) -= 1;
				size_t sum = c.n_first + c.n_second;
				bool near = c.n_first + 1 >= x && c.n_first <= x + 1;
				n_bad += !near || c.n_first > a || c.n_second > b ||
					 sum != (a + b < room ? a + b : room) ||
					 c.n_untruncated != a + b + 3;
			}
	ok(!n_bad, "a pair of any lengths is cut to the limit, from the longer one (%zu are not)", n_bad);
	struct tok_pair c;
	tok_pair_cut(9, 9, 10, &c);
	ok(c.n_first == 3 && c.n_second == 4, "of two as long the second keeps the odd token");
	tok_pair_cut(10, 9, 10, &c);
	ok(c.n_first == 4 && c.n_second == 3, "else the longer one does");
	tok_pair_cut(2, 90, 10, &c);
	ok(c.n_first == 2 && c.n_second == 5, "a short question is not cut");
}

static int open_as(enum precision p, const char *pack_dir, struct encoder **enc, struct err *e)
{
	static char sha[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct encoder_opts o = {.model_dir = dir, .precision = p,
				 .weights_sha256 = pack_dir ? sha : NULL, .pack_dir = pack_dir};
	return encoder_open(&o, enc, e);
}

static void packed_ids(const struct tok *t)
{
	const struct tok_text q = {"a b", 3}, text = {"c d a", 5};
	const uint32_t whole[] = {2, 4, 5, 3, 6, 7, 4, 3}, cut[] = {2, 4, 3, 6, 3};
	struct tok_pair c;
	uint32_t ids[8];
	struct err e;
	tok_pair_cut(2, 3, 99, &c);
	ok(!tok_encode_pair(t, q, text, &c, ids, &e) && !memcmp(ids, whole, sizeof whole),
	   "a pair is [CLS] question [SEP] text [SEP]");
	tok_pair_cut(2, 3, 5, &c);
	ok(!tok_encode_pair(t, q, text, &c, ids, &e) && !memcmp(ids, cut, sizeof cut),
	   "a pair that is cut keeps both [SEP]");
}

enum { N = 60 };

static void make_texts(char text[N][60], struct encoder_text *t, unsigned seed)
{
	struct rng r = {seed};
	for (size_t i = 0; i < N; i++) {
		size_t n = rng_below(&r, 60);
		for (size_t k = 0; k < n; k++)
			text[i][k] = "abcd ab.,\n"[rng_below(&r, 10)];
		t[i] = (struct encoder_text){text[i], n};
	}
}

/* Scores do not depend on threads or neighbours, and do on both texts and their order. */
static void scores(struct encoder *enc)
{
	static char text[N][60], question[N][60];
	struct encoder_text t[N], q[N];
	float out[3][N], alone, turned;
	uint32_t n_tokens[N];
	size_t n_wrong = 0, n_same = 0, n_cut = 0;
	struct err e;
	bool good = true;
	make_texts(text, t, 9);
	make_texts(question, q, 10);
	for (size_t j = 0; j < 3; j++) {
		struct par *par = j ? par_new(j + 1) : NULL;
		struct encoder_batch b = {t, N, ENCODER_RAW, out[j], n_tokens, q};
		good &= !encoder_embed(enc, par, &b, &e);
		par_free(par);
	}
	ok(good && !memcmp(out[0], out[1], sizeof out[0]) && !memcmp(out[0], out[2], sizeof out[0]),
	   "%s: one, two and three threads give the same scores", encoder_kernels(enc));
	for (size_t i = 0; i < N; i++) {
		struct encoder_batch b = {&t[i], 1, ENCODER_RAW, &alone, NULL, &q[i]},
				     back = {&q[i], 1, ENCODER_RAW, &turned, NULL, &t[i]};
		if (encoder_embed(enc, NULL, &b, &e) || encoder_embed(enc, NULL, &back, &e))
			good = false;
		n_wrong += encoder_alone(enc) ? alone != out[0][i] : fabsf(alone - out[0][i]) > 1e-4f;
		n_same += alone == turned && (t[i].n != q[i].n || memcmp(t[i].p, q[i].p, t[i].n));
		n_cut += n_tokens[i] > POS;
	}
	ok(good && !n_wrong, "a pair alone has the score it has among others (%zu have not)", n_wrong);
	ok(n_same < N / 6, "which is the question matters (%zu of %d do not care)", n_same, N);
	ok(n_cut > 5 && n_cut < N, "tokens before the cut are told (%zu pairs were cut)", n_cut);
}

/* Weights that are mapped from their file score as those packed a moment ago. */
static void packed_file(enum precision p)
{
	struct encoder_text t = {"c d a", 5}, q = {"a b", 3};
	char *pack_dir = mem_printf("%s/packed", dir);
	float score[3];
	struct err e = {0};
	bool good = true;
	for (int i = 0; i < 3; i++) {
		struct encoder *enc = NULL;
		struct encoder_batch b = {&t, 1, ENCODER_RAW, &score[i], NULL, &q};
		good &= !open_as(p, i ? pack_dir : NULL, &enc, &e) &&
			!encoder_embed(enc, NULL, &b, &e);
		if (good && p == PRECISION_INT8)
			good = encoder_quality(enc).known && encoder_quality(enc).min > .5;
		encoder_free(enc);
	}
	ok(good && score[0] == score[1] && score[1] == score[2],
	   "%s: packed, kept and mapped weights give the same score", precision_name(p));
	char *cmd = mem_printf("rm -rf %s", pack_dir);
	if (system(cmd))
		exit(2);
	mem_free(cmd);
	mem_free(pack_dir);
}

static void refused(const char *json, const char *why)
{
	struct encoder *enc = NULL;
	struct err e = {0};
	put("config.json", json, strlen(json));
	bool good = open_as(PRECISION_FP32, NULL, &enc, &e) == -1 && strstr(e.msg, why);
	ok(good, "refused: %s", e.msg);
	if (!good)
		encoder_free(enc);
	put("config.json", config, strlen(config));
}

static void refusals(struct encoder *enc)
{
	struct encoder_text t = {"a", 1};
	struct encoder *other = NULL;
	struct err e = {0};
	float v[DIM];
	struct encoder_batch b = {&t, 1, ENCODER_RAW, v, NULL, NULL};
	ok(encoder_embed(enc, NULL, &b, &e) == -1 && e.code == ERR_USAGE &&
	   strstr(e.msg, "a reranker"), "a reranker makes no embeddings: %s", e.msg);
	refused("{" SHAPE "," RERANKER "}", "of 2 labels; a reranker has 1");
	refused("{" SHAPE "," RERANKER ",\"num_labels\":3}", "of 3 labels");
	refused("{" SHAPE "," RERANKER ",\"num_labels\":1,\"type_vocab_size\":1}", "under 2");
	refused("{\"model_type\":\"xlm-roberta\",\"architectures\":"
		"[\"XLMRobertaForSequenceClassification\"]}", "\"xlm-roberta\"; only \"bert\"");
	write_weights(1, NULL);
	refused(config, "has 1 row");
	write_weights(2, "classifier.bias");
	refused(config, "no tensor classifier.bias");
	write_weights(2, "bert.pooler.dense.weight");
	refused(config, "no tensor bert.pooler.dense.weight");
	write_weights(2, NULL);
	put("config.json", "{" SHAPE "}", strlen("{" SHAPE "}"));
	b.queries = &t;
	ok(!open_as(PRECISION_FP32, NULL, &other, &e) && encoder_embed(other, NULL, &b, &e) == -1 &&
	   strstr(e.msg, "no reranker"), "an embedder scores no pairs: %s", e.msg);
	encoder_free(other);
	put("config.json", config, strlen(config));
}

static void identity(void)
{
	struct model_info m;
	char a[65], b[65];
	struct err e;
	if (!ok(!model_info_read(dir, &m, &e) && m.kind == MODEL_RERANKER && !m.assumed,
		"config.json tells a reranker"))
		return;
	model_identity(&m, "t", "w", PRECISION_FP32, a);
	m.kind = MODEL_EMBEDDER;
	model_identity(&m, "t", "w", PRECISION_FP32, b);
	ok(strcmp(a, b), "its identity is another than that of the same weights as an embedder");
}

int main(void)
{
	static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n##a\n##b\n";
	struct encoder *enc = NULL;
	struct err e = {0};
	if (!mkdtemp(dir))
		return 2;
	put("config.json", config, strlen(config));
	put("vocab.txt", vocab, strlen(vocab));
	write_weights(2, NULL);
	cuts();
	identity();
	if (ok(!open_as(PRECISION_FP32, NULL, &enc, &e), "a tiny reranker opens: %s", e.msg)) {
		ok(encoder_out_dim(enc) == 1, "it gives one number a text");
		packed_ids(encoder_tok(enc));
		scores(enc);
		refusals(enc);
	}
	encoder_free(enc);
	for (enum precision p = PRECISION_BF16; p <= PRECISION_INT8; p++) {
		enc = NULL;
		if (ok(!open_as(p, NULL, &enc, &e), "it opens in %s", precision_name(p)))
			scores(enc);
		encoder_free(enc);
		packed_file(p);
	}
	char *cmd = mem_printf("rm -rf %s", dir);
	int bad = system(cmd);
	mem_free(cmd);
	return done() | !!bad;
}
