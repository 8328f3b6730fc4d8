/*
 * err: one error, described once, by the deepest function that knows the fact.
 *
 *	int f(..., struct err *e);	0 ok, -1 failed and *e filled
 *	if (f(x, &e)) err_die(&e);	only cmd/ does this
 *
 * Text: lower case, no full stop: where, what, the numbers, then the remedy.
 */
#ifndef LEANN_BASE_ERR_H
#define LEANN_BASE_ERR_H

#include <stdarg.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err_code {
	ERR_NONE = 0,
	ERR_USAGE = 1,	/* wrong use of a program: exit 2 */
	ERR_DATA = 2,	/* wrong or damaged data: exit 2 */
	ERR_SYS = 3,	/* a system call failed: exit 2 */
	ERR_TEMP = 4,	/* try again later: exit 75 */
};

struct err {
	enum err_code code;
	char msg[1000];
};

/* Fill e (unless e is NULL) and return -1, so that "return err_set(...)" reads well. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
/*
 * As err_set with ERR_SYS, ": " and strerror(errno) appended; ENOMEM and the like are ERR_SYS
 * too.
 */
int err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3);
/* Put "prefix: " before the message already in e; returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF(2, 3);
/* Exit status of the project for a code: 0, 2 or 75. */
int err_exit(enum err_code code);

/* Name shown before every message; set once by prog_start() (fdio.h). */
void err_prog_set(const char *name);
const char *err_prog(void);

/* "prog: message" on stderr; what is no UTF-8, or utf8_steers(), is shown as \xNN. */
void err_print(const struct err *e);
void err_warn(const char *fmt, ...) PRINTF(1, 2);
/* Print and exit with err_exit(e->code). */
_Noreturn void err_die(const struct err *e);
/* Print "prog: message", "try 'prog --help'", exit 2. */
_Noreturn void err_usage_die(const char *fmt, ...) PRINTF(1, 2);

#endif
