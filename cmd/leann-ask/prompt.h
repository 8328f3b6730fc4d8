/* prompt: what a model is asked: the passages between fences that they cannot write, and the question. */
#ifndef LEANN_ASK_PROMPT_H
#define LEANN_ASK_PROMPT_H

#include "base/js.h"
#include "evidence.h"

/* [{"role": "system", "content"}, {"role": "user", "content"}]; NULL: e says why. Caller: js_free. */
struct js *prompt_messages(const struct evidence *p, const struct buf *question, struct err *e);

#endif
