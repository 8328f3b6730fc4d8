/* What a model directory says about its encoder; see model.h. */
#include "nn/model.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/hash.h"
#include "base/js.h"
#include "base/mem.h"
#include "nn/model_file.h"

struct reading {
	const char *dir, *where;	/* where: the file that messages name */
	struct model_info *m;
	char pooling_dir[128];		/* of modules.json */
};

static int bad(const struct reading *r, struct err *e, const char *what)
{
	return err_set(e, ERR_DATA, "%s/%s: %s", r->dir, r->where, what);
}

/* A needed integer. */
static int get_size(const struct reading *r, const struct js *j, const char *key, size_t max,
		    size_t *out, struct err *e)
{
	const struct js *v = js_get(j, key);
	int64_t n = js_int(v);
	if (js_type(v) == JS_NONE)
		return err_set(e, ERR_DATA, "%s/%s: no \"%s\"", r->dir, r->where, key);
	if (js_type(v) != JS_INT || n < 1 || (uint64_t)n > max)
		return err_set(e, ERR_DATA, "%s/%s: \"%s\" is not a whole number from 1 to %zu",
			       r->dir, r->where, key, max);
	*out = (size_t)n;
	return 0;
}

/* A string setting that may only have one value when it is there at all. */
static int only(const struct reading *r, const struct js *j, const char *key, const char *want,
		struct err *e)
{
	const struct js *v = js_get(j, key);
	const char *s = js_str(v, NULL);
	if (js_type(v) == JS_NONE || js_type(v) == JS_NULL || (s && !strcmp(s, want)))
		return 0;
	return err_set(e, ERR_DATA, "%s/%s: \"%s\" is %s%s%s; only \"%s\" is supported", r->dir,
		       r->where, key, s ? "\"" : "", s ? s : js_type_name(js_type(v)),
		       s ? "\"" : "", want);
}

/*
 * A reranker has one output. How many there are says num_labels, else id2label, else there are 2,
 * as transformers has it.
 */
static int read_kind(struct reading *r, const struct js *j, struct err *e)
{
	const struct js *all = js_get(j, "architectures"), *n = js_get(j, "num_labels");
	const struct js *names = js_get(j, "id2label"), *types = js_get(j, "type_vocab_size");
	for (size_t i = 0; i < js_len(all); i++) {
		const char *s = js_str(js_at(all, i), NULL);
		if (s && !strcmp(s, "BertForSequenceClassification"))
			r->m->kind = MODEL_RERANKER;
	}
	if (r->m->kind != MODEL_RERANKER)
		return 0;
	int64_t n_labels = js_type(n) == JS_INT	      ? js_int(n)
			   : js_type(names) == JS_OBJ ? (int64_t)js_len(names)
						      : 2;
	if (n_labels != 1)
		return err_set(e, ERR_DATA,
			       "%s/%s: a BertForSequenceClassification of %lld labels; a reranker has 1",
			       r->dir, r->where, (long long)n_labels);
	if (js_type(types) == JS_INT && js_int(types) < 2)
		return bad(r, e, "\"type_vocab_size\" is under 2; a reranker's pair has two types");
	return 0;
}

static int read_bert(struct reading *r, const struct js *j, struct err *e)
{
	struct model_info *m = r->m;
	const struct js *eps = js_get(j, "layer_norm_eps");
	if (js_type(js_get(j, "model_type")) == JS_NONE)
		return bad(r, e, "no \"model_type\"; only \"bert\" is supported");
	if (only(r, j, "model_type", "bert", e) || only(r, j, "hidden_act", "gelu", e) ||
	    only(r, j, "position_embedding_type", "absolute", e) ||
	    get_size(r, j, "hidden_size", MODEL_DIM_MAX, &m->dim, e) ||
	    get_size(r, j, "num_hidden_layers", MODEL_LAYERS_MAX, &m->n_layers, e) ||
	    get_size(r, j, "num_attention_heads", MODEL_DIM_MAX, &m->n_heads, e) ||
	    get_size(r, j, "intermediate_size", 16 * MODEL_DIM_MAX, &m->ff_dim, e) ||
	    get_size(r, j, "vocab_size", 1 << 22, &m->n_vocab, e) ||
	    get_size(r, j, "max_position_embeddings", MODEL_TOKENS_MAX, &m->n_positions, e))
		return -1;
	if (js_true(js_get(j, "is_decoder")))
		return bad(r, e, "\"is_decoder\" is true; only encoders are supported");
	if (read_kind(r, j, e))
		return -1;
	if (m->dim % m->n_heads)
		return err_set(e, ERR_DATA,
			       "%s/%s: hidden_size %zu is no multiple of %zu attention heads",
			       r->dir, r->where, m->dim, m->n_heads);
	m->ln_eps = js_type(eps) == JS_NONE ? 1e-12 : js_num(eps);
	if (!(m->ln_eps >= 0 && m->ln_eps < 1))
		return bad(r, e, "\"layer_norm_eps\" is not a number from 0 to 1");
	return 0;
}

/* The name: the directory's, or config.json's where the directory is a revision of a hub cache. */
static int set_name(struct reading *r, const struct js *j, struct err *e)
{
	const char *name = js_str(js_get(j, "_name_or_path"), NULL), *p = r->dir;
	size_t n = strlen(p);
	while (n > 1 && p[n - 1] == '/')
		n--;
	size_t from = n;
	while (from && p[from - 1] != '/')
		from--;
	size_t len = n - from;
	if (len == 40 && strspn(p + from, "0123456789abcdef") >= 40) {
		/* .../models--ORG--NAME/snapshots/REVISION */
		size_t up = from;
		for (int i = 0; i < 2 && up; i++)
			for (up--; up && p[up - 1] != '/';)
				up--;
		const char *cut = NULL;
		for (size_t i = up; i + 1 < from && p[i] != '/'; i++)
			if (p[i] == '-' && p[i + 1] == '-')
				cut = p + i + 2;
		if (cut) {
			p = cut;
			from = 0;
			len = strcspn(cut, "/");
		} else if (name && *name) {
			p = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
			from = 0;
			len = strlen(p);
		}
	}
	if (!len || len >= sizeof r->m->name)
		return err_set(e, ERR_DATA, "%s: the model's name is not 1 to %zu bytes", r->dir,
			       sizeof r->m->name - 1);
	memcpy(r->m->name, p + from, len);
	r->m->name[len] = 0;
	return 0;
}

/* modules.json lists the steps: Transformer, Pooling and perhaps Normalize, in this order. */
static int read_modules(struct reading *r, const struct js *j, struct err *e)
{
	size_t n = js_len(j), step = 0;
	for (size_t i = 0; i < n; i++) {
		const char *type = js_str(js_get(js_at(j, i), "type"), NULL), *last;
		const char *path = js_str(js_get(js_at(j, i), "path"), NULL);
		if (!type || !path)
			return bad(r, e, "a module without \"type\" and \"path\"");
		last = strrchr(type, '.') ? strrchr(type, '.') + 1 : type;
		if (!strcmp(last, "Transformer") && step == 0) {
			if (*path)
				return err_set(e, ERR_DATA,
					       "%s/%s: the transformer is in the folder %s; only "
					       "the model's own folder is supported",
					       r->dir, r->where, path);
		} else if (!strcmp(last, "Pooling") && step == 1) {
			if (strlen(path) >= sizeof r->pooling_dir || strstr(path, ".."))
				return bad(r, e,
					   "the path of the Pooling module is not acceptable");
			memcpy(r->pooling_dir, path, strlen(path) + 1);
		} else if (!strcmp(last, "Normalize") && step == 2) {
			r->m->normalize = true;
		} else {
			return err_set(e, ERR_DATA,
				       "%s/%s: module %zu is %s; supported is Transformer, "
				       "Pooling, Normalize",
				       r->dir, r->where, i, last);
		}
		step++;
	}
	return step >= 2 ? 0 : bad(r, e, "no Transformer and Pooling modules");
}

static int read_pooling(struct reading *r, const struct js *j, struct err *e)
{
	static const char *const modes[] = {
		"pooling_mode_cls_token", "pooling_mode_mean_tokens", "pooling_mode_max_tokens",
		"pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens",
		"pooling_mode_lasttoken", NULL};
	const char *on = NULL;
	for (size_t i = 0; modes[i]; i++) {
		if (!js_true(js_get(j, modes[i])))
			continue;
		if (on)
			return err_set(e, ERR_DATA, "%s/%s: both %s and %s; one is supported",
				       r->dir, r->where, on, modes[i]);
		on = modes[i];
	}
	if (!on || (on != modes[0] && on != modes[1]))
		return err_set(e, ERR_DATA, "%s/%s: %s; supported are %s and %s", r->dir, r->where,
			       on ? on : "no pooling mode", modes[0], modes[1]);
	r->m->pooling = on == modes[0] ? MODEL_POOL_CLS : MODEL_POOL_MEAN;
	const struct js *prompt = js_get(j, "include_prompt");
	if (js_type(prompt) == JS_BOOL && !js_true(prompt) &&
	    (*r->m->query_prefix || *r->m->document_prefix))
		return bad(r, e,
			   "\"include_prompt\" is false; prompts left out of pooling are not "
			   "supported");
	return 0;
}

static int read_prompt(struct reading *r, const struct js *prompts, const char *key, char *out,
		       struct err *e)
{
	const struct js *v = js_get(prompts, key);
	size_t n;
	const char *s = js_str(v, &n);
	if (js_type(v) == JS_NONE || js_type(v) == JS_NULL)
		return 0;
	if (!s || n >= MODEL_PREFIX_MAX || strlen(s) != n)
		return err_set(e, ERR_DATA,
			       "%s/%s: prompt \"%s\" is not a string of fewer than %d bytes",
			       r->dir, r->where, key, MODEL_PREFIX_MAX);
	memcpy(out, s, n + 1);
	return 0;
}

/* The tokens a text may have: max_seq_length where it is given, never more than the positions. */
static int read_max_tokens(struct reading *r, const struct js *sbert, const struct js *tok,
			   struct err *e)
{
	const struct js *seq = js_get(sbert, "max_seq_length");
	const struct js *len = js_get(tok, "model_max_length");
	size_t max = r->m->n_positions, given;
	if (js_type(seq) != JS_NONE && js_type(seq) != JS_NULL) {
		if (get_size(r, sbert, "max_seq_length", (size_t)1 << 30, &given, e))
			return -1;
		max = given < max ? given : max;
	} else if (js_type(len) == JS_INT && js_int(len) > 0 && (uint64_t)js_int(len) < max) {
		max = (size_t)js_int(len);	/* a number beyond 64 bits, "no limit", is a real */
	}
	if (max < 3)
		return bad(r, e, "the limit of tokens is under 3");
	r->m->max_tokens = max;
	return 0;
}

/* One file through one reader; an absent one that is not needed reads as nothing. */
static int with_file(struct reading *r, const char *name, bool needed, struct js **j, struct err *e)
{
	r->where = name;
	return model_file_json(r->dir, name, needed, j, e);
}

int model_info_read(const char *dir, struct model_info *m, struct err *e)
{
	struct reading r = {.dir = dir, .m = m};
	struct js *config = NULL, *modules = NULL, *pool = NULL;
	struct js *st = NULL, *sbert = NULL, *tok = NULL;
	char *pool_name = NULL;
	int rc = -1;
	*m = (struct model_info){0};
	if (with_file(&r, "config.json", true, &config, e) || read_bert(&r, config, e) ||
	    set_name(&r, config, e))
		goto out;
	if (with_file(&r, "config_sentence_transformers.json", false, &st, e) ||
	    read_prompt(&r, js_get(st, "prompts"), "query", m->query_prefix, e) ||
	    read_prompt(&r, js_get(st, "prompts"), "passage", m->document_prefix, e) ||
	    read_prompt(&r, js_get(st, "prompts"), "document", m->document_prefix, e))
		goto out;
	if (with_file(&r, "tokenizer_config.json", false, &tok, e) ||
	    with_file(&r, "sentence_bert_config.json", false, &sbert, e) ||
	    read_max_tokens(&r, sbert, tok, e) || with_file(&r, "modules.json", false, &modules, e))
		goto out;
	if (m->kind == MODEL_RERANKER) {
		m->pooling = MODEL_POOL_CLS;
		*m->query_prefix = *m->document_prefix = 0;
	} else if (modules) {
		if (read_modules(&r, modules, e))
			goto out;
		pool_name = mem_printf("%s%sconfig.json", r.pooling_dir, *r.pooling_dir ? "/" : "");
		if (with_file(&r, pool_name, true, &pool, e) || read_pooling(&r, pool, e))
			goto out;
	} else {
		m->pooling = MODEL_POOL_MEAN;
		m->normalize = true;
		m->assumed = true;
	}
	rc = 0;
out:
	js_free(config);
	js_free(modules);
	js_free(pool);
	js_free(st);
	js_free(sbert);
	js_free(tok);
	mem_free(pool_name);
	return rc;
}

const char *model_kind_name(enum model_kind k)
{
	return k == MODEL_RERANKER ? "reranker" : "embedder";
}

const char *model_pooling_name(enum model_pooling p)
{
	return p == MODEL_POOL_CLS ? "cls" : "mean";
}

int model_weights_sha256(const char *dir, char out[65], struct err *e)
{
	enum { PIECE = 1 << 20 };
	char *path = model_file_path(dir, "model.safetensors");
	int r = -1, fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *p = mem_alloc(PIECE);
	struct sha256 s;
	size_t got = PIECE;
	if (fd < 0) {
		err_sys(e, "%s", path);
		goto out;
	}
	sha256_init(&s);
	while (got == PIECE) {
		if (fd_read(fd, path, p, PIECE, &got, e))
			goto out;
		sha256_add(&s, p, got);
	}
	sha256_hex(&s, out);
	r = 0;
out:
	if (fd >= 0)
		close(fd);
	mem_free(p);
	mem_free(path);
	return r;
}

static void add_text(struct buf *b, const char *key, const char *s)
{
	buf_printf(b, "%s %zu ", key, strlen(s));
	buf_adds(b, s);
	buf_addc(b, '\n');
}

void model_identity(const struct model_info *m, const char *tok_sha256, const char *weights_sha256,
		    enum precision precision, char out[65])
{
	struct buf b = BUF_INIT;
	struct sha256 s;
	buf_printf(&b, "leann-model 1\nweights %s\ntokenizer %s\n", weights_sha256, tok_sha256);
	buf_printf(&b, "dim %zu\npooling %s\nnormalize %d\n", m->dim,
		   model_pooling_name(m->pooling), m->normalize);
	buf_printf(&b, "max_tokens %zu\n", m->max_tokens);
	add_text(&b, "query_prefix", m->query_prefix);
	add_text(&b, "document_prefix", m->document_prefix);
	if (precision != PRECISION_FP32)
		buf_printf(&b, "precision %s\n", precision_name(precision));
	if (m->kind == MODEL_RERANKER)
		buf_adds(&b, "kind reranker\n");
	sha256_init(&s);
	sha256_add(&s, b.p, b.len);
	sha256_hex(&s, out);
	buf_release(&b);
}
