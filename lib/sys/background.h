/*
 * background: leave the starter's session, but let the starter wait until the
 * server answers or has said why it cannot.
 */
#ifndef LEANN_SYS_BACKGROUND_H
#define LEANN_SYS_BACKGROUND_H

#include "base/err.h"

/*
 * Returns in the child. The parent ends there: with 0 when the child called
 * background_ready(), else with the child's exit status.
 */
int background_start(int *ready_fd, struct err *e) MUST_CHECK;
/* Let go of the starter's terminal and directory; *ready_fd is closed. */
int background_ready(int ready_fd, struct err *e) MUST_CHECK;

#endif
