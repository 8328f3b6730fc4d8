/*
 * leann-fault.so: what can go wrong between a program and the system, on demand. For LD_PRELOAD.
 *
 *	FAULT_PROG=leann-graph		only in the process whose program has this name
 *	FAULT_DO=kill|EIO|ENOSPC|EINTR|EMFILE|short|oom
 *	FAULT_AT=K			at the K-th call (1 and up) to which that can happen; 0: never
 *	FAULT_MODE=once|forever		only there, or there and at all such calls after it
 *	FAULT_COUNT=FILE		at exit, how many such calls there were
 *	FAULT_HIT=FILE			when it happens: "CALL NAME", the file's name or empty
 *	FAULT_LOG=FILE			every call that changes files, for crash-states
 *	FAULT_NO_TMPFILE=1		a file system without nameless files
 *	FAULT_LIE=fsync			fsync does nothing and says that all is well: to try the tests
 *	FAULT_TIME=T			what time() says
 *
 * Of SIGSEGV and SIGABRT it adds a line to FAULT_HIT: "signal N in LIBRARY", the innermost library
 * that is none of libc, libstdc++, libgcc and this one.
 *
 * kill happens before calls that change something; short reads and writes half of what is asked
 * for; oom is of malloc and its kin, whoever calls; the others are of calls that the program itself
 * makes, not of those of libraries. Nothing is counted before main(). What stdio writes goes past
 * all this: it calls the system from inside libc.
 *
 * A log has one record a call that succeeded, a line of fields with tabs between, and in the case of
 * write its bytes after it:
 *
 *	create INODE - - PATH		made by open(); PATH empty: nameless
 *	open INODE - - PATH		was there, opened for writing
 *	trunc INODE LENGTH -		write INODE OFFSET LENGTH	then LENGTH bytes and LF
 *	link INODE - - PATH		rename INODE - - PATH OLD	unlink INODE - - PATH
 *	mkdir INODE - - PATH		fsync INODE			syncdir INODE - - PATH
 *	exit STATUS			the program came to its end (_exit() is not seen)
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, CREATE = 2, READ = 4, WRITE = 8, TRUNC = 16, NAME = 32, UNLINK = 64, FSYNC = 128,
       MKDIR = 256, CLOSE = 512, MAP = 1024, STAT = 2048, LOCK = 4096, ALLOC = 8192, LIST = 16384 };

static const struct kind {
	const char *name;
	int number;			/* errno; 0: see do_it() */
	unsigned calls;
} kinds[] = {
	{"kill", 0, CREATE | WRITE | TRUNC | NAME | UNLINK | FSYNC | MKDIR | CLOSE},
	{"EIO", EIO, OPEN | CREATE | READ | WRITE | TRUNC | NAME | UNLINK | FSYNC | MKDIR | CLOSE | MAP |
			     STAT | LOCK | LIST},
	{"ENOSPC", ENOSPC, CREATE | WRITE | TRUNC | NAME | FSYNC | MKDIR | CLOSE},
	{"EINTR", EINTR, READ | WRITE | LOCK},
	{"EMFILE", EMFILE, OPEN | CREATE},
	{"short", 0, READ | WRITE},
	{"oom", ENOMEM, ALLOC},
};

static struct {
	bool on, forever, no_tmpfile, lie;
	const struct kind *kind;
	long at;
	atomic_long n;
	int log_fd;
	const char *hit, *count;
	uintptr_t lo, hi;		/* where the program's own code is */
} f = {.log_fd = -1};
static __thread bool inside;
static atomic_bool written[1024];	/* descriptors written to: their close() counts */

/* The next function of that name; nothing here calls libc's wrappers of what is wrapped. */
#define REAL(ret, name, ...) \
	static ret (*real)(__VA_ARGS__); \
	if (!real) \
		real = (ret (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void put_file(const char *path, const char *text)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd >= 0) {
		syscall(SYS_write, fd, text, strlen(text));
		syscall(SYS_close, fd);
	}
}

static void fd_path(int fd, char path[PATH_MAX])
{
	char self[40];
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, self, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = 0;
}

/* An absolute name of what is called name in dirfd. */
static void full_path(int dirfd, const char *name, char path[PATH_MAX])
{
	char dir[PATH_MAX] = "";
	if (*name != '/' && dirfd == AT_FDCWD)
		syscall(SYS_getcwd, dir, sizeof dir);
	else if (*name != '/')
		fd_path(dirfd, dir);
	while (!strncmp(name, "./", 2))
		name += 2;
	if (snprintf(path, PATH_MAX, "%s%s%s", dir, *dir ? "/" : "", name) >= PATH_MAX)
		path[0] = 0;
}

static bool ours(const void *caller)
{
	return (uintptr_t)caller >= f.lo && (uintptr_t)caller < f.hi;
}

/* Does it happen at this call? Then errno is set, or the process has ended. */
static bool strikes(unsigned call, const char *name, const char *path, const void *caller)
{
	if (!f.on || inside || !f.kind || !(f.kind->calls & call) || (call != ALLOC && !ours(caller)))
		return false;
	long k = atomic_fetch_add(&f.n, 1) + 1;
	if (!f.at || (f.forever ? k < f.at : k != f.at))
		return false;
	inside = true;
	if (f.hit && k == f.at) {
		char line[PATH_MAX + 40];
		snprintf(line, sizeof line, "%s %s\n", name, path ? path : "");
		put_file(f.hit, line);
	}
	if (!strcmp(f.kind->name, "kill"))
		syscall(SYS_kill, getpid(), SIGKILL);
	inside = false;
	errno = f.kind->number;
	return true;
}

static bool strikes_fd(unsigned call, const char *name, int fd, const void *caller)
{
	char path[PATH_MAX] = "";
	if (f.on && !inside && f.hit)
		fd_path(fd, path);
	return strikes(call, name, path, caller);
}

/* ---- how it ended ---- */

/* Libraries that end a program on behalf of what called them. */
static bool is_runtime(const char *name)
{
	return !strncmp(name, "libc.so", 7) || !strncmp(name, "libstdc++", 9) || !strncmp(name, "libgcc_s", 8) ||
	       !strncmp(name, "leann-fault", 11);
}

/* Who raised the signal: what called libc, where it came from there. */
static void on_signal(int number)
{
	void *frame[40];
	char line[PATH_MAX + 40];
	Dl_info i;
	inside = true;
	int n = backtrace(frame, 40), k = 0;
	const char *name = "";
	for (; k < n; k++) {
		name = dladdr(frame[k], &i) && i.dli_fname ? i.dli_fname : "";
		name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
		if (*name && !is_runtime(name))
			break;
	}
	snprintf(line, sizeof line, "signal %d in %s\n", number, k < n ? name : "nothing");
	put_file(f.hit, line);
	signal(number, SIG_DFL);
	raise(number);
}

static void watch_signals(void)
{
	void *frame[2];
	static char stack[1 << 16];
	stack_t st = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
	backtrace(frame, 2);	/* loads what it needs now */
	sigaltstack(&st, NULL);
	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGABRT, &a, NULL);
}

/* Threads of libzmq block all signals: one that it raises itself would end the program unseen. */
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t most;
	if (set && how != SIG_UNBLOCK) {
		most = *set;
		sigdelset(&most, SIGSEGV);
		set = &most;
	}
	return syscall(SYS_rt_sigprocmask, how, set, old, 8) ? errno : 0;
}

time_t time(time_t *t)
{
	const char *now = getenv("FAULT_TIME");
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	time_t s = now ? (time_t)strtoll(now, NULL, 10) : ts.tv_sec;
	if (t)
		*t = s;
	return s;
}

static void put_log(const void *p, size_t n)
{
	for (const char *s = p; n;) {
		ssize_t r = syscall(SYS_write, f.log_fd, s, n);
		if (r <= 0)
			_exit(99);
		s += r;
		n -= (size_t)r;
	}
}

static void note(const char *op, uint64_t inode, long long a, long long b, const char *path, const char *old)
{
	char line[2 * PATH_MAX + 100];
	if (!f.on || f.log_fd < 0)
		return;
	int n = snprintf(line, sizeof line, "%s\t%llu\t%lld\t%lld\t%s\t%s\n", op, (unsigned long long)inode,
			 a, b, path, old);
	put_log(line, (size_t)n);
}

/* The inode behind fd, 0 where it is no regular file or folder; *dir: a folder. */
static uint64_t inode_of(int fd, bool *dir)
{
	struct stat st;
	int saved = errno;
	uint64_t ino = 0;
	if (syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		ino = st.st_ino;
	*dir = ino && S_ISDIR(st.st_mode);
	errno = saved;
	return ino;
}

static uint64_t inode_at(int dirfd, const char *name, int flags)
{
	struct stat st;
	int saved = errno;
	uint64_t ino = syscall(SYS_newfstatat, dirfd, name, &st, flags) ? 0 : st.st_ino;
	errno = saved;
	return ino;
}

static bool logging(void)
{
	return f.on && f.log_fd >= 0;
}

/* ---- opening ---- */

static int open_it(int dirfd, const char *name, int flags, mode_t mode, const void *caller)
{
	bool make = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE, dir;
	char path[PATH_MAX];
	full_path(dirfd, name, path);
	if (strikes(make ? CREATE : OPEN, "open", path, caller))
		return -1;
	if (f.on && f.no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	bool was = logging() && make && (flags & O_CREAT) && inode_at(dirfd, name, AT_SYMLINK_NOFOLLOW);
	int fd = (int)syscall(SYS_openat, dirfd, name, flags, mode);
	if (fd >= 0 && fd < 1024)
		atomic_store(&written[fd], false);
	if (fd >= 0 && logging()) {
		uint64_t ino = inode_of(fd, &dir);
		if (make && !was)
			note("create", ino, 0, 0, flags & O_CREAT ? path : "", "");
		else if (ino && (flags & O_ACCMODE) != O_RDONLY)
			note("open", ino, 0, 0, path, "");
		if (flags & O_TRUNC)
			note("trunc", ino, 0, 0, "", "");
	}
	return fd;
}

static mode_t mode_arg(int flags, va_list ap)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

#define OPEN_BODY(dirfd) \
	va_list ap; \
	va_start(ap, flags); \
	mode_t mode = mode_arg(flags, ap); \
	va_end(ap); \
	return open_it(dirfd, name, flags, mode, __builtin_return_address(0))

int open(const char *name, int flags, ...) { OPEN_BODY(AT_FDCWD); }
int open64(const char *name, int flags, ...) { OPEN_BODY(AT_FDCWD); }
int openat(int dirfd, const char *name, int flags, ...) { OPEN_BODY(dirfd); }
int openat64(int dirfd, const char *name, int flags, ...) { OPEN_BODY(dirfd); }

int __open_2(const char *name, int flags)
{
	return open_it(AT_FDCWD, name, flags, 0, __builtin_return_address(0));
}

int __openat_2(int dirfd, const char *name, int flags)
{
	return open_it(dirfd, name, flags, 0, __builtin_return_address(0));
}

int mkostemp(char *name, int flags)
{
	REAL(int, "mkostemp", char *, int);
	if (strikes(CREATE, "mkostemp", name, __builtin_return_address(0)))
		return -1;
	int fd = real(name, flags);
	bool dir;
	if (fd >= 0 && logging())
		note("create", inode_of(fd, &dir), 0, 0, name, "");
	return fd;
}

int close(int fd)
{
	if (fd >= 0 && fd < 1024 && atomic_exchange(&written[fd], false) &&
	    strikes_fd(CLOSE, "close", fd, __builtin_return_address(0))) {
		syscall(SYS_close, fd);
		return -1;
	}
	return (int)syscall(SYS_close, fd);
}

/* ---- bytes ---- */

static bool is_short(void)
{
	return f.kind && !strcmp(f.kind->name, "short");
}

static ssize_t read_it(long number, int fd, void *p, size_t n, off_t off, const void *caller)
{
	if (n && strikes_fd(READ, "read", fd, caller)) {
		if (!is_short())
			return -1;
		n = n > 1 ? n / 2 : n;
	}
	return syscall(number, fd, p, n, off);
}

ssize_t read(int fd, void *p, size_t n)
{
	return read_it(SYS_read, fd, p, n, 0, __builtin_return_address(0));
}

ssize_t __read_chk(int fd, void *p, size_t n, size_t room)
{
	(void)room;
	return read_it(SYS_read, fd, p, n, 0, __builtin_return_address(0));
}

ssize_t pread(int fd, void *p, size_t n, off_t off)
{
	return read_it(SYS_pread64, fd, p, n, off, __builtin_return_address(0));
}

ssize_t pread64(int fd, void *p, size_t n, off_t off)
{
	return read_it(SYS_pread64, fd, p, n, off, __builtin_return_address(0));
}

ssize_t __pread_chk(int fd, void *p, size_t n, off_t off, size_t room)
{
	(void)room;
	return read_it(SYS_pread64, fd, p, n, off, __builtin_return_address(0));
}

static ssize_t write_it(long number, int fd, const void *p, size_t n, off_t off, const void *caller)
{
	bool dir;
	if (n && strikes_fd(WRITE, "write", fd, caller)) {
		if (!is_short())
			return -1;
		n = n > 1 ? n / 2 : n;
	}
	if (fd >= 0 && fd < 1024)
		atomic_store(&written[fd], true);
	uint64_t ino = logging() ? inode_of(fd, &dir) : 0;
	if (ino && number == SYS_write) {
		int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
		off = (off_t)syscall(SYS_lseek, fd, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
	}
	ssize_t r = number == SYS_write ? syscall(number, fd, p, n) : syscall(number, fd, p, n, off);
	if (r > 0 && ino) {
		note("write", ino, off, r, "", "");
		put_log(p, (size_t)r);
		put_log("\n", 1);
	}
	return r;
}

ssize_t write(int fd, const void *p, size_t n)
{
	return write_it(SYS_write, fd, p, n, 0, __builtin_return_address(0));
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	return write_it(SYS_pwrite64, fd, p, n, off, __builtin_return_address(0));
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t off)
{
	return write_it(SYS_pwrite64, fd, p, n, off, __builtin_return_address(0));
}

static int trunc_it(int fd, off_t n, const void *caller)
{
	bool dir;
	if (strikes_fd(TRUNC, "ftruncate", fd, caller))
		return -1;
	int r = (int)syscall(SYS_ftruncate, fd, n);
	if (!r && logging())
		note("trunc", inode_of(fd, &dir), n, 0, "", "");
	return r;
}

int ftruncate(int fd, off_t n) { return trunc_it(fd, n, __builtin_return_address(0)); }
int ftruncate64(int fd, off_t n) { return trunc_it(fd, n, __builtin_return_address(0)); }

static int sync_it(long number, int fd, const void *caller)
{
	char path[PATH_MAX];
	bool dir;
	uint64_t ino = inode_of(fd, &dir);
	if (strikes_fd(FSYNC, dir ? "syncdir" : "fsync", fd, caller))
		return -1;
	if (f.on && f.lie)
		return 0;
	int r = (int)syscall(number, fd);
	fd_path(fd, path);
	if (!r && logging())
		note(dir ? "syncdir" : "fsync", ino, 0, 0, dir ? path : "", "");
	return r;
}

int fsync(int fd) { return sync_it(SYS_fsync, fd, __builtin_return_address(0)); }
int fdatasync(int fd) { return sync_it(SYS_fdatasync, fd, __builtin_return_address(0)); }

/* ---- names ---- */

static int rename_it(int od, const char *old, int nd, const char *name, unsigned flags, const void *caller)
{
	char from[PATH_MAX], to[PATH_MAX];
	full_path(od, old, from);
	full_path(nd, name, to);
	if (strikes(NAME, "rename", to, caller))
		return -1;
	uint64_t ino = logging() ? inode_at(od, old, AT_SYMLINK_NOFOLLOW) : 0;
	int r = (int)syscall(SYS_renameat2, od, old, nd, name, flags);
	if (!r)
		note("rename", ino, 0, 0, to, from);
	return r;
}

int rename(const char *old, const char *name)
{
	return rename_it(AT_FDCWD, old, AT_FDCWD, name, 0, __builtin_return_address(0));
}

int renameat(int od, const char *old, int nd, const char *name)
{
	return rename_it(od, old, nd, name, 0, __builtin_return_address(0));
}

int renameat2(int od, const char *old, int nd, const char *name, unsigned flags)
{
	return rename_it(od, old, nd, name, flags, __builtin_return_address(0));
}

static int link_it(int od, const char *old, int nd, const char *name, int flags, const void *caller)
{
	char to[PATH_MAX];
	full_path(nd, name, to);
	if (strikes(NAME, "link", to, caller))
		return -1;
	int r = (int)syscall(SYS_linkat, od, old, nd, name, flags);
	if (!r && logging())
		note("link", inode_at(nd, name, AT_SYMLINK_NOFOLLOW), 0, 0, to, "");
	return r;
}

int link(const char *old, const char *name)
{
	return link_it(AT_FDCWD, old, AT_FDCWD, name, 0, __builtin_return_address(0));
}

int linkat(int od, const char *old, int nd, const char *name, int flags)
{
	return link_it(od, old, nd, name, flags, __builtin_return_address(0));
}

static int unlink_it(int dirfd, const char *name, int flags, const void *caller)
{
	char path[PATH_MAX];
	full_path(dirfd, name, path);
	if (strikes(UNLINK, "unlink", path, caller))
		return -1;
	uint64_t ino = logging() ? inode_at(dirfd, name, AT_SYMLINK_NOFOLLOW) : 0;
	int r = (int)syscall(SYS_unlinkat, dirfd, name, flags);
	if (!r)
		note("unlink", ino, 0, 0, path, "");
	return r;
}

int unlink(const char *name) { return unlink_it(AT_FDCWD, name, 0, __builtin_return_address(0)); }

int unlinkat(int dirfd, const char *name, int flags)
{
	return unlink_it(dirfd, name, flags, __builtin_return_address(0));
}

static int mkdir_it(int dirfd, const char *name, mode_t mode, const void *caller)
{
	char path[PATH_MAX];
	full_path(dirfd, name, path);
	if (strikes(MKDIR, "mkdir", path, caller))
		return -1;
	int r = (int)syscall(SYS_mkdirat, dirfd, name, mode);
	if (!r && logging())
		note("mkdir", inode_at(dirfd, name, AT_SYMLINK_NOFOLLOW), 0, 0, path, "");
	return r;
}

int mkdir(const char *name, mode_t mode) { return mkdir_it(AT_FDCWD, name, mode, __builtin_return_address(0)); }

int mkdirat(int dirfd, const char *name, mode_t mode)
{
	return mkdir_it(dirfd, name, mode, __builtin_return_address(0));
}

/* ---- the rest ---- */

static void *map_it(void *at, size_t n, int prot, int flags, int fd, off_t off, const void *caller)
{
	if (fd >= 0 && strikes_fd(MAP, "mmap", fd, caller))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, off);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	return map_it(at, n, prot, flags, fd, off, __builtin_return_address(0));
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	return map_it(at, n, prot, flags, fd, off, __builtin_return_address(0));
}

int fstat(int fd, struct stat *st)
{
	if (strikes_fd(STAT, "fstat", fd, __builtin_return_address(0)))
		return -1;
	return (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
}

int flock(int fd, int op)
{
	if (strikes_fd(LOCK, "flock", fd, __builtin_return_address(0)))
		return -1;
	return (int)syscall(SYS_flock, fd, op);
}

struct dirent *readdir(DIR *d)
{
	REAL(struct dirent *, "readdir", DIR *);
	return strikes(LIST, "readdir", "", __builtin_return_address(0)) ? NULL : real(d);
}

/* ---- memory ---- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

void *malloc(size_t n) { return strikes(ALLOC, "malloc", "", NULL) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return strikes(ALLOC, "calloc", "", NULL) ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return strikes(ALLOC, "realloc", "", NULL) ? NULL : __libc_realloc(p, n); }

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total) || strikes(ALLOC, "reallocarray", "", NULL)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, total);
}

void *aligned_alloc(size_t align, size_t n)
{
	return strikes(ALLOC, "aligned_alloc", "", NULL) ? NULL : __libc_memalign(align, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	int saved = errno;
	void *q = strikes(ALLOC, "posix_memalign", "", NULL) ? NULL : __libc_memalign(align, n);
	errno = saved;
	if (q)
		*p = q;
	return q ? 0 : ENOMEM;
}

/* ---- beginning and end ---- */

static int find_program(struct dl_phdr_info *i, size_t size, void *ctx)
{
	(void)size, (void)ctx;
	f.lo = UINTPTR_MAX;
	for (int k = 0; k < i->dlpi_phnum; k++) {
		const ElfW(Phdr) *h = &i->dlpi_phdr[k];
		if (h->p_type != PT_LOAD)
			continue;
		uintptr_t at = i->dlpi_addr + h->p_vaddr;
		f.lo = at < f.lo ? at : f.lo;
		f.hi = at + h->p_memsz > f.hi ? at + h->p_memsz : f.hi;
	}
	return 1;	/* the first is the program */
}

static void start(void)
{
	const char *prog = getenv("FAULT_PROG"), *what = getenv("FAULT_DO"), *at = getenv("FAULT_AT"),
		   *mode = getenv("FAULT_MODE"), *log = getenv("FAULT_LOG");
	if (prog && strcmp(prog, program_invocation_short_name))
		return;
	for (size_t i = 0; what && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(what, kinds[i].name))
			f.kind = &kinds[i];
	if (what && !f.kind)
		_exit(98);
	f.at = at ? strtol(at, NULL, 10) : 0;
	f.forever = mode && !strcmp(mode, "forever");
	f.hit = getenv("FAULT_HIT");
	f.no_tmpfile = getenv("FAULT_NO_TMPFILE") != NULL;
	f.lie = getenv("FAULT_LIE") != NULL;
	f.count = getenv("FAULT_COUNT");
	if (log) {
		int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		f.log_fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
		syscall(SYS_close, fd);
	}
	dl_iterate_phdr(find_program, NULL);
	if (f.hit)
		watch_signals();
	f.on = true;
}

static int (*real_main)(int, char **, char **);

static void finish(int status, void *unused)
{
	char line[40];
	(void)unused;
	if (!f.on)
		return;
	snprintf(line, sizeof line, "%ld\n", atomic_load(&f.n));
	if (f.count)
		put_file(f.count, line);
	note("exit", (uint64_t)status, 0, 0, "", "");
	f.on = false;
}

static int our_main(int argc, char **argv, char **env)
{
	start();
	if (f.on)
		on_exit(finish, NULL);
	return real_main(argc, argv, env);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	REAL(int, "__libc_start_main", int (*)(int, char **, char **), int, char **, void (*)(void),
	     void (*)(void), void (*)(void), void *);
	real_main = main;
	return real(our_main, argc, argv, init, fini, rtld_fini, stack_end);
}
