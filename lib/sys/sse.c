/* Server-sent events; see sse.h. */
#include "sys/sse.h"

#include <string.h>

static int dispatch(struct sse *s, sse_take *take, void *ctx, struct err *e)
{
	int r = s->has_data ? take(ctx, s->data.p ? (const char *)s->data.p : "", s->data.len, e) : 0;
	s->has_data = false;
	buf_clear(&s->data);
	return r;
}

static int data_line(struct sse *s, const uint8_t *p, size_t n, struct err *e)
{
	if (s->data.len + n > SSE_MAX)
		return err_set(e, ERR_DATA, "an event of over %d bytes", SSE_MAX);
	if (s->has_data)
		buf_addc(&s->data, '\n');
	if (n)
		buf_add(&s->data, p, n);
	s->has_data = true;
	return 0;
}

static int end_line(struct sse *s, sse_take *take, void *ctx, struct err *e)
{
	static const char field[] = "data";
	const size_t k = sizeof field - 1;
	const uint8_t *p = s->line.p;
	size_t n = s->line.len;
	int r = 0;
	if (!s->begun && n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	s->begun = true;
	if (!n) {
		r = dispatch(s, take, ctx, e);
	} else if (n >= k && !memcmp(p, field, k) && (n == k || p[k] == ':')) {
		size_t skip = n == k ? k : k + 1 + (n > k + 1 && p[k + 1] == ' ');
		r = data_line(s, p + skip, n - skip, e);
	}
	buf_clear(&s->line);
	return r;
}

int sse_feed(struct sse *s, const void *data, size_t n, sse_take *take, void *ctx, struct err *e)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n; i++) {
		bool lf_of_crlf = s->cr && p[i] == '\n';
		s->cr = p[i] == '\r';
		if (lf_of_crlf)
			continue;
		if (p[i] == '\r' || p[i] == '\n') {
			if (end_line(s, take, ctx, e))
				return -1;
			continue;
		}
		if (s->line.len == SSE_MAX)
			return err_set(e, ERR_DATA, "a line of over %d bytes", SSE_MAX);
		buf_addc(&s->line, p[i]);
	}
	return 0;
}

void sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->data);
	*s = (struct sse)SSE_INIT;
}
