/* listen: the socket that connections come to. */
#ifndef LEANN_SERVE_LISTEN_H
#define LEANN_SERVE_LISTEN_H

#include "settings.h"

/*
 * The one that systemd opened (sd_listen_fds(3)), else one of the address and port of s. An address
 * beyond loopback is ERR_USAGE without --allow-remote and a token. *where: "http://ADDRESS:PORT/",
 * caller: mem_free; *port: the one it has.
 */
int listen_open(const struct settings *s, int *fd, char **where, unsigned *port, struct err *e) MUST_CHECK;

#endif
