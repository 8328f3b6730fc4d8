/*
 * lang_type: what kind of file a language is of: the field type of filters, leann-search(1), and the
 * types code and data of leann-chunk(1).
 */
#ifndef LEANN_ALGO_LANG_TYPE_H
#define LEANN_ALGO_LANG_TYPE_H

extern const char *const lang_type_names[];	/* "code", "data", "doc", "mail", "other", NULL */
/* Of the language called so, "" included; one of these. */
const char *lang_type(const char *name);

#endif
