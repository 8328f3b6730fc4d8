/*
 * apply-patch FILE PATCH >OUT: a damaged copy of a golden file. PATCH has lines "size N"
 * (cut or extend with zeros) and "OFFSET HEX" (bytes there), see make_golden.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"

static int nibble(int c)
{
	const char *abc = "0123456789abcdef", *at = c ? strchr(abc, c) : NULL;
	return at ? (int)(at - abc) : -1;
}

static int apply(struct buf *b, const char *line)
{
	char *p;
	if (!strncmp(line, "size ", 5)) {
		size_t n = (size_t)strtoull(line + 5, &p, 10);
		if (n > b->len)
			buf_zero(b, n - b->len);
		b->len = n;
		return *p != '\n';
	}
	size_t at = (size_t)strtoull(line, &p, 10);
	if (*p++ != ' ')
		return -1;
	for (; *p && *p != '\n'; p += 2, at++) {
		int hi = nibble(p[0]), lo = hi < 0 ? -1 : nibble(p[1]);
		if (lo < 0 || at >= b->len)
			return -1;
		b->p[at] = (uint8_t)(hi << 4 | lo);
	}
	return *p != '\n';
}

int main(int argc, char **argv)
{
	struct buf b = BUF_INIT, patch = BUF_INIT;
	struct err e;
	prog_start(argv[0]);
	if (argc != 3)
		err_usage_die("want FILE PATCH");
	if (file_slurp(argv[1], 1 << 26, &b, &e) || file_slurp(argv[2], 1 << 26, &patch, &e))
		err_die(&e);
	const char *p = (const char *)patch.p;
	for (const char *end = p + patch.len; p < end; p = strchr(p, '\n') + 1)
		if (apply(&b, p)) {
			err_set(&e, ERR_DATA, "%s: %.60s", argv[2], p);
			err_die(&e);
		}
	fwrite(b.p, 1, b.len, stdout);
	buf_release(&b);
	buf_release(&patch);
	close_stdout_die();
	return 0;
}
