/* A ctags that serves; see ctags.h. Its protocol is in ctags-json-output(5), ctags(1) --_interactive. */
#define _GNU_SOURCE	/* prlimit, SOCK_CLOEXEC */
#include "sys/ctags.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/js.h"
#include "base/mem.h"
#include "base/progress.h"
#include "sys/spawn.h"

enum {
	START_S = 5,			/* until it says who it is */
	FILE_S = 10,			/* for a file: a hundred times what a large one takes */
	LINE_MAX_BYTES = 1 << 20,
	SAID_MAX = 64 << 20,		/* for a file */
	MEMORY_MAX = 1 << 30,
	FIELD_MAX = 4096,
};

static int start_program(struct ctags *c, int fd, struct err *e)
{
	char *argv[] = {(char *)(uintptr_t)c->prog, (char *)(uintptr_t)"--options=NONE",
			(char *)(uintptr_t)"--fields=NnKeZp", (char *)(uintptr_t)c->mode, NULL};
	if (spawn_start(&(struct spawn){argv, fd, fd, SPAWN_NULL, false}, &c->pid))
		return err_sys(e, "%s", c->prog);
	return 0;
}

static void stop(struct ctags *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		spawn_wait(c->pid);
	}
	c->pid = 0;
	buf_clear(&c->in);
	c->at = 0;
}

/* What is to be sent: head, then text. */
struct outgoing {
	const char *head, *text;
	size_t n_head, n_text, at;
};

static int send_some(struct ctags *c, struct outgoing *o)
{
	bool head = o->at < o->n_head;
	const char *p = head ? o->head + o->at : o->text + (o->at - o->n_head);
	size_t n = head ? o->n_head - o->at : o->n_head + o->n_text - o->at;
	ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (k < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	o->at += (size_t)k;
	return 0;
}

static int receive_some(struct ctags *c)
{
	buf_reserve(&c->in, 64 << 10);
	ssize_t k = recv(c->fd, c->in.p + c->in.len, 64 << 10, MSG_DONTWAIT);
	if (k < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	c->in.len += (size_t)k;
	return k ? 0 : -1;
}

/* The next line, without its end, while o is being sent; -1: none by then. */
static int next_line(struct ctags *c, struct outgoing *o, double deadline_s, const char **line,
		     size_t *n)
{
	for (size_t looked = c->at;;) {
		const uint8_t *lf = c->in.len > looked
					    ? memchr(c->in.p + looked, '\n', c->in.len - looked) : NULL;
		if (lf) {
			*line = (const char *)c->in.p + c->at;
			*n = (size_t)(lf - c->in.p) - c->at;
			c->at += *n + 1;
			return 0;
		}
		if (c->in.len - c->at > LINE_MAX_BYTES)
			return -1;
		if (c->at) {	/* what was read is forgotten where it makes room */
			memmove(c->in.p, c->in.p + c->at, c->in.len - c->at);
			c->in.len -= c->at;
			c->at = 0;
		}
		looked = c->in.len;
		bool more = o && o->at < o->n_head + o->n_text;
		struct pollfd p = {c->fd, (short)(POLLIN | (more ? POLLOUT : 0)), 0};
		double left = deadline_s - now_s();
		int got = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || ((p.revents & POLLOUT) && send_some(c, o)) ||
		    ((p.revents & (POLLIN | POLLHUP | POLLERR)) && receive_some(c)))
			return -1;
	}
}

/* The first line: {"_type": "program", "name": "Universal Ctags", "version": "5.9.0"}. */
static int greeted(struct ctags *c)
{
	const char *line;
	size_t n;
	struct js *j = NULL;
	struct err ignored;
	if (next_line(c, NULL, now_s() + START_S, &line, &n) || js_parse(line, n, c->prog, &j, &ignored))
		return -1;
	const char *type = js_str(js_get(j, "_type"), NULL), *v = js_str(js_get(j, "version"), NULL);
	bool good = type && v && !strcmp(type, "program") && strlen(v) < sizeof c->version;
	for (const char *p = good ? v : ""; *p; p++)
		good &= *p > ' ' && *p < 0x7f;
	if (good)
		memcpy(c->version, v, strlen(v) + 1);
	js_free(j);
	return good ? 0 : -1;
}

static int start(struct ctags *c, struct err *e)
{
	int fd[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return err_sys(e, "socketpair");
	c->fd = fd[0];
	int r = start_program(c, fd[1], e);
	close(fd[1]);
	if (!r) {
		const struct rlimit most = {MEMORY_MAX, MEMORY_MAX}, none = {0, 0};
		prlimit(c->pid, RLIMIT_AS, &most, NULL);
		prlimit(c->pid, RLIMIT_CORE, &none, NULL);
	} else {
		c->pid = 0;
	}
	if (r || greeted(c)) {
		stop(c);
		return r ? r : err_set(e, ERR_SYS, "%s: no Universal Ctags with JSON", c->prog);
	}
	return 0;
}

int ctags_open(struct ctags *c, struct err *e)
{
	static const char *const progs[] = {"ctags", "ctags-universal", "universal-ctags"};
	static const char *const modes[] = {"--_interactive=sandbox", "--_interactive"};
	for (size_t i = 0; i < sizeof progs / sizeof *progs; i++)
		for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
			c->prog = progs[i];
			c->mode = modes[k];
			if (!start(c, e))
				return 0;
		}
	c->prog = NULL;
	return err_set(e, ERR_SYS, "universal-ctags is not installed");
}

static const char *field(const struct js *j, const char *key)
{
	size_t n;
	const char *s = js_str(js_get(j, key), &n);
	bool good = s && n < FIELD_MAX && strlen(s) == n;
	for (size_t i = 0; good && i < n; i++)
		good = (unsigned char)s[i] >= ' ' && s[i] != 0x7f;
	return good ? s : "";
}

static size_t number(const struct js *j, const char *key)
{
	int64_t v = js_int(js_get(j, key));
	return v > 0 && v <= INT32_MAX ? (size_t)v : 0;
}

/* One line: 0 go on, 1 the file is done, -1 nothing that can be understood. */
static int take(const char *line, size_t n, void (*put)(void *ctx, const struct ctag *t), void *ctx)
{
	struct js *j;
	struct err ignored;
	if (js_parse(line, n, "ctags", &j, &ignored))
		return -1;
	const char *type = field(j, "_type");
	int r = !strcmp(type, "completed") ? 1 : !strcmp(type, "error") ? -1 : 0;
	if (!strcmp(type, "tag")) {
		struct ctag t = {number(j, "line"), number(j, "end"), field(j, "name"),
				 field(j, "kind"), field(j, "scope"), field(j, "scopeKind")};
		if (t.line && *t.name && *t.kind)
			put(ctx, &t);
	}
	js_free(j);
	return r;
}

int ctags_file(struct ctags *c, const char *name, const void *text, size_t n,
	       void (*put)(void *ctx, const struct ctag *t), void *ctx)
{
	char head[256];
	const char *line;
	struct err ignored;
	size_t len, said = 0, n_lines = 0;
	int r = 0;
	if (!c->prog || n > CTAGS_TEXT_MAX || (c->fd < 0 && start(c, &ignored)))
		return -1;
	int k = snprintf(head, sizeof head,
			 "{\"command\":\"generate-tags\",\"filename\":\"%s\",\"size\":%zu}\n", name, n);
	struct outgoing o = {head, text, (size_t)k, n, 0};
	double deadline_s = now_s() + FILE_S;
	while (!r && !next_line(c, &o, deadline_s, &line, &len)) {
		said += len;
		if (said > SAID_MAX || n_lines++ > CTAGS_TAGS_MAX)
			break;
		r = take(line, len, put, ctx);
	}
	if (r > 0 && o.at == o.n_head + o.n_text)
		return 0;
	stop(c);
	return -1;
}

void ctags_close(struct ctags *c)
{
	stop(c);
	buf_release(&c->in);
	*c = (struct ctags)CTAGS_INIT;
}
