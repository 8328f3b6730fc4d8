/* leann-bundle cat: the passages of an index as a chunk stream, read again from their files. */
#define _GNU_SOURCE	/* realpath */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cat_meta.h"
#include "cat_words.h"
#include "fmt/index.h"
#include "fmt/stream.h"
#include "nn/model.h"
#include "nn/tok.h"
#include "search/recut.h"
#include "sys/modeldir.h"
#include "sys/source.h"
#include "tool.h"

struct cat {
	const struct tool_opts *o;
	struct index ix;
	struct source *src;
	struct recut *recut;		/* of an index without spans */
	struct tok *tok;
	size_t n_special; /* tokens added to every passage: [CLS], [SEP], the prefix */
	size_t max_tokens; /* of a passage; leann-chunk --truncate cuts what is beyond */
	struct stream_out out;
	struct source_passage p;
	struct cat_words words;
	struct cat_meta meta;
	struct buf body, text;
	uint64_t n_files, n_chunks, n_stale_files, n_stale_chunks;
	bool stale;			/* a source changed and --skip-stale was not given */
};

static void copy_str(const struct index *ix, struct shead *h, const char *key, const char *to)
{
	const char *s = js_str(index_key(ix, key), NULL);
	if (s)
		shead_set_str(h, to, s);
}

static void copy_u64(const struct index *ix, struct shead *h, const char *key, const char *to)
{
	const struct js *j = index_key(ix, key);
	if (js_type(j) == JS_INT && js_int(j) >= 0)
		shead_set_u64(h, to, (uint64_t)js_int(j));
}

static int put_roots(const struct cat *c, struct shead *h, struct err *e)
{
	struct buf b = BUF_INIT, root = BUF_INIT;
	char real[4096];	/* PATH_MAX */
	int r = 0;
	mp_put_arr(&b, c->ix.n_roots);
	for (size_t i = 0; i < c->ix.n_roots && !r; i++) {
		buf_clear(&root);
		if (!c->o->root)
			r = index_root(&c->ix, i, &root, e);
		else if (realpath(c->o->root, real))
			buf_adds(&root, real);
		else
			r = err_sys(e, "%s", c->o->root);
		mp_put_bin(&b, root.p ? root.p : (const uint8_t *)"", root.len);
	}
	shead_set_packed(h, "roots", &b);
	buf_release(&b);
	buf_release(&root);
	return r;
}

static int put_head(struct cat *c, struct err *e)
{
	struct shead h = SHEAD_INIT;
	struct buf args = BUF_INIT;
	bool there;
	int r = -1;
	memcpy(h.kind, "chunks", sizeof "chunks");
	if (put_roots(c, &h, e) || index_chunk_args(&c->ix, &there, &args, e))
		goto out;
	copy_str(&c->ix, &h, index_key(&c->ix, "chunking.model") ? "chunking.model" : "model.name", "model");
	copy_u64(&c->ix, &h, "model.max_tokens", "max_tokens");
	shead_set_str(&h, "tokenizer_sha256", tok_sha256(c->tok));
	copy_u64(&c->ix, &h, "chunking.version", "chunk_version");
	copy_u64(&c->ix, &h, "chunking.max_tokens", "chunk_max_tokens");
	copy_u64(&c->ix, &h, "chunking.overlap", "chunk_overlap");
	copy_str(&c->ix, &h, "chunking.structure", "chunk_structure");
	copy_str(&c->ix, &h, "chunking.licences", "chunk_licences");
	copy_str(&c->ix, &h, "chunking.context", "context");
	if (there && !c->o->root)
		shead_set_args(&h, &args);
	shead_add_prog(&h, "leann-bundle", c->o->n_argv, c->o->argv);
	r = stream_out_head(&c->out, &h, e);
out:
	shead_release(&h);
	buf_release(&args);
	return r;
}

/* The tokenizer that the passages were cut for; another one would count other tokens. */
static int open_model(struct cat *c, struct err *e)
{
	const char *own = index_tokenizer_model(&c->ix);
	const char *name = c->o->model ? c->o->model : own;
	const char *sha = js_str(index_key(&c->ix, "model.tokenizer_sha256"), NULL);
	struct model_info m;
	char *dir = NULL;
	int r = -1;
	if (model_find(name && *name ? name : NULL, &dir, e) || model_info_read(dir, &m, e) ||
	    tok_open(dir, &c->tok, e))
		goto out;
	if (sha && *sha && strcmp(sha, tok_sha256(c->tok))) {
		err_set(e, ERR_DATA, "%s: passages were cut with another tokenizer than that of model "
			"%s: name the right model with -m", c->ix.b.path, m.name);
		goto out;
	}
	c->n_special = 2 + tok_count(c->tok, m.document_prefix, strlen(m.document_prefix));
	int64_t max = js_int(index_key(&c->ix, "chunking.max_tokens"));
	c->max_tokens = max > 0 ? (size_t)max : m.max_tokens;
	r = 0;
out:
	mem_free(dir);
	return r;
}

static int put_texts(struct cat *c, size_t i, const struct index_file *f, struct err *e)
{
	for (uint64_t at = 0; at < f->text_bytes;) {
		size_t n = f->text_bytes - at < TEXT_PIECE_MAX ? (size_t)(f->text_bytes - at) : TEXT_PIECE_MAX;
		buf_clear(&c->text);
		if (index_text(&c->ix, i, at, n, &c->text, e))
			return -1;
		put_text(&c->body, c->n_files - 1, c->text.p, n);
		if (stream_out_buf(&c->out, &c->body, e))
			return -1;
		at += n;
	}
	return 0;
}

static int put_file_record(struct cat *c, size_t i, const struct index_file *f, struct err *e)
{
	struct buf path = BUF_INIT;
	const char *lang = index_lang(&c->ix, f->lang);
	if (index_path(&c->ix, i, &path, e))
		return -1;
	struct rec_file rec = {
		.id = c->n_files++, .root = f->root, .path = path.p, .n_path = path.len,
		.size_bytes = f->size_bytes, .mtime_ns = f->mtime_ns, .hash = f->hash,
		.lang = lang, .n_lang = strlen(lang), .flags = f->flags,
		.text_bytes = f->text_bytes};
	put_file(&c->body, &rec);
	buf_release(&path);
	return stream_out_buf(&c->out, &c->body, e) ? -1
	       : file_keeps_text(f->flags)	    ? put_texts(c, i, f, e) : 0;
}

static int put_chunk_record(struct cat *c, size_t i, const struct index_file *f, struct err *e)
{
	const struct index_chunk k = c->p.at;
	buf_clear(&c->text);
	if (source_embedded(c->src, i, &c->p, &c->text, e))
		return -1;
	size_t n = tok_count(c->tok, (const char *)c->text.p, c->text.len) + c->n_special;
	struct rec_chunk rec = {.id = c->n_chunks++, .file = c->n_files - 1,
				.off_bytes = k.off_bytes, .len_bytes = k.len_bytes,
				.first_line = c->p.first_line, .last_line = c->p.last_line,
				.n_tokens = n < c->max_tokens ? n : c->max_tokens,
				.sub_off_bytes = k.sub_off_bytes, .sub_len_bytes = k.sub_len_bytes,
				.n_ext_id = c->p.id.len,	/* 0 where there are no records */
				.text = c->text.p ? (const char *)c->text.p : "", .n_text = c->text.len};
	if (f->flags & FILE_RECORDS)
		rec.ext_id = (const char *)c->p.id.p;
	cat_words_add(&c->words, rec.id, &c->p.text);
	put_chunk(&c->body, &rec);
	return stream_out_buf(&c->out, &c->body, e);
}

/* A file is fresh or not as a whole: its first passage tells. */
static int put_one(struct cat *c, size_t i, struct err *e)
{
	struct index_file f;
	index_file(&c->ix, i, &f);
	if (f.flags & FILE_REMOVED)
		return 0;
	for (uint64_t k = f.first_chunk; k < f.first_chunk + f.n_chunks; k++) {
		if (source_passage(c->src, (size_t)k, &c->p, e))
			return -1;
		if (c->p.status != SOURCE_FRESH && c->o->skip_stale) {
			c->n_stale_files++;
			c->n_stale_chunks += f.n_chunks;
			return 0;
		}
		if (c->p.status != SOURCE_FRESH) {
			c->stale = true;
			return err_set(e, ERR_DATA, "%.*s: %s: index it again, or leave such files "
				       "out with --skip-stale",
				       (int)c->p.path.len, (const char *)c->p.path.p,
				       source_status_text(c->p.status));
		}
		if ((k == f.first_chunk && put_file_record(c, i, &f, e)) ||
		    cat_meta_put(&c->meta, &c->ix, (size_t)k, c->n_files - 1, &c->p.at, &c->out,
				 &c->body, e) || put_chunk_record(c, (size_t)k, &f, e))
			return -1;
	}
	return f.n_chunks ? 0 : put_file_record(c, i, &f, e);
}

static int put_all(struct cat *c, const char *path, struct err *e)
{
	if (index_open(&c->ix, path, e) || open_model(c, e) ||
	    recut_open(&c->ix, c->o->root, c->o->model, &c->recut, &c->src, e) || put_head(c, e))
		return -1;
	cat_words_init(&c->words, c->ix.postings.n_words > 0, index_key(&c->ix, "chunking.context"));
	for (size_t i = 0; i < c->ix.n_files; i++)
		if (put_one(c, i, e))
			return -1;
	return cat_words_put(&c->words, c->n_chunks, &c->out, e) || stream_out_end(&c->out, e) ? -1 : 0;
}

int cmd_cat(const struct tool_opts *o, char **args, struct err *e)
{
	struct cat c = {.o = o, .ix.b.fd = -1, .p = SOURCE_PASSAGE_INIT};
	if (isatty(1))
		return err_set(e, ERR_USAGE, "stdout is a terminal: a leann stream is binary: send it "
			       "to the next program, or through 'leann-bundle text'");
	stream_out_open(&c.out, 1, "stdout");
	int r = put_all(&c, args[0], e);
	if (r)
		stream_out_fail(&c.out, e);
	if (r && c.stale)
		err_print(e);
	r = r && c.stale ? 1 : r;
	if (c.n_stale_files)
		err_warn("%" PRIu64 " files with %" PRIu64 " passages left out: they changed or went "
			 "away", c.n_stale_files, c.n_stale_chunks);
	source_free(c.src);
	recut_free(c.recut);
	tok_free(c.tok);
	cat_words_release(&c.words);
	cat_meta_release(&c.meta);
	index_close(&c.ix);
	stream_out_release(&c.out);
	source_passage_release(&c.p);
	buf_release(&c.body);
	buf_release(&c.text);
	return r;
}
