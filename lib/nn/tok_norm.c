/* Characters through BERT's normaliser; see tok_norm.h. The only file with utf8proc. */
#include "nn/tok_norm.h"

#include <stddef.h>
#include <utf8proc.h>

/*
 * Hugging Face's tables are those of Unicode 8: characters in these ranges, assigned later, have
 * no category there and no decomposition. Found by comparing all 1,112,064 characters.
 */
static const uint32_t late[][2] = {
	{0x61d, 0x61d}, {0x7fd, 0x7fd}, {0x890, 0x8e2}, {0x9fd, 0x9fe}, {0xa76, 0xa76},
	{0xafa, 0xaff}, {0xb55, 0xb55}, {0xc04, 0xc3c}, {0xc77, 0xc77}, {0xc84, 0xc84},
	{0xd00, 0xd00}, {0xd3b, 0xd3c}, {0xd81, 0xd81}, {0xeba, 0xeba}, {0xece, 0xece},
	{0x180f, 0x1886}, {0x1abf, 0x1ace}, {0x1b7d, 0x1b7e}, {0x1df6, 0x1dfb}, {0x2e43, 0x2e5d},
	{0xa82c, 0xa82c}, {0xa8c5, 0xa8c5}, {0xa8ff, 0xa8ff}, {0xa9bd, 0xa9bd},
	{0x10d24, 0x10f89}, {0x11070, 0x11074}, {0x110c2, 0x110cd}, {0x111c9, 0x111c9},
	{0x111cf, 0x111cf}, {0x1123e, 0x11241}, {0x1133b, 0x1133b}, {0x11438, 0x1145e},
	{0x11660, 0x1166c}, {0x116b9, 0x116b9}, {0x1182f, 0x11fff}, {0x12ff1, 0x13455},
	{0x16e97, 0x16f4f}, {0x16fe2, 0x16fe4}, {0x1cf00, 0x1cf46}, {0x1e000, 0x1e4ef},
	{0x1e944, 0x1e95f},
};

static bool is_late(uint32_t cp)
{
	if (cp < late[0][0])
		return false;
	size_t lo = 0, hi = sizeof late / sizeof *late;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (cp > late[mid][1])
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sizeof late / sizeof *late && cp >= late[lo][0];
}

static utf8proc_category_t category(uint32_t cp)
{
	if (cp == 0x166d || cp == 0x111c9)	/* punctuation in Unicode 8, not since */
		return UTF8PROC_CATEGORY_PO;
	if (cp == 0x1734)			/* Mn in Unicode 8, Mc since */
		return UTF8PROC_CATEGORY_MN;
	return is_late(cp) ? UTF8PROC_CATEGORY_CN : utf8proc_category((utf8proc_int32_t)cp);
}

/* Rust's char::is_whitespace: the White_Space property. */
static bool is_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

/* Cc, Cf, Co; surrogates never reach us, unassigned ones are kept. */
static bool is_control(uint32_t c)
{
	if (c == '\t' || c == '\n' || c == '\r')
		return false;
	utf8proc_category_t k = category(c);
	return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_CO;
}

/* The ranges of bert.rs, 0x2b920 (for 0x2b820) included. */
static bool is_ideograph(uint32_t c)
{
	return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
	       (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
	       (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

static bool is_punct(uint32_t c)
{
	if (c < 128)
		return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
		       (c >= 123 && c <= 126);
	utf8proc_category_t k = category(c);
	return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

/* NFD of one character without its non-spacing marks. */
static void strip(uint32_t cp, struct norm_char *out)
{
	utf8proc_int32_t d[NORM_MAX];
	int boundary = 0;
	utf8proc_ssize_t n = 0;
	if (!is_late(cp))
		n = utf8proc_decompose_char((utf8proc_int32_t)cp, d, NORM_MAX,
					    UTF8PROC_DECOMPOSE, &boundary);
	if (n <= 0 || n > NORM_MAX) {
		d[0] = (utf8proc_int32_t)cp;
		n = 1;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		int ccc = d[i] < 0x300 ? 0 : (int)utf8proc_get_property(d[i])->combining_class;
		if (category((uint32_t)d[i]) != UTF8PROC_CATEGORY_MN)
			out->cp[out->n] = (uint32_t)d[i];
		else if (!ccc)
			out->cp[out->n] = NORM_BARRIER;
		else
			continue;
		out->ccc[out->n++] = (uint8_t)ccc;
	}
}

static void lower(struct norm_char *c)
{
	if (c->n == 1 && c->cp[0] == 0x130) {	/* the only character that is two in lower case */
		*c = (struct norm_char){c->kind, 2, {'i', 0x307}, {0, 0}};
		return;
	}
	for (unsigned i = 0; i < c->n; i++)
		if (c->cp[i] != NORM_BARRIER)
			c->cp[i] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c->cp[i]);
}

void norm_char(const struct norm_flags *f, uint32_t cp, struct norm_char *out)
{
	out->n = 0;
	out->kind = NORM_DROP;
	if (f->clean && (cp == 0 || cp == 0xfffd || is_control(cp)))
		return;
	out->kind = NORM_SPACE;
	if (is_space(cp))
		return;
	out->kind = f->cjk && is_ideograph(cp) ? NORM_ALONE : NORM_WORD;
	if (f->strip) {
		strip(cp, out);
	} else {
		out->cp[0] = cp;
		out->ccc[0] = 0;
		out->n = 1;
	}
	if (f->lower)
		lower(out);
	if (out->n && out->cp[0] != NORM_BARRIER && is_punct(out->cp[0])) {
		out->kind = NORM_ALONE;
		out->n = 1; /* what follows a mark of punctuation in a decomposition is stripped */
	}
}
