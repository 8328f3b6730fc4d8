/* load: open the encoder of a model directory, and say what it is as info does. */
#ifndef LEANN_EMBED_SERVER_LOAD_H
#define LEANN_EMBED_SERVER_LOAD_H

#include "fmt/wire.h"
#include "nn/encoder.h"

/* Caller frees *enc. Packed weights are kept in the cache directory, where one is known. */
int load_model(const char *dir, enum precision p, struct encoder **enc, struct wire_info *w,
	       struct err *e) MUST_CHECK;

#endif
