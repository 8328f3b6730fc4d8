/* Cutting files again; see recut.h. */
#include "search/recut.h"

#include <string.h>

#include "algo/lang.h"
#include "algo/licence.h"
#include "algo/marks.h"
#include "algo/parts.h"
#include "base/mem.h"
#include "base/decode.h"
#include "fmt/context.h"
#include "nn/tok.h"
#include "sys/modeldir.h"

struct recut {
	const struct index *ix;
	char *model;			/* NULL: the index's */
	struct tok *tok;		/* NULL: not read yet */
	bool licences;			/* they are in passages */
	struct passages_params params;
	struct marks marks;
	struct passages found;
	struct decoded decoded;
};

static int64_t whole(const struct index *ix, const char *key)
{
	return js_int(index_key(ix, key));
}

static int recut_new(const struct index *ix, const char *model, struct recut **out, struct err *e)
{
	int64_t version = whole(ix, "chunking.version");
	const char *structure = js_str(index_key(ix, "chunking.structure"), NULL);
	const char *sha = js_str(index_key(ix, "model.tokenizer_sha256"), NULL);
	const struct js *kept = index_key(ix, "chunking.licences");
	const char *licences = kept ? js_str(kept, NULL) : "kept";
	if (version != PASSAGES_VERSION)
		return err_set(e, ERR_DATA, "%s: has no spans of passages, and chunker version %lld "
			       "cut it, this program has %d: use the leann that built it, or build "
			       "it again", ix->b.path, (long long)version, PASSAGES_VERSION);
	if (structure && *structure && strcmp(structure, "none"))
		return err_set(e, ERR_DATA, "%s: has no spans of passages, and %s cut it, which is "
			       "not asked again: build it again with --structure=none", ix->b.path,
			       structure);
	if (!sha || !*sha)
		return err_set(e, ERR_DATA, "%s: damaged index: neither spans of passages nor "
			       "model.tokenizer_sha256", ix->b.path);
	if (!licences || strcmp(licences, "kept"))
		return err_set(e, ERR_DATA, "%s: has no spans of passages, and chunking.licences \"%.40s\" is not "
			       "known here: use a newer leann", ix->b.path, licences ? licences : "");
	*out = mem_calloc(1, sizeof **out);
	(*out)->ix = ix;
	(*out)->licences = kept;
	(*out)->model = model ? mem_strdup(model) : NULL;
	return 0;
}

void recut_free(struct recut *k)
{
	if (!k)
		return;
	tok_free(k->tok);
	marks_release(&k->marks);
	passages_release(&k->found);
	decode_release(&k->decoded);
	mem_free(k->model);
	mem_free(k);
}

static size_t count_cb(void *ctx, const char *text, size_t n)
{
	return tok_count(ctx, text, n);
}

static size_t fit_cb(void *ctx, const char *text, size_t n, size_t max_tokens)
{
	return tok_fit(ctx, text, n, max_tokens);
}

/* The limits that leann-chunk had, from the manifest. */
static int set_params(struct recut *k, struct err *e)
{
	const char *prefix = js_str(index_key(k->ix, "model.document_prefix"), NULL);
	size_t special = 2 + (prefix ? tok_count(k->tok, prefix, strlen(prefix)) : 0);
	size_t max = (size_t)whole(k->ix, "chunking.max_tokens");
	size_t overlap = (size_t)whole(k->ix, "chunking.overlap");
	enum context context;
	if (context_of_index(k->ix, &context, e))
		return -1;
	special += context ? CONTEXT_TOKENS : 0;
	if (max < special + 8 || overlap > max / 2)
		return err_set(e, ERR_DATA, "%s: damaged index: passages of %zu tokens, %zu of them "
			       "special, overlap %zu", k->ix->b.path, max, special, overlap);
	k->params = (struct passages_params){.max_tokens = max - special,
					     .overlap_tokens = overlap,
					     .max_bytes = PASSAGE_BYTES_MAX,
					     .count = count_cb,
					     .fit = fit_cb,
					     .ctx = k->tok};
	return 0;
}

static int open_tokenizer(struct recut *k, struct err *e)
{
	const char *own = index_tokenizer_model(k->ix);
	const char *sha = js_str(index_key(k->ix, "model.tokenizer_sha256"), NULL);
	const char *name = k->model ? k->model : own;
	char *dir = NULL;
	int r = model_find(name && *name ? name : NULL, &dir, e) || tok_open(dir, &k->tok, e) ? -1
											      : 0;
	if (r)
		err_prefix(e, "%s: its files have to be cut again", k->ix->b.path);
	else if (strcmp(sha, tok_sha256(k->tok)))
		r = err_set(e, ERR_DATA, "%s: passages were cut with another tokenizer than that of "
			    "%s: name the right model", k->ix->b.path, dir);
	else
		r = set_params(k, e);
	if (r) {
		tok_free(k->tok);
		k->tok = NULL;
	}
	mem_free(dir);
	return r;
}

/* The language's style; NULL: a language that this program does not know. */
static const struct lang *lang_of(const struct index *ix, const struct index_file *f)
{
	const char *name = index_lang(ix, f->lang);
	return *name ? lang_by_name(name, strlen(name)) : lang_find("", 0, "", 0);
}

static int recut_file(void *ctx, const struct index_file *f, const uint8_t *bytes, size_t n,
		      struct buf *out, struct err *e)
{
	struct recut *k = ctx;
	const struct lang *l = lang_of(k->ix, f);
	struct decode_place from = {0, 0}, to = {0, 0};
	bool own = f->flags & FILE_EXTRACTED;	/* bytes are the text that was taken out of it */
	if (!l)
		return 0;	/* no passages: not what it was */
	if (!k->tok && open_tokenizer(k, e))
		return -1;
	decode_as(&k->decoded, file_encoding(f->flags), bytes, n);
	marks_clear(&k->marks);
	if (own)
		parts_split(&k->params, l->style, k->decoded.text, k->decoded.n, &k->found);
	else {
		if (!k->licences)
			k->marks.from = licence_skip(&k->params, l->style, k->decoded.text,
						     k->decoded.n);
		marks_headings(&k->marks, l->style, k->decoded.text, k->decoded.n);
		marks_nest(&k->marks, k->decoded.n);
		passages_split_marked(&k->params, l->style, k->decoded.text, k->decoded.n,
				      &k->marks, &k->found);
	}
	for (size_t i = 0; i < k->found.n; i++) {
		const struct passage *p = &k->found.p[i];
		struct source_span s = {p->off, p->len};
		if (!own) {
			decode_to_raw(&k->decoded, &from, p->off);
			decode_to_raw(&k->decoded, &to, p->off + p->len);
			s = (struct source_span){from.raw, to.raw - from.raw};
		}
		buf_add(out, &s, sizeof s);
	}
	return 0;
}

int recut_open(const struct index *ix, const char *root, const char *model, struct recut **k,
	       struct source **src, struct err *e)
{
	struct source_opts o = {.root = root, .cut = recut_file};
	*k = NULL;
	*src = NULL;
	if (!ix->chunks && recut_new(ix, model, k, e))
		return -1;
	o.cut_ctx = *k;
	return source_open(ix, &o, src, e);
}
