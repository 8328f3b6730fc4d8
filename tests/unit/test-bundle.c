/* The container: written, read, and refused wherever a bit or a byte is wrong. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/tmpfile.h"
#include "fmt/bundle.h"
#include "fmt/tar.h"

static int scratch(void)
{
	int fd;
	struct err e;
	if (tmpspool_open(&fd, &e))
		err_die(&e);
	return fd;
}

static struct js *some_keys(void)
{
	struct js *o = js_new_obj();
	js_set(o, "name", js_new_str("caf\xc3\xa9"));
	js_set(o, "share", js_new_real(.1));
	return o;
}

/* Write two small members; the whole file into out. */
static int make(const struct bundle_part *part, size_t n_parts, struct buf *out, struct err *e)
{
	struct js *extra = some_keys();
	int fd = scratch(), r = bundle_write(fd, "test", extra, part, n_parts, e);
	buf_clear(out);
	if (!r && (lseek(fd, 0, SEEK_SET) || fd_slurp(fd, "test", 1 << 24, out, e)))
		err_die(e);
	close(fd);
	js_free(extra);
	return r;
}

/* Open and verify n bytes at p as a bundle. */
static int check(int fd, const uint8_t *p, size_t n, struct err *e)
{
	struct bundle b;
	int r;
	if (ftruncate(fd, 0) || fd_pwrite(fd, "test", p, n, 0, e))
		err_die(e);
	r = bundle_open_fd(&b, dup(fd), "test", e);
	if (!r) {
		r = bundle_verify(&b, e);
		bundle_close(&b);
	}
	return r;
}

static const struct bundle_part two[] = {{"one", "hello", 5}, {"no-bytes", "", 0}};

static void test_round_trip(void)
{
	struct buf b = BUF_INIT, again = BUF_INIT;
	struct bundle o;
	struct err e;
	int fd = scratch();
	ok(make(two, 2, &b, &e) == 0 && make(two, 2, &again, &e) == 0, "a bundle is written");
	ok(b.len == again.len && !memcmp(b.p, again.p, b.len), "the same input gives the same bytes");
	ok(b.len % TAR_BLOCK == 0, "it has whole blocks");
	if (fd_pwrite(fd, "test", b.p, b.len, 0, &e))
		err_die(&e);
	ok(bundle_open_fd(&o, dup(fd), "test", &e) == 0 && bundle_verify(&o, &e) == 0,
	   "it is opened and verified");
	const struct bundle_member *m = bundle_find(&o, "one"), *none = bundle_find(&o, "no-bytes");
	ok(m && m->n == 5 && !memcmp(m->p, "hello", 5) && m->off_bytes % TAR_BLOCK == 0,
	   "a member has its bytes");
	ok(none && none->n == 0, "a member may be empty");
	ok(!bundle_find(&o, "two") && !bundle_find(&o, "leann.json"), "other members are not there");
	ok(!strcmp(js_str(js_get(o.manifest, "name"), NULL), "caf\xc3\xa9"), "the manifest keeps its keys");
	struct js *extra = bundle_extra(o.manifest);
	ok(js_len(extra) == 2 && !js_get(extra, "members"), "computed keys are told from the others");
	js_free(extra);
	bundle_close(&o);
	buf_release(&b);
	buf_release(&again);
	close(fd);
}

static void test_every_flip_and_cut(void)
{
	struct buf b = BUF_INIT;
	struct err e;
	size_t n_bad = 0, first = 0;
	int fd = scratch();
	if (make(two, 2, &b, &e))
		err_die(&e);
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (check(fd, b.p, b.len, &e) == 0 && !n_bad++)
			first = bit;
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ok(n_bad == 0, "any of %zu bits flipped is noticed (%zu not, first %zu)", 8 * b.len, n_bad, first);
	n_bad = 0;
	for (size_t n = 0; n < b.len; n++)
		n_bad += check(fd, b.p, n, &e) == 0;
	ok(n_bad == 0, "a cut at any of %zu bytes is noticed", b.len);
	buf_zero(&b, 512);
	ok(check(fd, b.p, b.len, &e) != 0, "a block too many is noticed");
	b.len -= 512;
	ok(check(fd, b.p, b.len, &e) == 0, "the bundle as it was is sound");
	buf_release(&b);
	close(fd);
}

static void test_names(void)
{
	static const char *const bad[] = {"", ".", "..", ".a", "-a", "a/b", "A", "a b", "a_b", "leann.json",
					  "0123456789012345678901234567890123456789012345678901234567890123"};
	struct buf b = BUF_INIT;
	struct err e;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bundle_part part = {bad[i], "x", 1};
		ok(make(&part, 1, &b, &e) != 0 && e.code == ERR_DATA, "no member is named \"%s\"", bad[i]);
	}
	ok(bundle_name_ok("a") && bundle_name_ok("0.-"), "short names are fine");
	buf_release(&b);
}

static void test_limits(void)
{
	struct bundle_part part[BUNDLE_MEMBERS_MAX + 1];
	char name[BUNDLE_MEMBERS_MAX + 1][8];
	struct buf b = BUF_INIT;
	struct err e;
	for (size_t i = 0; i <= BUNDLE_MEMBERS_MAX; i++) {
		snprintf(name[i], sizeof name[i], "m%zu", i);
		part[i] = (struct bundle_part){name[i], "x", 1};
	}
	int fd = scratch();
	ok(make(part, BUNDLE_MEMBERS_MAX, &b, &e) == 0 && check(fd, b.p, b.len, &e) == 0,
	   "64 members, whose table makes the manifest grow, are written and read");
	ok(make(part, BUNDLE_MEMBERS_MAX + 1, &b, &e) != 0, "65 members are refused");
	ok(make(part, 0, &b, &e) == 0 && check(fd, b.p, b.len, &e) == 0, "a bundle may have no members");
	buf_release(&b);
	close(fd);
}

static void test_publish(void)
{
	char dir[] = "/tmp/leann-test-bundle.XXXXXX", path[100], lock_path[120];
	struct js *extra = some_keys();
	struct bundle b;
	struct err e;
	int lock;
	if (!mkdtemp(dir))
		_exit(1);
	snprintf(path, sizeof path, "%s/x.leann", dir);
	snprintf(lock_path, sizeof lock_path, "%s.lock", path);
	ok(bundle_publish(path, 0, extra, two, 2, &e) == 0, "a bundle is published");
	ok(bundle_publish(path, 0, extra, two, 1, &e) == 0, "and replaced");
	ok(bundle_open(&b, path, &e) == 0 && b.n_members == 1, "the newer one is there");
	bundle_close(&b);
	if (lock_writer(path, 0, &lock, &e))
		err_die(&e);
	ok(bundle_publish(path, 0, extra, two, 2, &e) != 0 && e.code == ERR_TEMP,
	   "a second writer is told to come back later");
	close(lock);
	struct bundle_part bad = {"../x", "", 0};
	ok(bundle_publish(path, 0, extra, &bad, 1, &e) != 0, "a bundle that cannot be written fails");
	ok(bundle_open(&b, path, &e) == 0 && b.n_members == 1, "and leaves the older one");
	bundle_close(&b);
	unlink(path);
	unlink(lock_path);
	ok(rmdir(dir) == 0, "no other file is left behind");
	js_free(extra);
}

int main(void)
{
	test_round_trip();
	test_every_flip_and_cut();
	test_names();
	test_limits();
	test_publish();
	return done();
}
