/* SQLite, for reading; see db.h. */
#include "db.h"

#include <sqlite3.h>
#include <string.h>

#include "base/mem.h"

enum {
	VALUE_MAX = 64 << 20,		/* bytes of a value */
	OPS_STEP = 1 << 16,		/* of SQLite's machine, between two looks at how many there were */
	BUSY_MS = 10000,		/* a writer is waited for */
};

struct db {
	sqlite3 *s;
	char *path;
	uint64_t ops_left;		/* a sound file of its size needs far fewer */
};

struct db_rows {
	struct db *d;
	sqlite3_stmt *st;
};

static int bad(struct db *d, struct err *e)
{
	int code = sqlite3_extended_errcode(d->s);
	const char *what = sqlite3_errmsg(d->s);
	if (code == SQLITE_NOMEM)
		mem_none("SQLite");
	if ((code & 0xff) == SQLITE_BUSY)
		return err_set(e, ERR_TEMP, "%s: another program writes it", d->path);
	if ((code & 0xff) == SQLITE_INTERRUPT)
		return err_set(e, ERR_DATA, "%s: damaged: more rows than its size allows", d->path);
	if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_CANTINIT)
		return err_set(e, ERR_DATA, "%s: the program that wrote it was interrupted: open it with Chroma once, "
			       "which puts it in order", d->path);
	return err_set(e, ERR_DATA, "%s: %s", d->path, what);
}

static int count_ops(void *ctx)
{
	struct db *d = ctx;
	if (d->ops_left < OPS_STEP)
		return 1;
	d->ops_left -= OPS_STEP;
	return 0;
}

static void tie_hands(struct db *d)
{
	sqlite3_db_config(d->s, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->s, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(d->s, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(d->s, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_limit(d->s, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	sqlite3_limit(d->s, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_timeout(d->s, BUSY_MS);
	sqlite3_progress_handler(d->s, OPS_STEP, count_ops, d);
}

int db_open(const char *path, struct db **out, struct err *e)
{
	uint64_t n_bytes;
	char *uri;
	if (db_uri(path, &uri, &n_bytes, e))
		return -1;
	struct db *d = mem_calloc(1, sizeof *d);
	d->path = mem_strdup(path);
	d->ops_left = 100000000 + n_bytes * 16;
	int r = sqlite3_open_v2(uri, &d->s, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	mem_free(uri);
	if (!d->s)
		mem_none("SQLite");
	if (!r) {
		tie_hands(d);
		r = sqlite3_exec(d->s, "PRAGMA query_only=1; PRAGMA cell_size_check=1; PRAGMA temp_store=2; BEGIN; "
				 "SELECT 1 FROM sqlite_master", NULL, NULL, NULL);
	}
	if (r) {
		bad(d, e);
		db_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	sqlite3_close_v2(d->s);
	mem_free(d->path);
	mem_free(d);
}

int db_query(struct db *d, struct db_rows **out, const char *sql, struct err *e)
{
	sqlite3_stmt *st;
	*out = NULL;
	if (sqlite3_prepare_v2(d->s, sql, -1, &st, NULL))
		return bad(d, e);
	*out = mem_calloc(1, sizeof **out);
	(*out)->d = d;
	(*out)->st = st;
	return 0;
}

void db_bind_text(struct db_rows *q, int i, const char *s)
{
	sqlite3_bind_text(q->st, i, s, -1, SQLITE_STATIC);
}

void db_bind_int(struct db_rows *q, int i, int64_t v)
{
	sqlite3_bind_int64(q->st, i, v);
}

int db_next(struct db_rows *q, struct err *e)
{
	switch (sqlite3_step(q->st)) {
	case SQLITE_ROW: return 1;
	case SQLITE_DONE: return 0;
	default: return bad(q->d, e);
	}
}

void db_again(struct db_rows *q)
{
	sqlite3_reset(q->st);
}

void db_done(struct db_rows *q)
{
	if (q)
		sqlite3_finalize(q->st);
	mem_free(q);
}

enum db_type db_type(struct db_rows *q, int i)
{
	switch (sqlite3_column_type(q->st, i)) {
	case SQLITE_INTEGER: return DB_INT;
	case SQLITE_FLOAT: return DB_REAL;
	case SQLITE_TEXT: return DB_TEXT;
	case SQLITE_BLOB: return DB_BLOB;
	default: return DB_NULL;
	}
}

int64_t db_int(struct db_rows *q, int i)
{
	return db_type(q, i) == DB_INT ? sqlite3_column_int64(q->st, i) : 0;
}

double db_real(struct db_rows *q, int i)
{
	return sqlite3_column_double(q->st, i);
}

const char *db_text(struct db_rows *q, int i, size_t *n)
{
	if (db_type(q, i) != DB_TEXT)
		return NULL;
	const char *s = (const char *)sqlite3_column_text(q->st, i);
	if (!s)
		mem_none("SQLite");
	if (n)
		*n = (size_t)sqlite3_column_bytes(q->st, i);
	return s;
}

const void *db_blob(struct db_rows *q, int i, size_t *n)
{
	if (db_type(q, i) != DB_BLOB)
		return NULL;
	*n = (size_t)sqlite3_column_bytes(q->st, i);
	return sqlite3_column_blob(q->st, i);
}

bool db_has_table(struct db *d, const char *table)
{
	struct db_rows *q;
	struct err ignored;
	if (db_query(d, &q, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? AND rootpage > 0", &ignored))
		return false;
	db_bind_text(q, 1, table);
	bool there = db_next(q, &ignored) > 0;
	db_done(q);
	return there;
}

int db_want_table(struct db *d, const char *table, const char *const *columns, struct err *e)
{
	struct db_rows *q;
	if (!db_has_table(d, table))
		return err_set(e, ERR_DATA, "%s: no table %s: not a store of Chroma", d->path, table);
	/* hidden: 1 of a virtual table, 2 and 3 computed when they are read */
	if (db_query(d, &q, "SELECT 1 FROM pragma_table_xinfo(?) WHERE name = ? AND hidden = 0", e))
		return -1;
	int r = 0;
	for (size_t i = 0; columns[i] && !r; i++) {
		db_bind_text(q, 1, table);
		db_bind_text(q, 2, columns[i]);
		int got = db_next(q, e);
		r = got > 0 ? 0 : got < 0 ? -1
			  : err_set(e, ERR_DATA, "%s: table %s has no column %s: not a store of Chroma", d->path, table,
				    columns[i]);
		db_again(q);
	}
	db_done(q);
	return r;
}
