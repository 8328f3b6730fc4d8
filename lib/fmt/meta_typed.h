/*
 * meta_typed: metadata from what people wrote: options, front matter, JSON.
 *
 *	meta_set_word(&m, "date", "2026-01-31", 10);	an integer; see leann-chunk(1), Metadata
 *	meta_add_js(&m, "", object);			nested keys joined by a full stop
 */
#ifndef LEANN_FMT_META_TYPED_H
#define LEANN_FMT_META_TYPED_H

#include "base/js.h"
#include "fmt/meta.h"

/* Is it called date, or does its name end in one of "._-" and date? Then an integer is a time. */
bool meta_key_is_date(const char *key);
/*
 * What is written there as a key: small letters, other characters as _, behind meta. where it is no
 * letter that comes first or the file has such a field itself. False: nothing is left of it.
 */
bool meta_key_make(char out[META_KEY_MAX + 1], const char *s, size_t n);
/*
 * true, false, a number, a date where the key is one of a date, else text; quotes around it make it
 * text and go. False as for the setters.
 */
bool meta_set_word(struct meta *m, const char *key, const char *s, size_t n);
/*
 * Members of an object, their keys made by meta_key_make() behind prefix; lists of texts and numbers
 * as text, ", " between; null and the like are nothing. False: some did not fit.
 */
bool meta_add_js(struct meta *m, const char *prefix, const struct js *object);

#endif
