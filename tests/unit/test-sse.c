/* sse: events out of a stream, however it is cut. */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "sys/sse.h"

static int keep(void *ctx, const char *data, size_t n, struct err *e)
{
	struct buf *b = ctx;
	if (n == 4 && !memcmp(data, "stop", 4))
		return err_set(e, ERR_DATA, "told to");
	buf_add(b, data, n);
	buf_addc(b, '|');
	return 0;
}

/* The events of the text, each with "|" behind it, read in pieces of step bytes. */
static bool gives(const char *text, size_t n, size_t step, const char *want)
{
	struct sse s = SSE_INIT;
	struct buf b = BUF_INIT;
	struct err e;
	int r = 0;
	for (size_t i = 0; i < n && !r; i += step)
		r = sse_feed(&s, text + i, n - i < step ? n - i : step, keep, &b, &e);
	bool good = !r && !strcmp(b.p ? (const char *)b.p : "", want);
	if (!good)
		printf("# step %zu: %s\n", step, r ? e.msg : b.p ? (const char *)b.p : "(nothing)");
	sse_release(&s);
	buf_release(&b);
	return good;
}

static void test_streams(void)
{
	static const struct {
		const char *text, *want, *name;
	} row[] = {
		{"data: a\n\ndata:b\n\ndata:  c\n\n", "a|b| c|", "one space behind the colon is none of the data"},
		{"data: a\r\n\r\ndata: b\r\rdata: c\n\n", "a|b|c|", "lines end with LF, CR or both"},
		{"data: a\ndata: b\ndata:\ndata\n\n", "a\nb\n\n|", "lines of one event are joined"},
		{": note\nevent: x\nid: 1\nretry: 3\ndatax: y\nDATA: z\ndata: a\n\n", "a|", "other fields are nothing"},
		{"\n\n: x\n\nid: 1\n\n", "", "an event without data is none"},
		{"data\n\ndata:\n\n", "||", "empty data is an event"},
		{"\xef\xbb\xbf" "data: a\n\n\xef\xbb\xbf" "data: b\n\n", "a|", "a BOM may be at the start alone"},
		{"\xef\xbb\xbf\ndata: a\n\n", "a|", "and on a line of its own"},
		{"data: a\n\ndata: b\n", "a|", "an event that has not ended is not given"},
		{"data: a\n\ndata: b", "a|", "nor a line"},
		{"data: a:b:c\n\n", "a:b:c|", "colons belong to the data"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		bool good = true;
		for (size_t step = 1; step < 40; step++)
			good &= gives(row[i].text, strlen(row[i].text), step, row[i].want);
		ok(good, "%s", row[i].name);
	}
	ok(gives("data: a\0b\n\n", 11, 3, "a"), "a NUL is a byte of the data");
}

static void test_limits(void)
{
	struct sse s = SSE_INIT;
	struct buf b = BUF_INIT;
	struct err e;
	char *x = mem_alloc(SSE_MAX + 1);
	memset(x, 'x', SSE_MAX + 1);
	ok(sse_feed(&s, x, SSE_MAX + 1, keep, &b, &e) && e.code == ERR_DATA, "a line has a limit");
	sse_release(&s);
	int r = 0;
	for (int i = 0; i < 40 && !r; i++) {
		r = sse_feed(&s, "data: ", 6, keep, &b, &e) || sse_feed(&s, x, SSE_MAX / 16, keep, &b, &e) ||
		    sse_feed(&s, "\n", 1, keep, &b, &e);
	}
	ok(r && e.code == ERR_DATA, "an event has one, too");
	sse_release(&s);
	ok(sse_feed(&s, "data: stop\n\n", 12, keep, &b, &e) && !strcmp(e.msg, "told to"), "who takes may end it");
	sse_release(&s);
	mem_free(x);
	buf_release(&b);
}

int main(void)
{
	test_streams();
	test_limits();
	return done();
}
