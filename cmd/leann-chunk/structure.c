/* Marks from headings and from ctags; see structure.h. */
#include "chunk.h"

#include <stdio.h>
#include <string.h>

#include "algo/licence.h"
#include "algo/parts.h"
#include "base/err.h"
#include "base/mem.h"
#include "sys/ctags.h"

struct worker {
	struct ctags ctags;
	struct tag *tag;
	size_t n, cap, n_failed;
	struct buf names;
	const char *lang;		/* of the file at hand */
};

struct structure {
	bool with_ctags;
	char name[64];
	struct worker *w;
	size_t n;
};

struct structure *structure_open(size_t n_threads, bool with_ctags, bool quiet)
{
	struct structure *st = mem_calloc(1, sizeof *st);
	struct err e;
	st->n = n_threads;
	st->w = mem_calloc(n_threads, sizeof *st->w);
	for (size_t i = 0; i < n_threads; i++)
		st->w[i].ctags = (struct ctags)CTAGS_INIT;
	if (!with_ctags)
		return st;
	if (ctags_open(&st->w->ctags, &e)) {
		if (!quiet)
			err_warn("%s: code is cut by its looks, not by its functions", e.msg);
		return st;
	}
	st->with_ctags = true;
	snprintf(st->name, sizeof st->name, "universal-ctags %s", st->w->ctags.version);
	for (size_t i = 1; i < n_threads; i++) {
		st->w[i].ctags.prog = st->w->ctags.prog;
		st->w[i].ctags.mode = st->w->ctags.mode;
	}
	return st;
}

const char *structure_name(const struct structure *st)
{
	return st->with_ctags ? st->name : NULL;
}

/* The last part of "x.T", "N\A", "a::b". */
static const char *last_part(const char *scope)
{
	const char *p = scope;
	for (const char *c = scope; *c; c++)
		if (strchr(".:\\/", *c))
			p = c + 1;
	return p;
}

static size_t keep_name(struct worker *w, const char *s)
{
	size_t at = w->names.len;
	buf_adds(&w->names, s);
	buf_addc(&w->names, 0);
	return at;
}

/* Names are offsets until all are there: names may move. */
static void put(void *ctx, const struct ctag *t)
{
	struct worker *w = ctx;
	struct tag x = {.line = t->line, .end_line = t->end_line};
	if (!tags_kind(w->lang, t->kind, &x) || !strncmp(t->name, "__anon", 6) ||
	    strstr(t->name, "anonymous"))
		return;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		w->tag = mem_realloc(w->tag, w->cap * sizeof *w->tag);
	}
	bool outer = !strcmp(t->scope_kind, "package") || !strcmp(t->scope_kind, "namespace") ||
		     !strcmp(t->scope_kind, "module");
	const char *scope = outer || strstr(t->scope, "anon") ? "" : last_part(t->scope);
	x.n_name = strlen(t->name);
	x.n_scope = strlen(scope);
	keep_name(w, t->name);
	keep_name(w, scope);
	w->tag[w->n++] = x;
}

static void find_tags(struct worker *w, const char *lang, const char *text, size_t n,
		      struct marks *m)
{
	const char *file = tags_file_name(lang);
	w->n = 0;
	w->lang = lang;
	buf_clear(&w->names);
	if (!file || !n)
		return;
	if (ctags_file(&w->ctags, file, text, n, put, w)) {
		w->n_failed++;
		return;
	}
	const char *at = (const char *)w->names.p;
	for (size_t i = 0; i < w->n; i++) {
		w->tag[i].name = at;
		at += w->tag[i].n_name + 1;
		w->tag[i].scope = at;
		at += w->tag[i].n_scope + 1;
	}
	marks_tags(m, lang, text, n, w->tag, w->n);
}

void structure_cut(const struct chunker *k, size_t i_thread, struct sums *s, const struct lang *l,
		   const struct document *d, struct marks *m, struct passages *out)
{
	struct structure *st = k->structure;
	bool code = l->style == STYLE_CODE;
	struct passages_params pp = sums_params(s, code ? &k->code : &k->prose);
	if (d->extracted) {
		parts_marks(m, l->style, d->text, d->n_text);
		parts_split(&pp, l->style, d->text, d->n_text, out);
		return;
	}
	if (!k->c->generated)
		m->from = licence_skip(&pp, l->style, d->text, d->n_text);
	if (!code)
		marks_headings(m, l->style, d->text, d->n_text);
	else if (st->with_ctags)
		find_tags(&st->w[i_thread], l->name, d->text, d->n_text, m);
	marks_nest(m, d->n_text);
	passages_split_marked(&pp, l->style, d->text, d->n_text, m, out);
}

int structure_emit(struct chunker *k, const struct lang *l, const struct marks *m,
		   const struct document *d, const struct passage *p, struct rec_chunk *c,
		   struct err *e)
{
	struct meta meta = META_INIT;
	struct buf crumb = BUF_INIT;
	bool code = l->style == STYLE_CODE;
	int r = 0;
	if (d->extracted)
		document_meta(d, p->off, &meta);
	marks_crumb(m, d->text, p->off, p->len, code ? "." : " > ", &crumb);
	if (crumb.len)
		meta_set_str(&meta, code ? "symbol" : "heading", crumb.p, crumb.len);
	if (d->extracted || m->n)
		r = emit_meta(k, c->off_bytes, c->sub_off_bytes, &meta, e);
	buf_release(&crumb);
	meta_release(&meta);
	return r ? r : emit_chunk(k, c, e);
}

size_t structure_n_failed(const struct structure *st)
{
	size_t n = 0;
	for (size_t i = 0; i < st->n; i++)
		n += st->w[i].n_failed;
	return n;
}

void structure_close(struct structure *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->n; i++) {
		ctags_close(&st->w[i].ctags);
		mem_free(st->w[i].tag);
		buf_release(&st->w[i].names);
	}
	mem_free(st->w);
	mem_free(st);
}
