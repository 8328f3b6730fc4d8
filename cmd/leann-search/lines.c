/* Preview lines on stdout; see lines.h. */
#include "lines.h"

#include <stdio.h>
#include <string.h>

#include "algo/preview.h"

void lines_print(const struct buf *lines, bool tty)
{
	struct buf text = BUF_INIT;
	for (size_t at = 0; at < lines->len;) {
		const char *p = (const char *)lines->p + at,
			   *lf = memchr(p, '\n', lines->len - at);
		size_t n = lf ? (size_t)(lf - p) : lines->len - at, shown = n < 200 ? n : 200;
		while (shown < n && shown && ((unsigned char)p[shown] & 0xc0) == 0x80)
			shown--;
		buf_clear(&text);
		preview_safe(&text, p, shown, tty);
		printf("    %s%s\n", text.len ? (const char *)text.p : "", shown < n ? " ..." : "");
		at += n + 1;
	}
	buf_release(&text);
}
