/* One file: read, looked at, decoded and cut; then counted and written. See job.h. */
#include "job.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

static struct rec_file file_of(const struct job *j)
{
	return (struct rec_file){.root = j->s->root, .path = (const uint8_t *)j->s->rel,
				 .n_path = strlen(j->s->rel), .size_bytes = j->doc.raw.len,
				 .mtime_ns = j->meta.mtime_ns, .hash = j->hash, .lang = j->lang->name,
				 .n_lang = strlen(j->lang->name),
				 .flags = document_flags(&j->doc) | (j->s->is_stdin ? FILE_STORED : 0),
				 .text_bytes = j->doc.n_text};
}

void job_read(struct chunker *k, struct job *j, struct worker *wk, size_t i_worker)
{
	struct buf *raw = &j->doc.raw;
	j->binary = j->unwanted = false;
	j->generated = NULL;
	j->ps.n = 0;
	buf_clear(&j->words);
	j->same = NAMES_NONE;
	j->res = READ_OK;
	j->extracted = EXTRACT_OK;
	if (k->up && update_head_says_no(k, &wk->reader, j->s, &j->binary, &j->unwanted))
		return;
	if (source_read(k, &wk->reader, j->s, raw, &j->meta, &j->res, &j->e) ||
	    j->res != READ_OK)
		return;
	struct look l = look_at(k->c, j->s->rel, j->s->named, raw->p, raw->len);
	j->lang = l.lang;
	j->type = l.type;
	j->binary = l.binary;
	j->unwanted = !lang_wanted(k->c, j->s->rel, j->lang);
	j->generated = l.generated;
	if (j->binary || j->unwanted || j->generated || !raw->len)
		return;
	j->hash = hash64(raw->p, raw->len);
	if (j->type == DOCTYPE_NONE)
		document_decode(&j->doc);
	else
		j->doc.extracted = true;
	if (k->up) {
		struct rec_file f = file_of(j);
		j->same = update_same(k, j->s, &f);
		if (j->same != NAMES_NONE)
			return;
	}
	if (j->type != DOCTYPE_NONE) {
		struct extract_opts o = {k->c->extract_timeout_s, k->c->archives};
		j->extracted = extract_document(&j->doc, j->s->rel, &o, &j->e);
		if (j->extracted != EXTRACT_OK)
			return;
	}
	marks_clear(&j->marks);
	size_t n = j->doc.n_text <= SUMS_BYTES_MAX ? j->doc.n_text : 0;
	sums_of(wk->sums, n ? j->doc.text : "", n);
	structure_cut(k, i_worker, wk->sums, j->lang, &j->doc, &j->marks, &j->ps);
	if (!k->up && n)
		tally_find(&j->words, &j->ps, wk->sums);
}

static int emit_job(struct chunker *k, struct job *j, struct err *e)
{
	const struct buf *kept = j->doc.extracted ? &j->doc.extract : &j->doc.raw;
	struct rec_file f = file_of(j);
	if (j->same != NAMES_NONE)
		return update_whole(k, j->s, &f, j->same, kept, e);
	const uint64_t *words = tally_first(&j->words);
	if (emit_file(k, j->s, &f, kept, e))
		return -1;
	for (size_t i = 0; i < j->ps.n; i++) {
		const struct passage *p = &j->ps.p[i];
		struct rec_chunk c = {.first_line = p->first_line, .last_line = p->last_line,
				      .n_tokens = p->n_tokens + k->n_special,
				      .text = j->doc.text + p->off, .n_text = p->len};
		document_span(&j->doc, p, &c.off_bytes, &c.len_bytes);
		tally_next(k, &words);
		if (structure_emit(k, j->lang, &j->marks, &j->doc, p, &c, e))
			return -1;
	}
	return emit_file_end(k, e);
}

/* A document without text is there without passages: an update need not take it apart again. */
static int refused(struct chunker *k, const struct job *j, struct err *e)
{
	static const struct buf none = BUF_INIT;
	struct rec_file f = file_of(j);
	if (j->s->is_stdin)
		return 0;
	f.flags = FILE_EXTRACTED;
	f.text_bytes = 0;
	return (k->up && !update_refused(k->up, j->s, &f, k->c->full)) || !write_file(k, &f, &none, e) ? 0 : -1;
}

/* A document that cannot be read; what an index has of it stays if another time it may be. */
static int unreadable(struct chunker *k, const struct job *j, struct err *e)
{
	char *shown = source_shown(k->src, j->s);
	k->counts.n_no_text++;
	if (!k->c->quiet && (k->c->verbose || j->s->named))
		err_warn("%s: no text: %s", shown, j->e.msg);
	mem_free(shown);
	if (j->extracted == EXTRACT_BAD)
		return refused(k, j, e);
	if (k->up)
		update_left_out(k->up, j->s, READ_ERROR);
	return 0;
}

int job_write(struct chunker *k, struct job *j, struct err *e)
{
	if (update_passes_by(k, j->s, j->same))
		return 0;
	if (j->res != READ_OK && j->s->is_stdin) {
		*e = j->e;
		return -1;
	}
	if (j->res != READ_OK) {
		source_skipped(k, j->s, j->res, &j->meta, &j->e);
		if (k->up)
			update_left_out(k->up, j->s, j->res);
	} else if (j->binary && !j->unwanted) {
		k->counts.n_binary++;
		if (j->s->named && !k->c->quiet)
			err_warn("%s: binary, left out", j->s->shown);
	} else if (!j->unwanted && j->extracted != EXTRACT_OK) {
		return unreadable(k, j, e);
	} else if (!j->unwanted && j->generated) {
		count_generated(k, j->s, j->generated);
	} else if (!j->unwanted && !j->ps.n && j->same == NAMES_NONE) {
		k->counts.n_empty++;
		return j->doc.extracted ? refused(k, j, e) : 0;
	} else if (!j->unwanted) {
		k->counts.n_repaired += j->doc.decoded.n_bad > 0;
		k->counts.n_decoded += j->doc.decoded.enc != ENC_UTF8;
		k->counts.n_split_words += j->ps.n_split_words;
		return emit_job(k, j, e);
	}
	return 0;
}

void job_release(struct job *j)
{
	document_release(&j->doc);
	marks_release(&j->marks);
	passages_release(&j->ps);
	buf_release(&j->words);
}
