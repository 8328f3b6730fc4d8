/* The header's chunk_args: what an update needs to find and cut the same files; see chunk.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "chunk.h"

static void arg(struct buf *out, const char *fmt, ...) PRINTF(2, 3);
static void arg(struct buf *out, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	buf_reserve(out, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf((char *)out->p + out->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	out->len += (size_t)n + 1;
}

/* name as seen from the root directory, without "." components; links are left as they are. */
char *absolute(const char *name)
{
	char cwd[4096] = "";	/* PATH_MAX */
	struct buf b = BUF_INIT;
	if (*name != '/' && getcwd(cwd, sizeof cwd) && strcmp(cwd, "/"))
		buf_adds(&b, cwd);
	while (*name) {
		size_t n = strcspn(name, "/");
		if (n && !(n == 1 && *name == '.')) {
			buf_addc(&b, '/');
			buf_add(&b, name, n);
		}
		name += n + (name[n] == '/');
	}
	if (!b.len)
		buf_addc(&b, '/');
	buf_addc(&b, 0);
	return (char *)buf_detach(&b);
}

static void put_globs(struct buf *out, const struct chunk_opts *c)
{
	size_t n;
	char **exclude = config_list(&c->config, "filters.excludePaths", &n);
	for (size_t i = 0; i < n; i++)
		arg(out, "--glob=!%s", exclude[i]);
	for (size_t at = 0; at < c->option_globs.len;) {
		const char *p = (const char *)c->option_globs.p + at;
		arg(out, "--glob=%s", p);
		at += strlen(p) + 1;
	}
}

static void put_names(struct buf *out, const struct chunk_opts *c)
{
	for (size_t i = 0; i < c->n_langs; i++)
		arg(out, "--lang=%s", c->langs[i]->name);
	types_put_args(out, &c->types);
	if (c->max_bytes != MAX_FILESIZE)
		arg(out, "--max-filesize=%llu", (unsigned long long)c->max_bytes);
	if (c->hidden)
		arg(out, "--hidden");
	if (c->no_ignore)
		arg(out, "--no-ignore");
	if (c->follow)
		arg(out, "--follow");
	if (c->one_fs)
		arg(out, "--one-file-system");
	if (c->no_extract)
		arg(out, "--no-extract");
	if (c->archives)
		arg(out, "--archives");
	if (!c->files_from)
		return;
	char *list = absolute(c->files_from);
	arg(out, "--files-from=%s", list);
	mem_free(list);
	if (c->null)
		arg(out, "--null");
}

bool args_put(struct buf *out, const struct chunk_opts *c, char **operand, size_t n_operands)
{
	size_t n = 0;
	buf_clear(out);
	if (c->files_from && !strcmp(c->files_from, "-"))
		return false;
	put_globs(out, c);
	put_names(out, c);
	if (c->jsonl)
		arg(out, "--jsonl");
	if (c->truncate)
		arg(out, "--truncate");
	if (c->lexical)
		arg(out, "--lexical");
	for (size_t at = 0; at < c->metas.len; at += strlen((char *)c->metas.p + at) + 1)
		arg(out, "--meta=%s", (char *)c->metas.p + at);
	if (c->model && strcmp(c->model, MODEL_DEFAULT)) {
		char *dir = strchr(c->model, '/') ? absolute(c->model) : mem_strdup(c->model);
		arg(out, "--model=%s", dir);
		mem_free(dir);
	}
	if (c->max_tokens)
		arg(out, "--max-tokens=%zu", c->max_tokens);
	if (c->overlap > 0)
		arg(out, "--overlap=%d", c->overlap);
	if (c->generated)
		arg(out, "--include-generated");
	if (c->no_structure)
		arg(out, "--structure=none");
	if (c->context < CONTEXT_N)
		arg(out, "--context=%s", context_names[c->context]);
	arg(out, "--");
	for (size_t i = 0; i < n_operands; i++) {
		if (!strcmp(operand[i], "-"))
			return false;
		char *path = absolute(operand[i]);
		arg(out, "%s", path);
		mem_free(path);
	}
	for (size_t i = 0; i < out->len; i++)
		n += !out->p[i];
	return n <= STREAM_ARGS_MAX;
}

/* As args_put() writes it: --name=value, or --name of one that has none. Nothing else is parsed. */
static bool is_arg(const char *s)
{
	static const char *const flag[] = {"--hidden", "--no-ignore", "--null", "--jsonl", "--truncate",
					   "--lexical", "--follow", "--one-file-system", "--no-extract",
					   "--archives", "--include-generated"};
	bool known = !strncmp(s, "--", 2) && strchr(s, '=');
	for (size_t i = 0; i < sizeof flag / sizeof *flag; i++)
		known |= !strcmp(s, flag[i]);
	return known;
}

/* args, each ended by NUL, are kept by the caller; options of the command line stay. */
int options_from_index(struct chunk_opts *c, struct opts *o, char *args, size_t n_bytes,
		       struct err *e)
{
	size_t n = 0;
	int id;
	for (size_t i = 0; i < n_bytes; i++)
		n += !args[i];
	for (size_t at = 0; at < n_bytes && strcmp(args + at, "--"); at += strlen(args + at) + 1)
		if (!is_arg(args + at))
			return err_set(e, ERR_DATA, "%s: damaged index: chunking.args has \"%s\"",
				       c->update, args + at);
	char **argv = mem_array(n + 2, sizeof *argv);
	argv[0] = (char *)(uintptr_t)"leann-chunk";
	argv[n + 1] = NULL;
	for (size_t i = 1, at = 0; i <= n; i++, at += strlen(args + at) + 1)
		argv[i] = args + at;
	opts_init(o, (int)n + 1, argv);
	while ((id = opts_next(o))) {
		if (options_decide(c, o, id))
			continue;
		if (id != 'm')
			return err_set(e, ERR_DATA, "%s: damaged index: chunking.args has --%s",
				       c->update, o->opt->name);
		if (!c->model_given)
			settings_set(c, "embeddingServer.model", o);
	}
	if (c->files_from && *c->files_from != '/')
		return err_set(e, ERR_DATA, "%s: damaged index: chunking.args: --files-from=%s",
			       c->update, c->files_from);
	return 0;
}
