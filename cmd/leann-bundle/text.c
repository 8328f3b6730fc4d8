/* leann-bundle text: a stream or an index as lines. Back: text_reverse.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
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

/* Does the file begin as an index does? A pipe does not. -1: it cannot be read. */
static int is_index(int fd, const char *name, struct err *e)
{
	char head[sizeof MANIFEST_NAME];
	size_t got;
	if (fd_pread(fd, name, head, sizeof head, 0, &got, e))
		return errno == ESPIPE ? 0 : -1;
	return got == sizeof head && !memcmp(head, MANIFEST_NAME, sizeof head);
}

static int to_text(const char *path, struct err *e)
{
	struct lines l = {.tty = isatty(1)};
	const char *name = path ? path : "stdin";
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : 0, r;
	if (fd < 0)
		return err_sys(e, "%s", path);
	int kind = is_index(fd, name, e);
	if (kind < 0)
		return -1;
	fdout_init(&l.out, 1, "stdout");
	if (kind) {
		struct index ix;
		r = index_open_fd(&ix, fd, name, e) ? -1 : text_index_lines(&ix, put_line, &l, e);
		index_close(&ix);
	} else {
		r = stream_text(fd, name, &l, e);
	}
	if (!r)
		r = fdout_flush(&l.out, e);
	fdout_release(&l.out);
	buf_release(&l.safe);
	return r;
}

int cmd_text(const struct tool_opts *o, char **args, struct err *e)
{
	return o->reverse ? text_reverse(o, args[0], e) : to_text(args[0], e);
}
