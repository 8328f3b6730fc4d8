/* Stored files of records, one after the other; see import_out.h. */
#include "port/import_out.h"

#include <string.h>

#include "algo/lang.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"

enum { WAITING_MAX = 32 << 20 };	/* bytes of chunks and vectors of a file */

static void wait_body(struct import_out *w)
{
	uint8_t n[4];
	put_le32(n, (uint32_t)w->body.len);	/* a record is at most STREAM_RECORD_MAX: stream_out_raw() */
	buf_add(&w->waiting, n, sizeof n);
	buf_add(&w->waiting, w->body.p, w->body.len);
}

static int put_lines(struct import_out *w, struct err *e)
{
	uint64_t id = w->counts.n_files;
	char *path = id ? mem_printf("%s.%llu.jsonl", w->o->name, (unsigned long long)id + 1)
			: mem_printf("%s.jsonl", w->o->name);
	const struct lang *l = lang_find(path, strlen(path), "", 0);
	struct rec_file f = {.id = id, .path = (uint8_t *)path, .n_path = strlen(path),
			     .size_bytes = w->lines.len, .mtime_ns = w->o->mtime_ns,
			     .hash = hash64(w->lines.p, w->lines.len), .lang = l->name,
			     .n_lang = strlen(l->name), .flags = FILE_STORED | FILE_RECORDS};
	put_file(&w->body, &f);
	mem_free(path);
	if (stream_out_buf(&w->out, &w->body, e))
		return -1;
	for (size_t at = 0; at < w->lines.len; at += TEXT_PIECE_MAX) {
		size_t left = w->lines.len - at;
		put_text(&w->body, id, w->lines.p + at, left < TEXT_PIECE_MAX ? left : TEXT_PIECE_MAX);
		if (stream_out_buf(&w->out, &w->body, e))
			return -1;
	}
	return 0;
}

int import_out_flush(struct import_out *w, struct err *e)
{
	if (!w->n_lines)
		return 0;
	if (put_lines(w, e))
		return -1;
	for (size_t at = 0; at < w->waiting.len;) {
		size_t n = get_le32(w->waiting.p + at);
		if (stream_out_raw(&w->out, w->waiting.p + at + 4, n, e))
			return -1;
		at += 4 + n;
	}
	w->counts.n_files++;
	w->counts.n_bytes += w->lines.len;
	w->n_lines = 0;
	buf_clear(&w->lines);
	buf_clear(&w->waiting);
	meta_clear(&w->meta);
	return 0;
}

/* Metadata holds until the next record of it: said where it changes. */
static void wait_meta(struct import_out *w, const struct meta *m)
{
	if (meta_equal(m, &w->meta))
		return;
	put_meta(&w->body, w->counts.n_files, w->lines.len, 0, m);
	wait_body(w);
	meta_copy(&w->meta, m);
}

int import_out_add(struct import_out *w, const struct import_record *r, struct err *e)
{
	const char *text = (const char *)r->text->p;
	if (w->n_lines && (w->lines.len + r->n_line >= IMPORT_FILE_BYTES || w->waiting.len >= WAITING_MAX) &&
	    import_out_flush(w, e))
		return -1;
	struct rec_chunk c = {.id = w->counts.n, .file = w->counts.n_files, .off_bytes = w->lines.len,
			      .len_bytes = r->n_line, .first_line = w->n_lines + 1,
			      .last_line = w->n_lines + 1, .n_tokens = r->n_tokens,
			      .ext_id = (const char *)r->id->p, .n_ext_id = r->id->len,
			      .text = w->dim ? NULL : text, .n_text = w->dim ? 0 : r->text->len};
	if (c.id >= UINT32_MAX)
		return err_set(e, ERR_DATA, "more than %lu records", (unsigned long)UINT32_MAX);
	wait_meta(w, r->meta);
	put_chunk(&w->body, &c);
	wait_body(w);
	if (w->dim) {
		put_vec(&w->body, c.id, r->vec, w->dim);
		wait_body(w);
	}
	tail_hash(&w->tail, text, r->text->len);
	tail_copy(&w->tail, text, r->text->len, c.id);
	tail_words(&w->tail, text, r->text->len, c.id);
	w->counts.n_copies = w->tail.n_copies;
	buf_add(&w->lines, r->line, r->n_line);
	buf_addc(&w->lines, '\n');
	w->n_lines++;
	w->counts.n++;
	return 0;
}

void import_out_release(struct import_out *w)
{
	stream_out_release(&w->out);
	buf_release(&w->lines);
	meta_release(&w->meta);
	buf_release(&w->waiting);
	buf_release(&w->body);
	tail_release(&w->tail);
}
