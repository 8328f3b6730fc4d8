/*
 * badpeer ENDPOINT BEHAVIOUR [K]: an embedding server that answers "info" and K
 * "embed" requests as it should (model "bad", 8 floats, every row a unit vector) and
 * then misbehaves; with "texts" it never does, and a row depends on its text. Prints "ready"
 * when it listens. BADPEER_MODEL is another name for its model. For tests/bats/40-embed.bats and tests/faults.
 */
#include <math.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/wire.h"
#include "sys/zsock.h"

enum { DIM = 8, TEXTS_MAX = WIRE_TEXTS_MAX };

static struct wire_info info = {
	.model = "bad", .dim = DIM, .max_tokens = 256, .max_texts = TEXTS_MAX, .threads = 1,
	.normalized = true, .version = "0", .precision = "fp32",
	.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};

/* A port that takes connections and never says a word. */
static void mute_tcp(const char *ep)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)atoi(strrchr(ep, ':') + 1))};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 16)) {
		perror("badpeer");
		exit(2);
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static void spoil(const char *how, struct wire_info *i, struct wire_rows *rows, float *v,
		  uint64_t *id)
{
	size_t last = rows->n * DIM - 1;
	if (!strcmp(how, "wrong-dim"))
		i->dim = DIM - 1;
	else if (!strcmp(how, "wrong-model"))
		i->sha256[0] = 'f';
	else if (!strcmp(how, "wrong-count"))
		rows->n--;
	else if (!strcmp(how, "wrong-id"))
		*id += 1000;
	else if (!strcmp(how, "nan"))
		v[last] = NAN;
	else if (!strcmp(how, "inf"))
		v[last] = INFINITY;
	else if (!strcmp(how, "zero"))
		v[last - DIM + 1] = 0;
	else if (!strcmp(how, "norm"))
		v[last] = .1f;
}

static void fill_row(const char *how, const struct wire_text *t, float *v)
{
	struct rng r = {hash64(t->p, t->n)};
	float sum = 0;
	v[0] = 1;
	if (strcmp(how, "texts"))
		return;
	for (size_t i = 0; i < DIM; i++) {
		v[i] = (float)rng_unit(&r) - .5f;
		sum += v[i] * v[i];
	}
	for (size_t i = 0; i < DIM; i++)
		v[i] /= sqrtf(sum);
}

/* The reply to one embed request into b. false: none is sent. */
static bool answer(const char *how, const struct wire_req *q, struct buf *b)
{
	static const struct timespec nap = {0, 100 * 1000 * 1000};
	struct wire_info i = info;
	struct err why;
	uint64_t id = q->id;
	float *v = mem_calloc(q->n_texts * DIM, sizeof *v);
	struct wire_rows rows = {v, q->n_texts, q->n_texts, 0};
	for (size_t k = 0; k < q->n_texts; k++)
		fill_row(how, &q->texts[k], v + k * DIM);
	spoil(how, &i, &rows, v, &id);
	if (!strcmp(how, "error") || !strcmp(how, "later")) {
		err_set(&why, *how == 'l' ? ERR_TEMP : ERR_DATA, "the cat sat on the keyboard");
		wire_put_err(b, id, &why);
	} else if (!strcmp(how, "busy")) {
		err_set(&why, ERR_TEMP, "busy: the cat sits on the keyboard");
		wire_put_busy(b, id, &why);
	} else if (!strcmp(how, "hostile")) {
		buf_add(b, "\xdd\xff\xff\xff\xff", 5);
	} else if (!strcmp(how, "official")) {
		wire_put_official_head(b, rows.n, DIM);
		wire_put_official_rows(b, v, rows.n, DIM);
	} else {
		wire_put_embed(b, id, &i, &rows);
	}
	if (!strcmp(how, "cut"))
		b->len--;
	if (!strcmp(how, "slow"))
		nanosleep(&nap, NULL);
	mem_free(v);
	return strcmp(how, "mute") != 0;
}

/* One message; returns false when it is time to die. */
static bool serve_one(struct zsock *z, struct zmsg *m, const char *how, long *n_good)
{
	struct mp_doc *doc = mp_new();
	struct wire_req q = WIRE_REQ_INIT;
	struct buf b = BUF_INIT;
	struct err e;
	bool send = true, alive = true;
	if (wire_req_parse(doc, m->body.p, m->body.len, &q, &e))
		err_die(&e);
	if (q.op == WIRE_INFO && strcmp(how, "mute-info")) {
		wire_put_info(&b, q.id, &info);
	} else if (q.op == WIRE_INFO) {
		send = false;
	} else if ((*n_good)-- > 0) {
		answer("good", &q, &b);
	} else {
		/* busy-often: two of three requests are refused */
		bool often = !strcmp(how, "busy-often");
		how = !often ? how : *n_good % 3 ? "busy" : "good";
		alive = strcmp(how, "die") != 0;
		send = alive && answer(how, &q, &b);
	}
	if (send && zsock_send(z, &m->from, b.p, b.len, &e) < 0)
		err_die(&e);
	if (!strcmp(how, "twice") && send && zsock_send(z, &m->from, b.p, b.len, &e) < 0)
		err_die(&e);
	wire_req_release(&q);
	buf_release(&b);
	mp_free(doc);
	return alive;
}

int main(int argc, char **argv)
{
	struct zsock *z;
	struct zmsg m = ZMSG_INIT;
	struct err e;
	unsigned got;
	long n_good = argc > 3 ? atol(argv[3]) : 0;
	const char *model = getenv("BADPEER_MODEL");
	if (argc < 3)
		return 2;
	if (model)
		snprintf(info.model, sizeof info.model, "%s", model);
	if (!strcmp(argv[2], "mute-tcp"))
		mute_tcp(argv[1]);
	if (zsock_router(argv[1], WIRE_MESSAGE_MAX, &z, &e))
		err_die(&e);
	puts("ready");
	fflush(stdout);
	for (bool alive = true; alive;) {
		if (zsock_wait(z, -1, false, -1, &got, &e))
			err_die(&e);
		while (alive && zsock_recv(z, &m, &e) == 1)
			alive = serve_one(z, &m, argv[2], &n_good);
	}
	_exit(0);
}
