/*
 * http_error: what a server says when it refuses, as a line that can be shown.
 *
 *	http_error_text(body.p, body.len, &out);
 */
#ifndef LEANN_SERVE_HTTP_ERROR_H
#define LEANN_SERVE_HTTP_ERROR_H

#include <stddef.h>

#include "base/buf.h"
#include "base/js.h"

/*
 * Append the text of an error's body: {"error": {"message"}}, {"error": "..."}, {"message"}, {"detail"},
 * or the beginning of it as it is; "(no message)" for nothing. One line, nothing in it steers a terminal.
 */
void http_error_text(const void *p, size_t n, struct buf *out);
/* The same of what is parsed already; j NULL: it is no JSON. */
void http_error_json(const struct js *j, const void *p, size_t n, struct buf *out);

#endif
