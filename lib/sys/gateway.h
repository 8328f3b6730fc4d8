/*
 * gateway: leann-embed-gateway(1), which asks a provider, from the side of who needs it: may it be asked,
 * where does it listen, starting it.
 *
 *	if (gateway_consent(&p, allowed, "x.leann", e) || gateway_ep(&p, &ep, e)) return -1;
 *	struct gateway_start g = {.p = &p, .ep = ep};
 *	if (gateway_start(&g, deadline_s, e)) ...
 *
 * Nothing here knows HTTP: libleann calls it.
 */
#ifndef LEANN_SYS_GATEWAY_H
#define LEANN_SYS_GATEWAY_H

#include <stdbool.h>

#include "base/err.h"
#include "fmt/provider.h"

/* Where a provider of that API listens when nobody says; NULL: no such API. */
const char *gateway_default_url(const char *api);
/* ERR_USAGE unless the API is known and the URL is of its kind and has no user, password, ? or #. */
int gateway_check(const struct provider *p, struct err *e) MUST_CHECK;
/*
 * May texts go there? To this machine always; to another one if allowed, or where $LEANN_ALLOW_REMOTE,
 * hosts with commas between them, names it. Else ERR_USAGE: "WHOSE: ..." says who would get what.
 */
int gateway_consent(const struct provider *p, bool allowed, const char *whose, struct err *e) MUST_CHECK;

/* ipc://RUNTIME-DIR/gateway-KEY.sock, KEY being over all of p that is asked for. Caller frees *ep. */
int gateway_ep(const struct provider *p, char **ep, struct err *e) MUST_CHECK;

struct gateway_start {
	const struct provider *p;
	const char *ep;
	const char *key_file;		/* NULL: by the environment */
	double timeout_s;		/* of who starts it, for a request */
};
/* In the background; returns when one is ready, ours or not. It leaves when nobody asks for long. */
int gateway_start(const struct gateway_start *g, double deadline_s, struct err *e) MUST_CHECK;

#endif
