/* The records of a collection as lines; see chroma.h. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"
#include "base/utf8.h"
#include "chroma.h"
#include "port/record_line.h"
#include "sys/jsonl.h"

#define DOCUMENT "chroma:document"

struct reading {
	const struct collection *c;
	struct db_rows *rows, *meta, *array;	/* array NULL: the store has no such table */
	struct fdout out;
	struct buf line, json, text;
	struct err *e;
};

static int bad(struct reading *x, const char *id, const char *what)
{
	return err_set(x->e, ERR_DATA, "collection %s: record \"%s\": %s", x->c->name, id, what);
}

/* The value in the columns from first on, as JSON; 1: there is none. */
static int put_value(struct reading *x, struct db_rows *q, int first, const char *id)
{
	size_t n;
	const char *s = db_text(q, first, &n);
	if (s && !utf8_valid(s, n))
		return bad(x, id, "metadata that is not UTF-8");
	if (s)
		json_put_str(&x->json, s, n);
	else if (db_type(q, first + 3) == DB_INT)
		buf_adds(&x->json, db_int(q, first + 3) ? "true" : "false");
	else if (db_type(q, first + 1) == DB_INT)
		buf_printf(&x->json, "%lld", (long long)db_int(q, first + 1));
	else if (db_type(q, first + 2) == DB_REAL && isfinite(db_real(q, first + 2)))
		json_put_real(&x->json, db_real(q, first + 2));
	else if (db_type(q, first + 2) == DB_INT)	/* SQLite keeps 2.0 so, where a column says nothing */
		json_put_real(&x->json, (double)db_int(q, first + 2));
	else
		return 1;
	return 0;
}

static int put_key(struct reading *x, const char *key, size_t n_key, const char *id)
{
	if (!utf8_valid(key, n_key))
		return bad(x, id, "a key of metadata that is not UTF-8");
	if (x->json.len > 1)
		buf_addc(&x->json, ',');
	json_put_str(&x->json, key, n_key);
	buf_addc(&x->json, ':');
	return 0;
}

/* Single values, and the document, which is one of them. */
static int put_singles(struct reading *x, int64_t row, const char *id)
{
	int r;
	db_again(x->meta);
	db_bind_int(x->meta, 1, row);
	while ((r = db_next(x->meta, x->e)) > 0) {
		size_t n_key, n, before = x->json.len;
		const char *key = db_text(x->meta, 0, &n_key), *s = db_text(x->meta, 1, &n);
		if (!key)
			return bad(x, id, "a key of metadata is no text");
		if (!strcmp(key, DOCUMENT)) {
			if (s && !utf8_valid(s, n))
				return bad(x, id, "a document that is not UTF-8");
			buf_add(&x->text, s, s ? n : 0);
			continue;
		}
		if (put_key(x, key, n_key, id))
			return -1;
		r = put_value(x, x->meta, 1, id);
		if (r < 0)
			return -1;
		if (r) {			/* nothing, as Chroma has it: no such key */
			x->json.len = before;
			x->json.p[before] = 0;
		}
		if (x->json.len > JSONL_LINE_MAX)
			return bad(x, id, "more metadata than a record can have");
	}
	return r;
}

/* Lists: rows of the same key follow each other. */
static int put_lists(struct reading *x, int64_t row, const char *id)
{
	struct buf last = BUF_INIT;
	int r = 0;
	bool open = false;
	if (!x->array)
		return 0;
	db_again(x->array);
	db_bind_int(x->array, 1, row);
	while (!r && (r = db_next(x->array, x->e)) > 0) {
		size_t n_key;
		const char *key = db_text(x->array, 0, &n_key);
		if (!key || x->json.len > JSONL_LINE_MAX) {
			r = bad(x, id, key ? "more metadata than a record can have" : "a key of metadata is no text");
			break;
		}
		bool same = open && last.len == n_key && !memcmp(last.p, key, n_key);
		if (open)
			buf_adds(&x->json, same ? "," : "]");
		r = same ? 0 : put_key(x, key, n_key, id);
		if (!same)
			buf_addc(&x->json, '[');
		buf_clear(&last);
		buf_add(&last, key, n_key);
		open = true;
		if (!r && (r = put_value(x, x->array, 1, id)) > 0)
			r = bad(x, id, "a list with a value that is none");
	}
	if (open)
		buf_addc(&x->json, ']');
	buf_release(&last);
	return r;
}

static int take_row(struct reading *x, struct records *r, const char *id, size_t n_id, int64_t row)
{
	if (!n_id || n_id > JSONL_ID_MAX || memchr(id, 0, n_id) || !utf8_valid(id, n_id))
		return bad(x, id, "an id has 1 to 1024 bytes of UTF-8");
	if (r->n >= NAMES_NONE || names_get(&r->ids, id, n_id) != NAMES_NONE)
		return bad(x, id, "its id was there before");
	buf_clear(&x->json);
	buf_clear(&x->text);
	buf_addc(&x->json, '{');
	if (put_singles(x, row, id) || put_lists(x, row, id))
		return -1;
	buf_addc(&x->json, '}');
	record_line(&x->line, id, n_id, x->text.p, x->text.len, x->json.p, x->json.len);
	if (x->line.len > JSONL_LINE_MAX)
		return bad(x, id, "more than 8 MiB");
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 1024;
		r->end = mem_realloc(r->end, r->cap * sizeof *r->end);
	}
	r->end[r->n] = x->line.len + (r->n ? r->end[r->n - 1] : 0);
	names_put(&r->ids, id, n_id, (uint32_t)r->n++);
	return fdout_add(&x->out, x->line.p, x->line.len, x->e);
}

static int read_rows(struct reading *x, struct records *r)
{
	int64_t last = INT64_MIN;
	int more;
	db_bind_text(x->rows, 1, x->c->records);
	while ((more = db_next(x->rows, x->e)) > 0) {
		size_t n_id;
		const char *id = db_text(x->rows, 1, &n_id);
		int64_t row = db_int(x->rows, 0);
		if (!id || row <= last)
			return err_set(x->e, ERR_DATA, "collection %s: row %lld of table embeddings is damaged",
				       x->c->name, (long long)row);
		last = row;
		if (take_row(x, r, id, n_id, row))
			return -1;
	}
	return more ? -1 : fdout_flush(&x->out, x->e);
}

int records_read(struct db *d, const struct collection *c, struct records *r, struct err *e)
{
	static const char *const columns[] = {"id", "key", "string_value", "int_value", "float_value", "bool_value",
					      NULL};
	const char *all = "SELECT id, embedding_id FROM embeddings NOT INDEXED WHERE segment_id = ? ORDER BY id";
	struct reading x = {.c = c, .e = e};
	bool lists = db_has_table(d, "embedding_metadata_array");
	int bad_store = -1;
	if (tmpspool_open(&r->fd, e) ||
	    (lists && db_want_table(d, "embedding_metadata_array", columns, e)) ||
	    db_query(d, &x.rows, all, e) ||
	    db_query(d, &x.meta, "SELECT key, string_value, int_value, float_value, bool_value FROM embedding_metadata "
				 "WHERE id = ? ORDER BY key", e) ||
	    (lists && db_query(d, &x.array, "SELECT key, string_value, int_value, float_value, bool_value FROM "
					    "embedding_metadata_array WHERE id = ? ORDER BY key, rowid", e)))
		goto out;
	fdout_init(&x.out, r->fd, "scratch file");
	bad_store = read_rows(&x, r);
	fdout_release(&x.out);
out:
	db_done(x.rows);
	db_done(x.meta);
	db_done(x.array);
	buf_release(&x.line);
	buf_release(&x.json);
	buf_release(&x.text);
	return bad_store;
}

int records_line(const struct records *r, size_t i, struct buf *b, struct err *e)
{
	uint64_t from = i ? r->end[i - 1] : 0;
	size_t n = (size_t)(r->end[i] - from), got;
	buf_clear(b);
	buf_reserve(b, n);
	if (fd_pread(r->fd, "scratch file", b->p, n, from, &got, e))
		return -1;
	b->len = got;
	return got == n ? 0 : err_set(e, ERR_SYS, "scratch file: %zu of %zu bytes: it was cut", got, n);
}

void records_release(struct records *r)
{
	if (r->fd >= 0)
		close(r->fd);
	mem_free(r->end);
	names_release(&r->ids);
	*r = (struct records)RECORDS_INIT;
}
