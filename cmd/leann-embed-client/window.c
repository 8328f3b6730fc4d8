/* Groups, batches and the order of records; see window.h. */
#include "window.h"

#include "base/le.h"
#include "base/mem.h"
#include "group.h"

enum {
	GROUP_CHUNKS = 512,		/* sorted together: wide enough for even batches */
	GROUP_BYTES_MAX = 8 << 20,	/* of records and texts of a group */
	GROUPS_MAX = 3,			/* one being written, one encoded, one read */
};

struct window {
	struct embed *h;
	struct stream_out *out;
	struct journal *j;
	struct window_limits l;
	struct group *head, *tail;	/* oldest, the one being filled */
	size_t n_groups;
	bool ended;
	uint64_t n_written, n_kept, n_again;
	struct same *same;
	struct wire_text *texts;	/* (batch_texts) scratch */
	float *row;			/* (dim) scratch */
	struct buf rec;
};

struct window *window_new(struct embed *h, struct stream_out *out, const struct window_limits *l,
			  struct journal *j)
{
	struct window *w = mem_calloc(1, sizeof *w);
	w->h = h;
	w->out = out;
	w->j = j;
	w->l = *l;
	w->row = mem_array(embed_info(h)->dim, sizeof *w->row);
	w->same = same_new();
	w->texts = mem_array(l->batch_texts, sizeof *w->texts);
	return w;
}

void window_free(struct window *w)
{
	while (w->head) {
		struct group *g = w->head;
		w->head = g->next;
		group_free(g);
	}
	same_free(w->same);
	mem_free(w->texts);
	mem_free(w->row);
	buf_release(&w->rec);
	mem_free(w);
}

static struct item *add_item(struct window *w)
{
	struct group *g = w->tail;
	if (!g || g->closed) {
		g = mem_calloc(1, sizeof *g);
		if (w->tail)
			w->tail->next = g;
		else
			w->head = g;
		w->tail = g;
		w->n_groups++;
	}
	return group_add(g);
}

static void item_added(struct window *w)
{
	if (w->tail->n_chunks >= GROUP_CHUNKS || w->tail->bytes.len >= GROUP_BYTES_MAX)
		group_close(w->tail, &w->l);
}

void window_add_raw(struct window *w, const uint8_t *p, size_t n)
{
	struct item *it = add_item(w);
	it->n = n;
	buf_add(&w->tail->bytes, p, n);
	item_added(w);
}

void window_add_chunk(struct window *w, const struct rec_chunk *k)
{
	struct item *it = add_item(w);
	struct rec_chunk bare = *k;
	struct group *g = w->tail;
	if (!w->l.keep_texts) {
		bare.text = NULL;
		bare.n_text = 0;
	}
	put_chunk(&w->rec, &bare);
	it->is_chunk = true;
	it->id = k->id;
	it->n = w->rec.len;
	it->n_text = k->n_text;
	it->n_tokens = (size_t)k->n_tokens;
	buf_add(&g->bytes, w->rec.p, w->rec.len);
	it->text_off = g->bytes.len - bare.n_text;	/* a record ends with its text */
	if (!w->l.keep_texts)
		buf_add(&g->bytes, k->text, k->n_text);
	g->n_chunks++;
	journal_key(w->j, k->text, k->n_text, &it->key);
	it->kept = journal_find(w->j, &it->key);
	w->n_kept += it->kept != NULL;
	it->same = same_find(w->same, &it->key, &it->again);
	w->n_again += it->again;
	item_added(w);
}

void window_end(struct window *w)
{
	w->ended = true;
	if (w->tail && !w->tail->closed)
		group_close(w->tail, &w->l);
}

static bool has_unsent(const struct window *w)
{
	for (const struct group *g = w->head; g; g = g->next)
		if (g->closed && g->n_sent < g->n_batches)
			return true;
	return false;
}

bool window_wants(const struct window *w)
{
	if (w->ended)
		return false;
	if (w->tail && !w->tail->closed)
		return true;
	return w->n_groups < GROUPS_MAX && !has_unsent(w);
}

bool window_done(const struct window *w)
{
	return w->ended && !w->head;
}

uint64_t window_n_written(const struct window *w)
{
	return w->n_written;
}

uint64_t window_n_kept(const struct window *w)
{
	return w->n_kept;
}

uint64_t window_n_again(const struct window *w)
{
	return w->n_again;
}

static int send_batch(struct window *w, struct group *g, struct err *e)
{
	struct batch *b = &g->batches[g->n_sent];
	b->rows = mem_array(b->n * embed_info(w->h)->dim, sizeof *b->rows);
	for (size_t i = 0; i < b->n; i++) {
		const struct item *it = &g->items[g->order[b->first + i]];
		const char *text = (const char *)g->bytes.p + it->text_off;
		w->texts[i] = (struct wire_text){text, it->n_text};
	}
	struct embed_job job = {w->texts, b->n, WIRE_DOCUMENT, b->rows, b, NULL};
	if (embed_send(w->h, &job, e))
		return -1;
	g->n_sent++;
	return 0;
}

static int send_all(struct window *w, struct err *e)
{
	for (struct group *g = w->head; g; g = g->next)
		while (g->closed && g->n_sent < g->n_batches && embed_n_open(w->h) < w->l.in_flight)
			if (send_batch(w, g, e))
				return -1;
	return 0;
}

/* One request done: its rows belong to its chunks, and to the next run. */
static int take_batch(struct window *w, struct err *e)
{
	void *tag;
	if (embed_next(w->h, &tag, e))
		return -1;
	struct batch *b = tag;
	for (size_t i = 0; i < b->n; i++) {
		struct item *it = &b->g->items[b->g->order[b->first + i]];
		it->vec = b->rows + i * embed_info(w->h)->dim;
		journal_add(w->j, &it->key, it->vec);
	}
	journal_flush(w->j);
	return 0;
}

/* Write from the front while vectors are there; free groups that are through. */
static int write_ready(struct window *w, struct err *e)
{
	for (struct group *g; (g = w->head) && g->closed;) {
		for (; g->n_written < g->n_items; g->n_written++) {
			const struct item *it = &g->items[g->n_written];
			const float *vec = it->vec;
			if (it->is_chunk && !vec && !it->kept && !it->again)
				return 0;
			if (stream_out_raw(w->out, g->bytes.p + it->off, it->n, e))
				return -1;
			if (!it->is_chunk)
				continue;
			if (it->kept) {
				get_lef32s(it->kept, w->row, embed_info(w->h)->dim);
				vec = w->row;
			}
			if (it->again)
				vec = same_vec(it->same);
			else
				same_give(it->same, vec, embed_info(w->h)->dim);
			put_vec(&w->rec, it->id, vec, embed_info(w->h)->dim);
			same_drop(it->same);
			if (stream_out_buf(w->out, &w->rec, e))
				return -1;
			w->n_written++;
		}
		w->head = g->next;
		if (!w->head)
			w->tail = NULL;
		w->n_groups--;
		group_free(g);
	}
	return 0;
}

int window_step(struct window *w, struct err *e)
{
	if (send_all(w, e))
		return -1;
	if (!window_wants(w) && embed_n_open(w->h) && take_batch(w, e))
		return -1;
	return send_all(w, e) || write_ready(w, e) ? -1 : 0;
}
