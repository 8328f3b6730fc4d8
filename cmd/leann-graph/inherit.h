/* inherit: an index that is written anew keeps its kind, where options do not say another. */
#ifndef LEANN_GRAPH_INHERIT_H
#define LEANN_GRAPH_INHERIT_H

#include "settings.h"

/* From c->changes.base into s. ERR_USAGE: an option that cannot be had with what stays. */
int inherit(struct settings *s, const struct collect *c, struct err *e) MUST_CHECK;

#endif
