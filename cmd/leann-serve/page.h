/*
 * page: the page at / and the headers that hold it to what it is: its own style and script, by their
 * hashes, requests to this server, nothing else.
 *
 *	page_policy(&policy);			once
 *	page_reply((char *)policy.p, rp);
 */
#ifndef LEANN_SERVE_PAGE_H
#define LEANN_SERVE_PAGE_H

#include "base/buf.h"
#include "reply.h"

/* Append the value of Content-Security-Policy, as a string: a NUL is behind it. */
void page_policy(struct buf *out);
void page_reply(const char *policy, struct reply *rp);

#endif
