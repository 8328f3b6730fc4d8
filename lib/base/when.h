/* when: dates as people write them, to seconds since 1970. */
#ifndef LEANN_BASE_WHEN_H
#define LEANN_BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * YYYY, YYYY-MM, YYYY-MM-DD, and after a day T or a space and HH:MM or HH:MM:SS, perhaps a fraction,
 * perhaps Z or an offset like +02:00; without, UTC. The time that it names is from *lo on, before *hi.
 */
bool when_read(const char *s, int64_t *lo, int64_t *hi);
/* YYYY-MM-DDTHH:MM:SSZ, without the time where it is midnight; at most 32 bytes with the NUL. */
void when_show(int64_t t, char out[32]);

#endif
