/* Messages on stdin, answers on stdout; see session.h. */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "lanes.h"
#include "sys/stop.h"

struct session {
	const struct mcp *m;
	struct mcp_session agreed;
	struct lanes *lanes;
};

static void too_long(struct session *s)
{
	struct buf line = BUF_INIT;
	mcp_error(NULL, MCP_INVALID_REQUEST, "the limit of a message is 1 MiB", &line);
	lanes_send(s->lanes, &line);
	buf_release(&line);
}

static void take_line(struct session *s, const uint8_t *p, size_t n)
{
	struct mcp_message msg;
	struct buf line = BUF_INIT;
	while (n && (p[n - 1] == '\r' || p[n - 1] == ' '))
		n--;
	if (!n)
		return;
	if (n > MCP_MESSAGE_MAX) {
		too_long(s);
		return;
	}
	mcp_read(p, n, &msg);
	bool slow = msg.kind == MCP_CALL || msg.kind == MCP_BUILD;
	if (slow && lanes_push(s->lanes, &msg, s->agreed))
		return;
	if (slow)
		mcp_error(msg.id, MCP_BUSY, "too many requests wait: try again later", &line);
	else if (msg.kind == MCP_QUICK)
		mcp_answer(s->m, &s->agreed, NULL, NULL, &msg, &line);	/* asks no index */
	else if (msg.id)
		lanes_cancel(s->lanes, msg.id);
	lanes_send(s->lanes, &line);
	buf_release(&line);
	mcp_message_release(&msg);
}

/* What is whole of in; *skip: a line was too long, the rest of it is dropped. */
static void take_lines(struct session *s, struct buf *in, bool *skip)
{
	size_t at = 0;
	for (uint8_t *lf; at < in->len && (lf = memchr(in->p + at, '\n', in->len - at));
	     at = (size_t)(lf - in->p) + 1) {
		if (!*skip)
			take_line(s, in->p + at, (size_t)(lf - in->p) - at);
		*skip = false;
	}
	if (at)
		memmove(in->p, in->p + at, in->len - at);
	in->len -= at;
	if (in->len > MCP_MESSAGE_MAX || *skip) {
		if (!*skip)
			too_long(s);
		*skip = true;
		in->len = 0;
	}
}

/* Until stdin ends. */
static int read_all(struct session *s, struct err *e)
{
	struct buf in = BUF_INIT;
	bool skip = false;
	size_t got = 1;
	int r = 0;
	while (!r && got && !lanes_failed(s->lanes)) {
		buf_reserve(&in, 1 << 16);
		r = fd_read_some(STDIN_FILENO, "stdin", in.p + in.len, 1 << 16, &got, e);
		if (!r)
			in.len += got;
		take_lines(s, &in, &skip);
	}
	if (!r && !skip)	/* a last line without LF */
		take_line(s, in.p, in.len);
	buf_release(&in);
	return r;
}

struct stopper {
	int fd;
	struct builder *builder;
};

/* Ends the program when a signal says so, whoever waits then: for a client that reads nothing, for a search. */
static void *stop_when_told(void *arg)
{
	const struct stopper *s = arg;
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	while (poll(&p, 1, -1) < 0)
		;
	if (s->builder)
		builder_stop(s->builder);
	lanes_close();
	_exit(0);
}

int session_run(const struct mcp *m, struct catalog *c, const struct leann_options *o, struct err *e)
{
	struct session s = {.m = m, .agreed = {MCP_NONE}};
	struct stopper stopper = {.builder = m->builder};
	pthread_t thread;
	struct err why;
	if (stop_fd_open(&stopper.fd, e))
		return -1;
	s.lanes = lanes_new(m, c, o, e);
	if (!s.lanes)
		return -1;
	errno = pthread_create(&thread, NULL, stop_when_told, &stopper);
	if (errno)
		return err_sys(e, "cannot start a thread");
	int r = read_all(&s, e);
	if (lanes_finish(s.lanes, &why) && !r) {
		*e = why;
		r = -1;
	}
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	close(stopper.fd);
	return r;
}
