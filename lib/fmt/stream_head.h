/* stream_head: the two records that stream.c leaves to stream_head.c: header and failure. */
#ifndef LEANN_FMT_STREAM_HEAD_H
#define LEANN_FMT_STREAM_HEAD_H

#include "fmt/stream.h"

/* Fill s->head from the header record r, refusing other magic, versions and shapes. */
int shead_parse(struct stream_in *s, const struct stream_rec *r, struct err *e) MUST_CHECK;
/* Turn a failure record into an error with the code of the program that wrote it; returns -1. */
int stream_failed(const struct stream_in *s, const struct stream_rec *r, struct err *e);

#endif
