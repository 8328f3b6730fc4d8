/*
 * fault-trials [options] COMMAND: the command again and again, each time with one fault.
 *
 *	-s FILE		leann-fault.so
 *	-p PROG		the program that it happens to (of a pipe: that stage)
 *	-d KINDS	kill,EIO,ENOSPC,EINTR,EMFILE,short,oom, comma-separated
 *	-m MODES	once,forever (once)
 *	-b DIR		a copy of it is the command's working directory, anew for each trial
 *	-i FILE		the index in it that the command makes or replaces
 *	-n N		trials of a kind and mode, at most: then the first and last third of N, and some between
 *	-S SEED		which
 *	-o KIND:MODE:K	this trial only
 *	-R TEXT		how to start this again, for REPRO lines
 *	-t TEXT		a run that says TEXT, of status 0 to 2, is no failure: it does not hide it; where
 *			memory is out, only if its output says that, too
 *	-l		a failure may come after the new index is there
 *	-a		a program that libzmq ends for want of memory is no failure: it aborts, or uses what
 *			it did not get, and libpgm, which it starts, has glibc's getprotobyname() read from a
 *			null pointer. The shim says who: a signal that anything else raises is a failure
 *
 * The command runs once without a fault; that is what a good run is. With a fault:
 *	EINTR, short	nothing of it is seen
 *	kill		status not 0; the index is the old one or the new one; one stray file at most;
 *			the command then runs without a fault and leaves no stray
 *	others		a good run (the call did not matter), or status 2, a message with the error
 *			and the file's name, the index as it was, no stray file
 * No trial ends by a signal or takes over 60 seconds. Prints "N trials, N failed".
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/index_verify.h"

enum { NAME = 4096, NAMES_MAX = 500, TRIAL_S = 60, REPORTS = 20 };

static struct {
	const char *so, *prog, *kinds, *modes, *before, *index, *only, *repro, *said, *command;
	size_t n_max;
	uint64_t seed;
	bool abort_ok, late_ok;
} o = {.modes = "once", .n_max = SIZE_MAX, .seed = 1, .repro = "fault-trials"};

static char top[] = "/dev/shm/fault-trials-XXXXXX";
static size_t n_trials, n_failed;

struct names {
	char *name[NAMES_MAX];
	size_t n;
};

/* What a good run is. */
static struct {
	struct buf out, old, new;
	bool was, is;			/* the index: there before, there after */
	struct names files;		/* before or after */
} good;

static struct outcome {
	int status;			/* as a shell says it, 1000: it took too long */
	struct buf out, err, index;
	bool is;
	char hit[NAME];			/* the call and its file; empty: none was hit */
	bool zmq;			/* a signal, and libzmq or a library of its raised it */
	char signal[100];		/* as the shim says it */
	size_t n_stray;
	bool journal;			/* one of them is */
	char stray[NAME];
} got;

static void fail(const char *what)
{
	fprintf(stderr, "fault-trials: %s\n", what);
	exit(2);
}

/* ---- files ---- */

static void slurp(const char *name, struct buf *b)
{
	struct err e;
	char path[2 * NAME];
	snprintf(path, sizeof path, "%s/%s", top, name);
	buf_clear(b);
	if (file_slurp(path, 1u << 28, b, &e))
		buf_clear(b);
	buf_addc(b, 0);
	b->len--;
}

static bool there(const char *name)
{
	char path[2 * NAME];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", top, name);
	return lstat(path, &st) == 0;
}

static void list(const char *dir, const char *sub, struct names *n)
{
	char path[NAME];
	struct dirent *de;
	snprintf(path, sizeof path, "%s/%s", dir, sub);
	DIR *d = opendir(path);
	while (d && (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (n->n == NAMES_MAX)
			fail("too many files");
		char *rel = mem_printf("%s%s%s", sub, *sub ? "/" : "", de->d_name);
		n->name[n->n++] = rel;
		if (de->d_type == DT_DIR)
			list(dir, rel, n);
	}
	if (d)
		closedir(d);
}

static void forget(struct names *n)
{
	while (n->n)
		mem_free(n->name[--n->n]);
}

static bool has(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (!strcmp(n->name[i], name))
			return true;
	return false;
}

static void copy_file(const char *from, const char *to)
{
	struct buf b = BUF_INIT;
	struct err e;
	struct stat st;
	if (stat(from, &st) || file_slurp(from, 1u << 28, &b, &e))
		fail("cannot copy");
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 0777);
	struct timespec t[2] = {st.st_mtim, st.st_mtim};
	if (fd < 0 || fd_write(fd, to, b.p, b.len, &e))
		fail("cannot copy");
	futimens(fd, t);
	close(fd);
	buf_release(&b);
}

/* top/d is as before the command. */
static void reset(void)
{
	struct names n = {.n = 0};
	char to[2 * NAME], from[2 * NAME];
	struct stat st;
	list(top, "", &n);
	while (n.n) {	/* what is in a folder comes after it */
		snprintf(to, sizeof to, "%s/%s", top, n.name[n.n - 1]);
		if (unlink(to))
			rmdir(to);
		mem_free(n.name[--n.n]);
	}
	snprintf(to, sizeof to, "%s/d", top);
	mkdir(to, 0777);
	snprintf(to, sizeof to, "%s/tmp", top);
	mkdir(to, 0777);
	list(o.before, "", &n);
	for (size_t i = 0; i < n.n; i++) {
		snprintf(from, sizeof from, "%s/%s", o.before, n.name[i]);
		snprintf(to, sizeof to, "%s/d/%s", top, n.name[i]);
		if (stat(from, &st) == 0 && S_ISDIR(st.st_mode))
			mkdir(to, 0777);
		else
			copy_file(from, to);
	}
	forget(&n);
}

/* ---- one run ---- */

static void set_var(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void set_path(const char *var, const char *name)
{
	char path[NAME];
	snprintf(path, sizeof path, "%s/%s", top, name);
	setenv(var, path, 1);
}

static void redirect(const char *name, int to)
{
	char path[NAME];
	snprintf(path, sizeof path, "%s/%s", top, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	dup2(fd, to);
	close(fd);
}

static _Noreturn void child(const char *kind, const char *mode, long at)
{
	char path[NAME], k[30];
	snprintf(path, sizeof path, "%s/d", top);
	snprintf(k, sizeof k, "%ld", at);
	setpgid(0, 0);
	redirect("out", 1);
	redirect("err", 2);
	dup2(open("/dev/null", O_RDONLY), 0);
	set_var("FAULT_PROG", o.prog);
	set_var("FAULT_DO", kind);
	set_var("FAULT_MODE", mode);
	set_var("FAULT_AT", k);
	set_path("FAULT_COUNT", "count");
	set_path("FAULT_HIT", "hit");
	set_path("TMPDIR", "tmp");
	set_var("OPENBLAS_NUM_THREADS", "1");
	set_var("FAULT_TIME", "1700000000");
	set_var("LD_PRELOAD", o.so);
	if (chdir(path) == 0)
		execlp("bash", "bash", "-o", "pipefail", "-c", o.command, (char *)NULL);
	_exit(127);
}

/* Status as a shell says it; 1000 after TRIAL_S seconds. */
static int wait_for(pid_t pid)
{
	struct timespec nap = {0, 1000 * 1000};
	struct timespec t0, t;
	int status;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		if (t.tv_sec - t0.tv_sec > TRIAL_S) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 1000;
		}
		nanosleep(&nap, NULL);
	}
	kill(-pid, SIGKILL);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void look(void)
{
	struct names n = {.n = 0};
	struct stat st;
	struct buf hit = BUF_INIT;
	char path[NAME];
	slurp("out", &got.out);
	slurp("err", &got.err);
	slurp("hit", &hit);
	snprintf(got.hit, sizeof got.hit, "%.*s", (int)strcspn((char *)hit.p, "\n"), (char *)hit.p);
	char *line = strstr((char *)hit.p, "\nsignal");
	snprintf(got.signal, sizeof got.signal, "%s", line ? line + 1 : "");
	got.zmq = strstr(got.signal, " in libzmq.so") || strstr(got.signal, " in libpgm");
	buf_release(&hit);
	got.is = false;
	buf_clear(&got.index);
	if (o.index) {
		snprintf(path, sizeof path, "d/%s", o.index);
		got.is = there(path);
		slurp(path, &got.index);
	}
	got.n_stray = 0;
	got.journal = false;
	snprintf(path, sizeof path, "%s/tmp", top);
	list(path, "", &n);
	/* an empty one may stay where files without names are not to be had */
	for (size_t i = 0; i < n.n; i++) {
		snprintf(path, sizeof path, "%s/tmp/%s", top, n.name[i]);
		if (stat(path, &st) == 0 && st.st_size && ++got.n_stray)
			snprintf(got.stray, sizeof got.stray, "$TMPDIR/%s", n.name[i]);
	}
	forget(&n);
	snprintf(path, sizeof path, "%s/d", top);
	list(path, "", &n);
	for (size_t i = 0; i < n.n; i++)
		if (!has(&good.files, n.name[i])) {
			const char *end = strrchr(n.name[i], '.');
			got.journal |= end && !strcmp(end, ".journal");
			got.n_stray++;
			snprintf(got.stray, sizeof got.stray, "%s", n.name[i]);
		}
	forget(&n);
}

static void run(const char *kind, const char *mode, long at)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		child(kind, mode, at);
	got.status = wait_for(pid);
	look();
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->p, b->p, a->len));
}

/* ---- is it as promised? ---- */

static bool is_old(void)
{
	return got.is == good.was && same(&got.index, &good.old);
}

static bool is_new(void)
{
	struct index ix;
	struct err e;
	char path[NAME];
	if (got.is == good.is && same(&got.index, &good.new))
		return true;
	if (!got.is || is_old())
		return false;
	snprintf(path, sizeof path, "%s/d/%s", top, o.index);
	if (index_open(&ix, path, &e))
		return false;
	bool sound = index_verify(&ix, &e) == 0;
	index_close(&ix);
	return sound;
}

static bool is_good(void)
{
	return got.status == 0 && same(&got.out, &good.out) && (!o.index || is_new()) && !got.n_stray;
}

/* Is the error named, and what it was of? */
static const char *message(const char *kind)
{
	static const struct {
		const char *kind;
		int number;
	} errors[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE}};
	const char *text = (char *)got.err.p, *path = strchr(got.hit, ' '), *base;
	if (!strcmp(kind, "oom"))
		return strstr(text, "memory") || strstr(text, "Resource temporarily") ? NULL
									: "the message is not of memory";
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (!strcmp(kind, errors[i].kind) && !strstr(text, strerror(errors[i].number)))
			return "the message does not name the error";
	if (!path || path[1] != '/' || strstr(path, "(deleted)"))
		return NULL;
	base = strrchr(path, '/') + 1;
	/* names that only we know, and streams */
	if (!strcmp(base, ".") || strstr(text, base) || strstr(base, ".tmp.") || strstr(text, "stdin") || strstr(text, "stdout") ||
	    strstr(text, "scratch file") || (o.index && strstr(text, o.index)))
		return NULL;
	return "the message does not name the file";
}

static const char *judge_kill(void)
{
	if (!*got.hit)
		return is_good() ? NULL : "not hit, but no good run";
	if (got.status == 0)
		return "status 0";
	if (o.index && !is_old() && !is_new())
		return "the index is neither old nor new";
	/* a journal is for the next run */
	if (got.n_stray > 1 + (size_t)got.journal)
		return "strays";
	run(NULL, NULL, 0);
	return is_good() ? NULL : "the next run is no good one";
}

static const char *judge_error(const char *kind, bool often)
{
	if (is_good())
		return NULL;
	if (!strcmp(kind, "EINTR") || !strcmp(kind, "short"))
		return "it shows";
	bool tells = strcmp(kind, "oom") || strstr((char *)got.out.p, strerror(ENOMEM));
	if (o.said && got.status <= 2 && !got.n_stray && tells &&
	    (strstr((char *)got.out.p, o.said) || strstr((char *)got.err.p, o.said)))
		return NULL;
	if (got.status == 0)
		return "status 0, but no good run";
	if (o.abort_ok && !strcmp(kind, "oom") && got.zmq && (got.status == 134 || got.status == 139))
		;
	else if (got.status != 2 && got.status != 75)
		return got.status == 1000 ? "it hangs" : got.status > 128 ? "a signal" : "status";
	else if (message(kind))
		return message(kind);
	/* once the index has its name only the sync of its folder can fail */
	if (o.index && !is_old() && !(is_new() && (o.late_ok || !strncmp(got.hit, "syncdir", 7))))
		return is_new() ? "failed, but the index is the new one" : "the index is damaged";
	/* with unlink() failing for ever nothing can be tidied */
	if (got.n_stray > (o.abort_ok || strstr(o.modes, "forever") ? 1 : 0))
		return "strays";
	if (!often)
		return NULL;
	run(NULL, NULL, 0);
	return is_good() ? NULL : "the next run is no good one";
}

static void trial(const char *kind, const char *mode, long at)
{
	reset();
	run(kind, mode, at);
	n_trials++;
	bool often = n_trials % 10 == 0 || o.only;
	char *hit = mem_printf("%s %s", got.hit, got.signal), *err = mem_strndup((char *)got.err.p, strnlen((char *)got.err.p, 500));
	int status = got.status;
	const char *why = strcmp(kind, "kill") ? judge_error(kind, often) : judge_kill();
	if (why && ++n_failed <= REPORTS) {
		printf("FAILED %s at %s: status %d, %s%s%s\n%s\n", kind, hit, status, why,
		       got.n_stray ? ", stray " : "", got.n_stray ? got.stray : "", err);
		printf("REPRO: %s %s:%s:%ld\n", o.repro, kind, mode, at);
		fflush(stdout);
	}
	mem_free(hit);
	mem_free(err);
}

/* How many calls of a good run it can happen to. */
static long count(const char *kind)
{
	struct buf b = BUF_INIT;
	reset();
	run(kind, "once", 0);
	if (!is_good())
		fail("a run with nothing but counting is no good one");
	slurp("count", &b);
	long n = strtol((char *)b.p, NULL, 10);
	buf_release(&b);
	return n;
}

static void trials_of(const char *kind, const char *mode)
{
	struct rng r = {o.seed};
	long n = count(kind), third = (long)(o.n_max / 3);
	if ((size_t)n <= o.n_max) {
		for (long k = 1; k <= n; k++)
			trial(kind, mode, k);
		return;
	}
	for (long k = 1; k <= third; k++)
		trial(kind, mode, k);
	for (long k = 0; k < third; k++)
		trial(kind, mode, third + 1 + (long)rng_below(&r, (uint64_t)(n - 2 * third)));
	for (long k = n - third + 1; k <= n; k++)
		trial(kind, mode, k);
}

static void first_run(void)
{
	char path[NAME];
	list(o.before, "", &good.files);
	reset();
	snprintf(path, sizeof path, "d/%s", o.index ? o.index : "");
	good.was = o.index && there(path);
	if (o.index)
		slurp(path, &good.old);
	run(NULL, NULL, 0);
	if (got.status) {
		fprintf(stderr, "%s", (char *)got.err.p);
		fail("the command fails without a fault");
	}
	slurp("out", &good.out);
	good.is = o.index && there(path);
	if (o.index)
		slurp(path, &good.new);
	snprintf(path, sizeof path, "%s/d", top);
	list(path, "", &good.files);
}

static char *next_word(char **p)
{
	char *w = strsep(p, ",:");
	return w;
}

int main(int argc, char **argv)
{
	prog_start(argv[0]);
	for (int c; (c = getopt(argc, argv, "+s:p:d:m:b:i:n:S:o:R:t:al")) > 0;)
		switch (c) {
		case 's': o.so = optarg; break;
		case 'p': o.prog = optarg; break;
		case 'd': o.kinds = optarg; break;
		case 'm': o.modes = optarg; break;
		case 'b': o.before = optarg; break;
		case 'i': o.index = optarg; break;
		case 'n': o.n_max = strtoul(optarg, NULL, 10); break;
		case 'S': o.seed = strtoull(optarg, NULL, 10); break;
		case 'o': o.only = optarg; break;
		case 'R': o.repro = optarg; break;
		case 't': o.said = optarg; break;
		case 'a': o.abort_ok = true; break;
		case 'l': o.late_ok = true; break;
		default: fail("unknown option");
		}
	if (optind != argc - 1 || !o.so || !o.before || !o.kinds || access(o.so, R_OK))
		fail("want -s SO -b DIR -d KINDS COMMAND");
	o.command = argv[optind];
	if (!mkdtemp(top))
		fail("no folder in /dev/shm");
	first_run();
	if (o.only) {
		char *p = mem_strdup(o.only), *kind = next_word(&p), *mode = next_word(&p);
		trial(kind, mode ? mode : "once", p ? strtol(p, NULL, 10) : 1);
	}
	for (char *ks = mem_strdup(o.kinds), *kind; !o.only && (kind = next_word(&ks));)
		for (char *ms = mem_strdup(o.modes), *mode; (mode = next_word(&ms));)
			if (strcmp(mode, "forever") || (strcmp(kind, "EINTR") && strcmp(kind, "kill")))
				trials_of(kind, mode);
	printf("%zu trials, %zu failed\n", n_trials, n_failed);
	reset();
	char path[NAME];
	for (int i = 0; i < 2; i++) {
		struct names n = {.n = 0};
		list(top, "", &n);
		while (n.n) {
			snprintf(path, sizeof path, "%s/%s", top, n.name[n.n - 1]);
			if (unlink(path))
				rmdir(path);
			mem_free(n.name[--n.n]);
		}
	}
	rmdir(top);
	return n_failed != 0;
}
