/*
 * Limits of an extractor: memory, processor time, open files, and no network, no file made or changed.
 * See leann-extract(1), LIMITS.
 */
#define _GNU_SOURCE	/* syscall numbers, O_TMPFILE */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "extract.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

enum { FILES_MAX = 64, CHANGES = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY) };

#ifdef ARCH
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define NOT(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), REFUSE
/* An open for writing; flags are argument i, lowest 32 bits (little-endian). */
#define READ_ONLY(nr, i) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4), LOAD(args[i]), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CHANGES, 0, 1), REFUSE, \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), REFUSE,	/* x32 */
	NOT(SYS_socket), NOT(SYS_connect), NOT(SYS_bind), NOT(SYS_listen), NOT(SYS_accept),
	NOT(SYS_accept4), NOT(SYS_sendto), NOT(SYS_sendmsg),
#ifndef __SANITIZE_ADDRESS__	/* which looks for leaks with it */
	NOT(SYS_ptrace),
#endif
	NOT(SYS_process_vm_readv), NOT(SYS_process_vm_writev), NOT(SYS_mount), NOT(SYS_bpf),
	NOT(SYS_kexec_load), NOT(SYS_perf_event_open), NOT(SYS_userfaultfd), NOT(SYS_keyctl),
	NOT(SYS_add_key), NOT(SYS_unshare), NOT(SYS_setns), NOT(425 /* io_uring_setup */),
	NOT(437 /* openat2, whose flags cannot be seen */), NOT(SYS_unlinkat), NOT(SYS_renameat2),
	NOT(SYS_mkdirat), NOT(SYS_symlinkat), NOT(SYS_linkat), NOT(SYS_mknodat), NOT(SYS_fchmodat),
	NOT(SYS_fchownat), NOT(SYS_truncate), NOT(SYS_utimensat), NOT(SYS_setxattr),
	NOT(SYS_name_to_handle_at), NOT(SYS_open_by_handle_at), NOT(SYS_renameat),
#ifdef SYS_unlink	/* not on newer architectures */
	NOT(SYS_unlink), NOT(SYS_rename), NOT(SYS_mkdir), NOT(SYS_rmdir), NOT(SYS_symlink),
	NOT(SYS_link), NOT(SYS_mknod), NOT(SYS_chmod), NOT(SYS_chown), NOT(SYS_lchown), NOT(SYS_creat),
	NOT(SYS_utime), NOT(SYS_utimes),
	READ_ONLY(SYS_open, 1),
	LOAD(nr),
#endif
	READ_ONLY(SYS_openat, 2),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int no_network(struct err *e)
{
	const struct sock_fprog prog = {sizeof filter / sizeof *filter,
					(struct sock_filter *)(uintptr_t)filter};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) && errno != EINVAL && errno != ENOSYS)
		return err_sys(e, "seccomp");
	return 0;
}
#else
static int no_network(struct err *e)
{
	(void)e;
	return 0;
}
#endif

/* Never more than there is already. */
static int limit(int what, rlim_t most, struct err *e)
{
	struct rlimit l;
	if (getrlimit(what, &l))
		return err_sys(e, "getrlimit");
	if (l.rlim_max == RLIM_INFINITY || l.rlim_max > most)
		l.rlim_max = most;
	l.rlim_cur = l.rlim_max;
	return setrlimit(what, &l) ? err_sys(e, "setrlimit") : 0;
}

int sandbox_enter(const struct limits *l, struct err *e)
{
	if (limit(RLIMIT_CORE, 0, e) || limit(RLIMIT_NOFILE, FILES_MAX, e) ||
	    limit(RLIMIT_FSIZE, (rlim_t)(2 * l->max_text + (1 << 20)), e) ||
	    limit(RLIMIT_CPU, l->timeout_s, e))
		return -1;
#ifndef __SANITIZE_ADDRESS__	/* which maps terabytes */
	if (limit(RLIMIT_AS, (rlim_t)l->memory_mb << 20, e))
		return -1;
#endif
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_sys(e, "prctl");
	return no_network(e);
}
