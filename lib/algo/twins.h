/*
 * twins: texts that are exactly the same, by 128 bits of their hash: about 40 bytes a text.
 *
 *	struct twins *t = twins_new();
 *	of = twins_add(t, text, n, number);	the number of the first such text: its own when it is new
 */
#ifndef LEANN_ALGO_TWINS_H
#define LEANN_ALGO_TWINS_H

#include <stddef.h>
#include <stdint.h>

struct twins;

struct twins *twins_new(void);
void twins_free(struct twins *t);
uint32_t twins_add(struct twins *t, const char *text, size_t n, uint32_t number);

#endif
