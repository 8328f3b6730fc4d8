/* Listening sockets; see listen.h. */
#define _GNU_SOURCE	/* SOCK_NONBLOCK */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"

enum { FIRST_FD = 3 };		/* SD_LISTEN_FDS_START */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool loopback(const union address *a)
{
	return a->any.sa_family == AF_INET ? ntohl(a->v4.sin_addr.s_addr) >> 24 == 127
					   : IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

/* A socket handed over in $LISTEN_FDS, of this process; -1: there is none. */
static int inherited(void)
{
	const char *pid = env_get("LISTEN_PID"), *n = env_get("LISTEN_FDS");
	if (!pid || !n || strtol(pid, NULL, 10) != (long)getpid() || strtol(n, NULL, 10) < 1)
		return -1;
	fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC);
	fcntl(FIRST_FD, F_SETFL, O_NONBLOCK);
	return FIRST_FD;
}

static int parse(const char *s, unsigned port, union address *a, struct err *e)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, s, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, s, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons((uint16_t)port);
	} else {
		return err_set(e, ERR_USAGE, "--bind: \"%s\" is no IPv4 or IPv6 address", s);
	}
	return 0;
}

static int bind_to(const char *address, unsigned port, int *fd, struct err *e)
{
	union address a;
	int on = 1;
	if (parse(address, port, &a, e))
		return -1;
	*fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return err_sys(e, "socket");
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (!bind(*fd, &a.any, a.any.sa_family == AF_INET ? sizeof a.v4 : sizeof a.v6) && !listen(*fd, SOMAXCONN))
		return 0;
	err_sys(e, "%s port %u", address, port);
	close(*fd);
	return -1;
}

int listen_open(const struct settings *s, int *fd, char **where, unsigned *port, struct err *e)
{
	union address a;
	socklen_t n = sizeof a;
	char text[INET6_ADDRSTRLEN];
	*fd = inherited();
	if (*fd < 0 && bind_to(s->bind ? s->bind : "127.0.0.1", s->port, fd, e))
		return -1;
	if (getsockname(*fd, &a.any, &n) || (a.any.sa_family != AF_INET && a.any.sa_family != AF_INET6)) {
		close(*fd);
		return err_set(e, ERR_USAGE, "the socket that was handed over is no TCP socket");
	}
	bool v4 = a.any.sa_family == AF_INET;
	inet_ntop(a.any.sa_family, v4 ? (void *)&a.v4.sin_addr : (void *)&a.v6.sin6_addr, text, sizeof text);
	if (!loopback(&a) && (!s->allow_remote || !s->token.len)) {
		close(*fd);
		return err_set(e, ERR_USAGE, "%s is reached from other machines: want --allow-remote and --token-file",
			       text);
	}
	*port = ntohs(v4 ? a.v4.sin_port : a.v6.sin6_port);
	*where = mem_printf(v4 ? "http://%s:%u/" : "http://[%s]:%u/", text, *port);
	return 0;
}
