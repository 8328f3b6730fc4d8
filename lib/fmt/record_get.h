/* record_get: typed items of a record, with messages that name record and item; for record*.c. */
#ifndef LEANN_FMT_RECORD_GET_H
#define LEANN_FMT_RECORD_GET_H

#include "fmt/record.h"

/* At least n_min items (newer minors may add some). */
int rec_shape(const struct rec_check *c, const struct stream_rec *r, const char *name, size_t n_min,
	      struct err *e) MUST_CHECK;
/* Item i, a uint up to max. */
int rec_u64(const struct rec_check *c, const struct stream_rec *r, size_t i, const char *name,
	    uint64_t max, uint64_t *out, struct err *e) MUST_CHECK;
/* Item i, a str or bin as type says; borrowed. */
int rec_bytes(const struct rec_check *c, const struct stream_rec *r, size_t i, enum mp_type type,
	      const char *name, const uint8_t **p, size_t *n, struct err *e) MUST_CHECK;
/* record_changes.c: the header's keys; is this still the body of files and chunks? */
int rec_check_changes(struct rec_check *c, struct err *e) MUST_CHECK;
int rec_in_body(const struct rec_check *c, const char *name, struct err *e) MUST_CHECK;

#endif
