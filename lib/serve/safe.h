/*
 * safe: text from files, for a language model to read: data that says what it is. Characters that
 * steer a terminal, turn text around or hide in it are left out, and a fence stands around the rest:
 * two lines with a number that nobody could know when the file was written.
 *
 *	struct fence f;
 *	if (fence_new(&f, e)) ...
 *	fence_open(&f, "1", "\"/a/b.md\" lines 3-9", &out);
 *	safe_text(&out, p, n, false);
 *	fence_close(&f, "1", &out);
 */
#ifndef LEANN_SERVE_SAFE_H
#define LEANN_SERVE_SAFE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/js.h"

struct fence {
	char nonce[33];			/* 128 random bits, in hexadecimal */
};

int fence_new(struct fence *f, struct err *e) MUST_CHECK;
/* "[leann-NONCE WHAT begins] ABOUT" and "[leann-NONCE WHAT ends]", a line each; about is safe text. */
void fence_open(const struct fence *f, const char *what, const char *about, struct buf *out);
void fence_close(const struct fence *f, const char *what, struct buf *out);

/* Is it left out? C0 but LF and TAB, DEL, C1, zero-width, bidi, tag and other characters without a shape. */
bool safe_drops(uint32_t cp);
/*
 * Append n bytes without them, broken UTF-8 as U+FFFD; one_line: LF and TAB as spaces. How many were
 * left out, CR before LF not counted.
 */
size_t safe_text(struct buf *out, const void *p, size_t n, bool one_line);
/*
 * j with all its strings and keys so; a "path" that would not be the same path then becomes
 * {"bytes": base64}, as js_new_path() has it. Caller: js_free.
 */
struct js *safe_json(const struct js *j);

#endif
