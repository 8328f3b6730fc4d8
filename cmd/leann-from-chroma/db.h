/*
 * db: an SQLite file of somebody else's, read and nothing else (sqlite3.h lives in db.c alone). Nothing is
 * written to it or beside it; its views, triggers and functions do not run.
 *
 *	struct db *d; struct db_rows *q;
 *	if (db_open("chroma.sqlite3", &d, e)) ...	one state of it from here on, until db_close()
 *	if (db_query(d, &q, "SELECT a, b FROM t WHERE c = ?", e)) ...
 *	db_bind_text(q, 1, "x");
 *	while ((r = db_next(q, e)) > 0) ... db_int(q, 0) ...	0: no more, -1: error
 *	db_done(q); db_close(d);
 *
 * As long as it is open its writers wait.
 */
#ifndef LEANN_CMD_DB_H
#define LEANN_CMD_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct db_rows;

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB };

int db_open(const char *path, struct db **out, struct err *e) MUST_CHECK;
void db_close(struct db *d);
/* Is there such a table, a plain one, all of whose columns (NULL-terminated) are stored in it? ERR_DATA: no. */
int db_want_table(struct db *d, const char *table, const char *const *columns, struct err *e) MUST_CHECK;
bool db_has_table(struct db *d, const char *table);

int db_query(struct db *d, struct db_rows **out, const char *sql, struct err *e) MUST_CHECK;
void db_bind_text(struct db_rows *q, int i, const char *s);	/* s outlives the query */
void db_bind_int(struct db_rows *q, int i, int64_t v);
int db_next(struct db_rows *q, struct err *e) MUST_CHECK;
void db_again(struct db_rows *q);				/* from the start, bind anew */
void db_done(struct db_rows *q);				/* NULL is fine */

/* Columns of the row, from 0; borrowed until the next call of db_next(). */
enum db_type db_type(struct db_rows *q, int i);
int64_t db_int(struct db_rows *q, int i);			/* 0 unless an integer */
double db_real(struct db_rows *q, int i);
const char *db_text(struct db_rows *q, int i, size_t *n);	/* NULL unless text; NUL-terminated */
const void *db_blob(struct db_rows *q, int i, size_t *n);	/* NULL unless a blob that is not empty */

/* db_uri.c, for db_open(): what SQLite is to be told, which the caller frees, and the file's size. */
int db_uri(const char *path, char **uri, uint64_t *n_bytes, struct err *e) MUST_CHECK;

#endif
