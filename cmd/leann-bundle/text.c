/* leann-bundle text: a stream or an index as lines, and back. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/tmpfile.h"
#include "base/utf8.h"
#include "fmt/bundle_manifest.h"
#include "fmt/record.h"
#include "fmt/text.h"
#include "fmt/text_index.h"
#include "tool.h"

struct lines {
	struct fdout out;
	struct buf safe;
	bool tty;
};

/* JSON allows any character as \uXXXX: those that drive a terminal are written so on one. */
static void make_safe(struct buf *out, const struct buf *in)
{
	buf_clear(out);
	for (size_t i = 0; i < in->len;) {
		uint32_t cp;
		size_t k = utf8_get(in->p + i, in->len - i, &cp);
		if (k && is_control(cp))
			buf_printf(out, "\\u%04x", cp);
		else
			buf_add(out, in->p + i, k ? k : 1);
		i += k ? k : 1;
	}
}

static int put_line(void *ctx, const struct buf *line, struct err *e)
{
	struct lines *l = ctx;
	if (l->tty) {
		make_safe(&l->safe, line);
		line = &l->safe;
	}
	return fdout_add(&l->out, line->p, line->len, e) || fdout_add(&l->out, "\n", 1, e) ? -1 : 0;
}

/* The header and END are records like others here: they are parsed once more for the values. */
static int put_body(struct lines *l, const uint8_t *raw, size_t n, struct err *e)
{
	struct mp_doc *doc = mp_new();
	const struct mp *v;
	struct buf line = BUF_INIT;
	int r = mp_parse(doc, raw, n, &v, e);
	if (!r) {
		text_line(v, raw, n, &line);
		r = put_line(l, &line, e);
	}
	buf_release(&line);
	mp_free(doc);
	return r;
}

static int stream_lines(struct stream_in *in, struct lines *l, struct err *e)
{
	struct rec_check c;
	struct stream_rec r;
	struct buf line = BUF_INIT;
	int k;
	if (rec_check_init(&c, in, e) || put_body(l, in->body.p, in->body.len, e))
		return -1;
	while ((k = stream_in_next(in, &r, e)) > 0) {
		buf_clear(&line);
		text_line(r.v, r.raw, r.n_raw, &line);
		if (rec_any(&c, &r, e) || put_line(l, &line, e)) {
			k = -1;
			break;
		}
	}
	if (!k && (rec_check_end(&c, e) || put_body(l, in->body.p, in->body.len, e)))
		k = -1;
	buf_release(&line);
	return k;
}

static int stream_text(int fd, const char *name, struct lines *l, struct err *e)
{
	struct stream_in in;
	struct err ignored;
	int r = -1;
	if (stream_in_open(&in, fd, name, NULL, e) == 0) {
		in.in.tie = &l->out;
		r = stream_lines(&in, l, e);
	}
	/* the lines before an error are what one wants to see */
	if (r && fdout_flush(&l->out, &ignored))
		r = -1;
	stream_in_release(&in);
	return r;
}

/* Does the file begin as an index does? */
static bool is_index(int fd)
{
	char head[sizeof MANIFEST_NAME];
	size_t got;
	struct err ignored;
	return fd_pread(fd, "", head, sizeof head, 0, &got, &ignored) == 0 && got == sizeof head &&
	       !memcmp(head, MANIFEST_NAME, sizeof head);
}

static int to_text(const char *path, struct err *e)
{
	struct lines l = {.tty = isatty(1)};
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : 0, r;
	if (fd < 0)
		return err_sys(e, "%s", path);
	fdout_init(&l.out, 1, "stdout");
	if (is_index(fd)) {
		struct index ix;
		r = index_open_fd(&ix, fd, path ? path : "stdin", e) ? -1 : text_index_lines(&ix, put_line, &l, e);
		index_close(&ix);
	} else {
		r = stream_text(fd, path ? path : "stdin", &l, e);
	}
	if (!r)
		r = fdout_flush(&l.out, e);
	fdout_release(&l.out);
	buf_release(&l.safe);
	return r;
}

/* Where the lines come from, and the latest one. */
struct reader {
	struct fdin in;
	const char *name;
	struct buf line;
	uint64_t n;
	char where[600];
};

static int next_line(struct reader *rd, bool *more, struct err *e)
{
	if (fdin_line(&rd->in, '\n', TEXT_LINE_MAX, &rd->line, more, e))
		return -1;
	snprintf(rd->where, sizeof rd->where, "%s:%" PRIu64, rd->name, ++rd->n);
	return 0;
}

/* One body into the stream; *last is set by END and by a failure record. */
static int put_record(struct stream_out *out, struct reader *rd, struct buf *body, bool *last, struct err *e)
{
	struct mp_doc *doc = mp_new();
	const struct mp *v = NULL;
	struct err ignored;
	int r = 0;
	buf_clear(body);
	if (text_body(rd->line.p, rd->line.len, rd->where, body, e)) {
		mp_free(doc);
		return -1;
	}
	/* what does not parse or is no record goes out as it is: bad streams are made for tests, too */
	uint64_t tag = mp_parse(doc, body->p, body->len, &v, &ignored) ? 0 : mp_u64(mp_at(v, 0));
	*last = tag == TAG_END || tag == TAG_FAIL;
	if (tag == TAG_END && mp_len(v) == 3 && mp_type(mp_at(v, 1)) == MP_NIL && mp_type(mp_at(v, 2)) == MP_NIL)
		r = stream_out_end(out, e);
	else
		r = stream_out_buf(out, body, e);
	mp_free(doc);
	return r;
}

static int reverse_stream(struct reader *rd, int fd, const char *name, struct err *e)
{
	struct stream_out out;
	struct buf body = BUF_INIT;
	bool more = true, last = false;
	int r = 0;
	if (isatty(fd))
		return err_set(e, ERR_USAGE, "%s is a terminal: a leann stream is binary", name);
	stream_out_open(&out, fd, name);
	while (!r && more) {
		if (last)
			r = err_set(e, ERR_DATA, "%s: a line after END", rd->where);
		else
			r = put_record(&out, rd, &body, &last, e);
		if (!r)
			r = next_line(rd, &more, e);
	}
	if (!r && !last)
		r = err_set(e, ERR_DATA, "%s: ended without an END line: [127,null,null] is computed", rd->name);
	if (!r)
		r = fdout_flush(&out.out, e);
	if (r)
		stream_out_fail(&out, e);
	stream_out_release(&out);
	buf_release(&body);
	return r;
}

static int reverse_to_file(struct reader *rd, const char *path, struct err *e)
{
	struct tmpout t;
	if (tmpout_open(&t, path, e))
		return -1;
	int r = reverse_stream(rd, t.fd, path, e);
	if (!r)
		return tmpout_commit(&t, e);
	tmpout_abandon(&t);
	return r;
}

static int reverse_index(struct reader *rd, const struct tool_opts *o, struct err *e)
{
	struct text_index *t = text_index_new();
	struct bundle_part part[BUNDLE_MEMBERS_MAX];
	const struct js *extra;
	size_t n_parts;
	bool more = true;
	int r = 0;
	if (!o->out)
		r = err_set(e, ERR_USAGE, "the lines are an index: name its file with -o FILE");
	while (!r && more) {
		r = text_index_line(t, rd->line.p, rd->line.len, rd->where, e);
		if (!r)
			r = next_line(rd, &more, e);
	}
	if (!r && text_index_parts(t, &extra, part, &n_parts, e))
		r = err_prefix(e, "%s", rd->name);
	if (!r)
		r = publish_checked(o->out, o->wait_s, extra, part, n_parts, e);
	text_index_free(t);
	return r;
}

int cmd_text(const struct tool_opts *o, char **args, struct err *e)
{
	if (!o->reverse)
		return to_text(args[0], e);
	static const char index_start[] = "[\"index\"";
	struct reader rd = {.name = args[0] ? args[0] : "stdin"};
	int fd = args[0] ? open(args[0], O_RDONLY | O_CLOEXEC) : 0, r;
	bool more;
	if (fd < 0)
		return err_sys(e, "%s", args[0]);
	fdin_init(&rd.in, fd, rd.name);
	r = next_line(&rd, &more, e);
	if (!r && !more)
		r = err_set(e, ERR_DATA, "%s: empty", rd.name);
	if (!r && rd.line.len > 8 && !memcmp(rd.line.p, index_start, 8))
		r = reverse_index(&rd, o, e);
	else if (!r)
		r = o->out ? reverse_to_file(&rd, o->out, e) : reverse_stream(&rd, 1, "stdout", e);
	fdin_release(&rd.in);
	buf_release(&rd.line);
	return r;
}
