/*
 * generated: is a file one that programs wrote for programs? Such are found by nobody's question and
 * crowd out what people wrote.
 *
 *	const char *why = generated_why(STYLE_CODE, text, n);
 *	if (why) printf("left out: %s\n", why);		"it says that it is generated"
 *
 * Looks at the first GENERATED_LOOK bytes. Pure.
 */
#ifndef LEANN_ALGO_GENERATED_H
#define LEANN_ALGO_GENERATED_H

#include <stddef.h>

#include "algo/passages.h"

enum { GENERATED_LOOK = 64 << 10 };

/* NULL: no. */
const char *generated_why(enum text_style style, const char *text, size_t n);

#endif
