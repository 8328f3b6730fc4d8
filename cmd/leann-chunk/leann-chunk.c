/* leann-chunk: files, directories, standard input -> a stream of passages; see leann-chunk(1). */
#include "chunk.h"

#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/opts.h"
#include "fmt/postings.h"
#include "nn/model.h"
#include "nn/tok.h"

enum {
	ID_INCLUDE = 256,
	ID_EXCLUDE,
	ID_HIDDEN,
	ID_NO_IGNORE,
	ID_FILES_FROM,
	ID_MAX_FILESIZE,
	ID_LANG,
	ID_JSONL,
	ID_TRUNCATE,
	ID_LEXICAL,
	ID_MAX_TOKENS,
	ID_OVERLAP,
	ID_STDIN_NAME,
	ID_CONFIG,
	ID_SHOW,
	OVERLAP_PROSE = 0, /* default; leann-chunk(1) has the measurement */
	TOKENS_MIN = 16,
};

static const struct opt table[] = {
	{'g', "glob", "GLOB", "take only files that match; !GLOB leaves files out"},
	{ID_INCLUDE, "include", "GLOB", "as -g GLOB"},
	{ID_EXCLUDE, "exclude", "GLOB", "as -g !GLOB"},
	{ID_LANG, "lang", "LIST", "take only these languages: c,python,markdown"},
	{ID_MAX_FILESIZE, "max-filesize", "SIZE",
	 "leave out larger files found in directories (16M)"},
	{ID_HIDDEN, "hidden", NULL, "take names that start with a dot too"},
	{ID_NO_IGNORE, "no-ignore", NULL, "obey neither .gitignore nor the ignore list"},
	{ID_FILES_FROM, "files-from", "FILE",
	 "read names of files and directories from FILE (-: stdin)"},
	{'0', "null", NULL, "names in --files-from and --list end in NUL"},
	{ID_JSONL, "jsonl", NULL, "inputs are JSON Lines with id, title, text or content"},
	{ID_TRUNCATE, "truncate", NULL,
	 "with --jsonl: one passage a record, cut at the model's limit"},
	{ID_STDIN_NAME, "stdin-name", "NAME", "name of standard input in the index (stdin)"},
	{ID_LEXICAL, "lexical", NULL, "say where rare words occur, to be found by them (12 bytes a passage)"},
	{'m', "model", "MODEL", "name or directory of the embedding model"},
	{ID_MAX_TOKENS, "max-tokens", "N",
	 "tokens of a passage, special ones included (the model's limit)"},
	{ID_OVERLAP, "overlap", "N", "tokens repeated from the passage before (0)"},
	{ID_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{ID_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{'l', "list", NULL, "print the names of the files that would be cut, nothing else"},
	{'j', "threads", "N", "threads (0: one a processor)"},
	{'v', "verbose", NULL, "say what was left out, and counts"},
	{'q', "quiet", NULL, "only errors"},
	{0},
};

/* A stored file's name in the stream: one component, so that it is below any root. */
static const char *stdin_name(const char *name)
{
	if (!*name || strlen(name) > 255 || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		err_usage_die("--stdin-name %s: want a file name without slashes", name);
	return name;
}

static void parse(struct chunk_opts *c, struct opts *o)
{
	for (int id; (id = opts_next(o));) {
		switch (id) {
		case 'g':
		case ID_INCLUDE: settings_glob(c, o->val, false); break;
		case ID_EXCLUDE: settings_glob(c, o->val, true); break;
		case ID_LANG: settings_set(c, "filters.languages", o); break;
		case ID_MAX_FILESIZE: c->max_bytes = opts_size(o, NAMED_FILE_MAX); break;
		case ID_HIDDEN: c->hidden = true; break;
		case ID_NO_IGNORE: c->no_ignore = true; break;
		case ID_FILES_FROM: c->files_from = o->val; break;
		case '0': c->null = true; break;
		case ID_JSONL: c->jsonl = true; break;
		case ID_TRUNCATE: c->truncate = true; break;
		case ID_LEXICAL: c->lexical = true; break;
		case ID_STDIN_NAME: c->stdin_name = stdin_name(o->val); break;
		case 'm': settings_set(c, "embeddingServer.model", o); break;
		case ID_CONFIG: c->config_path = o->val; break;
		case ID_SHOW: c->show_config = true; break;
		case ID_MAX_TOKENS:
			c->max_tokens = (size_t)opts_num(o, TOKENS_MIN, MODEL_TOKENS_MAX);
			break;
		case ID_OVERLAP: c->overlap = (int)opts_num(o, 0, MODEL_TOKENS_MAX); break;
		case 'l': c->list = true; break;
		case 'j': c->n_threads = (size_t)opts_num(o, 0, 1024); break;
		case 'v': c->verbose = true; break;
		case 'q': c->quiet = true; break;
		}
	}
	settings_finish(c);
	if (c->show_config)
		return;
	if (c->truncate && !c->jsonl)
		err_usage_die("--truncate needs --jsonl");
	if (!o->n_args && !c->files_from)
		err_usage_die("want a file, a directory or - for standard input");
	if (!c->list && isatty(1))
		err_usage_die(
			"stdout is a terminal: this program goes first in a pipe, see leann(7)");
}

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
	k->prose = (struct passages_params){
		.max_tokens = *max - k->n_special, .max_bytes = PASSAGE_BYTES_MAX,
		.overlap_tokens = c->overlap < 0 ? OVERLAP_PROSE : (size_t)c->overlap,
		.count = count_cb, .fit = fit_cb, .ctx = tok};
	k->code = k->prose;
	k->code.overlap_tokens = c->overlap < 0 ? 0 : (size_t)c->overlap;
	return 0;
}

static int head(struct chunker *k, const struct model_info *m, const struct tok *tok, size_t max,
		struct opts *o, struct err *e)
{
	struct shead h = SHEAD_INIT;
	struct buf roots = BUF_INIT, args = BUF_INIT;
	memcpy(h.kind, "chunks", sizeof "chunks");
	mp_put_arr(&roots, k->src->n_roots);
	for (size_t i = 0; i < k->src->n_roots; i++)
		mp_put_bin(&roots, k->src->roots[i].path, strlen(k->src->roots[i].path));
	shead_set_packed(&h, "roots", &roots);
	shead_set_str(&h, "model", m->name);
	shead_set_u64(&h, "max_tokens", m->max_tokens);
	shead_set_str(&h, "tokenizer_sha256", tok_sha256(tok));
	shead_set_u64(&h, "chunk_version", PASSAGES_VERSION);
	shead_set_u64(&h, "chunk_max_tokens", max);
	shead_set_u64(&h, "chunk_overlap", k->prose.overlap_tokens);
	if (args_put(&args, k->c, o->args, o->n_args))
		shead_set_args(&h, &args);
	shead_add_prog(&h, "leann-chunk", (size_t)o->argc - 1, o->argv + 1);
	int r = stream_out_head(&k->out, &h, e);
	buf_release(&roots);
	buf_release(&args);
	shead_release(&h);
	return r;
}

static int stream(struct chunker *k, struct opts *o, struct err *e)
{
	struct model_info m;
	struct tok *tok = NULL;
	char *dir = NULL;
	size_t max;
	int r = -1;
	if (model_find(k->c->model, &dir, e) || model_info_read(dir, &m, e) ||
	    tok_open(dir, &tok, e) || set_limits(k, tok, &m, &max, e))
		goto out;
	k->par = par_new(k->c->n_threads);
	k->terms = terms_count_new();
	k->rare = k->c->lexical ? rare_new(POSTINGS_MOST) : NULL;
	progress_start(&k->progress, k->c->jsonl ? "passages" : "files",
		       k->c->jsonl ? 0 : k->src->n, k->c->quiet);
	if (!head(k, &m, tok, max, o, e) &&
	    !(k->c->jsonl ? chunk_records(k, e) : chunk_files(k, e)) && !emit_tail(k, e))
		r = stream_out_end(&k->out, e);
	progress_end(&k->progress, k->src->n);
	par_free(k->par);
	terms_count_free(k->terms);
	rare_free(k->rare);
out:
	tok_free(tok);
	mem_free(dir);
	return r;
}

int main(int argc, char **argv)
{
	struct chunk_opts c = {.stdin_name = "stdin",
			       .overlap = OVERLAP_NONE,
			       .max_bytes = MAX_FILESIZE,
			       .globs = GLOBS_INIT};
	struct sources src = {.seen = ID_SET_INIT};
	struct chunker k = {.c = &c, .src = &src};
	struct opts o = {
		.table = table,
		.usage = "[options] SRC...",
		.summary =
			"Cut files into passages for a search index; a stream of them on stdout."};
	struct err e;
	prog_start(argv[0]);
	opts_init(&o, argc, argv);
	config_init(&c.config);
	parse(&c, &o);
	if (c.show_config) {
		mem_free(o.args);
		return settings_show(&c);
	}
	stream_out_open(&k.out, 1, "stdout");
	if (sources_collect(&src, &c, o.args, o.n_args, &k.counts, &e) ||
	    (c.list ? list_files(&k, &e) : stream(&k, &o, &e))) {
		if (!c.list)
			stream_out_fail(&k.out, &e);	/* the reader says why, too */
		err_die(&e);
	}
	summary(&k);
	stream_out_release(&k.out);
	sources_release(&src);
	id_set_release(&k.ids);
	buf_release(&k.body);
	buf_release(&k.hashes);
	settings_release(&c);
	mem_free(o.args);
	close_stdout_die();
	return 0;
}
