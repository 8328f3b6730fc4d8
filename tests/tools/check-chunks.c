/*
 * check-chunks: a chunk stream on stdin against the files it names.
 *
 * Every chunk's text is its bytes on disk (repaired), its lines are right, chunks of a file come
 * in order, nothing with a token lies between them (without overlap), no token limit is exceeded and
 * every count is what the tokenizer says of the text. Prints what was seen; one line and 1 otherwise.
 *
 *	leann-chunk DIR | check-chunks MODEL_DIR [--overlap]
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algo/licence.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "nn/model.h"
#include "nn/tok.h"
#include "sys/jsonl.h"

struct seen {
	struct stream_in in;
	struct rec_check c;
	struct rec_file f;
	char path[9000];
	struct buf bytes, fixed, text, id;
	uint64_t end;			/* of the latest chunk of the file */
	uint64_t line, line_off;	/* line number of a byte */
	bool overlap, truncated;
	struct tok *tok;
	struct model_info model;
	uint64_t max_tokens, n_tokens, n_small, n_text;
	uint64_t fill[11];		/* chunks by tenths of the limit */
};

static _Noreturn void bad(const struct seen *s, const char *what, const struct rec_chunk *k)
{
	printf("BAD %s: %s", s->path, what);
	if (k)
		printf(" (chunk %llu, bytes %llu+%llu, lines %llu-%llu, %llu tokens)",
		       (unsigned long long)k->id, (unsigned long long)k->off_bytes,
		       (unsigned long long)k->len_bytes, (unsigned long long)k->first_line,
		       (unsigned long long)k->last_line, (unsigned long long)k->n_tokens);
	putchar('\n');
	exit(1);
}

static bool all_space(const uint8_t *p, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (!strchr(" \t\r\n\f\v", p[i]) || !p[i])
			return false;
	return true;
}

/* Nothing that the model could see. */
static bool no_tokens(const struct seen *s, uint64_t from, uint64_t to)
{
	return all_space(s->bytes.p + from, to - from) ||
	       !tok_count(s->tok, (char *)s->bytes.p + from, to - from);
}

/* Lines and blanks are not seen in its bytes. */
static bool is_utf16(const struct seen *s)
{
	enum encoding enc = file_encoding(s->f.flags);
	return enc == ENC_UTF16LE || enc == ENC_UTF16BE;
}

static void file_end(struct seen *s)
{
	if (s->c.n_files && !s->overlap && !(s->f.flags & FILE_RECORDS) && !is_utf16(s) &&
	    !no_tokens(s, s->end, s->bytes.len))
		bad(s, "text after the last chunk", NULL);
}

static void on_file(struct seen *s, const struct stream_rec *r, struct err *e)
{
	struct buf root = BUF_INIT;
	size_t n;
	file_end(s);
	if (rec_file(&s->c, r, &s->f, e))
		err_die(e);
	buf_clear(&s->bytes);
	snprintf(s->path, sizeof s->path, "(stored)");
	if (!file_keeps_text(s->f.flags)) {
		if (shead_bin_at(&s->in.head, "roots", s->f.root, &root, &n, e))
			err_die(e);
		snprintf(s->path, sizeof s->path, "%s/%.*s", (char *)root.p, (int)s->f.n_path,
			 (const char *)s->f.path);
		if (file_slurp(s->path, (size_t)1 << 30, &s->bytes, e))
			err_die(e);
		if (hash64(s->bytes.p, s->bytes.len) != s->f.hash ||
		    s->bytes.len != s->f.size_bytes)
			bad(s, "hash or size differs", NULL);
	}
	buf_release(&root);
	s->end = s->line_off = 0;
	s->line = 1;
}

static uint64_t line_of(struct seen *s, uint64_t off)
{
	if (off < s->line_off) {
		s->line = 1;
		s->line_off = 0;
	}
	for (; s->line_off < off; s->line_off++)
		s->line += s->bytes.p[s->line_off] == '\n';
	return s->line;
}

static void check_lines(struct seen *s, const struct rec_chunk *k)
{
	uint64_t last = k->off_bytes + k->len_bytes;
	while (last > k->off_bytes && all_space(s->bytes.p + last - 1, 1))
		last--;
	if (k->first_line != line_of(s, k->off_bytes) || last == k->off_bytes ||
	    k->last_line != line_of(s, last - 1))
		bad(s, "line numbers", k);
	/* before the first passage a licence may have been left out */
	if (!s->end && licence_end(STYLE_CODE, (char *)s->bytes.p, s->bytes.len) == k->off_bytes)
		s->end = k->off_bytes;
	if (k->off_bytes < s->end ? !s->overlap : !no_tokens(s, s->end, k->off_bytes))
		bad(s, "overlap or gap", k);
	if (k->off_bytes + k->len_bytes <= s->end)
		bad(s, "no progress", k);
	s->end = k->off_bytes + k->len_bytes;
}

static void check_text(struct seen *s, const struct rec_chunk *k, struct err *e)
{
	const char *want;
	size_t n;
	buf_clear(&s->fixed);
	if (s->f.flags & FILE_RECORDS) {
		if (record_text(s->bytes.p + k->off_bytes, k->len_bytes, &s->text, &s->id, e))
			err_die(e);
		want = (char *)s->text.p + k->sub_off_bytes;
		n = k->sub_len_bytes ? k->sub_len_bytes : s->text.len - k->sub_off_bytes;
		if (!k->ext_id || k->n_ext_id != s->id.len || memcmp(k->ext_id, s->id.p, s->id.len))
			bad(s, "id of the record", k);
	} else {
		decode_span(&s->fixed, file_encoding(s->f.flags), s->bytes.p + k->off_bytes, k->len_bytes);
		want = (char *)s->fixed.p;
		n = s->fixed.len;
		if (!is_utf16(s))
			check_lines(s, k);
	}
	if (n != k->n_text || memcmp(want, k->text, n))
		bad(s, "text is not the bytes", k);
}

static void on_chunk(struct seen *s, const struct stream_rec *r, struct err *e)
{
	struct rec_chunk k;
	if (rec_chunk(&s->c, r, &k, e))
		err_die(e);
	check_text(s, &k, e);
	uint64_t t = tok_count(s->tok, k.text, k.n_text) + 2 +
		     tok_count(s->tok, s->model.document_prefix, strlen(s->model.document_prefix));
	if (s->truncated && t > s->max_tokens)
		t = s->max_tokens;
	if (t != k.n_tokens) {
		printf("tokenizer: %llu; ", (unsigned long long)t);
		bad(s, "tokens", &k);
	}
	if (k.n_tokens > s->max_tokens || k.n_tokens < 3)
		bad(s, "limit", &k);
	s->n_tokens += k.n_tokens;
	s->n_text += k.n_text;
	s->n_small += k.n_tokens < 18;
	s->fill[10 * k.n_tokens / s->max_tokens]++;
}

int main(int argc, char **argv)
{
	static struct seen s;
	struct stream_rec r;
	struct err e;
	int more;
	const uint8_t *p;
	size_t n;
	prog_start(argv[0]);
	if (argc < 2)
		err_usage_die("want the model's directory");
	for (int i = 2; i < argc; i++) {
		s.overlap |= !strcmp(argv[i], "--overlap");
		s.truncated |= !strcmp(argv[i], "--truncate");
	}
	if (tok_open(argv[1], &s.tok, &e) || model_info_read(argv[1], &s.model, &e) ||
	    stream_in_open(&s.in, 0, "stdin", "chunks", &e) || rec_check_init(&s.c, &s.in, &e) ||
	    shead_u64(&s.in.head, "chunk_max_tokens", 0, 1 << 20, &s.max_tokens, &e))
		err_die(&e);
	while ((more = stream_in_next(&s.in, &r, &e)) > 0) {
		if (r.tag == TAG_FILE)
			on_file(&s, &r, &e);
		else if (r.tag == TAG_TEXT && !rec_text(&s.c, &r, &p, &n, &e))
			buf_add(&s.bytes, p, n);
		else if (r.tag == TAG_CHUNK)
			on_chunk(&s, &r, &e);
		else if ((r.tag != TAG_TERMS && r.tag != TAG_HASHES && r.tag != TAG_META && r.tag != TAG_COPIES) ||
			 rec_any(&s.c, &r, &e))
			bad(&s, "record", NULL);
	}
	if (more < 0 || rec_check_end(&s.c, &e))
		err_die(&e);
	file_end(&s);
	printf("%llu files, %llu chunks, %llu tokens, %llu bytes, %llu under 16 tokens; by tenths:",
	       (unsigned long long)s.c.n_files, (unsigned long long)s.c.n_chunks,
	       (unsigned long long)s.n_tokens, (unsigned long long)s.n_text,
	       (unsigned long long)s.n_small);
	for (int i = 0; i <= 10; i++)
		printf(" %llu", (unsigned long long)s.fill[i]);
	putchar('\n');
	buf_release(&s.bytes);
	buf_release(&s.fixed);
	buf_release(&s.text);
	buf_release(&s.id);
	tok_free(s.tok);
	stream_in_release(&s.in);
	close_stdout_die();
	return 0;
}
