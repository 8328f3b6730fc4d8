/* What leann-chunk takes from options, leann-config(5) and the environment alike; see chunk.h. */
#include <stdio.h>
#include <string.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "chunk.h"

void settings_glob(struct chunk_opts *c, const char *pattern, bool exclude)
{
	buf_printf(&c->option_globs, "%s%s", exclude ? "!" : "", pattern);
	buf_addc(&c->option_globs, 0);
}

void settings_set(struct chunk_opts *c, const char *key, const struct opts *o)
{
	struct err e;
	if (!*o->val)
		err_usage_die("--%s: the value is empty", o->opt->name);
	if (config_set(&c->config, key, o->val, CONFIG_FLAG, &e))
		err_usage_die("--%s: %s", o->opt->name, e.msg);
}

static void add_langs(struct chunk_opts *c)
{
	size_t n;
	char **names = config_list(&c->config, "filters.languages", &n);
	if (c->from_index && !c->lang_given)
		n = 0;	/* what the index was made with counts, not what the settings say now */
	c->langs = mem_array(n, sizeof *c->langs);
	for (size_t i = 0; i < n; i++) {
		c->langs[i] = lang_by_name(names[i], strlen(names[i]));
		if (!c->langs[i])
			err_usage_die("--lang, filters.languages: no language \"%s\"", names[i]);
	}
	c->n_langs = n;
}

/* Settings first: where both match a file, the options decide. */
static int add_globs(struct chunk_opts *c, struct err *e)
{
	size_t n;
	char **exclude = config_list(&c->config, "filters.excludePaths", &n);
	if (c->from_index)
		n = 0;	/* they are among its options */
	for (size_t i = 0; i < n; i++) {
		char *p = mem_printf("!%s", exclude[i]);
		int r = globs_add(&c->globs, p, e);
		mem_free(p);
		if (r)
			return err_prefix(e, "filters.excludePaths");
	}
	for (size_t at = 0; at < c->option_globs.len;) {
		const char *p = (const char *)c->option_globs.p + at;
		if (globs_add(&c->globs, p, e))
			return -1;
		at += strlen(p) + 1;
	}
	return 0;
}

void settings_finish(struct chunk_opts *c)
{
	struct err e;
	if (config_finish(&c->config, c->config_path, &e))
		err_die(&e);
	c->model = config_str(&c->config, "embeddingServer.model");
	add_langs(c);
	if (add_globs(c, &e))
		err_die(&e);
}

int settings_show(struct chunk_opts *c)
{
	struct buf b = BUF_INIT;
	config_show(&c->config, &b);
	fwrite(b.p, 1, b.len, stdout);
	buf_release(&b);
	settings_release(c);
	close_stdout_die();
	return 0;
}

void settings_release(struct chunk_opts *c)
{
	globs_release(&c->globs);
	buf_release(&c->option_globs);
	buf_release(&c->metas);
	mem_free(c->langs);
	types_release(&c->types);
	config_release(&c->config);
}
