/* Options of leann-chunk, from the command line and from the arguments that an index keeps. */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "chunk.h"
#include "nn/model.h"

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
	ID_META,
	ID_MAX_TOKENS,
	ID_OVERLAP,
	ID_STRUCTURE,
	ID_CONTEXT,
	ID_GENERATED,
	ID_STDIN_NAME,
	ID_CONFIG,
	ID_SHOW,
	ID_UPDATE,
	ID_GIT_DIFF,
	ID_CHECKSUM,
	ID_FULL,
	ID_REEMBED,
	ID_DRY_RUN,
	ID_FOLLOW,
	ID_ONE_FS,
	ID_TYPE_LIST,
	ID_EXPLAIN,
	ID_NO_EXTRACT,
	ID_ARCHIVES,
	ID_EXTRACT_TIMEOUT,
};

const struct opt chunk_table[] = {
	{'g', "glob", "GLOB", "take only files that match; !GLOB leaves files out"},
	{ID_INCLUDE, "include", "GLOB", "as -g GLOB"},
	{ID_EXCLUDE, "exclude", "GLOB", "as -g !GLOB"},
	{ID_LANG, "lang", "LIST", "take only these languages: c,python,markdown"},
	{'t', "type", "TYPE", "take only files of this type: c, docs, mail; again: or of that"},
	{'T', "type-not", "TYPE", "leave out files of this type"},
	{ID_TYPE_LIST, "type-list", NULL, "print all types and the names that they stand for"},
	{ID_MAX_FILESIZE, "max-filesize", "SIZE",
	 "leave out larger files found in directories (16M)"},
	{ID_HIDDEN, "hidden", NULL, "take names that start with a dot too"},
	{ID_NO_IGNORE, "no-ignore", NULL, "obey neither ignore files nor the ignore list"},
	{'u', "unrestricted", NULL, "-u: --no-ignore; -uu: --hidden, too; -uuu: files of up to 1G, too"},
	{ID_GENERATED, "include-generated", NULL,
	 "take generated and minified files and tables of numbers too"},
	{ID_FOLLOW, "follow", NULL, "follow symbolic links found in directories"},
	{ID_ONE_FS, "one-file-system", NULL, "enter no directory of another file system"},
	{ID_FILES_FROM, "files-from", "FILE",
	 "read names of files and directories from FILE (-: stdin)"},
	{'0', "null", NULL, "names in --files-from, --list and --dry-run end in NUL"},
	{ID_NO_EXTRACT, "no-extract", NULL, "leave out PDF, office, mail archives; HTML as it is"},
	{ID_ARCHIVES, "archives", NULL, "documents and text in zip and tar archives, too"},
	{ID_EXTRACT_TIMEOUT, "extract-timeout", "SECONDS", "for the text of a document (60)"},
	{ID_JSONL, "jsonl", NULL, "inputs are JSON Lines with id, title, text or content"},
	{ID_TRUNCATE, "truncate", NULL,
	 "with --jsonl: one passage a record, cut at the model's limit"},
	{ID_STDIN_NAME, "stdin-name", "NAME", "name of standard input in the index (stdin)"},
	{ID_LEXICAL, "lexical", NULL, "say where rare words occur, to be found by them (12 bytes a passage)"},
	{ID_META, "meta", "KEY=VALUE", "metadata of every passage, again for more"},
	{'m', "model", "MODEL", "name or directory of the embedding model"},
	{ID_MAX_TOKENS, "max-tokens", "N",
	 "tokens of a passage, special ones included (the model's limit)"},
	{ID_OVERLAP, "overlap", "N", "tokens repeated from the passage before (0)"},
	{ID_STRUCTURE, "structure", "auto|none",
	 "cut code along its functions, by ctags; none: by its looks (auto)"},
	{ID_CONTEXT, "context", "none|path|full",
	 "embed a passage with its path; full: and symbol or heading before it (none)"},
	{ID_UPDATE, "update", "INDEX", "only what changed since INDEX, in its files or below SRC"},
	{ID_CHECKSUM, "checksum", NULL, "with --update: read all files, whatever their times say"},
	{ID_GIT_DIFF, "git-diff", "A", "with --update: only what git diff A B names (A..B, or A and SRC B)"},
	{ID_FULL, "full", NULL, "with --update: all files, for a new index without leftovers"},
	{ID_REEMBED, "reembed", NULL, "with --full: keep no passage"},
	{ID_DRY_RUN, "dry-run", NULL, "with --update: print what would happen, one line a file"},
	{ID_CONFIG, "config", "FILE", "settings, see leann-config(5)"},
	{ID_SHOW, "show-config", NULL, "print every setting and where it comes from"},
	{ID_EXPLAIN, "explain", NULL, "say of each SRC whether it would be taken, and why or why not"},
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

/* Options that decide which files and passages there are: what chunk_args has. */
bool options_decide(struct chunk_opts *c, const struct opts *o, int id)
{
	switch (id) {
	case 'g':
	case ID_INCLUDE: settings_glob(c, o->val, false); break;
	case ID_EXCLUDE: settings_glob(c, o->val, true); break;
	case ID_LANG:
		settings_set(c, "filters.languages", o);
		c->lang_given = true;
		break;
	case ID_MAX_FILESIZE:
		c->max_bytes = opts_size(o, INT64_MAX);
		if (c->max_bytes > NAMED_FILE_MAX)
			c->max_bytes = NAMED_FILE_MAX;
		break;
	case 't':
	case 'T': types_add(&c->types, o->val, id == 'T'); break;
	case 'u':
		c->max_bytes = ++c->n_unrestricted > 2 ? NAMED_FILE_MAX : c->max_bytes;
		c->hidden |= c->n_unrestricted > 1;
		c->no_ignore = true;
		break;
	case ID_FOLLOW: c->follow = true; break;
	case ID_ONE_FS: c->one_fs = true; break;
	case ID_HIDDEN: c->hidden = true; break;
	case ID_NO_IGNORE: c->no_ignore = true; break;
	case ID_FILES_FROM: c->files_from = o->val; break;
	case '0': c->null = true; break;
	case ID_JSONL: c->jsonl = true; break;
	case ID_NO_EXTRACT: c->no_extract = true; break;
	case ID_ARCHIVES: c->archives = true; break;
	case ID_TRUNCATE: c->truncate = true; break;
	case ID_LEXICAL: c->lexical = true; break;
	case ID_META: meta_option(c, o->val); break;
	case ID_MAX_TOKENS:
		c->max_tokens = (size_t)opts_num(o, TOKENS_MIN, MODEL_TOKENS_MAX);
		break;
	case ID_OVERLAP: c->overlap = (int)opts_num(o, 0, MODEL_TOKENS_MAX); break;
	case ID_GENERATED: c->generated = true; break;
	case ID_STRUCTURE:
		if (strcmp(o->val, "auto") && strcmp(o->val, "none"))
			err_usage_die("--structure %s: want auto or none", o->val);
		c->no_structure = !strcmp(o->val, "none");
		break;
	case ID_CONTEXT:
		c->context = context_named(o->val, strlen(o->val));
		if (c->context == CONTEXT_N)
			err_usage_die("--context %s: want none, path or full", o->val);
		break;
	default: return false;
	}
	return true;
}

static void other(struct chunk_opts *c, const struct opts *o, int id)
{
	switch (id) {
	case ID_EXTRACT_TIMEOUT: c->extract_timeout_s = (unsigned)opts_num(o, 1, 3600); break;
	case ID_STDIN_NAME: c->stdin_name = stdin_name(o->val); break;
	case 'm':
		settings_set(c, "embeddingServer.model", o);
		c->model_given = true;
		break;
	case ID_CONFIG: c->config_path = o->val; break;
	case ID_SHOW: c->show_config = true; break;
	case ID_UPDATE: c->update = o->val; break;
	case ID_GIT_DIFF: c->git_from = o->val; break;
	case ID_CHECKSUM: c->checksum = true; break;
	case ID_FULL: c->full = true; break;
	case ID_REEMBED: c->reembed = true; break;
	case ID_DRY_RUN: c->dry_run = true; break;
	case ID_TYPE_LIST: c->type_list = true; break;
	case ID_EXPLAIN: c->explain = true; break;
	case 'l': c->list = true; break;
	case 'j': c->n_threads = (size_t)opts_num(o, 0, 1024); break;
	case 'v': c->verbose = true; break;
	case 'q': c->quiet = true; break;
	}
}

static void check_update(const struct chunk_opts *c)
{
	const char *alone = c->checksum ? "checksum" : c->git_from ? "git-diff" : c->full ? "full"
			    : c->dry_run ? "dry-run" : NULL;
	if (!c->update && alone)
		err_usage_die("--%s needs --update", alone);
	if (c->update && c->list)
		err_usage_die("--update and --list: use --dry-run");
	if (c->reembed && !c->full)
		err_usage_die("--reembed needs --full");
}

/* A range names both ends; else the second revision is the first operand. */
static void take_revisions(struct chunk_opts *c, struct opts *o)
{
	if (!c->git_from || strstr(c->git_from, ".."))
		return;
	if (!o->n_args)
		err_usage_die("--git-diff %s: want a second revision after it, or A..B", c->git_from);
	c->git_to = o->args[0];
	memmove(o->args, o->args + 1, o->n_args * sizeof *o->args);	/* the NULL at its end, too */
	o->n_args--;
}

/* The command line; settings follow. */
void options_parse(struct chunk_opts *c, struct opts *o)
{
	for (int id; (id = opts_next(o));) {
		if (!options_decide(c, o, id))
			other(c, o, id);
		else if (!c->decided && id != '0')
			c->decided = o->opt->name;
	}
	c->out_null = c->null;
	check_update(c);
	take_revisions(c, o);
}

/* What is wrong with a line of arguments, from the user or from an index. */
void options_check(const struct chunk_opts *c, const struct opts *o)
{
	if (c->truncate && !c->jsonl)
		err_usage_die("--truncate needs --jsonl");
	if (!o->n_args && !c->files_from)
		err_usage_die("want a file, a directory or - for standard input");
	if (!c->list && !c->dry_run && !c->explain && isatty(1))
		err_usage_die(
			"stdout is a terminal: this program goes first in a pipe, see leann(7)");
}
