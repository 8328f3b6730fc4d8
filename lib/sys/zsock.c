/* ZeroMQ; the only file that includes zmq.h. See zsock.h. */
#include "sys/zsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "base/mem.h"
#include "base/progress.h"

enum {
	LINGER_MS = 200,		/* ROUTER: for the last replies; DEALER: 0 */
	HWM = 16,			/* messages queued a peer, DEALER */
	/*
	 * libzmq takes note of what a peer has read only now and then (3 million cycles), so a
	 * full queue may be an old truth: more room, and a second look before a reply is lost.
	 */
	ROUTER_HWM = 64,
	ROUTER_WAIT_MS = 100,
	HANDSHAKE_MS = 2000,
	HEARTBEAT_MS = 2000,
	HEARTBEAT_TIMEOUT_MS = 6000,
	RECONNECT_MS = 20,		/* first try; a server that starts is met soon */
	RECONNECT_MAX_MS = 500,
	DEAF_MAX = 16,			/* peers that do not read, remembered */
	FRAMES_MAX = 8,			/* more frames than that are read and dropped */
};

struct zsock {
	void *ctx, *sock, *monitor;	/* monitor: DEALER only */
	char *endpoint;
	bool connected;			/* DEALER: handshake done */
	struct zpeer deaf[DEAF_MAX];	/* ROUTER: were waited for in vain; a ring */
	size_t n_deaf;
};

static int zerr(struct err *e, const struct zsock *z, const char *what)
{
	return err_set(e, ERR_SYS, "%s: %s: %s", z->endpoint, what, zmq_strerror(zmq_errno()));
}

static int set_options(struct zsock *z, bool is_router, size_t max_bytes)
{
	const int hwm = is_router ? ROUTER_HWM : HWM, one = 1;
	const struct {
		int opt, val;
	} ints[] = {
		{ZMQ_LINGER, is_router ? LINGER_MS : 0}, {ZMQ_SNDTIMEO, 0}, {ZMQ_RCVTIMEO, 0},
		{ZMQ_SNDHWM, hwm}, {ZMQ_RCVHWM, hwm}, {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
		{ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS}, {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS},
		{ZMQ_RECONNECT_IVL, RECONNECT_MS}, {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS},
		{ZMQ_IMMEDIATE, 1},
	};
	int64_t max = (int64_t)max_bytes;
	if (is_router && zmq_setsockopt(z->sock, ZMQ_ROUTER_MANDATORY, &one, sizeof one))
		return -1;
	for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
		if (zmq_setsockopt(z->sock, ints[i].opt, &ints[i].val, sizeof ints[i].val))
			return -1;
	return zmq_setsockopt(z->sock, ZMQ_MAXMSGSIZE, &max, sizeof max);
}

/* Connection events of the DEALER arrive on a PAIR socket inside the process. */
static int open_monitor(struct zsock *z)
{
	char name[64];
	int zero = 0;
	snprintf(name, sizeof name, "inproc://leann-monitor-%p", (void *)z);
	if (zmq_socket_monitor(z->sock, name,
			       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED))
		return -1;
	z->monitor = zmq_socket(z->ctx, ZMQ_PAIR);
	if (!z->monitor || zmq_setsockopt(z->monitor, ZMQ_LINGER, &zero, sizeof zero))
		return -1;
	return zmq_connect(z->monitor, name);
}

static int zsock_open(int type, const char *endpoint, size_t max_bytes, struct zsock **out,
		      struct err *e)
{
	struct zsock *z = mem_calloc(1, sizeof *z);
	const char *what = "cannot make a socket";
	z->endpoint = mem_strdup(endpoint);
	z->ctx = zmq_ctx_new();
	z->sock = z->ctx ? zmq_socket(z->ctx, type) : NULL;
	if (!z->sock || set_options(z, type == ZMQ_ROUTER, max_bytes) ||
	    (type == ZMQ_DEALER && open_monitor(z)))
		goto bad;
	what = type == ZMQ_ROUTER ? "cannot listen" : "cannot connect";
	if (type == ZMQ_ROUTER ? zmq_bind(z->sock, endpoint) : zmq_connect(z->sock, endpoint))
		goto bad;
	*out = z;
	return 0;
bad:
	zerr(e, z, what);
	zsock_free(z);
	return -1;
}

int zsock_dealer(const char *endpoint, size_t max_bytes, struct zsock **out, struct err *e)
{
	return zsock_open(ZMQ_DEALER, endpoint, max_bytes, out, e);
}

int zsock_router(const char *endpoint, size_t max_bytes, struct zsock **out, struct err *e)
{
	return zsock_open(ZMQ_ROUTER, endpoint, max_bytes, out, e);
}

void zsock_unbind(struct zsock *z)
{
	zmq_unbind(z->sock, z->endpoint);
}

void zsock_free(struct zsock *z)
{
	if (!z)
		return;
	if (z->monitor) {
		zmq_socket_monitor(z->sock, NULL, 0);
		zmq_close(z->monitor);
	}
	if (z->sock)
		zmq_close(z->sock);
	while (z->ctx && zmq_ctx_term(z->ctx) && zmq_errno() == EINTR)
		;
	mem_free(z->endpoint);
	mem_free(z);
}

/* Drain the monitor: an event is two frames, the first starts with its number (u16, native). */
static bool read_monitor(struct zsock *z)
{
	uint8_t head[16], where[256];
	bool lost = false;
	for (;;) {
		int n = zmq_recv(z->monitor, head, sizeof head, ZMQ_DONTWAIT);
		uint16_t event;
		if (n < 0 || zmq_recv(z->monitor, where, sizeof where, ZMQ_DONTWAIT) < 0)
			return lost;
		if (n < 2)
			continue;
		memcpy(&event, head, 2);
		if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
			z->connected = true;
		} else if (event == ZMQ_EVENT_DISCONNECTED) {
			lost = lost || z->connected;
			z->connected = false;
		}
	}
}

/* Milliseconds to poll for, rounded up; -1 is for ever. */
static long poll_ms(double left_s)
{
	if (left_s < 0)
		return -1;
	return left_s > 1e6 ? 1000000000 : (long)(left_s * 1000 + .999);
}

int zsock_wait(struct zsock *z, int fd, bool want_room, double timeout_s, unsigned *got,
	       struct err *e)
{
	zmq_pollitem_t it[3] = {
		{.socket = z->sock, .events = ZMQ_POLLIN | (want_room ? ZMQ_POLLOUT : 0)}};
	int n = 1, i_fd = 0, i_mon = 0;
	*got = ZEVENT_NONE;
	if (fd >= 0) {
		it[i_fd = n++] = (zmq_pollitem_t){.fd = fd, .events = ZMQ_POLLIN};
	}
	if (z->monitor)
		it[i_mon = n++] = (zmq_pollitem_t){.socket = z->monitor, .events = ZMQ_POLLIN};
	if (zmq_poll(it, n, poll_ms(timeout_s)) < 0)
		return zmq_errno() == EINTR ? 0 : zerr(e, z, "poll");
	if (it[0].revents & ZMQ_POLLIN)
		*got |= ZEVENT_MESSAGE;
	if (it[0].revents & ZMQ_POLLOUT)
		*got |= ZEVENT_ROOM;
	if (i_fd && it[i_fd].revents)
		*got |= ZEVENT_FD;
	if (i_mon && it[i_mon].revents && read_monitor(z))
		*got |= ZEVENT_LOST;
	return 0;
}

/* One frame: the peer's name, the empty delimiter or data; further data is only counted. */
static void take_frame(struct zmsg *m, bool is_router, size_t i, const void *p, size_t n)
{
	size_t i_data = is_router ? i - 1 : i;
	if (is_router && i == 0) {
		m->from.n_id = n < sizeof m->from.id ? n : 0;	/* ZeroMQ: at most 255 bytes */
		memcpy(m->from.id, p, m->from.n_id);
	} else if (i_data == 0 && n == 0) {
		m->from.delim = true;
	} else if (m->n_frames++ == 0) {
		buf_add(&m->body, p, n);
	}
}

int zsock_recv(struct zsock *z, struct zmsg *m, struct err *e)
{
	bool is_router = !z->monitor;
	buf_clear(&m->body);
	m->n_frames = 0;
	m->from.n_id = 0;
	m->from.delim = false;
	for (size_t i = 0;; i++) {
		zmq_msg_t f;
		zmq_msg_init(&f);
		int n;
		do
			n = zmq_msg_recv(&f, z->sock, ZMQ_DONTWAIT);
		while (n < 0 && zmq_errno() == EINTR);
		if (n < 0) {
			zmq_msg_close(&f);
			return zmq_errno() == EAGAIN && !i ? 0 : zerr(e, z, "receive");
		}
		if (i < FRAMES_MAX)
			take_frame(m, is_router, i, zmq_msg_data(&f), zmq_msg_size(&f));
		bool more = zmq_msg_more(&f);
		zmq_msg_close(&f);
		if (!more)
			return 1;
	}
}

static int send_frame(struct zsock *z, const void *p, size_t n, bool more)
{
	int r;
	do
		r = zmq_send(z->sock, p, n, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
	while (r < 0 && zmq_errno() == EINTR);
	return r;
}

static struct zpeer *find_deaf(struct zsock *z, const struct zpeer *to)
{
	for (size_t i = 0; i < DEAF_MAX; i++)
		if (z->deaf[i].n_id == to->n_id && !memcmp(z->deaf[i].id, to->id, to->n_id))
			return &z->deaf[i];
	return NULL;
}

/*
 * Name the peer; its queue may look full until libzmq has seen what it read. Who was waited for
 * in vain is not waited for again before it has read: it would hold up everybody else.
 */
static int send_peer(struct zsock *z, const struct zpeer *to)
{
	const struct timespec nap = {0, 1000 * 1000};
	for (int ms = 0;; ms++) {
		int events, r = send_frame(z, to->id, to->n_id, true);
		size_t n_events = sizeof events;
		struct zpeer *deaf = find_deaf(z, to);
		if (r >= 0 && deaf)
			deaf->n_id = 0;
		if (r >= 0 || zmq_errno() != EAGAIN || deaf)
			return r;
		if (ms == ROUTER_WAIT_MS) {
			z->deaf[z->n_deaf++ % DEAF_MAX] = *to;
			return r;
		}
		nanosleep(&nap, NULL);
		if (zmq_getsockopt(z->sock, ZMQ_EVENTS, &events, &n_events))
			return -1;
	}
}

/* What stands before the data of a message to that peer. */
static int send_start(struct zsock *z, const struct zpeer *to)
{
	int r = to ? send_peer(z, to) : 0;
	return r >= 0 && to && to->delim ? send_frame(z, "", 0, true) : r;
}

static int sent(struct zsock *z, int r, struct err *e)
{
	if (r < 0 && (zmq_errno() == EAGAIN || zmq_errno() == EHOSTUNREACH))
		return 0;
	return r < 0 ? zerr(e, z, "send") : 1;
}

int zsock_send(struct zsock *z, const struct zpeer *to, const void *p, size_t n, struct err *e)
{
	int r = send_start(z, to);
	if (r >= 0)
		r = send_frame(z, p, n, false);
	return sent(z, r, e);
}

/* By a thread of libzmq, when the message has left. */
static void free_bytes(void *p, void *hint)
{
	(void)hint;
	mem_free(p);
}

int zsock_send_buf(struct zsock *z, const struct zpeer *to, struct buf *b, struct err *e)
{
	zmq_msg_t m;
	size_t n = b->len;
	uint8_t *p = buf_detach(b);
	if (zmq_msg_init_data(&m, p, n, free_bytes, NULL)) {
		mem_free(p);
		return zerr(e, z, "send");
	}
	int r = send_start(z, to);
	while (r >= 0 && (r = zmq_msg_send(&m, z->sock, ZMQ_DONTWAIT)) < 0 &&
	       zmq_errno() == EINTR)
		r = 0;
	r = sent(z, r, e);
	zmq_msg_close(&m);
	return r;
}
