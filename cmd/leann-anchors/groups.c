/* Languages as groups; see groups.h. */
#include "groups.h"

#include <string.h>

static int find(struct groups *g, const char *name, size_t n, struct err *e)
{
	const char *p = (const char *)g->names.p;
	for (size_t i = 0; i < g->n; i++, p += strlen(p) + 1)
		if (strlen(p) == n && !memcmp(p, name, n)) {
			g->last = (uint16_t)i;
			return 0;
		}
	if (g->n > UINT16_MAX)
		return err_set(e, ERR_DATA, "stdin: more than %d languages", UINT16_MAX);
	buf_add(&g->names, name, n);
	buf_addc(&g->names, 0);
	g->last = (uint16_t)g->n++;
	return 0;
}

int groups_see(void *ctx, struct rec_check *c, const struct stream_rec *r, struct err *e)
{
	struct groups *g = ctx;
	struct rec_file f;
	struct rec_chunk k;
	switch (r->tag) {
	case TAG_FILE: return rec_file(c, r, &f, e) || find(g, f.lang, f.n_lang, e) ? -1 : 1;
	case TAG_CHUNK:
		if (rec_chunk(c, r, &k, e))
			return -1;
		buf_add(&g->of_chunk, &g->last, sizeof g->last);
		return 1;
	default: return 0;
	}
}

const uint16_t *groups_of_chunks(const struct groups *g)
{
	/* a malloc'ed buffer that holds nothing but uint16_t */
	return (const uint16_t *)(const void *)g->of_chunk.p;
}

void groups_release(struct groups *g)
{
	buf_release(&g->names);
	buf_release(&g->of_chunk);
}
