/* leann-bundle text -r: lines back to a stream or an index. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/tmpfile.h"
#include "fmt/stream.h"
#include "fmt/text.h"
#include "fmt/text_index.h"
#include "tool.h"

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
static int put_record(struct stream_out *out, struct reader *rd, struct buf *body, bool *last,
		      struct err *e)
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
	/*
	 * what does not parse or is no record goes out as it is: bad streams are made for
	 * tests, too
	 */
	uint64_t tag = mp_parse(doc, body->p, body->len, &v, &ignored) ? 0 : mp_u64(mp_at(v, 0));
	*last = tag == TAG_END || tag == TAG_FAIL;
	if (tag == TAG_END && mp_len(v) == 3 && mp_type(mp_at(v, 1)) == MP_NIL &&
	    mp_type(mp_at(v, 2)) == MP_NIL)
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
		r = err_set(e, ERR_DATA,
			    "%s: ended without an END line: [127,null,null] is computed", rd->name);
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

int text_reverse(const struct tool_opts *o, const char *path, struct err *e)
{
	static const char index_start[] = "[\"index\"";
	struct reader rd = {.name = path ? path : "stdin"};
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : 0, r;
	bool more;
	if (fd < 0)
		return err_sys(e, "%s", path);
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
