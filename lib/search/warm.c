/* Reading ahead what every question touches; see leann.h. */
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "search/leann_impl.h"
#include "sys/embed.h"
#include "sys/readahead.h"

enum { SHARE_OF_MEMORY = 8 };

/* Members in order of use: what opening decodes, then what is scanned, then what hits are told by. */
static const char *const touched[] = {"files", "terms", "pq", "anchors", "assign",
				      "codes", "paths", "chunks"};
enum { N_TOUCHED = sizeof touched / sizeof *touched };

struct warmth {
	struct leann_warmth pub;
	struct leann_warm_part part[BUNDLE_MEMBERS_MAX + 1];
};

static int read_part(const struct bundle *b, uint64_t from, uint64_t to, uint64_t *room,
		     struct leann_warm_part *p, struct err *e)
{
	return readahead_part(b->fd, b->path, b->map, from, to, room, &p->read_bytes,
			      &p->left_bytes, e);
}

static bool is_touched(const char *name)
{
	for (size_t i = 0; i < N_TOUCHED; i++)
		if (!strcmp(name, touched[i]))
			return true;
	return false;
}

/* The parts: the manifest, what is touched, then the others, which are left. */
static int read_parts(const struct bundle *b, uint64_t room, struct warmth *w, struct err *e)
{
	struct leann_warm_part *p = w->part;
	uint64_t head = b->n_members ? b->member[0].off_bytes : b->n_map;
	*p = (struct leann_warm_part){.name = "leann.json", .bytes = head};
	if (read_part(b, 0, head, &room, p++, e))
		return -1;
	for (size_t i = 0; i < N_TOUCHED; i++) {
		const struct bundle_member *m = bundle_find(b, touched[i]);
		if (!m)
			continue;
		*p = (struct leann_warm_part){.name = m->name, .bytes = m->n};
		if (read_part(b, m->off_bytes, m->off_bytes + m->n, &room, p++, e))
			return -1;
	}
	for (size_t i = 0; i < b->n_members; i++)
		if (!is_touched(b->member[i].name))
			*p++ = (struct leann_warm_part){b->member[i].name, b->member[i].n, 0,
							b->member[i].n};
	w->pub.n_parts = (size_t)(p - w->part);
	return 0;
}

/* One small text: the model's pages are read, the kernels ran once, this searcher is connected. */
static int touch_server(struct leann_searcher *s, struct err *e)
{
	const struct wire_text t = {"warm", 4};
	if (searcher_ready(s, e))
		return -1;
	float *v = mem_array(s->ix->info.dim, sizeof *v);
	int r = embed_texts(s->a.embed, &t, 1, WIRE_QUERY, v, e);
	mem_free(v);
	return r;
}

int leann_warm(struct leann_searcher *s, uint64_t max_bytes, unsigned flags,
	       struct leann_warmth **out, struct leann_error *e)
{
	struct warmth *w = mem_calloc(1, sizeof *w);
	struct err why;
	double t0 = now_s(), t1;
	int r = 0;
	*out = NULL;
	if (flags & ~(unsigned)LEANN_WARM_INDEX_ONLY)
		r = err_set(&why, ERR_USAGE, "unknown flags %#x", flags);
	w->pub.parts = w->part;
	w->pub.max_bytes = max_bytes ? max_bytes : memory_available() / SHARE_OF_MEMORY;
	if (!r)
		r = read_parts(&s->ix->g.ix.b, w->pub.max_bytes, w, &why);
	t1 = now_s();
	if (!r && !(flags & LEANN_WARM_INDEX_ONLY))
		r = touch_server(s, &why);
	w->pub.read_ms = (t1 - t0) * 1e3;
	w->pub.embed_ms = (now_s() - t1) * 1e3;
	if (r) {
		mem_free(w);
		return leann_fail(e, &why);
	}
	*out = &w->pub;
	return 0;
}

void leann_warmth_free(struct leann_warmth *w)
{
	mem_free(w);	/* the first member of struct warmth */
}
