/*
 * chat: chat completions of OpenAI's API, as they come.
 *
 *	struct chat c;
 *	if (chat_ask(&settings, messages, show, ctx, &c, e)) ...	c.answer has what came until then
 *	chat_release(&c);
 */
#ifndef LEANN_ASK_CHAT_H
#define LEANN_ASK_CHAT_H

#include "base/js.h"
#include "settings.h"

enum { CHAT_MAX = 16 << 20 };		/* bytes of a server's reply */

struct chat {
	struct buf answer;		/* UTF-8, cleared of characters that steer or hide */
	char finish[32];		/* "stop", "length", ...; "": it did not say */
};

/* A piece of the answer; -1 with e filled: no more. */
typedef int chat_show(void *ctx, const void *p, size_t n, struct err *e);

/*
 * messages is the caller's. ERR_TEMP: no whole answer in time, one that is cut short, a status that
 * says so; ERR_DATA: a status of the rest, or what is no stream of answers. The key is in no message.
 */
int chat_ask(const struct settings *s, const struct js *messages, chat_show *show, void *ctx, struct chat *c,
	     struct err *e) MUST_CHECK;
void chat_release(struct chat *c);

#endif
