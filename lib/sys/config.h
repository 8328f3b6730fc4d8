/*
 * config: the settings of leann-config(5): defaults, leann.config.json, environment, flags.
 *
 *	struct config c; config_init(&c);
 *	config_set(&c, "hnsw.M", o.val, CONFIG_FLAG, e)	each flag, as it is met
 *	config_finish(&c, path, e)			file and environment under the flags
 *	m = config_int(&c, "hnsw.M");			0: auto
 *	config_release(&c);
 *
 * A value never gives way to one of a weaker origin, so the order of calls is free.
 * Errors are ERR_DATA and name file or variable, key path and what is allowed.
 */
#ifndef LEANN_SYS_CONFIG_H
#define LEANN_SYS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum config_origin { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENV, CONFIG_FLAG };

enum { CONFIG_KEYS_MAX = 40 };

struct config_value {
	enum config_origin origin;
	bool is_auto;		/* the program that uses it decides */
	bool yes;		/* of boolean keys */
	int64_t num;
	double real;
	char *text;		/* of strings and words; owned */
	char **list;		/* of lists; owned, n_list items */
	size_t n_list;
};

struct config {
	struct config_value v[CONFIG_KEYS_MAX];	/* by row of the table in config_keys.c */
	char *path;		/* of the file that was read, or NULL; owned */
};

void config_init(struct config *c);		/* every key at its default */
void config_release(struct config *c);
/* Read a leann.config.json. Unknown and duplicate keys are refused. */
int config_load(struct config *c, const char *path, struct err *e) MUST_CHECK;
/* Take what the environment sets, by the names in leann-config(5). */
int config_env(struct config *c, struct err *e) MUST_CHECK;
/*
 * Set a key from text: a number, true or false, a word, "auto" where allowed, a list with
 * commas.
 */
int config_set(struct config *c, const char *key, const char *text, enum config_origin origin,
	       struct err *e) MUST_CHECK;
/*
 * Load path (NULL: $LEANN_CONFIG, if set), then the environment, then check keys against each
 * other.
 */
int config_finish(struct config *c, const char *path, struct err *e) MUST_CHECK;

/* Values by key path; a path that is not in the table is a mistake of the caller and aborts. */
int64_t config_int(const struct config *c, const char *key);		/* 0: auto */
double config_real(const struct config *c, const char *key);
bool config_bool(const struct config *c, const char *key);
const char *config_str(const struct config *c, const char *key);	/* NULL: auto; borrowed */
char **config_list(const struct config *c, const char *key, size_t *n);	/* borrowed */
bool config_is_set(const struct config *c, const char *key);		/* origin is not the default */
bool config_is_told(const struct config *c, const char *key);		/* by a flag */
/* "stratified-kmeans" also for kmeans with stratification.enabled; borrowed. */
const char *config_anchor_type(const struct config *c);

/* One line a key: "hnsw.M = 32  (file leann.config.json)"; appended to out. */
void config_show(const struct config *c, struct buf *out);

#endif
