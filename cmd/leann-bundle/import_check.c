/* Models and roots of an index from elsewhere; see import.h. */
#include "import.h"

#include <string.h>

#include "base/mem.h"
#include "nn/model.h"
#include "nn/tok.h"
#include "sys/gateway.h"
#include "sys/modeldir.h"

static void add(struct js *todo, const char *line)
{
	js_push(todo, js_new_str(line));
}

/* The identity of the model in dir, at the precision of the index; false: it cannot be read. */
static bool identity(const struct index *ix, const char *dir, char out[65], struct err *e)
{
	const char *precision = js_str(index_key(ix, "model.precision"), NULL);
	enum precision p = PRECISION_FP32;
	struct model_info m;
	struct tok *tok = NULL;
	char weights[65];
	if (precision && precision_from(precision, &p))
		return !err_set(e, ERR_DATA, "precision \"%s\" is not known here: use a newer leann",
				precision);
	bool good = !model_info_read(dir, &m, e) && !tok_open(dir, &tok, e) &&
		    !weights_sha256_cached(dir, weights, e);
	if (good)
		model_identity(&m, tok_sha256(tok), weights, p, out);
	tok_free(tok);
	return good;
}

/* What embeds is a server of others: is it one that may be asked from here? */
static const char *provider_state(const struct index *ix, struct js *todo)
{
	struct provider *p = mem_alloc(sizeof *p);
	struct err e;
	const char *state = "";
	if (provider_from_json(index_key(ix, "model"), ix->b.path, p, &e) ||
	    gateway_consent(p, false, "its provider", &e)) {
		add(todo, e.msg);
		state = "missing";
	}
	mem_free(p);
	return state;
}

const char *model_state(const struct index *ix, const char *model, struct js *todo)
{
	const char *own = js_str(index_key(ix, "model.name"), NULL);
	const char *want = js_str(index_key(ix, "model.sha256"), NULL);
	const char *name = model ? model : own && *own ? own : NULL, *state = "";
	char *dir = NULL, *line = NULL, has[65];
	struct err e;
	if (index_key(ix, "model.provider"))
		return provider_state(ix, todo);
	if (model_find(name, &dir, &e)) {
		state = "missing";
		line = mem_printf("model %s is not here: fetch it (leann model pull) or bring it along "
				  "(leann model import): %s", name ? name : MODEL_DEFAULT, e.msg);
	} else if (!identity(ix, dir, has, &e)) {
		state = "missing";
		line = mem_printf("model %s cannot be read: %s", dir, e.msg);
	} else if (!want || strcmp(want, has)) {
		state = "other";
		line = mem_printf("model %s is another one (%.16s..., the index has %.16s...): bring "
				  "that of the index, or embed all again: leann-bundle cat | "
				  "leann-embed-client | leann-graph", dir, has, want ? want : "?");
	}
	if (line)
		add(todo, line);
	mem_free(line);
	mem_free(dir);
	return state;
}

/* How many bytes of a, a folder, are a folder that b is below or is, too. "/": 0. */
static size_t common(const char *a, size_t n, const char *b)
{
	size_t k = 0;
	for (size_t i = 0; i <= n; i++) {
		char x = i < n ? a[i] : '/', y = b[i] ? b[i] : '/';
		if (x != y)
			break;
		if (x == '/')
			k = i;
		if (!b[i])
			break;
	}
	return k;
}

/*
 * What it was made of moves along: operands in the first n bytes of common, which is a folder. Where
 * another option or operand names a place, nobody can say what it was made of here.
 */
static int args_move(struct js *m, const char *common, size_t n, const char *dir, struct err *e)
{
	const struct js *old = js_get(js_get(m, "chunking"), "args");
	struct js *chunking = js_copy(js_get(m, "chunking")), *new = js_new_arr();
	struct buf b = BUF_INIT;
	bool operand = false, all = true;
	for (size_t i = 0; i < js_len(old); i++) {
		buf_clear(&b);
		if (js_unpath(js_at(old, i), &b)) {
			err_set(e, ERR_DATA, "damaged index: manifest: chunking.args");
			js_free(chunking);
			js_free(new);
			buf_release(&b);
			return -1;
		}
		buf_addc(&b, 0);
		const char *arg = (const char *)b.p;
		bool inside = !strncmp(arg, common, n) && (arg[n] == '/' || !arg[n]);
		if (operand && inside) {
			char *path = mem_printf("%s%s", strcmp(dir, "/") || !arg[n] ? dir : "", arg + n);
			js_push(new, js_new_path(path, strlen(path)));
			mem_free(path);
		} else {
			all &= !operand && strncmp(arg, "--files-from=", 13) && strncmp(arg, "--model=/", 9);
			js_push(new, js_new_path(arg, strlen(arg)));
		}
		operand |= !strcmp(arg, "--");
	}
	js_del(chunking, "args");
	if (old && all)
		js_set(chunking, "args", new);
	else
		js_free(new);
	js_set(m, "chunking", chunking);
	buf_release(&b);
	return 0;
}

int roots_move(struct js *m, const char *dir, struct err *e)
{
	const struct js *old = js_get(m, "roots");
	struct js *new = js_new_arr();
	struct buf first = BUF_INIT, root = BUF_INIT;
	size_t n = 0;
	int r = 0;
	for (size_t i = 0; i < js_len(old) && !r; i++) {
		struct buf *b = i ? &root : &first;
		buf_clear(b);
		r = js_unpath(js_at(old, i), b);
		buf_addc(b, 0);
		b->len--;
		if (b->len == 1 && *b->p == '/')
			*b->p = 0, b->len = 0;	/* "/" ends at the same place as others do */
		n = i ? common((const char *)first.p, n, (const char *)b->p) : b->len;
	}
	for (size_t i = 0; i < js_len(old) && !r; i++) {
		buf_clear(&root);
		r = js_unpath(js_at(old, i), &root);
		buf_addc(&root, 0);
		const char *rest = strlen((char *)root.p) > n ? (char *)root.p + n : "";
		if (!strcmp(rest, "/"))
			rest = "";
		char *path = mem_printf("%s%s", strcmp(dir, "/") || !*rest ? dir : "", rest);
		js_push(new, js_new_path(path, strlen(path)));
		mem_free(path);
	}
	if (r) {
		err_set(e, ERR_DATA, "damaged index: manifest: a root that is no path");
		js_free(new);
	} else {
		js_set(m, "roots", new);
		r = args_move(m, first.p ? (const char *)first.p : "", n, dir, e);
	}
	buf_release(&first);
	buf_release(&root);
	return r ? -1 : 0;
}
