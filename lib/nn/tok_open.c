/*
 * Opening a tokenizer: the vocabulary and the flags, from the files that Hugging Face writes.
 * Flags follow transformers' BertTokenizer: tokenizer_config.json says, its defaults fill in;
 * without vocab.txt, tokenizer.json says first.
 */
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/hash.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "nn/model_file.h"
#include "nn/tok.h"
#include "nn/tok_impl.h"

enum {
	VOCAB_BYTES_MAX = 64 << 20,
	VOCAB_IDS_MAX = 1 << 22,
};

struct opening {
	const char *dir;
	const char *where;	/* the file that err messages name */
	struct buf bytes;	/* the vocabulary file */
	struct trie_word *words;
	size_t n_words, cap_words;
	uint64_t n_vocab;
	char prefix[16], unk[64], cls[64], sep[64];
	struct norm_flags flags;
	int strip;		/* strip_accents: 1, 0, -1 as lower */
	bool lower_first;	/* sentence_bert_config.json's do_lower_case */
	uint64_t max_word_chars;
};

static void add_word(struct opening *o, const void *p, size_t n, uint64_t id)
{
	if (o->n_words == o->cap_words) {
		o->cap_words = o->cap_words ? o->cap_words * 2 : 32768;
		o->words = mem_realloc(o->words, o->cap_words * sizeof *o->words);
	}
	o->words[o->n_words++] = (struct trie_word){p, (uint32_t)n, (uint32_t)id};
	if (id + 1 > o->n_vocab)
		o->n_vocab = id + 1;
}

/* One entry a line; its number is its id. */
static int read_vocab_txt(struct opening *o, struct err *e)
{
	const uint8_t *p = o->bytes.p, *end = p + o->bytes.len;
	uint64_t id = 0;
	for (; p < end; id++) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf ? lf : end, *next = lf ? lf + 1 : end;
		while (stop > p && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if (!utf8_valid(p, (size_t)(stop - p)))
			return err_set(e, ERR_DATA, "%s/%s: line %llu is not UTF-8", o->dir,
				       o->where, (unsigned long long)id + 1);
		if (id >= VOCAB_IDS_MAX)
			return err_set(e, ERR_DATA, "%s/%s: more than %d entries", o->dir, o->where,
				       VOCAB_IDS_MAX);
		if (stop > p)
			add_word(o, p, (size_t)(stop - p), id);
		p = next;
	}
	return 0;
}

static int add_json_word(const char *key, const struct js *v, void *ctx)
{
	struct opening *o = ctx;
	int64_t id = js_int(v);
	if (js_type(v) != JS_INT || id < 0 || id >= VOCAB_IDS_MAX)
		return 1;
	if (*key)
		add_word(o, key, strlen(key), (uint64_t)id);
	return 0;
}

/* Absent or null: *out stays. */
static int get_flag(const struct opening *o, const struct js *j, const char *key, bool *out,
		    struct err *e)
{
	const struct js *v = js_get(j, key);
	if (js_type(v) == JS_NONE || js_type(v) == JS_NULL)
		return 0;
	if (js_type(v) != JS_BOOL)
		return err_set(e, ERR_DATA, "%s/%s: \"%s\" is %s, want true or false", o->dir,
			       o->where, key, js_type_name(js_type(v)));
	*out = js_true(v);
	return 0;
}

static int get_strip(struct opening *o, const struct js *j, struct err *e)
{
	bool strip = false;
	const struct js *v = js_get(j, "strip_accents");
	if (get_flag(o, j, "strip_accents", &strip, e))
		return -1;
	if (js_type(v) == JS_BOOL)
		o->strip = strip;
	return 0;
}

/* A string, or an object with the string in "content" (an added token). Absent: out stays. */
static int get_text(const struct opening *o, const struct js *j, const char *key, char *out,
		    size_t cap, struct err *e)
{
	const struct js *v = js_get(j, key);
	size_t n;
	if (js_type(v) == JS_OBJ)
		v = js_get(v, "content");
	if (js_type(v) == JS_NONE || js_type(v) == JS_NULL)
		return 0;
	const char *s = js_str(v, &n);
	if (!s || n >= cap || strlen(s) != n)
		return err_set(e, ERR_DATA, "%s/%s: \"%s\" is not a string of fewer than %zu bytes",
			       o->dir, o->where, key, cap);
	memcpy(out, s, n + 1);
	return 0;
}

static int want_type(const struct opening *o, const struct js *j, const char *part,
		     const char *want, struct err *e)
{
	const char *type = js_str(js_get(j, "type"), NULL);
	if (type && !strcmp(type, want))
		return 0;
	return err_set(e, ERR_DATA, "%s/%s: %s is of type %s; only %s is supported", o->dir,
		       o->where, part, type ? type : "none", want);
}

/* Reads flags and vocabulary; the words borrow their bytes from j. */
static int read_tokenizer_json(struct opening *o, const struct js *j, struct err *e)
{
	const struct js *norm = js_get(j, "normalizer"), *model = js_get(j, "model");
	const struct js *max = js_get(model, "max_input_chars_per_word");
	if (want_type(o, norm, "the normalizer", "BertNormalizer", e) ||
	    want_type(o, js_get(j, "pre_tokenizer"), "the pre_tokenizer", "BertPreTokenizer", e) ||
	    want_type(o, model, "the model", "WordPiece", e) ||
	    get_flag(o, norm, "clean_text", &o->flags.clean, e) ||
	    get_flag(o, norm, "handle_chinese_chars", &o->flags.cjk, e) ||
	    get_flag(o, norm, "lowercase", &o->flags.lower, e) || get_strip(o, norm, e) ||
	    get_text(o, model, "unk_token", o->unk, sizeof o->unk, e) ||
	    get_text(o, model, "continuing_subword_prefix", o->prefix, sizeof o->prefix, e))
		return -1;
	if (js_type(max) != JS_NONE) {
		int64_t v = js_int(max);
		if (v < 1 || v > TOK_WORD_CHARS_MAX)
			return err_set(e, ERR_DATA,
				       "%s/%s: max_input_chars_per_word is not 1 to %d", o->dir,
				       o->where, TOK_WORD_CHARS_MAX);
		o->max_word_chars = (uint64_t)v;
	}
	if (js_type(js_get(model, "vocab")) != JS_OBJ)
		return err_set(e, ERR_DATA, "%s/%s: no \"model\".\"vocab\" object", o->dir,
			       o->where);
	if (js_each(js_get(model, "vocab"), add_json_word, o))
		return err_set(e, ERR_DATA, "%s/%s: an id of the vocabulary is not 0 to %d", o->dir,
			       o->where, VOCAB_IDS_MAX - 1);
	return 0;
}

static int check_class(const struct opening *o, const struct js *j, struct err *e)
{
	static const char *const known[] = {
		"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer",
		"DistilBertTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend", NULL};
	const char *class = js_str(js_get(j, "tokenizer_class"), NULL);
	bool basic = true;
	if (get_flag(o, j, "do_basic_tokenize", &basic, e))
		return -1;
	if (!basic)
		return err_set(e, ERR_DATA, "%s/%s: \"do_basic_tokenize\": false is not supported",
			       o->dir, o->where);
	for (size_t i = 0; class && known[i]; i++)
		if (!strcmp(class, known[i]))
			return 0;
	return !class ? 0 : err_set(e, ERR_DATA, "%s/%s: tokenizer_class %s is not supported; only "
				    "BERT's WordPiece is", o->dir, o->where, class);
}

static int read_config(struct opening *o, struct err *e)
{
	struct js *j = NULL;
	int r = -1;
	o->where = "special_tokens_map.json";
	if (model_file_json(o->dir, o->where, false, &j, e) ||
	    get_text(o, j, "unk_token", o->unk, sizeof o->unk, e) ||
	    get_text(o, j, "cls_token", o->cls, sizeof o->cls, e) ||
	    get_text(o, j, "sep_token", o->sep, sizeof o->sep, e))
		goto out;
	js_free(j);
	o->where = "tokenizer_config.json";
	if (model_file_json(o->dir, o->where, false, &j, e) || check_class(o, j, e) ||
	    get_flag(o, j, "do_lower_case", &o->flags.lower, e) ||
	    get_flag(o, j, "tokenize_chinese_chars", &o->flags.cjk, e) || get_strip(o, j, e) ||
	    get_text(o, j, "unk_token", o->unk, sizeof o->unk, e) ||
	    get_text(o, j, "cls_token", o->cls, sizeof o->cls, e) ||
	    get_text(o, j, "sep_token", o->sep, sizeof o->sep, e))
		goto out;
	js_free(j);
	o->where = "sentence_bert_config.json";
	if (model_file_json(o->dir, o->where, false, &j, e) ||
	    get_flag(o, j, "do_lower_case", &o->lower_first, e))
		goto out;
	r = 0;
out:
	js_free(j);
	return r;
}

static void fill_ascii(struct tok *t)
{
	struct norm_char c;
	for (unsigned b = 0; b < 128; b++) {
		norm_char(&t->flags, b, &c);
		if (c.kind == NORM_SPACE)
			t->ascii[b] = TOK_ASCII_SPACE;
		else if (c.kind == NORM_ALONE)
			t->ascii[b] = TOK_ASCII_PUNCT;
		else if (c.kind == NORM_WORD && c.n == 1 && c.cp[0] > TOK_ASCII_WORD)
			t->ascii[b] = (uint8_t)c.cp[0];
	}
	for (unsigned b = 0; b < 256; b++)
		if (t->ascii[b] != TOK_ASCII_SPACE)
			t->kinds[b] = 1 << (t->ascii[b] == TOK_ASCII_OTHER	 ? TOK_KIND_OTHER
					    : t->ascii[b] == TOK_ASCII_PUNCT ? TOK_KIND_PUNCT
									     : TOK_KIND_WORD);
}

static int find_special(const struct tok *t, const struct opening *o, const char *s, uint32_t *id,
			struct err *e)
{
	size_t n = strlen(s);
	if (n && trie_longest(&t->trie, t->trie.root_start, (const uint8_t *)s, n, id) == n)
		return 0;
	return err_set(e, ERR_DATA, "%s/%s: the vocabulary has no %s", o->dir, o->where, s);
}

/* Everything that decides which tokens a text gives; the vocabulary by its file's bytes. */
static void identity(struct tok *t, const struct opening *o)
{
	struct buf b = BUF_INIT;
	struct sha256 s;
	char vocab[65];
	sha256_init(&s);
	sha256_add(&s, o->bytes.p, o->bytes.len);
	sha256_hex(&s, vocab);
	buf_printf(&b, "leann-tokenizer 1\nvocabulary %s\nclean %d\ncjk %d\nstrip %d\nlower %d\n",
		   vocab, t->flags.clean, t->flags.cjk, t->flags.strip, t->flags.lower);
	buf_printf(&b, "word_chars %zu\nprefix %s\nunk %u\ncls %u\nsep %u\n", t->max_word_chars,
		   o->prefix, t->unk, t->cls, t->sep);
	sha256_init(&s);
	sha256_add(&s, b.p, b.len);
	sha256_hex(&s, t->sha256);
	buf_release(&b);
}

static int finish(struct opening *o, struct tok *t, const char *vocab_name, struct err *e)
{
	o->where = vocab_name;
	if (!o->n_words)
		return err_set(e, ERR_DATA, "%s/%s: no entries", o->dir, o->where);
	if (!*o->prefix)
		return err_set(e, ERR_DATA, "%s/%s: an empty continuation prefix is not supported",
			       o->dir, o->where);
	t->flags = o->flags;
	t->flags.strip = o->strip < 0 ? o->flags.lower : o->strip;
	t->flags.lower |= o->lower_first;
	t->max_word_chars = o->max_word_chars;
	t->n_vocab = o->n_vocab;
	trie_build(&t->trie, o->words, o->n_words, o->prefix);
	fill_ascii(t);
	if (find_special(t, o, o->unk, &t->unk, e) || find_special(t, o, o->cls, &t->cls, e) ||
	    find_special(t, o, o->sep, &t->sep, e))
		return -1;
	identity(t, o);
	return 0;
}

int tok_open(const char *model_dir, struct tok **out, struct err *e)
{
	struct opening o = {.dir = model_dir, .prefix = "##", .unk = "[UNK]", .cls = "[CLS]",
			    .sep = "[SEP]", .flags = {true, true, false, true}, .strip = -1,
			    .max_word_chars = 100, .bytes = BUF_INIT};
	struct tok *t = mem_calloc(1, sizeof *t);
	t->seen = mem_calloc(TOK_SEEN, sizeof *t->seen);
	t->seen_short = mem_calloc(TOK_SEEN_SHORT, sizeof *t->seen_short);
	struct js *j = NULL;
	bool txt = model_file_exists(model_dir, "vocab.txt");
	const char *name = txt ? "vocab.txt" : "tokenizer.json";
	char *path = model_file_path(model_dir, name);
	int r = -1;
	o.where = name;
	if (file_slurp(path, VOCAB_BYTES_MAX, &o.bytes, e))
		goto out;
	if (txt ? read_vocab_txt(&o, e)
		: (js_parse(o.bytes.p, o.bytes.len, path, &j, e) || read_tokenizer_json(&o, j, e)))
		goto out;
	if (read_config(&o, e) || finish(&o, t, name, e))
		goto out;
	*out = t;
	t = NULL;
	r = 0;
out:
	tok_free(t);
	js_free(j);
	mem_free(path);
	mem_free(o.words);
	buf_release(&o.bytes);
	return r;
}
