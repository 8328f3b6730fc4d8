/* JSON Lines to passages: records are parsed and cut by all threads, then written in order. */
#include "chunk.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "update.h"

enum {
	BATCH_RECORDS = 256,
	TEXT_KEEP_BYTES = 64 << 10,	/* larger buffers are given back after a batch */
};

struct job {
	size_t off, len, line;		/* of the file; line from 1 */
	struct buf text, id;
	struct passages ps;
	struct meta meta;
	bool meta_all;			/* nothing of it was left out */
	size_t n_tokens;		/* --truncate: of the whole text */
	bool bad;
	struct err e;
};

/* One input being cut. */
struct input {
	struct chunker *k;
	const struct source *src;
	const char *shown;
	const struct buf *bytes;
	struct rec_file file;
	bool file_written;
	size_t at, line;		/* next line's start and number */
	struct job jobs[BATCH_RECORDS];
};

static void work(void *ctx, size_t i, size_t i_worker)
{
	struct input *in = ctx;
	struct job *j = &in->jobs[i];
	struct chunker *k = in->k;
	(void)i_worker;
	j->ps.n = 0;
	j->bad = true;
	if (j->len > JSONL_LINE_MAX)
		err_set(&j->e, ERR_DATA, "record of %zu bytes, the limit is %d", j->len,
			JSONL_LINE_MAX);
	else if (!record_read(in->bytes->p + j->off, j->len, &j->text, &j->id, &j->meta, &j->meta_all, &j->e))
		j->bad = false;
	if (j->bad)
		return;
	if (k->c->truncate)
		j->n_tokens = k->prose.count(k->prose.ctx, (char *)j->text.p, j->text.len);
	else
		passages_split(&k->prose, STYLE_TEXT, (char *)j->text.p, j->text.len, &j->ps);
}

static int emit_record(struct input *in, struct job *j, struct err *e)
{
	struct chunker *k = in->k;
	struct rec_chunk c = {.off_bytes = j->off,
			      .len_bytes = j->len,
			      .first_line = j->line,
			      .last_line = j->line,
			      .ext_id = (char *)j->id.p,
			      .n_ext_id = j->id.len,
			      .text = (char *)j->text.p,
			      .n_text = j->text.len};
	if (!in->file_written && emit_file(k, in->src, &in->file, in->bytes, e))
		return -1;
	in->file_written = true;
	k->counts.n_meta_lost += !j->meta_all;
	if (emit_meta(k, j->off, 0, &j->meta, e))
		return -1;
	if (k->c->truncate) {
		size_t max = k->prose.max_tokens;
		k->counts.n_truncated += j->n_tokens > max;
		c.n_tokens = (j->n_tokens < max ? j->n_tokens : max) + k->n_special;
		return emit_chunk(k, &c, e);
	}
	k->counts.n_split_words += j->ps.n_split_words;
	for (size_t i = 0; i < j->ps.n; i++) {
		const struct passage *p = &j->ps.p[i];
		c.n_tokens = p->n_tokens + k->n_special;
		if (j->ps.n > 1) {
			c.text = (char *)j->text.p + p->off;
			c.n_text = c.sub_len_bytes = p->len;
			c.sub_off_bytes = p->off;
		}
		if (emit_chunk(k, &c, e))
			return -1;
	}
	return 0;
}

static int finish(struct input *in, struct job *j, struct err *e)
{
	struct chunker *k = in->k;
	if (!j->bad && !id_set_add(&k->ids, j->id.p, j->id.len)) {
		err_set(&j->e, ERR_DATA, "id \"%s\" was there before", (char *)j->id.p);
		j->bad = true;
	}
	if (j->bad) {
		*e = j->e;
		return err_prefix(e, "%s:%zu", in->shown, j->line);
	}
	if (k->c->truncate ? !j->n_tokens : !j->ps.n) {
		k->counts.n_empty++;
		return 0;
	}
	return emit_record(in, j, e);
}

static bool is_blank(const uint8_t *p, size_t n)
{
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r'))
		n--;
	return !n;
}

/* The next lines that are not blank. */
static size_t fill(struct input *in)
{
	const struct buf *b = in->bytes;
	size_t n = 0;
	while (n < BATCH_RECORDS && in->at < b->len) {
		const uint8_t *lf = memchr(b->p + in->at, '\n', b->len - in->at);
		size_t end = lf ? (size_t)(lf - b->p) : b->len;
		if (!is_blank(b->p + in->at, end - in->at)) {
			struct job *j = &in->jobs[n++];
			j->off = in->at;
			j->len = end - in->at;
			j->line = in->line;
		}
		in->line++;
		in->at = end + 1;
	}
	return n;
}

static int chunk_input(struct input *in, struct err *e)
{
	struct chunker *k = in->k;
	int r = 0;
	for (size_t n; r == 0 && (n = fill(in));) {
		par_for(k->par, n, work, in);
		for (size_t i = 0; i < n && r == 0; i++)
			r = finish(in, &in->jobs[i], e);
		for (size_t i = 0; i < n; i++)
			if (in->jobs[i].text.cap > TEXT_KEEP_BYTES)
				buf_release(&in->jobs[i].text);
		progress_at(&k->progress, k->counts.n_chunks);
	}
	if (!r && in->file_written)
		r = emit_file_end(k, e);
	return r;
}

static int open_input(struct input *in, const struct source *s, struct readfile *rf,
		      struct buf *bytes, struct err *e)
{
	struct chunker *k = in->k;
	struct file_meta m;
	enum read_result res;
	const struct lang *l;
	buf_clear(bytes);
	if (source_read(k, rf, s, bytes, &m, &res, e))
		return -1;
	if (res != READ_OK) {
		source_skipped(k, s, res, &m, e);
		if (k->up)
			update_left_out(k->up, s, res);
		return 0;
	}
	l = lang_find(s->rel, strlen(s->rel), "", 0);
	if (!lang_wanted(k->c, s->rel, l))
		return 0;
	in->src = s;
	in->bytes = bytes;
	in->file_written = false;
	in->at = 0;
	in->line = 1;
	in->file = (struct rec_file){.root = s->root, .path = (const uint8_t *)s->rel,
				     .n_path = strlen(s->rel), .size_bytes = bytes->len,
				     .mtime_ns = m.mtime_ns, .hash = hash64(bytes->p, bytes->len),
				     .lang = l->name, .n_lang = strlen(l->name),
				     .flags = FILE_RECORDS | (s->is_stdin ? FILE_STORED : 0)};
	uint32_t same = k->up ? update_same(k, s, &in->file) : NAMES_NONE;
	if (update_passes_by(k, s, same))
		return 0;
	if (same != NAMES_NONE)
		return update_whole(k, s, &in->file, same, bytes, e);
	return chunk_input(in, e);
}

int chunk_records(struct chunker *k, struct err *e)
{
	struct input *in = mem_calloc(1, sizeof *in);
	struct readfile rf = READFILE_INIT;
	struct buf bytes = BUF_INIT;
	int r = 0;
	in->k = k;
	for (size_t i = 0; i < k->src->n && r == 0; i++) {
		char *shown = source_shown(k->src, &k->src->p[i]);
		in->shown = shown;
		r = open_input(in, &k->src->p[i], &rf, &bytes, e);
		mem_free(shown);
	}
	for (size_t i = 0; i < BATCH_RECORDS; i++) {
		buf_release(&in->jobs[i].text);
		buf_release(&in->jobs[i].id);
		meta_release(&in->jobs[i].meta);
		passages_release(&in->jobs[i].ps);
	}
	buf_release(&bytes);
	readfile_release(&rf);
	mem_free(in);
	return r;
}
