/* Settings and where each came from; see config.h. */
#include "sys/config.h"

#include <assert.h>
#include <string.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "sys/config_keys.h"

enum {
	FILE_MAX = 1 << 20,	/* bytes of a configuration file */
	SHOWN_MAX = 80,		/* bytes of a wrong value in a message */
	DEPTH_MAX = 4,		/* of objects in objects; the keys need 3 */
};

static size_t find(const char *path)
{
	size_t i = 0;
	while (i < config_n_keys && strcmp(config_keys[i].path, path))
		i++;
	return i;
}

static size_t must_find(const char *path)
{
	size_t i = find(path);
	assert(i < config_n_keys);
	if (i < config_n_keys && config_keys[i].same_as)
		i = find(config_keys[i].same_as);
	return i;
}

static int not_allowed(const struct config_key *k, const char *where, const char *shown,
		       struct err *e)
{
	struct buf b = BUF_INIT;
	config_key_allowed(&b, k);
	int cut = strlen(shown) > SHOWN_MAX;
	err_set(e, ERR_DATA, "%s: %.*s%s: want %s", where, SHOWN_MAX, shown, cut ? "..." : "",
		(const char *)b.p);
	buf_release(&b);
	return -1;
}

static bool same(const struct config_value *a, const struct config_value *b)
{
	return a->is_auto == b->is_auto && a->num == b->num;
}

/* Move *v into key i unless something stronger is there. Takes *v over in any case. */
static int put(struct config *c, size_t i, struct config_value *v, enum config_origin origin,
	       const char *where, struct err *e)
{
	const struct config_key *k = &config_keys[i];
	struct config_value *to = &c->v[k->same_as ? find(k->same_as) : i];
	int r = 0;
	v->origin = origin;
	if (origin < to->origin) {
		config_value_clear(v);
	} else if (origin == CONFIG_FILE && to->origin == CONFIG_FILE && !same(to, v)) {
		/* Only aliases get here: duplicate keys do not parse. */
		r = err_set(e, ERR_DATA, "%s: another value than its other name has "
			    "(count, clusters and totalClusters are one setting): give one", where);
		config_value_clear(v);
	} else {
		config_value_clear(to);
		*to = *v;
	}
	return r;
}

static int set_text(struct config *c, size_t i, const char *where, const char *text,
		    enum config_origin origin, struct err *e)
{
	struct config_value v = {0};
	if (config_parse(&config_keys[i], text, &v))
		return put(c, i, &v, origin, where, e);
	config_value_clear(&v);
	return not_allowed(&config_keys[i], where, *text ? text : "\"\"", e);
}

int config_set(struct config *c, const char *key, const char *text, enum config_origin origin,
	       struct err *e)
{
	size_t i = find(key);
	if (i == config_n_keys)
		return err_set(e, ERR_DATA, "%s: no such key; leann-config(5) lists them", key);
	return set_text(c, i, key, text, origin, e);
}

void config_init(struct config *c)
{
	*c = (struct config){0};
	assert(config_n_keys <= CONFIG_KEYS_MAX);
	for (size_t i = 0; i < config_n_keys; i++) {
		bool good = config_keys[i].same_as ||
			    config_parse(&config_keys[i], config_keys[i].def, &c->v[i]);
		assert(good);
		(void)good;
	}
}

void config_release(struct config *c)
{
	for (size_t i = 0; i < CONFIG_KEYS_MAX; i++)
		config_value_clear(&c->v[i]);
	mem_free(c->path);
	c->path = NULL;
}

/* What js_each() carries while it walks the file. */
struct walk {
	struct config *c;
	const char *file;
	const char *path;	/* of the object, "" at the top */
	int depth;
	struct err *e;
};

/*
 * "hnsw: unknown key ..., want M, efConstruction or efSearch": the next words of all paths
 * below at.
 */
static int unknown(const struct walk *w, const char *path)
{
	struct buf b = BUF_INIT;
	size_t n = strlen(w->path), n_last = 0;
	const char *last = "";
	for (size_t i = 0; i < config_n_keys; i++) {
		const char *p = config_keys[i].path;
		if (n && (strncmp(p, w->path, n) || p[n] != '.'))
			continue;
		p += n ? n + 1 : 0;
		size_t len = strcspn(p, ".");
		if (len == n_last && memcmp(p, last, len) == 0)
			continue;
		buf_printf(&b, "%s%.*s", b.len ? ", " : "", (int)len, p);
		last = p;
		n_last = len;
	}
	err_set(w->e, ERR_DATA, "%s: %.*s: unknown key; %s%shas %s", w->file, SHOWN_MAX, path,
		w->path, n ? " " : "a configuration ", (const char *)b.p);
	buf_release(&b);
	return -1;
}

static bool is_group(const char *path)
{
	size_t n = strlen(path);
	for (size_t i = 0; i < config_n_keys; i++)
		if (strncmp(config_keys[i].path, path, n) == 0 && config_keys[i].path[n] == '.')
			return true;
	return false;
}

/* A list of the file into *v; false: an item is no string, empty or has a NUL. */
static bool take_list(const struct js *j, struct config_value *v)
{
	for (size_t i = 0; i < js_len(j); i++) {
		size_t n;
		const char *s = js_str(js_at(j, i), &n);
		if (!s || !n || strlen(s) != n)
			return false;
		config_list_add(v, s, n);
	}
	return true;
}

/* Is the JSON type right for the key? Ranges and words are config_config_parse()'s. */
static bool type_fits(const struct config_key *k, const struct js *j)
{
	enum js_type t = js_type(j);
	size_t n;
	const char *s = js_str(j, &n);
	if (s && (strlen(s) != n || (k->type != CONFIG_WORD && k->type != CONFIG_STR &&
				     strcmp(s, "auto"))))
		return false;
	switch (k->type) {
	case CONFIG_BOOL: return t == JS_BOOL;
	case CONFIG_INT: return t == JS_INT || (s && k->may_auto);
	case CONFIG_REAL: return t == JS_INT || t == JS_REAL;
	case CONFIG_WORD:
	case CONFIG_STR: return s != NULL;
	case CONFIG_LIST: return t == JS_ARR;
	}
	return false;
}

static int take_value(const struct walk *w, size_t i, const char *where, const struct js *j)
{
	const struct config_key *k = &config_keys[i];
	struct buf text = BUF_INIT;
	struct config_value v = {0};
	int r;
	js_dump(j, 0, &text);
	if (k->type == CONFIG_LIST && type_fits(k, j) && take_list(j, &v)) {
		r = put(w->c, i, &v, CONFIG_FILE, where, w->e);
	} else if (k->type != CONFIG_LIST && type_fits(k, j) &&
		   config_parse(k, js_str(j, NULL) ? js_str(j, NULL) : (const char *)text.p, &v)) {
		r = put(w->c, i, &v, CONFIG_FILE, where, w->e);
	} else {
		config_value_clear(&v);
		r = not_allowed(k, where, (const char *)text.p, w->e);
	}
	buf_release(&text);
	return r;
}

static int take_member(const char *key, const struct js *j, void *ctx)
{
	const struct walk *w = ctx;
	char *path = mem_printf("%s%s%s", w->path, *w->path ? "." : "", key);
	char *where = mem_printf("%s: %s", w->file, path);
	size_t i = find(path);
	int r;
	if (i < config_n_keys && !strchr(key, '.')) {
		r = take_value(w, i, where, j);
	} else if (!is_group(path) || strchr(key, '.') || w->depth >= DEPTH_MAX) {
		r = unknown(w, path);
	} else if (js_type(j) != JS_OBJ) {
		r = err_set(w->e, ERR_DATA, "%s: %s: want an object", where,
			    js_type_name(js_type(j)));
	} else {
		struct walk in = {w->c, w->file, path, w->depth + 1, w->e};
		r = js_each(j, take_member, &in);
	}
	mem_free(where);
	mem_free(path);
	return r;
}

int config_load(struct config *c, const char *path, struct err *e)
{
	struct buf b = BUF_INIT;
	struct js *j = NULL;
	struct walk w = {c, path, "", 0, e};
	int r = -1;
	if (file_slurp(path, FILE_MAX, &b, e) || js_parse(b.p, b.len, path, &j, e))
		goto out;
	if (js_type(j) != JS_OBJ) {
		err_set(e, ERR_DATA, "%s: %s: want an object", path, js_type_name(js_type(j)));
		goto out;
	}
	if (js_each(j, take_member, &w))
		goto out;
	mem_free(c->path);
	c->path = mem_strdup(path);
	r = 0;
out:
	js_free(j);
	buf_release(&b);
	return r;
}

int config_env(struct config *c, struct err *e)
{
	for (size_t i = 0; i < config_n_keys; i++) {
		const char *text = config_keys[i].env ? env_get(config_keys[i].env) : NULL;
		char *where;
		int r;
		if (!text)
			continue;
		where = mem_printf("%s: %s", config_keys[i].env, config_keys[i].path);
		r = set_text(c, i, where, text, CONFIG_ENV, e);
		mem_free(where);
		if (r)
			return -1;
	}
	return 0;
}

/* Keys that contradict each other. */
static int check(const struct config *c, struct err *e)
{
	static const char enabled[] = "anchorSelection.stratification.enabled";
	const char *type = config_str(c, "anchorSelection.type");
	bool stratified = strcmp(type, "stratified-kmeans") == 0;
	if (config_bool(c, enabled) && !stratified && strcmp(type, "kmeans"))
		return err_set(e, ERR_DATA,
			       "%s: true, but anchorSelection.type is %s: groups go with "
			       "kmeans or stratified-kmeans only",
			       enabled, type);
	if (stratified && config_is_set(c, enabled) && !config_bool(c, enabled))
		return err_set(e, ERR_DATA,
			       "%s: false, but anchorSelection.type is %s: take kmeans, "
			       "or leave this key out",
			       enabled, type);
	return 0;
}

int config_finish(struct config *c, const char *path, struct err *e)
{
	if (!path)
		path = env_get("LEANN_CONFIG");
	if (path && config_load(c, path, e))
		return -1;
	if (config_env(c, e))
		return -1;
	return check(c, e);
}

int64_t config_int(const struct config *c, const char *key)
{
	return c->v[must_find(key)].num;
}

double config_real(const struct config *c, const char *key)
{
	return c->v[must_find(key)].real;
}

bool config_bool(const struct config *c, const char *key)
{
	return c->v[must_find(key)].yes;
}

const char *config_str(const struct config *c, const char *key)
{
	return c->v[must_find(key)].text;
}

char **config_list(const struct config *c, const char *key, size_t *n)
{
	const struct config_value *v = &c->v[must_find(key)];
	*n = v->n_list;
	return v->list;
}

bool config_is_set(const struct config *c, const char *key)
{
	return c->v[must_find(key)].origin != CONFIG_DEFAULT;
}

bool config_is_told(const struct config *c, const char *key)
{
	return c->v[must_find(key)].origin == CONFIG_FLAG;
}

const char *config_anchor_type(const struct config *c)
{
	const char *type = config_str(c, "anchorSelection.type");
	bool on = config_bool(c, "anchorSelection.stratification.enabled");
	return on && strcmp(type, "kmeans") == 0 ? "stratified-kmeans" : type;
}

void config_show(const struct config *c, struct buf *out)
{
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];
		if (k->same_as)
			continue;
		buf_printf(out, "%s = ", k->path);
		config_value_show(k, &c->v[i], out);
		switch (c->v[i].origin) {
		case CONFIG_DEFAULT:
			buf_adds(out, "  (default)\n");
			break;
		case CONFIG_FILE:
			buf_printf(out, "  (file %s)\n", c->path);
			break;
		case CONFIG_ENV:
			buf_printf(out, "  (environment %s)\n", k->env);
			break;
		case CONFIG_FLAG:
			buf_adds(out, "  (flag)\n");
			break;
		}
	}
}
