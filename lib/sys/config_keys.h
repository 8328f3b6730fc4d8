/*
 * config_keys: the table of keys behind config.h, and what can be done with one of them.
 * Words, ranges and defaults are those of leann-config(5).
 */
#ifndef LEANN_SYS_CONFIG_KEYS_H
#define LEANN_SYS_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sys/config.h"

enum config_type { CONFIG_BOOL, CONFIG_INT, CONFIG_REAL, CONFIG_WORD, CONFIG_STR, CONFIG_LIST };

struct config_key {
	const char *path;
	enum config_type type;
	double min, max;		/* of numbers; integers here fit a double exactly */
	const char *const *words;	/* of CONFIG_WORD, NULL-terminated */
	bool may_auto;			/* "auto" is allowed */
	const char *def;		/* the default, as config_set() takes it */
	const char *env;		/* variable that sets it */
	const char *same_as;		/* path of the key that this is another name of, or NULL */
};

extern const struct config_key config_keys[];
extern const size_t config_n_keys;

/* Parse text by the key's type into v, which is cleared. false: not allowed, v to be cleared. */
bool config_parse(const struct config_key *k, const char *text, struct config_value *v);
/* Append "a, b or c", "a whole number from 1 to 9", ...: what the key takes. */
void config_key_allowed(struct buf *b, const struct config_key *k);
/* Append the value as config_parse() would take it. */
void config_value_show(const struct config_key *k, const struct config_value *v, struct buf *out);
void config_value_clear(struct config_value *v);
void config_list_add(struct config_value *v, const char *p, size_t n);	/* copies p */

#endif
