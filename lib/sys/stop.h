/* stop: SIGTERM, SIGINT and SIGHUP as a descriptor that becomes readable. */
#ifndef LEANN_SYS_STOP_H
#define LEANN_SYS_STOP_H

#include "base/err.h"

int stop_fd_open(int *fd, struct err *e) MUST_CHECK;

#endif
