/* Reading indexes ahead; see warm.h. */
#include "warm.h"

#include <stdio.h>

#include "leann.h"
#include "search/why.h"
#include "sys/config.h"

static void print_list(const char *path, const struct leann_warmth *w, bool left)
{
	const char *sep = ": ";
	for (size_t i = 0; i < w->n_parts; i++) {
		const struct leann_warm_part *p = &w->parts[i];
		uint64_t n = left ? p->left_bytes : p->read_bytes;
		if (!n)
			continue;
		if (left && *sep == ':')
			printf("%s: left", path);
		printf("%s%s %llu", sep, p->name, (unsigned long long)n);
		sep = ", ";
	}
	if (!left || *sep == ',')
		putchar('\n');
}

/* What was read, now; *read: bytes. */
static void print(const char *path, const struct leann_warmth *w, bool index_only, uint64_t *read)
{
	uint64_t all = 0, left = 0;
	*read = 0;
	for (size_t i = 0; i < w->n_parts; i++) {
		all += w->parts[i].bytes;
		left += w->parts[i].left_bytes;
		*read += w->parts[i].read_bytes;
	}
	printf("%s: read %llu of %llu bytes in %.1f ms, %llu were in memory", path,
	       (unsigned long long)*read, (unsigned long long)all, w->read_ms,
	       (unsigned long long)(all - left > *read ? all - left - *read : 0));
	print_list(path, w, false);
	print_list(path, w, true);
	if (!index_only)
		printf("%s: embedding server answers, after %.1f ms\n", path, w->embed_ms);
}

static int warm_one(const char *path, const struct leann_options *lo, const struct warm_opts *o,
		    uint64_t *room, struct err *e)
{
	struct leann_index *ix = NULL;
	struct leann_searcher *s = NULL;
	struct leann_warmth *w = NULL;
	struct leann_error why;
	uint64_t read = 0;
	int r = leann_open(path, 0, &ix, &why) || leann_searcher_new(ix, lo, &s, &why) ||
		leann_warm(s, *room, o->index_only ? LEANN_WARM_INDEX_ONLY : 0, &w, &why);
	if (r) {
		leann_why(&why, e);
	} else {
		print(path, w, o->index_only, &read);
		*room = w->max_bytes > read ? w->max_bytes - read : 1;
	}
	leann_warmth_free(w);
	leann_searcher_free(s);
	leann_close(ix);
	return r ? -1 : 0;
}

int warm(char *const *paths, size_t n, const struct warm_opts *o, struct err *e)
{
	struct leann_options lo = LEANN_OPTIONS_INIT;
	struct config c;
	uint64_t room = o->max_bytes;
	config_init(&c);
	int r = config_finish(&c, NULL, e);	/* which server: as leann-search has it */
	if (!r) {
		lo.model = config_str(&c, "embeddingServer.model");
		lo.endpoint = config_str(&c, "embeddingServer.endpoint");
	}
	for (size_t i = 0; i < n && !r; i++)
		r = warm_one(paths[i], &lo, o, &room, e);
	config_release(&c);
	return r;
}
