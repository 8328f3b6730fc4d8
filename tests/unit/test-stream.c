/* Streams: what goes in comes out, and a stream that is cut or changed anywhere is refused. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fmt/record.h"
#include "fmt/stream.h"

/* n bytes as something to read: a pipe, far larger than our streams. */
static int as_fd(const uint8_t *p, size_t n)
{
	int fd[2];
	struct err e;
	if (n > 60000 || pipe(fd) || fd_write(fd[1], "pipe", p, n, &e)) {
		perror("pipe");
		_exit(1);
	}
	close(fd[1]);
	return fd[0];
}

/* Read a stream to its end, every record checked: 0 or -1. */
static int read_all(const uint8_t *p, size_t n, uint64_t *n_records, struct err *e)
{
	struct stream_in in;
	struct stream_rec r;
	struct rec_check c;
	int fd = as_fd(p, n), k = -1;
	if (stream_in_open(&in, fd, "test", NULL, e) == 0 && rec_check_init(&c, &in, e) == 0) {
		while ((k = stream_in_next(&in, &r, e)) > 0)
			if (rec_any(&c, &r, e)) {
				k = -1;
				break;
			}
		if (!k)
			k = rec_check_end(&c, e);
	}
	*n_records = in.n_records;
	stream_in_release(&in);
	close(fd);
	return k;
}

static int read_bytes(const uint8_t *p, size_t n)
{
	uint64_t n_records;
	struct err e = {ERR_NONE, ""};
	int r = read_all(p, n, &n_records, &e);
	/* every refusal has a message with a place in it */
	if (r && (e.code != ERR_DATA && e.code != ERR_TEMP))
		return 0;
	return r && !*e.msg ? 0 : r;
}

static const char *const good[] = {"empty", "chunks", "vectors", "enriched", "stored-records", "odd-names"};

static void load(const char *name, struct buf *b)
{
	char path[200];
	struct err e;
	snprintf(path, sizeof path, "tests/golden/stream/good/%s.stream", name);
	buf_clear(b);
	if (file_slurp(path, 1 << 20, b, &e))
		err_die(&e);
}

static void test_every_cut(void)
{
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n_bad = 0;
		load(good[i], &b);
		ok(read_bytes(b.p, b.len) == 0, "stream %s is read", good[i]);
		for (size_t n = 0; n < b.len; n++)
			n_bad += read_bytes(b.p, n) == 0;
		ok(n_bad == 0, "stream %s cut at any of %zu bytes is refused", good[i], b.len);
		buf_addc(&b, 0);
		ok(read_bytes(b.p, b.len) != 0, "stream %s with a byte behind it is refused", good[i]);
	}
	buf_release(&b);
}

static void test_every_flip(void)
{
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n_bad = 0, first = 0;
		load(good[i], &b);
		for (size_t bit = 0; bit < 8 * b.len; bit++) {
			b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (read_bytes(b.p, b.len) == 0 && !n_bad++)
				first = bit;
			b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		ok(n_bad == 0,
		   "stream %s with any of %zu bits flipped is refused (%zu not, first %zu)", good[i],
		   8 * b.len, n_bad, first);
	}
	buf_release(&b);
}

static void add_header(struct stream_out *out, struct shead *h)
{
	char *args[] = {"--seed=1", "caf\xe9"};
	struct err e;
	strcpy(h->kind, "chunks");
	shead_set_str(h, "model", "one");
	shead_set_u64(h, "max_tokens", 256);
	shead_set_str(h, "model", "toy");
	shead_set_bool(h, "normalized", true);
	shead_add_prog(h, "first", 0, NULL);
	shead_add_prog(h, "second", 2, args);
	if (stream_out_head(out, h, &e))
		err_die(&e);
}

static void test_header(void)
{
	struct shead h = SHEAD_INIT, copy = SHEAD_INIT;
	struct stream_out out;
	struct stream_in in;
	struct stream_rec r;
	struct err e;
	char s[8];
	uint64_t v;
	int fd[2];
	if (pipe(fd))
		_exit(1);
	stream_out_open(&out, fd[1], "pipe");
	add_header(&out, &h);
	ok(stream_out_end(&out, &e) == 0, "a stream of a header alone is written");
	close(fd[1]);
	ok(stream_in_open(&in, fd[0], "pipe", "chunks", &e) == 0, "its header is read");
	shead_copy(&copy, &in.head);
	ok(shead_str(&copy, "model", s, sizeof s, &e) == 0 && !strcmp(s, "toy"),
	   "a key that was set twice has its last value");
	ok(shead_str(&copy, "none", s, sizeof s, &e) == 0 && !*s, "a missing string is empty");
	ok(shead_str(&copy, "model", s, 3, &e) != 0 && strstr(e.msg, "shorter than 3"),
	   "a string that does not fit is refused");
	ok(shead_u64(&copy, "max_tokens", 0, 256, &v, &e) == 0 && v == 256, "a number at its limit is read");
	ok(shead_u64(&copy, "max_tokens", 0, 255, &v, &e) != 0, "a number over its limit is refused");
	ok(shead_u64(&copy, "model", 0, 255, &v, &e) != 0, "a string is no number");
	ok(shead_u64(&copy, "none", 7, 9, &v, &e) == 0 && v == 7, "a missing number is the default");
	ok(shead_has(&copy, "prog") && !shead_has(&copy, "pro"), "keys are looked up whole");
	ok(copy.n_pairs == 4, "keys set twice are there once");
	ok(stream_in_next(&in, &r, &e) == 0 && in.ended, "its END is right");
	stream_in_release(&in);
	stream_out_release(&out);
	shead_release(&h);
	shead_release(&copy);
	close(fd[0]);
}

/* What the reader of a stream that failed says. */
static void test_failure(void)
{
	struct err why, e;
	struct stream_in in;
	struct stream_out out;
	int fd[2];
	if (pipe(fd))
		_exit(1);
	err_prog_set("writer");
	stream_out_open(&out, fd[1], "pipe");
	err_set(&why, ERR_TEMP, "no server");
	stream_out_fail(&out, &why);
	stream_out_fail(&out, &why);
	close(fd[1]);
	ok(stream_in_open(&in, fd[0], "pipe", NULL, &e) != 0 && e.code == ERR_TEMP &&
		   !strcmp(e.msg, "stopped: writer failed: no server"),
	   "a failure before the header is reported with the writer's name and code");
	stream_in_release(&in);
	stream_out_release(&out);
	close(fd[0]);
}

static void test_caps(void)
{
	struct stream_out out;
	struct err e;
	uint8_t *big = mem_calloc(1, STREAM_RECORD_MAX + 1);
	int fd[2];
	if (pipe(fd))
		_exit(1);
	stream_out_open(&out, fd[1], "pipe");
	ok(stream_out_raw(&out, big, STREAM_RECORD_MAX + 1, &e) != 0 && strstr(e.msg,
	   "the limit is 16777216"),
	   "a record over 16 MiB is not written");
	stream_out_release(&out);
	mem_free(big);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	test_every_cut();
	test_every_flip();
	test_header();
	test_failure();
	test_caps();
	return done();
}
