/*
 * crash-states LOG BEFORE INDEX NEW [OLD [EVERY COMMAND]]: what a disk may hold after a crash.
 *
 * LOG is what leann-fault.so wrote while a command made the index INDEX (an absolute name), BEFORE a
 * copy of its folder from before that command, NEW the index as the command left it, OLD as it was
 * ("" or left out: there was none). Every crash state is made in a folder of its own: after each
 * call, the last write whole or torn at 512 bytes, its half, one byte short; of what was not yet
 * synced all is there, nothing is, each one call is missing, names are there and data is not (empty
 * files, or zeros). In each, INDEX must be the old index or the new one, whole; the new one where the
 * command had ended with 0; and at most one file more than there was. With EVERY, COMMAND runs in
 * every so many-th state and must leave NEW and nothing else. CRASH_RANDOM=N CRASH_SEED=S: N states
 * more, of random calls missing. INDEX may be a file that is no index: it is told by all its bytes.
 * CRASH_LOOSE=1: what COMMAND leaves may be another index than NEW, if it is sound.
 * CRASH_DIR: the folder, where INDEX is in one below it, and BEFORE a copy of that. CRASH_ANY=1: any state of it is fine, and COMMAND, which does not leave NEW, says whether it works.
 *
 * A write is lost until fsync of its file, a name until fsync of its folder; a rename is one step.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/bundle_manifest.h"
#include "fmt/index_verify.h"
#include "fmt/tar.h"

enum { OPS_MAX = 20000, FILES_MAX = 4000, NAME = 4096 };

enum op_type { CREATE, OPEN, TRUNC, WRITE, LINK, RENAME, UNLINK, MKDIR, FSYNC, SYNCDIR, EXIT };
static const char *const op_names[] = {"create", "open",  "trunc", "write", "link", "rename",
				       "unlink", "mkdir", "fsync", "syncdir", "exit"};

struct op {
	enum op_type type;
	uint64_t inode, a, b;
	char *path, *old;
	const uint8_t *data;
};
static struct op ops[OPS_MAX];
static size_t n_ops;

struct inode {
	uint64_t number;
	struct buf b, before;		/* before: as it was, of a file that was there */
	bool dir;
};
static struct inode inodes[FILES_MAX];
static size_t n_inodes;
struct entry {
	char *path;
	size_t inode;			/* of inodes[] */
};
static struct entry first[FILES_MAX], names[FILES_MAX];
static size_t n_first, n_names;

static const char *the_index, *dir_before, *old_path, *new_path, *then;
static char dir_path[NAME], work[NAME];
static char old_id[40], new_id[40];
static uint64_t seen[1 << 20];
static size_t n_states, n_distinct, n_failed, n_then, then_every;
static bool any_state, loose, is_index = true;

static void fail(const char *what)
{
	fprintf(stderr, "crash-states: %s\n", what);
	exit(2);
}

static size_t find_inode(uint64_t number)
{
	for (size_t i = 0; i < n_inodes; i++)
		if (inodes[i].number == number)
			return i;
	if (n_inodes == FILES_MAX)
		fail("too many files");
	inodes[n_inodes] = (struct inode){.number = number, .b = BUF_INIT, .before = BUF_INIT};
	return n_inodes++;
}

static size_t find_name(const struct entry *list, size_t n, const char *path)
{
	size_t i = 0;
	while (i < n && strcmp(list[i].path, path))
		i++;
	return i;
}

static void set_name(struct entry *list, size_t *n, char *path, size_t inode)
{
	size_t i = find_name(list, *n, path);
	if (i == *n && ++*n > FILES_MAX)
		fail("too many names");
	list[i] = (struct entry){path, inode};
}

/* ---- reading what happened ---- */

static bool in_dir(const char *path)
{
	size_t n = strlen(dir_path);
	return !strncmp(path, dir_path, n) && path[n] == '/';
}

static void read_log(const char *path, struct buf *log)
{
	struct err e;
	if (file_slurp(path, 1u << 30, log, &e))
		err_die(&e);
	char *p = (char *)log->p, *end = p + log->len;
	while (p < end) {
		char *field[6], *line = strchr(p, '\n');
		if (!line || n_ops == OPS_MAX)
			fail("a log that is cut or too long");
		*line = 0;
		for (int i = 0; i < 6; i++) {
			field[i] = p;
			p += strcspn(p, "\t");
			*p++ = 0;
		}
		struct op *o = &ops[n_ops++];
		*o = (struct op){.inode = strtoull(field[1], NULL, 10), .a = strtoull(field[2], NULL, 10),
				 .b = strtoull(field[3], NULL, 10), .path = field[4], .old = field[5]};
		while (o->type <= EXIT && strcmp(field[0], op_names[o->type]))
			o->type++;
		p = line + 1;
		if (o->type == WRITE) {
			o->data = (uint8_t *)p;
			p += o->b + 1;
		}
	}
}

/* The files of the folder before, which have the inode numbers of the log where it opened them. */
static void read_before(const char *sub)
{
	char path[NAME];
	struct dirent *de;
	struct stat st;
	struct err e;
	snprintf(path, sizeof path, "%s%s", dir_before, sub);
	DIR *d = opendir(path);
	while (d && (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		char *rel = mem_printf("%s/%s", sub, de->d_name);
		snprintf(path, sizeof path, "%s%s", dir_before, rel);
		char *name = mem_printf("%s%s", dir_path, rel);
		uint64_t number = (1ull << 63) + n_first;
		for (size_t i = 0; i < n_ops; i++)
			if (ops[i].type == OPEN && !strcmp(ops[i].path, name))
				number = ops[i].inode;
		size_t k = find_inode(number);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    file_slurp(path, 1u << 30, &inodes[k].before, &e))
			err_die(&e);
		inodes[k].dir = S_ISDIR(st.st_mode);
		set_name(first, &n_first, name, k);
		if (inodes[k].dir)
			read_before(rel);
		mem_free(rel);
	}
	if (d)
		closedir(d);
}

/* ---- one state ---- */

static bool is_name(const struct op *o)
{
	return (o->type == CREATE && *o->path) || o->type == LINK || o->type == RENAME ||
	       o->type == UNLINK || o->type == MKDIR;
}

static bool is_data(const struct op *o)
{
	return o->type == WRITE || o->type == TRUNC;
}

static bool dir_of(const char *dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && strlen(dir) == (size_t)(slash - path) && !memcmp(dir, path, strlen(dir));
}

/* Is call i certain to be on the disk once the first n were made? */
static bool is_synced(size_t i, size_t n)
{
	for (size_t k = i + 1; k < n; k++)
		if ((is_data(&ops[i]) && ops[k].type == FSYNC && ops[k].inode == ops[i].inode) ||
		    (is_name(&ops[i]) && ops[k].type == SYNCDIR && dir_of(ops[k].path, ops[i].path)))
			return true;
	return !is_data(&ops[i]) && !is_name(&ops[i]);
}

static void apply(const struct op *o, uint64_t n, bool zeros)
{
	struct inode *f = &inodes[find_inode(o->inode)];
	size_t at, n_list = n_names;
	if (o->type == WRITE && n) {
		if (o->a + n > f->b.len)
			buf_zero(&f->b, (size_t)(o->a + n - f->b.len));
		if (!zeros)
			memcpy(f->b.p + o->a, o->data, (size_t)n);
	} else if (o->type == TRUNC) {
		if (o->a > f->b.len)
			buf_zero(&f->b, (size_t)o->a - f->b.len);
		f->b.len = (size_t)o->a;
	} else if (is_name(o)) {
		const char *gone = o->type == UNLINK ? o->path : o->type == RENAME ? o->old : NULL;
		if (gone && (at = find_name(names, n_list, gone)) < n_list)
			names[at] = names[--n_names];
		if (o->type == MKDIR)
			f->dir = true;
		if (o->type != UNLINK)
			set_name(names, &n_names, o->path, (size_t)(f - inodes));
	}
}

enum lost { KEPT, ALL_LOST, ONE_LOST, DATA_LOST, DATA_ZERO, RANDOM };
static const char *const lost_names[] = {"kept", "all lost", "one lost", "data lost", "data zero", "random"};

struct state {
	size_t n;			/* calls made */
	uint64_t tear;			/* bytes of the last one, if a write */
	enum lost lost;
	size_t one;			/* the one call that is lost */
	uint64_t seed;
};

static void build(const struct state *s)
{
	struct rng r = {s->seed};
	n_names = 0;
	for (size_t i = 0; i < n_inodes; i++) {
		buf_clear(&inodes[i].b);
		buf_add(&inodes[i].b, inodes[i].before.p, inodes[i].before.len);
	}
	for (size_t i = 0; i < n_first; i++)
		names[n_names++] = first[i];
	for (size_t i = 0; i < s->n; i++) {
		const struct op *o = &ops[i];
		bool sure = is_synced(i, s->n), zeros = false;
		uint64_t n = o->b;
		if (i == s->n - 1 && o->type == WRITE)
			n = s->tear;
		if (!sure && (s->lost == ALL_LOST || (s->lost == ONE_LOST && i == s->one) ||
			      (s->lost == DATA_LOST && is_data(o)) ||
			      (s->lost == RANDOM && rng_below(&r, 3) == 0)))
			continue;
		if (!sure && s->lost == DATA_ZERO && o->type == WRITE)
			zeros = true;
		apply(o, n, zeros);
	}
}

/* ---- is it as promised? ---- */

static int read_id(const char *path, char id[40], struct err *e)
{
	struct index ix;
	struct buf b = BUF_INIT;
	if (!is_index) {
		int bad = file_slurp(path, 1u << 28, &b, e);
		snprintf(id, 40, "%016llx", (unsigned long long)hash64(b.p, b.len));
		buf_release(&b);
		return bad;
	}
	if (index_open(&ix, path, e))
		return -1;
	int r = index_verify(&ix, e);
	snprintf(id, 40, "%s", js_str(index_key(&ix, "build_id"), NULL));
	index_close(&ix);
	return r;
}

static bool looks_like_index(const char *path)
{
	struct buf b = BUF_INIT;
	struct err e;
	bool r = file_slurp(path, 1u << 28, &b, &e) == 0 && b.len > TAR_BLOCK && !strcmp((char *)b.p, MANIFEST_NAME);
	buf_release(&b);
	return r;
}

static bool expected_file(const char *path)
{
	size_t n = strlen(path);
	return !strcmp(path, the_index) || (n > 5 && !strcmp(path + n - 5, ".lock")) ||
	       find_name(first, n_first, path) < n_first;
}

/* Files into the folder work. */
static void put_state(void)
{
	struct err e;
	for (int folders = 1; folders >= 0; folders--)
		for (size_t i = 0; i < n_names; i++) {
			const struct inode *f = &inodes[names[i].inode];
			char path[2 * NAME];
			if (!in_dir(names[i].path) || f->dir != folders)
				continue;
			snprintf(path, sizeof path, "%s%s", work, names[i].path + strlen(dir_path));
			if (f->dir) {
				mkdir(path, 0777);
				continue;
			}
			int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
			if (fd < 0)
				continue;	/* its folder is lost */
			if (fd_write(fd, path, f->b.p, f->b.len, &e))
				err_die(&e);
			close(fd);
		}
}

static void empty_dir(const char *path)
{
	struct dirent *de;
	DIR *d = opendir(path);
	while (d && (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		char *sub = mem_printf("%s/%s", path, de->d_name);
		if (unlink(sub)) {
			empty_dir(sub);
			rmdir(sub);
		}
		mem_free(sub);
	}
	if (d)
		closedir(d);
}

static size_t count_strays(char *line, size_t room)
{
	size_t n = 0;
	for (size_t i = 0; i < n_names; i++)
		if (in_dir(names[i].path) && !expected_file(names[i].path) && ++n)
			snprintf(line, room, "a stray %s", names[i].path);
	return n;
}

/* COMMAND makes all well again. */
static bool next_works(char *line, size_t room)
{
	char cmd[4 * NAME], id[40] = "";
	struct err e;
	struct dirent *de;
	const char *name = the_index + strlen(dir_path);
	char *path = mem_printf("%s%s", work, name);
	snprintf(cmd, sizeof cmd, "cd '%s' && { %s\n} >/dev/null 2>'%s/.stderr'", work, then, work);
	n_then++;
	int status = system(cmd);
	bool good = status == 0 && (any_state || (read_id(path, id, &e) == 0 && (loose || !strcmp(id, new_id))));
	if (!good)
		snprintf(line, room, "the next command: status %d, index %s", status, id);
	DIR *d = opendir(work);
	while (good && d && (de = readdir(d)))
		if (strstr(de->d_name, ".tmp.")) {
			snprintf(line, room, "the next command leaves %s", de->d_name);
			good = false;
		}
	if (d)
		closedir(d);
	mem_free(path);
	return good;
}

/* The last exit: a command may run the program before, to ask it something. */
static bool is_end(const struct state *s)
{
	size_t last = n_ops;
	while (last && ops[last - 1].type != EXIT)
		last--;
	return s->n && s->n == last;
}

static bool judge(const struct state *s, char *line, size_t room)
{
	bool done = is_end(s) && ops[s->n - 1].inode == 0;
	struct err e;
	char id[40] = "";
	if (any_state)
		return count_strays(line, room) <= 1 &&
		       (n_distinct % then_every || (put_state(), next_works(line, room)));
	if (find_name(names, n_names, the_index) == n_names) {
		if (*old_id || done)
			snprintf(line, room, "the index is gone");
		else if (count_strays(line, room) <= 1)
			return !then_every || n_distinct % then_every || (put_state(), next_works(line, room));
		return false;
	}
	put_state();
	char *path = mem_printf("%s%s", work, the_index + strlen(dir_path));
	int r = read_id(path, id, &e);
	mem_free(path);
	if (r)
		snprintf(line, room, "%s", e.msg);
	else if (strcmp(id, new_id) && (done || strcmp(id, old_id)))
		snprintf(line, room, "index %s is neither old %s nor new %s%s", id, old_id, new_id,
			 done ? " (and the command had ended)" : "");
	else if (count_strays(line, room) <= 1)
		return !then_every || n_distinct % then_every || next_works(line, room);
	return false;
}

static uint64_t sum_state(const struct state *s)
{
	struct hash *h = hash_new();
	bool done = is_end(s);
	hash_add(h, &done, sizeof done);
	for (size_t i = 0; i < n_names; i++)
		if (in_dir(names[i].path)) {
			const struct buf *b = &inodes[names[i].inode].b;
			hash_add(h, names[i].path, strlen(names[i].path) + 1);
			hash_add(h, &b->len, sizeof b->len);
			hash_add(h, b->p, b->len);
		}
	uint64_t x = hash_get(h);
	hash_free(h);
	return x ? x : 1;
}

static bool is_new(uint64_t x)
{
	size_t mask = sizeof seen / sizeof *seen - 1, i = (size_t)x & mask;
	while (seen[i] && seen[i] != x)
		i = (i + 1) & mask;
	bool r = !seen[i];
	seen[i] = x;
	return r;
}

static void try_state(const struct state *s)
{
	char line[NAME] = "";
	build(s);
	n_states++;
	if (n_distinct > sizeof seen / sizeof *seen / 2 || !is_new(sum_state(s)))
		return;
	n_distinct++;
	if (!judge(s, line, sizeof line) && ++n_failed <= 10)
		printf("FAILED after call %zu (%s %s), %llu bytes of it, %s %zu, seed %llu: %s\n", s->n,
		       s->n ? op_names[ops[s->n - 1].type] : "none", s->n ? ops[s->n - 1].path : "",
		       (unsigned long long)s->tear, lost_names[s->lost], s->one, (unsigned long long)s->seed,
		       line);
	empty_dir(work);
}

static void try_losses(struct state s)
{
	for (s.lost = KEPT; s.lost < RANDOM; s.lost++) {
		s.one = 0;
		if (s.lost != ONE_LOST)
			try_state(&s);
		else
			for (; s.one < s.n; s.one++)
				if (!is_synced(s.one, s.n))
					try_state(&s);
	}
}

static void try_all(void)
{
	for (size_t n = 0; n <= n_ops; n++) {
		struct state s = {.n = n, .tear = n ? ops[n - 1].b : 0};
		uint64_t len = s.tear;
		try_losses(s);
		if (!n || ops[n - 1].type != WRITE)
			continue;
		const uint64_t tears[] = {512, len / 2, len - 1};
		for (size_t i = 0; i < 3; i++)
			if (tears[i] && tears[i] < len) {
				s.tear = tears[i];
				try_losses(s);
			}
	}
}

static void try_random(size_t n, uint64_t seed)
{
	struct rng r = {seed};
	for (size_t i = 0; i < n; i++) {
		struct state s = {.n = (size_t)rng_below(&r, n_ops + 1), .lost = RANDOM, .seed = rng_u64(&r)};
		s.tear = s.n && ops[s.n - 1].b ? rng_below(&r, ops[s.n - 1].b) + 1 : 0;
		try_state(&s);
	}
}

int main(int argc, char **argv)
{
	struct buf log = BUF_INIT;
	struct err e;
	const char *n_random = getenv("CRASH_RANDOM"), *seed = getenv("CRASH_SEED"), *any = getenv("CRASH_ANY"),
		   *dir = getenv("CRASH_DIR");
	prog_start(argv[0]);
	if (argc < 5 || *argv[3] != '/')
		fail("want LOG BEFORE INDEX NEW [OLD [EVERY COMMAND]], INDEX an absolute name");
	dir_before = argv[2];
	the_index = argv[3];
	new_path = argv[4];
	old_path = argc > 5 ? argv[5] : "";
	if (argc > 7) {
		then_every = strtoul(argv[6], NULL, 10);
		then = argv[7];
	}
	snprintf(dir_path, sizeof dir_path, "%.*s", dir ? NAME : (int)(strrchr(the_index, '/') - the_index),
		 dir ? dir : the_index);
	if (!in_dir(the_index))
		fail("CRASH_DIR is not above INDEX");
	snprintf(work, sizeof work, "%s", "/dev/shm/crash-states-XXXXXX");
	loose = getenv("CRASH_LOOSE") != NULL;
	any_state = any && *any && then_every;
	is_index = looks_like_index(new_path);
	if (read_id(new_path, new_id, &e) || (*old_path && read_id(old_path, old_id, &e)))
		err_die(&e);
	if (!mkdtemp(work))
		fail("no folder in /dev/shm");
	read_log(argv[1], &log);
	read_before("");
	try_all();
	if (n_random)
		try_random(strtoul(n_random, NULL, 10), seed ? strtoull(seed, NULL, 10) : 1);
	empty_dir(work);
	rmdir(work);
	printf("%zu calls, %zu states, %zu distinct, %zu commands after them, %zu failed\n", n_ops, n_states,
	       n_distinct, n_then, n_failed);
	return n_failed != 0;
}
