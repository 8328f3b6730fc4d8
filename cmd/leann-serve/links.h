/*
 * links: open connections, each of which has so long for its next request, from when it came or was
 * answered last, and so long to read an answer; one that is slower is cut, whatever it trickles.
 *
 *	struct links *l = links_new(60, e);
 *	struct link *x = links_add(l, fd);	a connection came
 *	link_rest(x); link_hurry(x);		we work on a request; it is their turn again
 *	links_drop(l, x);			it is gone, before fd is closed
 *	links_free(l);
 */
#ifndef LEANN_SERVE_LINKS_H
#define LEANN_SERVE_LINKS_H

#include "base/err.h"

struct links;
struct link;

/* NULL: e says why. */
struct links *links_new(double limit_s, struct err *e) MUST_CHECK;
void links_free(struct links *l);
struct link *links_add(struct links *l, int fd);
void links_drop(struct links *l, struct link *x);
void link_rest(struct link *x);
void link_hurry(struct link *x);

#endif
