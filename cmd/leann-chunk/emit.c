/* Out: files, chunks, and the words on stderr at the end. */
#include "chunk.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "update.h"

int write_file(struct chunker *k, const struct rec_file *f, const struct buf *stored, struct err *e)
{
	struct rec_file with_id = *f;
	with_id.id = k->counts.n_files++;
	buf_clear(&k->path);
	buf_add(&k->path, f->path, f->n_path);
	k->file_flags = f->flags;
	put_file(&k->body, &with_id);
	if (stream_out_buf(k->to, &k->body, e))
		return -1;
	k->counts.n_bytes += file_is_refused(f->flags, f->text_bytes) ? 0 : f->size_bytes;
	k->counts.n_refused += file_is_refused(f->flags, f->text_bytes);
	k->counts.n_extracted += (f->flags & FILE_EXTRACTED) && !file_is_refused(f->flags, f->text_bytes);
	if (!file_keeps_text(f->flags))
		return 0;
	for (size_t at = 0; at < stored->len;) {
		size_t n = stored->len - at < TEXT_PIECE_MAX ? stored->len - at : TEXT_PIECE_MAX;
		put_text(&k->body, with_id.id, stored->p + at, n);
		if (stream_out_buf(k->to, &k->body, e))
			return -1;
		at += n;
	}
	return 0;
}

int emit_file(struct chunker *k, const struct source *s, const struct rec_file *f,
	      const struct buf *kept, struct err *e)
{
	meta_file(k, f, kept);
	if (!k->up)
		return write_file(k, f, kept, e);
	update_file(k, s, f, kept);
	return 0;
}

int emit_chunk(struct chunker *k, struct rec_chunk *c, struct err *e)
{
	if (meta_before(k, c, e))
		return -1;
	if (!k->up)
		return write_chunk(k, c, &k->meta.written, true, e);
	update_chunk(k->up, c);
	return 0;
}

int emit_file_end(struct chunker *k, struct err *e)
{
	return k->up ? update_file_end(k, e) : 0;
}

/* What is embedded of c: its text after the line that says where it is. */
static void put_context(struct chunker *k, struct rec_chunk *c, const struct meta *m)
{
	buf_clear(&k->embedded);
	context_put(k->context, k->file_flags, k->path.p, k->path.len, m, &k->embedded);
	if (!k->embedded.len)
		return;
	c->n_tokens += k->prose.count(k->prose.ctx, (const char *)k->embedded.p, k->embedded.len);
	if (c->n_tokens > k->max_tokens)
		c->n_tokens = k->max_tokens;	/* a line of odd words: the model cuts the end */
	buf_add(&k->embedded, c->text, c->n_text);
	c->text = (const char *)k->embedded.p;
	c->n_text = k->embedded.len;
}

int write_chunk(struct chunker *k, struct rec_chunk *c, const struct meta *m, bool words,
		struct err *e)
{
	c->id = k->counts.n_chunks++;
	c->file = k->counts.n_files - 1;
	tail_hash(&k->tail, c->text, c->n_text);
	if (!k->up || !k->c->full)	/* else all passages are counted, by their number in the index */
		tail_copy(&k->tail, c->text, c->n_text, c->id);
	if (words)
		count_words(k, c->text, c->n_text, c->id);
	if (k->context)
		put_context(k, c, m);
	k->counts.n_tokens += c->n_tokens;
	put_chunk(&k->body, c);
	return stream_out_buf(k->to, &k->body, e);
}

int emit_tail(struct chunker *k, struct err *e)
{
	size_t n = k->up ? (size_t)k->up->n_all : k->counts.n_chunks;
	return tail_send(&k->tail, n, &k->out, &k->body, e);
}

void count_generated(struct chunker *k, const struct source *s, const char *why)
{
	k->counts.n_generated++;
	if (!k->c->verbose)
		return;
	char *shown = source_shown(k->src, s);
	err_warn("%s: left out: %s", shown, why);
	mem_free(shown);
}

/* ", 3 binary" when there are any. */
static void item(char *s, size_t cap, uint64_t n, const char *what)
{
	size_t used = strlen(s);
	if (n)
		snprintf(s + used, cap - used, "%s%llu %s", used ? ", " : "", (unsigned long long)n,
			 what);
}

void summary(const struct chunker *k)
{
	const struct counts *c = &k->counts;
	char out[600] = "", odd[300] = "";
	item(odd, sizeof odd, c->n_split_words, "words longer than a passage were split");
	item(odd, sizeof odd, c->n_truncated,
	     "records go beyond the model's limit and are cut there");
	item(odd, sizeof odd, c->n_too_big, "files over --max-filesize were left out");
	item(odd, sizeof odd, c->n_over_most, "files over 1G were left out");
	item(odd, sizeof odd, c->n_meta_lost, "places have more than 64 fields of metadata: some were left out");
	if (k->c->verbose)
		item(odd, sizeof odd, c->n_unstructured, "files that ctags gave up are cut by their looks");
	item(odd, sizeof odd, c->n_changed, "files changed while they were read and were left out");
	item(odd, sizeof odd, c->n_no_text, c->n_no_text == 1 ? "document could not be read"
							   : "documents could not be read");
	if (*odd && !k->c->quiet)
		fprintf(stderr, "%s: %s\n", err_prog(), odd);
	if (!k->c->verbose)
		return;
	if (k->up)
		update_summary(k);
	else
		fprintf(stderr, "%s: %llu files, %llu bytes: %llu passages, %llu tokens\n", err_prog(),
		(unsigned long long)(c->n_files - c->n_refused), (unsigned long long)c->n_bytes,
		(unsigned long long)c->n_chunks, (unsigned long long)c->n_tokens);
	item(out, sizeof out, c->n_empty, "without text");
	item(out, sizeof out, c->n_binary, "binary");
	item(out, sizeof out, c->n_ignored, "ignored");
	item(out, sizeof out, c->n_generated, "generated");
	item(out, sizeof out, c->n_symlinks, "symbolic links");
	item(out, sizeof out, c->n_special, "FIFOs, devices or sockets");
	item(out, sizeof out, c->n_other_fs, "on other file systems");
	item(out, sizeof out, c->n_unreadable, "unreadable");
	item(out, sizeof out, c->n_gone, "gone");
	item(out, sizeof out, c->n_twice, "named twice");
	if (*out)
		fprintf(stderr, "%s: left out: %s\n", err_prog(), out);
	if (k->tail.n_copies)
		fprintf(stderr, "%s: %llu passages are copies of earlier ones\n", err_prog(),
			(unsigned long long)k->tail.n_copies);
	if (c->n_repaired)
		fprintf(stderr, "%s: %llu files have broken characters: odd bytes count as U+FFFD\n",
			err_prog(), (unsigned long long)c->n_repaired);
	if (c->n_extracted)
		fprintf(stderr, "%s: %llu documents\n", err_prog(), (unsigned long long)c->n_extracted);
	if (c->n_decoded)
		fprintf(stderr, "%s: %llu files are UTF-16 or Windows-1252\n", err_prog(),
			(unsigned long long)c->n_decoded);
}
