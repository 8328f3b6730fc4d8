/* lib/base: buffers, numbers, hashes, UTF-8, JSON, files that appear whole, the pool. */
#include "unit.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/hash.h"
#include "base/js.h"
#include "base/le.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/par.h"
#include "base/rng.h"
#include "base/tmpfile.h"
#include "base/utf8.h"

static void test_sizes(void)
{
	struct err e;
	size_t n;
	ok(size_mul(1u << 20, 1u << 20, &n, &e) == 0 && n == (size_t)1 << 40, "a product that fits is right");
	ok(size_mul((size_t)1 << 40, (size_t)1 << 40, &n, &e) == -1 && e.code == ERR_DATA,
	   "a product that wraps is an error");
	ok(size_add((size_t)-1, 1, &n, &e) == -1, "a sum that wraps is an error");
}

static void test_hash(void)
{
	struct sha256 s;
	char hex[65];
	sha256_init(&s);
	sha256_hex(&s, hex);
	ok(!strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
	   "sha256 of nothing is FIPS 180-4's");
	sha256_init(&s);
	sha256_add(&s, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
	sha256_hex(&s, hex);
	ok(!strcmp(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
	   "sha256 of the two-block message is FIPS 180-4's");
	ok(hash64("", 0) == 0x2d06800538d394c2u, "XXH3-64 of nothing is the reference's");
	struct hash *h = hash_new();
	hash_add(h, "ab", 2);
	hash_add(h, "c", 1);
	ok(hash_get(h) == hash64("abc", 3), "a running hash equals the hash of the whole");
	hash_free(h);
}

static void test_utf8(void)
{
	struct buf b = BUF_INIT;
	ok(utf8_valid("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", 15), "two, three and four byte forms are valid");
	ok(!utf8_valid("\xc0\xaf", 2) && !utf8_valid("\xed\xa0\x80", 3) && !utf8_valid("\xf4\x90\x80\x80", 4),
	   "overlong forms, surrogates and values past 10FFFF are not");
	ok(utf8_repair(&b, "a\xff\xc3(", 4) == 2 && !strcmp((char *)b.p, "a\xef\xbf\xbd\xef\xbf\xbd("),
	   "each byte that is not UTF-8 becomes U+FFFD");
	buf_release(&b);
	uint32_t bad = 0;
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		uint32_t back;
		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		buf_clear(&b);
		utf8_put(&b, cp);
		bad += utf8_get(b.p, b.len, &back) != b.len || back != cp;
	}
	ok(!bad, "every code point survives encoding and decoding");
	buf_release(&b);
}

static void test_json(void)
{
	struct js *j;
	struct err e;
	const char *twice = "{\"a\":1,\"a\":2}", *big = "{\"a\":9223372036854775807,\"b\":\"x\\u0000y\"}";
	ok(js_parse(twice, strlen(twice), "t.json", &j, &e) == -1 && strstr(e.msg, "duplicate"),
	   "duplicate keys are refused");
	ok(js_parse("{} x", 4, "t.json", &j, &e) == -1, "text after the value is refused");
	ok(js_parse("\"\xff\"", 3, "t.json", &j, &e) == -1, "a string that is not UTF-8 is refused");
	if (ok(js_parse(big, strlen(big), "t.json", &j, &e) == 0, "64-bit integers and NULs parse")) {
		struct buf b = BUF_INIT;
		size_t n;
		ok(js_int(js_get(j, "a")) == INT64_MAX, "integers keep 64 bits");
		ok(js_str(js_get(j, "b"), &n) && n == 3, "a string may hold a NUL");
		js_dump(j, 0, &b);
		ok(!strcmp((char *)b.p, big), "dumping gives the same text");
		buf_release(&b);
		js_free(j);
	}
	const char *paths[] = {"plain", "", "\xff", "a\xfe\xff", "\xc3\xbc\xff\x01"};
	for (size_t i = 0; i < 5; i++) {
		struct buf b = BUF_INIT;
		struct js *p = js_new_path(paths[i], strlen(paths[i]));
		ok(js_unpath(p, &b) == 0 && b.len == strlen(paths[i]) && !memcmp(b.p ? b.p : (uint8_t *)"", paths[i], b.len),
		   "path %zu comes back from JSON byte for byte", i);
		buf_release(&b);
		js_free(p);
	}
}

static bool exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static void touch_page(void *ctx, size_t i_item, size_t i_worker)
{
	(void)i_worker;
	(void)((const volatile uint8_t *)ctx)[i_item * 4096];
}

/* Status of a process that reads n pages, by n_threads, of a mapped file that has one left. */
static int read_cut(const char *name, size_t n_threads, int *err_fd)
{
	static const uint8_t zero[64 * 4096];
	const void *p;
	struct err e;
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600), out[2], status = -1;
	if (fd < 0 || pipe(out) || fd_write(fd, name, zero, sizeof zero, &e))
		return -1;
	pid_t pid = fork();
	if (!pid) {
		dup2(out[1], 2);
		if (map_file(fd, name, sizeof zero, &p, &e) || ftruncate(fd, 4096))
			_exit(9);
		struct par *par = par_new(n_threads);
		par_for(par, 64, touch_page, (void *)(uintptr_t)p);
		_exit(8);
	}
	waitpid(pid, &status, 0);
	close(out[1]);
	close(fd);
	*err_fd = out[0];
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_map(const char *dir)
{
	char *name = mem_printf("%s/mapped", dir);
	const size_t n_threads[] = {1, 4};
	for (size_t i = 0; i < 2; i++) {
		struct buf b = BUF_INIT;
		struct err e;
		int fd = -1, status = read_cut(name, n_threads[i], &fd);
		bool told = fd >= 0 && fd_slurp(fd, "pipe", 1000, &b, &e) == 0 &&
			    strstr((const char *)b.p, "mapped: cut short");
		ok(status == 2 && told, "%zu threads: a mapped file that is cut short is named, "
		   "and the program ends with 2", n_threads[i]);
		close(fd);
		buf_release(&b);
	}
	unlink(name);
	mem_free(name);
}

static void test_files(void)
{
	char dir[] = "/tmp/leann-unit-XXXXXX";
	struct err e;
	struct tmpout t;
	struct buf b = BUF_INIT;
	if (!mkdtemp(dir))
		exit(2);
	char *path = mem_printf("%s/out", dir), *lock = mem_printf("%s/out.lock", dir);
	/* as an earlier process of our number leaves it: numbers come back soon in a container */
	char *stale = mem_printf("%s/.out.tmp.%ld", dir, (long)getpid());
	int old = open(stale, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(old);
	ok(tmpout_open(&t, path, &e) == 0 && fd_write(t.fd, path, "one", 3, &e) == 0 && !exists(path),
	   "nothing is there before commit");
	tmpout_abandon(&t);
	ok(old >= 0 && !exists(stale), "what a killed writer left is gone");
	mem_free(stale);
	ok(!exists(path) && rmdir(dir) == 0 && mkdir(dir, 0700) == 0, "an abandoned file leaves an empty directory");
	ok(tmpout_open(&t, path, &e) == 0 && fd_write(t.fd, path, "one", 3, &e) == 0 && tmpout_commit(&t, &e) == 0,
	   "a first file is published");
	ok(tmpout_open(&t, path, &e) == 0 && fd_write(t.fd, path, "two!", 4, &e) == 0 && tmpout_commit(&t, &e) == 0,
	   "a second one replaces it");
	ok(file_slurp(path, 100, &b, &e) == 0 && b.len == 4 && !memcmp(b.p, "two!", 4), "its bytes are there");
	ok(file_slurp(path, 3, &b, &e) == -1 && e.code == ERR_DATA, "a file over the limit is refused");
	ok(file_slurp(dir, 3, &b, &e) == -1, "a directory is no file");
	int a, c;
	ok(lock_writer(path, 0, &a, &e) == 0, "the first writer gets the lock");
	ok(lock_writer(path, .05, &c, &e) == -1 && e.code == ERR_TEMP, "the second one is told to try again");
	close(a);
	ok(lock_writer(path, 0, &c, &e) == 0, "a closed lock is free");
	close(c);
	ok(lock_writer(path, 0, &a, &e) == 0 && unlink(lock) == 0 && lock_writer(path, 0, &c, &e) == 0,
	   "a lock file that was removed locks nobody out");
	close(a);
	ok(lock_writer(path, 0, &a, &e) == -1 && e.code == ERR_TEMP, "and the new one is held");
	close(c);
	int fd;
	ok(tmpspool_open(&fd, &e) == 0 && fd_pwrite(fd, "s", "abc", 3, 10, &e) == 0, "scratch space can be written");
	close(fd);
	test_map(dir);
	unlink(path);
	unlink(lock);
	ok(rmdir(dir) == 0, "nothing else was left behind");
	mem_free(path);
	mem_free(lock);
	buf_release(&b);
}

static void count(void *ctx, size_t i, size_t worker)
{
	atomic_uint *hit = ctx;
	(void)worker;
	atomic_fetch_add(&hit[i], 1);
}

static void test_pool(void)
{
	static atomic_uint hit[1000];
	for (size_t threads = 1; threads <= 5; threads++) {
		struct par *p = par_new(threads);
		size_t bad = 0;
		for (int round = 0; round < 50; round++)
			par_for(p, 1000, count, hit);
		for (size_t i = 0; i < 1000; i++)
			bad += atomic_exchange(&hit[i], 0) != 50;
		ok(!bad, "%zu threads do every item once a round", threads);
		par_free(p);
	}
	struct rng r = {7}, s = {7};
	ok(rng_u64(&r) == rng_u64(&s) && rng_below(&r, 10) < 10 && rng_unit(&r) < 1, "the generator repeats for a seed");
}

/* Writes or reads 200 KB in a process of its own that starts late; exits with 0 when all came. */
static pid_t late_peer(int fd, bool writes)
{
	static uint8_t b[200 * 1024];
	struct timespec nap = {0, 50 * 1000 * 1000};
	struct err e;
	size_t got = 0;
	pid_t pid = fork();
	if (pid)
		return pid;
	nanosleep(&nap, NULL);
	int r = writes ? fd_write(fd, "pipe", b, sizeof b, &e)
		       : fd_read(fd, "pipe", b, sizeof b, &got, &e);
	_exit(r || (!writes && got != sizeof b));
}

static void test_nonblocking(void)
{
	static uint8_t b[200 * 1024];
	struct err e;
	size_t got = 0;
	int p[2], status[2] = {-1, -1};
	for (int k = 0; k < 2; k++) {	/* 0: we write, 1: we read */
		if (pipe(p) || fcntl(p[0], F_SETFL, O_NONBLOCK) || fcntl(p[1], F_SETFL, O_NONBLOCK))
			return (void)ok(false, "a pipe can be made non-blocking");
		pid_t pid = late_peer(p[k ? 1 : 0], k);
		int r = k ? fd_read(p[0], "pipe", b, sizeof b, &got, &e)
			  : fd_write(p[1], "pipe", b, sizeof b, &e);
		close(p[0]);
		close(p[1]);
		if (waitpid(pid, &status[k], 0) < 0 || r)
			status[k] = -1;
	}
	ok(status[0] == 0, "a non-blocking pipe that is full is waited for");
	ok(status[1] == 0 && got == sizeof b, "so is one that is empty");
}

int main(void)
{
	test_sizes();
	test_hash();
	test_utf8();
	test_json();
	test_files();
	test_pool();
	test_nonblocking();
	return done();
}
