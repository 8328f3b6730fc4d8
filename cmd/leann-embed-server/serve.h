/*
 * serve: the loop of leann-embed-server: take requests from the socket, encode a slice of
 * them, send the replies that are whole. queue.h says which go first.
 *
 *	struct serve s = {.z = z, .enc = enc, .par = par, .info = &info, .stop_fd = fd};
 *	if (serve_run(&s, e)) ...		0: stop_fd is readable, idle_s passed, lock gone
 */
#ifndef LEANN_SERVE_H
#define LEANN_SERVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/par.h"
#include "fmt/wire.h"
#include "nn/encoder.h"
#include "numbered.h"
#include "sys/zsock.h"

struct serve {
	struct zsock *z;
	struct encoder *enc;
	struct par *par;
	struct wire_info *info;		/* its counters are kept up to date here */
	struct numbered *numbered;	/* passages that can be asked for by number; NULL: none */
	int stop_fd;
	double idle_s;			/* 0: never leave by itself */
	int lock_fd;			/* it leaves when its lock file is gone: nobody finds it */
	const char *pidfile;
};

int serve_run(struct serve *s, struct err *e) MUST_CHECK;

#endif
