/* Passages of a stream, for other stores; see items.h. */
#include "port/items.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/js.h"
#include "base/tmpfile.h"
#include "base/utf8.h"
#include "sys/jsonl.h"

static const char SPOOL[] = "scratch file";

int items_open(struct items *s, int fd, const char *name, bool vectors, struct err *e)
{
	*s = (struct items){.in.head = SHEAD_INIT, .spool = -1};
	if (stream_in_open(&s->in, fd, name, NULL, e) || rec_check_init(&s->check, &s->in, e) ||
	    context_of_head(&s->in.head, &s->context, e))
		return -1;
	if (*s->check.base)
		return stream_in_bad(&s->in, e, "a stream of changes: passages of a whole index are wanted");
	if (vectors && !s->check.dim)
		return stream_in_bad(&s->in, e, "a stream of chunks, without vectors: put leann-embed-client "
				     "--texts before this program");
	return 0;
}

void items_release(struct items *s)
{
	stream_in_release(&s->in);
	item_ids_release(&s->ids);
	meta_places_release(&s->metas);
	buf_release(&s->it.id);
	buf_release(&s->it.title);
	buf_release(&s->it.text);
	buf_release(&s->it.metadata);
	buf_release(&s->it.path);
	members_release(&s->members);
	buf_release(&s->line);
	buf_release(&s->scratch);
	if (s->spool >= 0)
		close(s->spool);
}

/* Are the bytes of the latest file the records themselves? */
static bool is_stored_records(const struct items *s)
{
	return (s->flags & FILE_STORED) && (s->flags & FILE_RECORDS);
}

static int see_file(struct items *s, const struct stream_rec *r, struct err *e)
{
	struct rec_file f;
	if (rec_file(&s->check, r, &f, e))
		return -1;
	s->flags = f.flags;
	s->n_spooled = 0;
	meta_places_clear(&s->metas);
	buf_clear(&s->it.path);
	buf_add(&s->it.path, f.path, f.n_path);
	return 0;
}

static int see_text(struct items *s, const struct stream_rec *r, struct err *e)
{
	const uint8_t *p;
	size_t n;
	if (rec_text(&s->check, r, &p, &n, e))
		return -1;
	if (!is_stored_records(s))
		return 0;
	if ((s->spool < 0 && tmpspool_open(&s->spool, e)) ||
	    fd_pwrite(s->spool, SPOOL, p, n, s->n_spooled, e))
		return -1;
	s->n_spooled += n;
	return 0;
}

/* What is before the set that held for the latest chunk is of no use to those after it. */
static void forget_metas(struct meta_places *m)
{
	for (size_t i = 0; i + 1 < m->n; i++)
		meta_release(&m->p[i].m);
	m->p[0] = m->p[m->n - 1];
	m->n = 1;
}

static int see_meta(struct items *s, const struct stream_rec *r, struct err *e)
{
	struct meta m = META_INIT;
	uint64_t off, sub_off;
	if (rec_meta(&s->check, r, &off, &sub_off, &m, e)) {
		meta_release(&m);
		return -1;
	}
	meta_places_add(&s->metas, off, sub_off, &m);
	return 0;
}

static void take_metadata(struct items *s, const struct rec_chunk *k)
{
	struct meta_places *p = &s->metas;
	const struct meta none = META_INIT,
			 *m = meta_places_find(p, 0, p->n, k->off_bytes, k->sub_off_bytes);
	buf_clear(&s->it.metadata);
	item_meta_json(m ? m : &none, &s->it.metadata);
	if (m && p->n > 1 && m == &p->p[p->n - 1].m)
		forget_metas(p);
}

/* The record as it was stored: its text, title and metadata are taken from there. */
static int take_record(struct items *s, const struct rec_chunk *k, struct err *e)
{
	struct item *it = &s->it;
	const struct member *meta;
	struct js *j;
	size_t n = (size_t)k->len_bytes, got;
	const char *p;
	if (k->off_bytes > s->n_spooled || n > s->n_spooled - k->off_bytes)
		return stream_in_bad(&s->in, e, "chunk %" PRIu64 " came before its record", k->id);
	buf_clear(&s->line);
	buf_zero(&s->line, n);
	if (fd_pread(s->spool, SPOOL, s->line.p, n, k->off_bytes, &got, e) ||
	    members_of(&s->members, s->line.p, n, e) || record_parse(s->line.p, n, &j, e))
		return err_prefix(e, "%s: chunk %" PRIu64, s->in.name, k->id);
	meta = members_get(&s->members, "metadata");
	if (meta) {
		buf_clear(&it->metadata);
		buf_add(&it->metadata, meta->value, meta->n);
	}
	p = js_str(js_get(j, "text"), &got);
	if (p && !k->sub_off_bytes && !k->sub_len_bytes) {
		buf_clear(&it->text);
		buf_add(&it->text, p, got);
		p = js_str(js_get(j, "title"), &got);
		it->has_title = p != NULL;
		buf_clear(&it->title);
		buf_add(&it->title, p ? p : "", p ? got : 0);
	}
	js_free(j);
	return 0;
}

/* The text without the line that says where it is, which is not the file's. */
static void take_text(struct items *s, const struct rec_chunk *k)
{
	struct item *it = &s->it;
	const struct meta none = META_INIT,
			 *m = meta_places_find(&s->metas, 0, s->metas.n, k->off_bytes, k->sub_off_bytes);
	size_t skip;
	buf_clear(&s->scratch);
	context_put(s->context, s->flags, it->path.p, it->path.len, m ? m : &none, &s->scratch);
	skip = s->scratch.len;
	if (!k->text || skip > k->n_text || (skip && memcmp(s->scratch.p, k->text, skip)))
		skip = 0;
	buf_clear(&it->text);
	buf_add(&it->text, k->text ? k->text + skip : "", k->n_text - skip);
}

static int see_chunk(struct items *s, const struct stream_rec *r, struct err *e)
{
	struct item *it = &s->it;
	struct rec_chunk k;
	if (rec_chunk(&s->check, r, &k, e))
		return -1;
	it->has_title = false;
	if (!k.text && (!is_stored_records(s) || k.sub_off_bytes || k.sub_len_bytes))
		return stream_in_bad(&s->in, e, "a stream of vectors without texts: give leann-embed-client "
				     "--texts");
	take_text(s, &k);
	take_metadata(s, &k);
	if (is_stored_records(s) && take_record(s, &k, e))
		return -1;
	it->first_line = is_stored_records(s) ? 0 : k.first_line;
	it->last_line = k.last_line;
	buf_clear(&it->id);
	if (k.ext_id) {
		buf_add(&it->id, k.ext_id, k.n_ext_id);
	} else {
		utf8_repair(&it->id, it->path.p, it->path.len);
		buf_printf(&it->id, ":%" PRIu64 "-%" PRIu64, k.first_line, k.last_line);
	}
	item_ids_make(&s->ids, &it->id);
	it->dim = s->check.dim;
	it->vec = NULL;
	return 0;
}

int items_next(struct items *s, struct item *it, struct err *e)
{
	struct stream_rec r;
	bool done = false;
	int k, bad;
	while (!done && (k = stream_in_next(&s->in, &r, e)) > 0) {
		switch (r.tag) {
		case TAG_FILE: bad = see_file(s, &r, e); break;
		case TAG_TEXT: bad = see_text(s, &r, e); break;
		case TAG_META: bad = see_meta(s, &r, e); break;
		case TAG_CHUNK:
			bad = see_chunk(s, &r, e);
			done = !s->check.dim;
			break;
		case TAG_VEC:
			bad = rec_vec(&s->check, &r, s->vec, e);
			s->it.vec = s->vec;
			done = true;
			break;
		default: bad = rec_any(&s->check, &r, e); break;
		}
		if (bad)
			return -1;
	}
	if (!done)
		return k ? -1 : rec_check_end(&s->check, e);
	s->n++;
	*it = s->it;
	return 1;
}
