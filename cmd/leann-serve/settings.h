/* settings: options of leann-serve. */
#ifndef LEANN_SERVE_SETTINGS_H
#define LEANN_SERVE_SETTINGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "leann.h"
#include "serve/catalog.h"

enum { LIST_MAX = 64 };		/* hosts, origins */

struct settings {
	const char *index[CATALOG_MAX];
	size_t n_index;
	const char *bind;		/* an address; NULL: 127.0.0.1 */
	unsigned port;
	bool allow_remote;
	const char *hosts[LIST_MAX + 1], *origins[LIST_MAX + 1];	/* NULL-terminated */
	struct buf token;		/* empty: none */
	size_t n_workers, queue_max, connections_max;
	struct leann_options o;
};

void settings_parse(int argc, char **argv, struct settings *s);
void settings_release(struct settings *s);

#endif
