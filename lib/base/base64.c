/* base64; see base64.h. */
#include "base/base64.h"

void base64_put(struct buf *out, const void *data, size_t n)
{
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = data;
	buf_reserve(out, n / 3 * 4 + 4);
	for (size_t i = 0; i < n; i += 3) {
		size_t k = n - i < 3 ? n - i : 3;
		uint32_t v = (uint32_t)p[i] << 16;
		if (k > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (k > 2)
			v |= p[i + 2];
		for (size_t c = 0; c < 4; c++)
			buf_addc(out, c <= k ? abc[v >> (18 - 6 * c) & 63] : '=');
	}
}

int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters of which k are no padding; the bits that stand for nothing must be 0. */
static int quad(struct buf *out, const char *s, size_t k)
{
	uint32_t v = 0;
	for (size_t c = 0; c < 4; c++) {
		int x = c < k ? base64_digit((uint8_t)s[c]) : 0;
		if (x < 0)
			return -1;
		v = v << 6 | (uint32_t)x;
	}
	if (k < 4 && v & (k == 3 ? 0xff : 0xffff))
		return -1;
	for (size_t c = 0; c + 1 < k; c++)
		buf_addc(out, (int)(v >> (16 - 8 * c) & 255));
	return 0;
}

int base64_get(struct buf *out, const char *s, size_t n)
{
	size_t start = out->len;
	if (n % 4)
		return -1;
	buf_reserve(out, n / 4 * 3);
	for (size_t i = 0; i < n; i += 4) {
		size_t k = 4;
		while (i + 4 == n && k > 2 && s[i + k - 1] == '=')
			k--;
		if (quad(out, s + i, k)) {
			out->len = start;
			return -1;
		}
	}
	return 0;
}
