/* log: how long questions took, for leann index stats: leann-state(5). */
#ifndef LEANN_SEARCH_LOG_H
#define LEANN_SEARCH_LOG_H

#include "leann.h"

void log_results(const struct leann_index *ix, const struct leann_results *r);

#endif
