/* What a store of Chroma is made of, and its collections; see chroma.h. */
#include <string.h>

#include "base/js.h"
#include "base/mem.h"
#include "chroma.h"
#include "fmt/record.h"

/* Steps of Chroma's own migrations that are known here: of Chroma 1.0 to 1.5. */
static const struct step {
	const char *dir;
	int64_t from, to;
} steps[] = {{"sysdb", 9, 10}, {"metadb", 5, 6}, {"embeddings_queue", 2, 2}};

static const struct {
	const char *table;
	const char *columns[9];
} tables[] = {
	{"migrations", {"dir", "version"}},
	{"databases", {"id", "name"}},
	{"collections", {"id", "name", "dimension", "database_id", "config_json_str"}},
	{"segments", {"id", "type", "scope", "collection"}},
	{"embeddings", {"id", "segment_id", "embedding_id", "seq_id"}},
	{"embedding_metadata", {"id", "key", "string_value", "int_value", "float_value", "bool_value"}},
	{"max_seq_id", {"segment_id", "seq_id"}},
	{"embeddings_queue", {"seq_id", "operation", "topic", "id", "vector", "encoding"}},
};

static int check_step(struct db *d, const struct step *s, struct err *e)
{
	struct db_rows *q;
	if (db_query(d, &q, "SELECT max(version) FROM migrations WHERE dir = ?", e))
		return -1;
	db_bind_text(q, 1, s->dir);
	int r = db_next(q, e);
	int64_t v = r > 0 ? db_int(q, 0) : 0;
	db_done(q);
	if (r < 0)
		return -1;
	if (v > s->to)
		return err_set(e, ERR_DATA, "a Chroma that is newer than 1.5 wrote it (%s %lld, known is up to %lld): "
			       "export the collection as JSON Lines with Chroma itself, for leann-from-jsonl", s->dir,
			       (long long)v, (long long)s->to);
	if (v < s->from)
		return err_set(e, ERR_DATA, "a Chroma before 1.0 wrote it (%s %lld, known is from %lld): open it with "
			       "Chroma 1.x once, which brings it up to date", s->dir, (long long)v,
			       (long long)s->from);
	return 0;
}

int chroma_check(struct db *d, struct err *e)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (db_want_table(d, tables[i].table, tables[i].columns, e))
			return -1;
		for (size_t k = 0; !i && k < sizeof steps / sizeof *steps; k++)
			if (check_step(d, &steps[k], e))
				return -1;
	}
	return 0;
}

void collection_release(struct collection *c)
{
	mem_free(c->name);
	mem_free(c->database);
	mem_free(c->model);
	*c = (struct collection){0};
}

/* {"name": "default"} or {"name": "sentence_transformer", "config": {"model_name": "ORG/NAME"}}. */
static const char *model_of(const struct js *f)
{
	const char *name = js_str(js_get(f, "name"), NULL), *model;
	if (!name)
		return NULL;
	if (!strcmp(name, "default") || !strcmp(name, "onnx_mini_lm_l6_v2"))
		return "all-MiniLM-L6-v2";
	model = js_str(js_get(js_get(f, "config"), "model_name"), NULL);
	if (!model)
		return name;
	const char *slash = strrchr(model, '/');
	return slash && slash[1] ? slash + 1 : model;
}

/* The model that the collection's embedding function says; "" where there is none. Caller frees. */
static char *read_model(const char *config, size_t n_config, const char *schema, size_t n_schema)
{
	static const char *const path[] = {"keys", "#embedding", "float_list", "vector_index", "config"};
	struct js *j = NULL, *k = NULL;
	struct err ignored;
	const char *model = NULL;
	if (config && !js_parse(config, n_config, "config_json_str", &j, &ignored))
		model = model_of(js_get(j, "embedding_function"));
	if (!model && schema && !js_parse(schema, n_schema, "schema_str", &k, &ignored)) {
		const struct js *v = k;
		for (size_t i = 0; i < sizeof path / sizeof *path; i++)
			v = js_get(v, path[i]);
		model = model_of(js_get(v, "embedding_function"));
	}
	char *out = mem_strdup(model ? model : "");
	js_free(j);
	js_free(k);
	return out;
}

/* An UUID into to; false: it is none, and would not do as the name of a folder. */
static bool read_id(char to[CHROMA_ID_BYTES + 1], struct db_rows *q, int column)
{
	size_t n;
	const char *s = db_text(q, column, &n);
	if (!s || n != CHROMA_ID_BYTES || strspn(s, "0123456789abcdefABCDEF-") != n)
		return false;
	memcpy(to, s, n + 1);
	return true;
}

static int read_segments(struct db *d, struct collection *c, struct err *e)
{
	struct db_rows *q;
	int r;
	if (db_query(d, &q, "SELECT id, type, scope FROM segments WHERE collection = ?", e))
		return -1;
	db_bind_text(q, 1, c->id);
	while ((r = db_next(q, e)) > 0) {
		const char *type = db_text(q, 1, NULL), *scope = db_text(q, 2, NULL);
		bool vectors = scope && !strcmp(scope, "VECTOR"), records = scope && !strcmp(scope, "METADATA");
		char *to = vectors ? c->vectors : c->records;
		if (!vectors && !records)
			continue;
		if (*to || !read_id(to, q, 0)) {
			r = err_set(e, ERR_DATA, "collection %s: segments that are none", c->name);
			break;
		}
		if (vectors)
			c->vectors_known = type && !strcmp(type, "urn:chroma:segment/vector/hnsw-local-persisted");
	}
	db_done(q);
	return r;
}

static int count(struct db *d, struct collection *c, struct err *e)
{
	struct db_rows *q;
	if (db_query(d, &q, "SELECT count(*) FROM embeddings WHERE segment_id = ?", e))
		return -1;
	db_bind_text(q, 1, c->records);
	int r = db_next(q, e);
	c->n = r > 0 ? (uint64_t)db_int(q, 0) : 0;
	db_done(q);
	return r < 0 ? -1 : 0;
}

static int read_collection(struct db_rows *q, bool has_schema, struct collection *c, struct err *e)
{
	size_t n_config = 0, n_schema = 0;
	const char *name = db_text(q, 1, NULL), *database = db_text(q, 3, NULL);
	*c = (struct collection){0};
	int64_t dim = db_int(q, 2);
	if (!name || !read_id(c->id, q, 0) || dim < 0 || dim > DIM_MAX)
		return err_set(e, ERR_DATA, "collection %s: its row is none", name ? name : "?");
	c->name = mem_strdup(name);
	c->database = mem_strdup(database ? database : "");
	c->dim = (size_t)dim;
	const char *config = db_text(q, 4, &n_config), *schema = has_schema ? db_text(q, 5, &n_schema) : NULL;
	c->model = read_model(config, n_config, schema, n_schema);
	return 0;
}

int chroma_collections(struct db *d, struct collection **list, size_t *n, struct err *e)
{
	struct db_rows *q;
	struct err none;
	size_t cap = 0;
	*list = NULL;
	*n = 0;
	bool has_schema = !db_want_table(d, "collections", (const char *const[]){"schema_str", NULL}, &none);
	char *sql = mem_printf("SELECT c.id, c.name, c.dimension, b.name, c.config_json_str%s FROM collections c "
			       "LEFT JOIN databases b ON b.id = c.database_id ORDER BY 2, 4",
			       has_schema ? ", c.schema_str" : "");
	int r = db_query(d, &q, sql, e);
	mem_free(sql);
	if (r)
		return -1;
	while ((r = db_next(q, e)) > 0) {
		if (*n == cap) {
			cap = cap ? 2 * cap : 16;
			*list = mem_realloc(*list, cap * sizeof **list);
		}
		struct collection *c = &(*list)[*n];
		r = read_collection(q, has_schema, c, e);
		*n += 1;
		if (r || read_segments(d, c, e) || count(d, c, e)) {
			r = -1;
			break;
		}
	}
	db_done(q);
	return r;
}

int chroma_find(struct db *d, const char *name, const char *database, struct collection *c, struct err *e)
{
	struct collection *list;
	size_t n, n_found = 0, found = 0;
	int r = chroma_collections(d, &list, &n, e);
	for (size_t i = 0; i < n && !r; i++)
		if (!strcmp(list[i].name, name) && (!database || !strcmp(list[i].database, database))) {
			n_found++;
			found = i;
		}
	if (!r && n_found != 1)
		r = n_found ? err_set(e, ERR_DATA, "collection %s is in %zu databases: name one with --database", name,
				      n_found)
			    : err_set(e, ERR_DATA, "no collection %s: --list shows those that are there", name);
	if (!r && !*list[found].records)
		r = err_set(e, ERR_DATA, "collection %s has no segment of records", name);
	for (size_t i = 0; i < n; i++)
		if (r || i != found)
			collection_release(&list[i]);
	if (!r)
		*c = list[found];
	mem_free(list);
	return r;
}
