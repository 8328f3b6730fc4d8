/* leann-chunk: files, directories, standard input -> a stream of passages; see leann-chunk(1). */
#include "chunk.h"

#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "nn/model.h"
#include "nn/tok.h"
#include "update.h"

enum { OVERLAP_PROSE = 0 };	/* default; leann-chunk(1) has the measurement */

static size_t count_cb(void *ctx, const char *text, size_t n)
{
	return tok_count(ctx, text, n);
}

static size_t fit_cb(void *ctx, const char *text, size_t n, size_t max_tokens)
{
	return tok_fit(ctx, text, n, max_tokens);
}

/* Limits for k from the model's and the options. */
static int set_limits(struct chunker *k, struct tok *tok, const struct model_info *m, size_t *max,
		      struct err *e)
{
	const struct chunk_opts *c = k->c;
	*max = c->max_tokens ? c->max_tokens : m->max_tokens;
	k->n_special = 2 + tok_count(tok, m->document_prefix, strlen(m->document_prefix));
	if (*max > m->max_tokens)
		return err_set(e, ERR_USAGE, "--max-tokens %zu: model %s takes at most %zu", *max,
			       m->name, m->max_tokens);
	if (*max < k->n_special + TOKENS_MIN - 2)
		return err_set(e, ERR_USAGE,
			       "--max-tokens %zu: the model's prefix alone is %zu tokens", *max,
			       k->n_special - 2);
	if (c->overlap > 0 && (size_t)c->overlap > *max / 2)
		return err_set(e, ERR_USAGE, "--overlap %d: want at most half a passage, %zu",
			       c->overlap, *max / 2);
	k->max_tokens = *max;
	if (update_context(k, e))
		return -1;
	if (k->context && *max < k->n_special + CONTEXT_TOKENS + TOKENS_MIN - 2)
		return err_set(e, ERR_USAGE, "--max-tokens %zu: too few for --context=%s, which takes up "
			       "to %d of them", *max, context_names[k->context], CONTEXT_TOKENS);
	k->prose = (struct passages_params){
		.max_tokens = *max - k->n_special - (k->context ? CONTEXT_TOKENS : 0), .max_bytes = PASSAGE_BYTES_MAX,
		.overlap_tokens = c->overlap < 0 ? OVERLAP_PROSE : (size_t)c->overlap,
		.count = count_cb, .fit = fit_cb, .ctx = tok};
	k->code = k->prose;
	k->code.overlap_tokens = c->overlap < 0 ? 0 : (size_t)c->overlap;
	return 0;
}

struct head {
	struct chunker *k;
	const struct model_info *m;
	const struct tok *tok;
	size_t max_tokens;
	const struct opts *o;
};

static int head(void *ctx, struct err *e)
{
	const struct head *x = ctx;
	struct chunker *k = x->k;
	const struct opts *o = x->o;
	struct shead h = SHEAD_INIT;
	struct buf roots = BUF_INIT, args = BUF_INIT;
	memcpy(h.kind, "chunks", sizeof "chunks");
	mp_put_arr(&roots, k->src->n_roots);
	for (size_t i = 0; i < k->src->n_roots; i++)
		mp_put_bin(&roots, k->src->roots[i].path, strlen(k->src->roots[i].path));
	shead_set_packed(&h, "roots", &roots);
	shead_set_str(&h, "model", x->m->name);
	shead_set_u64(&h, "max_tokens", x->m->max_tokens);
	shead_set_str(&h, "tokenizer_sha256", tok_sha256(x->tok));
	shead_set_u64(&h, "chunk_version", PASSAGES_VERSION);
	shead_set_u64(&h, "chunk_max_tokens", x->max_tokens);
	shead_set_u64(&h, "chunk_overlap", k->prose.overlap_tokens);
	if (structure_name(k->structure))
		shead_set_str(&h, "chunk_structure", structure_name(k->structure));
	if (k->c->generated)
		shead_set_str(&h, "chunk_licences", "kept");
	if (k->context)
		shead_set_str(&h, "context", context_names[k->context]);
	if (k->up)
		update_head(k, &h);
	if (k->up && k->up->base.has_args)
		update_args(k->up, k->c->full, &args);
	else if (!args_put(&args, k->c, o->args, o->n_args))
		buf_clear(&args);
	if (args.len)
		shead_set_args(&h, &args);
	shead_add_prog(&h, "leann-chunk", (size_t)o->argc - 1, o->argv + 1);
	int r = stream_out_head(&k->out, &h, e);
	buf_release(&roots);
	buf_release(&args);
	shead_release(&h);
	return r;
}

static int put_stream(struct chunker *k, struct head *h, struct err *e)
{
	if (head(h, e) || (k->c->jsonl ? chunk_records(k, e) : chunk_files(k, e)) || emit_tail(k, e))
		return -1;
	return stream_out_end(&k->out, e);
}

/* Are postings wanted? Those of an update would be of its few passages alone. */
static bool lexical(const struct chunker *k)
{
	return k->up ? k->c->full && k->up->base.ix.postings.n_words : k->c->lexical;
}

static int stream(struct chunker *k, struct opts *o, struct err *e)
{
	struct model_info m;
	struct tok *tok = NULL;
	char *dir = NULL;
	struct head h = {.k = k, .m = &m, .o = o};
	int r = -1;
	if (model_find(k->c->model, &dir, e) || model_info_read(dir, &m, e) ||
	    tok_open(dir, &tok, e) || set_limits(k, tok, &m, &h.max_tokens, e) ||
	    (k->up && update_check(k, tok_sha256(tok), h.max_tokens, e)))
		goto out;
	h.tok = tok;
	meta_run(k);
	k->par = par_new(k->c->n_threads);
	k->structure = structure_open(par_n_threads(k->par), !k->c->no_structure && !k->c->jsonl,
				      k->c->quiet);
	tail_init(&k->tail, !k->context, lexical(k));
	progress_start(&k->progress, k->c->jsonl ? "passages" : "files",
		       k->c->jsonl ? 0 : k->src->n, k->c->quiet);
	r = k->up ? update_run(k, head, &h, e) : put_stream(k, &h, e);
	progress_end(&k->progress, k->src->n);
	par_free(k->par);
	k->counts.n_unstructured = structure_n_failed(k->structure);
	structure_close(k->structure);
out:
	tok_free(tok);
	mem_free(dir);
	return r;
}

/* --explain: the operands are what is asked about, not what is read. */
static int explain(struct chunker *k, struct chunk_opts *c, const struct opts *o, bool *all_in,
		   struct err *e)
{
	struct opts none = *o;
	none.n_args = 0;
	if (!o->n_args)
		err_usage_die("--explain: want a path");
	if (c->update && update_open(k, c, &none, e))
		return -1;
	settings_finish(c);
	return explain_paths(k, o, c->update ? update_operands(k->up, &none) : NULL, all_in, e);
}

/* Everything but options; what fails is told to the reader of the stream, too. */
static int work(struct chunker *k, struct chunk_opts *c, struct opts *o, struct err *e)
{
	const struct opts *given = o;
	if (c->update && !c->show_config) {
		if (update_open(k, c, o, e))
			return -1;
		given = update_operands(k->up, o);
		sources_known(k->src, k->up->base.root, k->up->base.ix.n_roots);
	}
	settings_finish(c);
	if (c->show_config)
		return 0;
	options_check(c, given);
	if (sources_collect(k->src, c, k->up, given->args, given->n_args, &k->counts, e))
		return -1;
	return c->list ? list_files(k, e) : stream(k, o, e);
}

int main(int argc, char **argv)
{
	struct chunk_opts c = {.stdin_name = "stdin",
			       .overlap = OVERLAP_NONE,
			       .max_bytes = MAX_FILESIZE,
			       .context = CONTEXT_N,
			       .extract_timeout_s = EXTRACT_TIMEOUT_S,
			       .globs = GLOBS_INIT};
	struct sources src = {.seen = ID_SET_INIT, .followed = ID_SET_INIT};
	struct chunker k = {.c = &c, .src = &src};
	struct opts o = {
		.table = chunk_table,
		.usage = "[options] SRC... | --update INDEX [options] [SRC...]",
		.summary =
			"Cut files into passages for a search index; a stream of them on stdout."};
	struct err e;
	bool all_in = true;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	config_init(&c.config);
	options_parse(&c, &o);
	if (c.type_list) {
		types_list();
		close_stdout_die();
		return 0;
	}
	stream_out_open(&k.out, 1, "stdout");
	k.to = &k.out;
	if (c.explain ? explain(&k, &c, &o, &all_in, &e) : work(&k, &c, &o, &e)) {
		if (!c.list && !c.dry_run && !c.explain)
			stream_out_fail(&k.out, &e);	/* the reader says why, too */
		err_die(&e);
	}
	stream_out_release(&k.out);
	mem_free(o.args);
	if (c.show_config)
		return settings_show(&c);
	if (!c.explain)
		summary(&k);
	update_release(k.up);
	sources_release(&src);
	id_set_release(&k.ids);
	buf_release(&k.body);
	buf_release(&k.path);
	buf_release(&k.embedded);
	tail_release(&k.tail);
	meta_state_release(&k.meta);
	settings_release(&c);
	close_stdout_die();
	return !all_in;
}
