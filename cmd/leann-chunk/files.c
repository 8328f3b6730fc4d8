/*
 * Files to passages. A batch of files is read and cut by all threads, then written in order, so
 * the bytes of the stream do not depend on how many threads there are.
 */
#include "chunk.h"

#include <string.h>
#include <sys/stat.h>

#include "base/fdio.h"
#include "base/hash.h"
#include "base/mem.h"
#include "document.h"
#include "extract.h"
#include "update.h"

enum {
	BATCH_FILES = 64,
	BATCH_BYTES = 16 << 20,
};

struct job {
	const struct source *s;
	struct document doc;
	struct marks marks;
	struct passages ps;
	struct buf words;		/* see tally.c */
	struct file_meta meta;
	enum read_result res;
	const struct lang *lang;
	enum doctype type;
	enum extract_result extracted;
	bool binary, unwanted;
	const char *generated;		/* why it counts as such; NULL: it does not */
	uint32_t same;			/* --update: file of the index with these bytes, or NAMES_NONE */
	uint64_t hash;
	struct err e;
};

/* What a thread has to itself. */
struct worker {
	struct readfile reader;
	struct words words;
	struct words_seen *seen;
};

struct batch {
	struct chunker *k;
	struct job jobs[BATCH_FILES];
	struct worker *workers;		/* (threads) */
};

static struct rec_file file_of(const struct job *j)
{
	return (struct rec_file){.root = j->s->root, .path = (const uint8_t *)j->s->rel,
				 .n_path = strlen(j->s->rel), .size_bytes = j->doc.raw.len,
				 .mtime_ns = j->meta.mtime_ns, .hash = j->hash, .lang = j->lang->name,
				 .n_lang = strlen(j->lang->name),
				 .flags = document_flags(&j->doc) | (j->s->is_stdin ? FILE_STORED : 0),
				 .text_bytes = j->doc.n_text};
}

/* Runs in a thread: read, look, decode, cut. */
static void work(void *ctx, size_t i, size_t i_worker)
{
	struct batch *b = ctx;
	struct job *j = &b->jobs[i];
	struct chunker *k = b->k;
	struct worker *wk = &b->workers[i_worker];
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
	structure_cut(k, i_worker, j->lang, &j->doc, &j->marks, &j->ps);
	if (!k->up)
		tally_find(&j->words, j->doc.text, j->doc.n_text, &j->ps, &wk->words, wk->seen);
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

/* Count it, write it. */
static int finish(struct chunker *k, struct job *j, struct err *e)
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

/* The jobs from source i on: BATCH_FILES of them, fewer when they add up to BATCH_BYTES. */
static size_t fill(struct batch *b, size_t i)
{
	const struct sources *s = b->k->src;
	uint64_t bytes = 0;
	size_t n = 0;
	while (i + n < s->n && n < BATCH_FILES && bytes < BATCH_BYTES) {
		struct stat st;
		const struct source *src = b->jobs[n].s = &s->p[i + n];
		char *path = mem_printf("%s/%s", src->is_stdin ? "" : s->roots[src->root].path,
					src->rel);
		if (src->is_stdin)
			bytes = BATCH_BYTES;
		else if (lstat(path, &st) == 0 &&
			 (src->named || (uint64_t)st.st_size <= b->k->c->max_bytes))
			bytes += (uint64_t)st.st_size;
		mem_free(path);
		n++;
	}
	return n;
}

int chunk_files(struct chunker *k, struct err *e)
{
	struct batch *b = mem_calloc(1, sizeof *b);
	size_t n_threads = par_n_threads(k->par);
	int r = 0;
	b->k = k;
	b->workers = mem_array(n_threads, sizeof *b->workers);
	for (size_t t = 0; t < n_threads; t++)
		b->workers[t] = (struct worker){READFILE_INIT, WORDS_INIT, words_seen_new()};
	for (size_t i = 0, n; i < k->src->n && r == 0; i += n) {
		n = fill(b, i);
		par_for(k->par, n, work, b);
		for (size_t t = 0; t < n && r == 0; t++)
			r = finish(k, &b->jobs[t], e);
		for (size_t t = 0; t < n; t++)
			document_clear(&b->jobs[t].doc);
		progress_at(&k->progress, i + n);
	}
	for (size_t t = 0; t < n_threads; t++) {
		readfile_release(&b->workers[t].reader);
		words_release(&b->workers[t].words);
		words_seen_free(b->workers[t].seen);
	}
	for (size_t t = 0; t < BATCH_FILES; t++) {
		document_release(&b->jobs[t].doc);
		marks_release(&b->jobs[t].marks);
		passages_release(&b->jobs[t].ps);
		buf_release(&b->jobs[t].words);
	}
	mem_free(b->workers);
	mem_free(b);
	return r;
}
