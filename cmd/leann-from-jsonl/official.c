/*
 * An index of the official LEANN: NAME.meta.json says in which files of JSON Lines its passages are. The
 * pickles beside them, NAME.passages.idx and NAME.ids.txt's kin, are never opened.
 */
#include "from_jsonl.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"

enum { META_JSON_MAX = 1 << 20, SOURCES_MAX = 1024 };

void inputs_add(struct inputs *s, char *path)
{
	s->path = mem_realloc(s->path, (s->n + 1) * sizeof *s->path);
	s->path[s->n++] = path;
}

void inputs_release(struct inputs *s)
{
	for (size_t i = 0; i < s->n; i++)
		mem_free(s->path[i]);
	mem_free(s->path);
	mem_free(s->name);
	mem_free(s->model);
}

/* Beside the meta file first, which is where it is when the folder was moved. */
static char *source_path(const char *meta, const char *path)
{
	const char *slash = strrchr(meta, '/'), *last = strrchr(path, '/');
	size_t n_dir = slash ? (size_t)(slash - meta) + 1 : 0;
	char *beside = mem_printf("%.*s%s", (int)n_dir, meta, last ? last + 1 : path);
	if (access(beside, R_OK) == 0 || *path != '/')
		return beside;
	mem_free(beside);
	return mem_strdup(path);
}

static int add_sources(struct inputs *s, const char *meta, const struct js *j, struct err *e)
{
	const struct js *list = js_get(j, "passage_sources");
	if (!js_len(list) || js_type(list) != JS_ARR || js_len(list) > SOURCES_MAX)
		return err_set(e, ERR_DATA, "%s: no list \"passage_sources\" of 1 to %d files: not the "
			       ".meta.json of an index of LEANN", meta, SOURCES_MAX);
	for (size_t i = 0; i < js_len(list); i++) {
		const char *type = js_str(js_get(js_at(list, i), "type"), NULL);
		const char *path = js_str(js_get(js_at(list, i), "path"), NULL);
		if (!type || strcmp(type, "jsonl") || !path || !*path)
			return err_set(e, ERR_DATA, "%s: source %zu of its passages is no file of JSON Lines",
				       meta, i);
		inputs_add(s, source_path(meta, path));
	}
	return 0;
}

int inputs_official(struct inputs *s, const char *meta, struct err *e)
{
	struct buf b = BUF_INIT;
	struct js *j = NULL;
	if (file_slurp(meta, META_JSON_MAX, &b, e) || js_parse(b.p, b.len, meta, &j, e)) {
		buf_release(&b);
		return -1;
	}
	int r = add_sources(s, meta, j, e);
	const struct js *total = js_get(j, "total_passages");
	const char *slash = strrchr(meta, '/'), *model = js_str(js_get(j, "embedding_model"), NULL);
	s->name = mem_strdup(slash ? slash + 1 : meta);
	char *end = strstr(s->name, ".meta.json");
	if (end && end != s->name)
		*end = 0;
	s->n_want = js_type(total) == JS_INT && js_int(total) >= 0 ? (uint64_t)js_int(total) : UINT64_MAX;
	s->model = model ? mem_strdup(model) : NULL;
	js_free(j);
	buf_release(&b);
	return r;
}
