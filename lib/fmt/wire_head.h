/* wire_head: the keys of a vector stream's header that say whose vectors they are, from a server's info. */
#ifndef LEANN_FMT_WIRE_HEAD_H
#define LEANN_FMT_WIRE_HEAD_H

#include "fmt/stream.h"
#include "fmt/wire.h"

/* Kind "vectors", model to document_prefix; what else h has stays. */
void wire_head(struct shead *h, const struct wire_info *i);

#endif
