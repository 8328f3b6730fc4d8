/* engine: the unpacked chunk graph of an engine, for query.c and engine.c. */
#ifndef LEANN_SEARCH_ENGINE_H
#define LEANN_SEARCH_ENGINE_H

#include "algo/graph.h"
#include "query.h"

struct engine_graph {
	struct graph graph;
	struct graph_scratch scratch;
};

#endif
