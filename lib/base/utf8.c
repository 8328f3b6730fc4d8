/* UTF-8; see utf8.h. */
#include "base/utf8.h"

#include <string.h>

size_t utf8_get(const void *data, size_t n, uint32_t *cp)
{
	const uint8_t *p = data;
	uint8_t c = p[0];
	size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	*cp = 0xfffd;
	if (!len || len > n)
		return 0;
	uint32_t v = len == 1 ? c : c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if ((len == 3 && v < 0x800) || (len == 4 && (v < 0x10000 || v > 0x10ffff)) ||
	    (v >= 0xd800 && v < 0xe000))
		return 0;
	*cp = v;
	return len;
}

bool utf8_valid(const void *data, size_t n)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		if (p[i] < 0x80) {
			uint64_t eight;
			for (; n - i >= 8; i += 8) {
				memcpy(&eight, p + i, 8);
				if (eight & 0x8080808080808080)
					break;
			}
			while (i < n && p[i] < 0x80)
				i++;
			continue;
		}
		size_t k = utf8_get(p + i, n - i, &cp);
		if (!k)
			return false;
		i += k;
	}
	return true;
}

bool utf8_steers(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff ||
	       (cp >= 0xe0000 && cp < 0xe0080);
}

void utf8_put(struct buf *b, uint32_t cp)
{
	if (cp < 0x80) {
		buf_addc(b, (int)cp);
	} else if (cp < 0x800) {
		buf_addc(b, (int)(0xc0 | cp >> 6));
		buf_addc(b, (int)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		buf_addc(b, (int)(0xe0 | cp >> 12));
		buf_addc(b, (int)(0x80 | (cp >> 6 & 0x3f)));
		buf_addc(b, (int)(0x80 | (cp & 0x3f)));
	} else {
		buf_addc(b, (int)(0xf0 | cp >> 18));
		buf_addc(b, (int)(0x80 | (cp >> 12 & 0x3f)));
		buf_addc(b, (int)(0x80 | (cp >> 6 & 0x3f)));
		buf_addc(b, (int)(0x80 | (cp & 0x3f)));
	}
}

size_t utf8_repair(struct buf *b, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t bad = 0, from = 0;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t k = p[i] < 0x80 ? 1 : utf8_get(p + i, n - i, &cp);
		if (!k) {
			buf_add(b, p + from, i - from);
			utf8_put(b, 0xfffd);
			bad++;
			from = ++i;
		} else {
			i += k;
		}
	}
	buf_add(b, p + from, n - from);
	return bad;
}
