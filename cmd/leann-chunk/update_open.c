/* --update: the index, its arguments, and what of it was asked for; see update.h. */
#define _GNU_SOURCE	/* realpath */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "update.h"

/* The model that passages of the index were cut for, unless an option names one. */
static int take_model(struct chunk_opts *c, const struct index *ix, struct err *e)
{
	const char *name = index_tokenizer_model(ix);
	if (config_str(&c->config, "embeddingServer.model") || !name || !*name)
		return 0;
	return config_set(&c->config, "embeddingServer.model", name, CONFIG_FLAG, e);
}

/* An operand beside the index's own: only what is below it is looked at. */
static int add_source(struct update *u, const char *name, struct err *e)
{
	char *path = realpath(name, NULL);
	bool inside = false;
	if (!path)
		return err_sys(e, "%s", name);
	for (size_t i = 0; i < u->base.ix.n_roots; i++)
		inside |= path_inside(path, u->base.root[i]);
	for (size_t i = 0; i < u->from_index.n_args && !inside; i++) {
		char *own = realpath(u->from_index.args[i], NULL);
		inside = own && path_inside(path, own);
		free(own);	/* realpath's own */
	}
	u->source[u->n_sources++] = mem_strdup(path);
	free(path);
	return inside ? 0 : err_set(e, ERR_USAGE, "%s: is not below what %s was made of", name,
				    u->base.ix.b.path);
}

static int take_args(struct update *u, struct chunk_opts *c, const struct opts *o, struct err *e)
{
	if (c->decided)
		return err_set(e, ERR_USAGE, "%s was made with options of its own, --%s is not for an "
			       "update: leave it out, or build the index again", c->update,
			       c->decided);
	u->from_index.table = chunk_table;
	if (options_from_index(c, &u->from_index, (char *)u->base.args.p, u->base.args.len, e))
		return -1;
	c->from_index = true;
	u->source = mem_calloc(o->n_args + 1, sizeof *u->source);
	for (size_t i = 0; i < o->n_args; i++)
		if (add_source(u, o->args[i], e))
			return -1;
	return 0;
}

static void add_walked(struct update *u, const struct opts *o)
{
	u->walked = mem_calloc(o->n_args + 1, sizeof *u->walked);
	for (size_t i = 0; i < o->n_args; i++) {
		char *path = realpath(o->args[i], NULL);
		if (path)
			u->walked[u->n_walked++] = mem_strdup(path);
		free(path);	/* realpath's own */
	}
}

int update_open(struct chunker *k, struct chunk_opts *c, struct opts *o, struct err *e)
{
	struct update *u = k->up = mem_calloc(1, sizeof *u);
	const char *why;
	u->body_fd = u->kept_fd = -1;
	u->quiet = c->quiet;
	u->base = (struct base)BASE_INIT;
	for (size_t i = 0; i < o->n_args; i++)
		if (!strcmp(o->args[i], "-"))
			return err_set(e, ERR_USAGE, "--update and -: what came from standard input "
				       "stays as it is");
	if (base_open(&u->base, c->update, e))
		return -1;
	if (!c->reembed && index_update_kind(&u->base.ix, &why) == INDEX_FIXED)
		return err_set(e, ERR_USAGE, "%s has %s: it cannot be updated: 'leann index rebuild "
			       "--reembed --index %s' makes it anew", c->update, why, c->update);
	u->state = mem_calloc(u->base.ix.n_files + 1, 1);
	u->written = mem_calloc(u->base.ix.n_files + 1, sizeof *u->written);
	if (u->base.ix.meta)
		u->meta = meta_reader_new(u->base.ix.meta);
	if (!u->base.has_args && !u->base.ix.n_roots && !o->n_args && !c->files_from)
		return err_set(e, ERR_USAGE, "%s has records that it keeps itself, no files to follow: it is as it "
			       "was made; when they have changed, make it anew from where they are", c->update);
	if (!u->base.has_args && !o->n_args && !c->files_from)
		return err_set(e, ERR_USAGE, "%s does not say what it was made of: give the same "
			       "options and sources, --update %s [options] SRC...", c->update,
			       c->update);
	if (u->base.has_args && take_args(u, c, o, e))
		return -1;
	add_walked(u, update_operands(u, o));
	return take_model(c, &u->base.ix, e);
}

const struct opts *update_operands(const struct update *u, const struct opts *o)
{
	return u && u->base.has_args ? &u->from_index : o;
}

/* As the index has paths: without links, but for the last component. NULL: its folder is not there. */
static char *real_name(const char *path)
{
	char *dir = mem_strdup(path), *slash = strrchr(dir, '/'), *full = NULL;
	if (slash) {
		slash[slash == dir] = 0;
		char *real = realpath(dir, NULL);
		if (real)
			full = path_below(real, path + (slash - dir) + 1);
		free(real);	/* realpath's own */
	}
	mem_free(dir);
	return full;
}

bool update_operand_gone(struct update *u, const char *operand)
{
	char *path = u->base.has_args ? real_name(operand) : NULL;
	uint32_t was;
	size_t n = path ? strlen(path) : 0;
	bool live = path && names_has(&u->base.by_path, path, n, &was);
	bool known = live || (path && names_has(&u->base.removed, path, n, &was));
	if (live && !u->quiet)
		err_warn("%s: is gone, taken for removed", operand);
	if (known && !u->dropped)
		u->dropped = mem_calloc(u->from_index.n_args + 1, sizeof *u->dropped);
	for (size_t i = 0; known && i < u->from_index.n_args; i++)
		u->dropped[i] |= !strcmp(u->from_index.args[i], operand);
	mem_free(path);
	return known;
}

void update_args(const struct update *u, bool full, struct buf *out)
{
	const char *p = (const char *)u->base.args.p;
	for (size_t at = 0, n; at < u->base.args.len; at += n) {
		bool keep = true;
		n = strlen(p + at) + 1;
		for (size_t i = 0; full && u->dropped && i < u->from_index.n_args; i++)
			keep &= !u->dropped[i] || u->from_index.args[i] != p + at;
		if (keep)
			buf_add(out, p + at, n);
	}
}

static int same_number(const struct update *u, const char *key, uint64_t now, const char *what,
		       struct err *e)
{
	const struct js *j = index_key(&u->base.ix, key);
	if (js_type(j) == JS_INT && (uint64_t)js_int(j) == now)
		return 0;
	return err_set(e, ERR_DATA, "%s was cut with %s %lld, now it is %llu: use the same options and "
		       "model, or build it again", u->base.ix.b.path, what, (long long)js_int(j),
		       (unsigned long long)now);
}

int update_check(const struct chunker *k, const char *tokenizer, size_t max_tokens, struct err *e)
{
	const struct update *u = k->up;
	const char *was = js_str(index_key(&u->base.ix, "model.tokenizer_sha256"), NULL);
	if (was && *was && strcmp(was, tokenizer))
		return err_set(e, ERR_DATA, "%s was cut with another tokenizer than that of model %s: "
			       "name the right model with -m", u->base.ix.b.path,
			       k->c->model ? k->c->model : MODEL_DEFAULT);
	if (same_number(u, "chunking.version", PASSAGES_VERSION, "chunker version", e) ||
	    same_number(u, "chunking.max_tokens", max_tokens, "--max-tokens", e) ||
	    same_number(u, "chunking.overlap", k->prose.overlap_tokens, "--overlap", e))
		return -1;
	bool kept = js_str(index_key(&u->base.ix, "chunking.licences"), NULL);
	if (!u->base.ix.chunks && kept != k->c->generated)
		return err_set(e, ERR_DATA, "%s has no spans of passages and was cut %s --include-generated: use the "
			       "same options, or build it again", u->base.ix.b.path,
			       kept ? "with" : "without");
	return 0;
}

int update_context(struct chunker *k, struct err *e)
{
	enum context given = k->c->jsonl ? CONTEXT_N : k->c->context;	/* of records there is none */
	k->context = given == CONTEXT_N ? CONTEXT_NONE : given;
	if (!k->up)
		return 0;
	if (context_of_index(&k->up->base.ix, &k->context, e))
		return -1;
	if (given == CONTEXT_N || given == k->context)
		return 0;
	return err_set(e, ERR_DATA, "%s was made with --context=%s, now it is %s: use the same options, or "
		       "build it again", k->up->base.ix.b.path, context_names[k->context],
		       context_names[given]);
}

void update_head(const struct chunker *k, struct shead *h)
{
	shead_set_str(h, "base", js_str(index_key(&k->up->base.ix, "build_id"), NULL));
	if (k->c->full)
		shead_set_bool(h, "full", true);
}

void update_release(struct update *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n_sources; i++)
		mem_free(u->source[i]);
	for (size_t i = 0; i < u->n_walked; i++)
		mem_free(u->walked[i]);
	mem_free(u->walked);
	for (size_t i = 0; i < u->n_lines; i++)
		mem_free(u->line[i].path);
	mem_free(u->source);
	mem_free(u->line);
	mem_free(u->state);
	mem_free(u->written);
	mem_free(u->piece);
	mem_free(u->dropped);
	mem_free(u->from_index.args);
	mem_free(u->from_index.argv);
	names_release(&u->touched);
	meta_places_release(&u->metas);
	meta_reader_free(u->meta);
	buf_release(&u->texts);
	buf_release(&u->kept);
	stream_out_release(&u->body);
	stream_out_release(&u->kept_out);
	base_release(&u->base);
	mem_free(u);
}
