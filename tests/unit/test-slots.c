/* The cache in a file: bounded, shared, and never wrong. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sys/slots.h"
#include "unit.h"

enum { N = 64, MAX = 100 };

static struct slots_key key(uint64_t i)
{
	struct rng r = {i};
	return (struct slots_key){{rng_u64(&r), rng_u64(&r)}};
}

/* The value of key i: 1 to MAX bytes. */
static size_t value(uint64_t i, uint8_t *v)
{
	struct rng r = {i ^ 0xabcdef};
	size_t n = 1 + (size_t)rng_below(&r, MAX);
	for (size_t k = 0; k < n; k++)
		v[k] = (uint8_t)rng_u64(&r);
	return n;
}

static void put(struct slots *s, uint64_t i)
{
	uint8_t v[MAX];
	struct slots_key k = key(i);
	slots_put(s, &k, v, value(i, v));
}

/* 1: there and right, 0: not there, -1: wrong. */
static int get(struct slots *s, uint64_t i)
{
	uint8_t v[MAX], want[MAX];
	size_t n, n_want = value(i, want);
	struct slots_key k = key(i);
	if (!slots_get(s, &k, v, &n))
		return 0;
	return n == n_want && !memcmp(v, want, n) ? 1 : -1;
}

static void keeping(const char *path)
{
	struct slots *s = slots_open(path, N, MAX);
	struct stat st;
	ok(s && get(s, 1) == 0, "a new cache is empty");
	for (uint64_t i = 0; i < 16; i++)
		put(s, i);
	put(s, 3);
	slots_close(s);
	s = slots_open(path, N, MAX);
	size_t there = 0, wrong = 0;
	for (uint64_t i = 0; i < 16; i++) {
		int g = get(s, i);
		there += g > 0;
		wrong += g < 0;
	}
	ok(there >= 14 && !wrong, "%zu of 16 values are there after opening it again", there);
	for (uint64_t i = 16; i < 5000; i++)
		put(s, i);
	there = wrong = 0;
	for (uint64_t i = 0; i < 5000; i++) {
		int g = get(s, i);
		there += g > 0;
		wrong += g < 0;
	}
	ok(there == N && !wrong, "5000 values leave %zu, none of them wrong", there);
	ok(!stat(path, &st) && st.st_size == 64 + 65536 + N * (32 + MAX) &&
		   (st.st_mode & 0777) == 0600,
	   "the file has its size, and is the user's alone");
	slots_close(s);
	struct slots_stat t;
	ok(slots_stat(path, &t) && t.n_used == N && t.n_slots == N && t.n_hits > N && t.n_misses > 0,
	   "statistics count slots, hits and misses");
}

static void popular(const char *path)
{
	struct slots *s = slots_open(path, N, MAX);
	struct slots_key a = key(70001), b = key(70002);
	ok(!slots_again(s, &a) && slots_again(s, &a) && slots_again(s, &a) && !slots_again(s, &b),
	   "a key asked for again is known");
	slots_close(s);
}

static void damage(const char *path)
{
	struct slots *s = slots_open(path, N, MAX);
	struct stat st;
	struct rng r = {5};
	size_t wrong = 0;
	for (uint64_t i = 0; i < 200; i++)
		put(s, i);
	slots_close(s);
	stat(path, &st);
	for (int round = 0; round < 300; round++) {
		int fd = open(path, O_RDWR);
		uint8_t c = (uint8_t)rng_u64(&r);
		if (pwrite(fd, &c, 1, (off_t)rng_below(&r, (uint64_t)st.st_size)) != 1)
			wrong++;
		close(fd);
	}
	s = slots_open(path, N, MAX);
	for (uint64_t i = 0; i < 200; i++)
		wrong += get(s, i) < 0;
	slots_close(s);
	ok(!wrong, "300 bytes overwritten at random: no wrong value comes back");
	ok(!truncate(path, 1000) && (s = slots_open(path, N, MAX)) && get(s, 1) == 0,
	   "a file cut short is made anew");
	slots_close(s);
	s = slots_open(path, 2 * N, MAX);
	put(s, 1);
	ok(s && get(s, 1) == 1, "a file of another shape is made anew");
	slots_close(s);
}

static void together(const char *path)
{
	int bad = 0;
	for (int child = 0; child < 4; child++)
		if (!fork()) {
			struct slots *s = slots_open(path, 8, MAX);
			int wrong = 0;
			for (uint64_t i = 0; i < 3000; i++) {
				put(s, i % 40);
				wrong += get(s, (i * 7 + (uint64_t)child) % 40) < 0;
			}
			_exit(wrong != 0);
		}
	for (int child = 0, status; child < 4; child++) {
		wait(&status);
		bad += status != 0;
	}
	ok(!bad, "four programs that write the same eight slots never read a wrong value");
}

static void nowhere(void)
{
	struct slots_key k = key(1);
	uint8_t v[MAX];
	size_t n;
	ok(!slots_open("/nonexistent/x", N, MAX), "where no file can be made there is no cache");
	slots_put(NULL, &k, v, 1);
	ok(!slots_get(NULL, &k, v, &n) && !slots_again(NULL, &k), "and asking none is asking nothing");
	slots_close(NULL);
}

int main(void)
{
	char dir[] = "/tmp/test-slots.XXXXXX";
	if (!mkdtemp(dir))
		return 1;
	char *path = mem_printf("%s/c", dir), *other = mem_printf("%s/d", dir);
	keeping(path);
	popular(path);
	damage(path);
	together(other);
	nowhere();
	unlink(path);
	unlink(other);
	rmdir(dir);
	mem_free(path);
	mem_free(other);
	return done();
}
