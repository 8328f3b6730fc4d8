/*
 * embed_ep: endpoints of the embedding service, the lock that says who serves one, and
 * starting and stopping a server.
 *
 *	if (embed_ep_default(model_dir, NULL, &ep, e) || embed_ep_pidfile(ep, &pidfile, e)) ...
 *	if (pidlock_take(pidfile, &fd, &holder, e) == 1) ...	holder serves it
 */
#ifndef LEANN_SYS_EMBED_EP_H
#define LEANN_SYS_EMBED_EP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * ipc://RUNTIME-DIR/embed-KEY.sock, of the server that chooses its precision by itself
 * (precision NULL or "auto"); embed-KEY-PRECISION.sock of one that was told. Caller frees *ep.
 */
int embed_ep_default(const char *model_dir, const char *precision, char **ep,
		     struct err *e) MUST_CHECK;
/* ipc with an absolute path of at most 107 bytes, or tcp on loopback: *ep as we write it. */
int embed_ep_check(const char *given, char **ep, struct err *e) MUST_CHECK;
const char *embed_ep_path(const char *ep);		/* the socket file; NULL for tcp */
int embed_ep_pidfile(const char *ep, char **path, struct err *e) MUST_CHECK;

/*
 * The lock is fcntl(2)'s, on the whole file: it goes with its process, and it tells the
 * holder. The file is made when absent. 0: *fd holds the lock; 1: *holder has it; -1: error.
 */
int pidlock_take(const char *path, int *fd, pid_t *holder, struct err *e) MUST_CHECK;
/* Write our pid and, when it is known, the ready line. */
int pidlock_write(int fd, const char *path, const char *ready, struct err *e) MUST_CHECK;
/* Is the file of that name still the one we hold? Not when someone removed it. */
bool pidlock_mine(int fd, const char *path);
/* Remove the file and let go. */
void pidlock_drop(int fd, const char *path);
/* 1: held by *holder, its ready line ("" before it is ready) in ready; 0: free; -1: error. */
int pidlock_query(const char *path, pid_t *holder, struct buf *ready, struct err *e) MUST_CHECK;

/*
 * Start a server for the model, of that precision (NULL: auto), at ep in the background; returns
 * when one is ready, ours or not.
 */
int embed_start(const char *model_dir, const char *precision, const char *ep, double deadline_s,
		struct err *e) MUST_CHECK;
/*
 * Start a program of the suite with these arguments (at most 20, NULL behind them) and --idle-timeout;
 * it goes to the background and returns when it is ready. What it says where it is not is the message.
 */
int embed_start_program(const char *name, char *const *args, double deadline_s, struct err *e) MUST_CHECK;
/* Stop the server of ep and wait until it is gone. 1: stopped, 0: none ran, -1: error. */
int embed_stop(const char *ep, double timeout_s, pid_t *pid, struct err *e) MUST_CHECK;

#endif
