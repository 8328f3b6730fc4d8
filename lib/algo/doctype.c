/* Documents by name and first bytes; see doctype.h. */
#include "algo/doctype.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {"", "html", "jupyter", "pdf", "docx", "pptx", "xlsx", "opendocument",
				    "epub", "email", "email", "compressed", "archive"};

const char *doctype_name(enum doctype t)
{
	return names[t];
}

static const struct ext {
	const char *words;	/* by one blank */
	enum doctype type;
	const char *magic;	/* how such a file begins; NULL: with anything */
} exts[] = {
	{"html htm xhtml shtml", DOCTYPE_HTML, NULL},
	{"ipynb", DOCTYPE_NOTEBOOK, NULL},
	{"docx docm dotx", DOCTYPE_DOCX, "PK\3\4"},
	{"pptx pptm ppsx", DOCTYPE_PPTX, "PK\3\4"},
	{"xlsx xlsm", DOCTYPE_XLSX, "PK\3\4"},
	{"odt odp ods ott fodt", DOCTYPE_ODF, "PK\3\4"},
	{"epub", DOCTYPE_EPUB, "PK\3\4"},
	{"eml", DOCTYPE_MAIL, NULL},
	{"mbox", DOCTYPE_MBOX, "From "},
	{"zip jar whl", DOCTYPE_ARCHIVE, "PK\3\4"},
};

static bool has_word(const char *words, const char *s, size_t n)
{
	for (const char *p = words; *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' '))
		if (strcspn(p, " ") == n && !strncasecmp(p, s, n))
			return true;
	return false;
}

static bool begins(const uint8_t *p, size_t n, const char *s, size_t k)
{
	return n >= k && !memcmp(p, s, k);
}

/* The extension without its dot, *at where the dot is; empty: none. */
static const char *ext_of(const char *path, size_t n, size_t *n_ext)
{
	size_t i = n;
	while (i && path[i - 1] != '.' && path[i - 1] != '/')
		i--;
	bool has = i > 1 && path[i - 1] == '.' && path[i - 2] != '/';
	*n_ext = has ? n - i : 0;
	return path + (has ? i : n);
}

static bool packed(const uint8_t *p, size_t n)
{
	return begins(p, n, "\x1f\x8b", 2) || begins(p, n, "\x28\xb5\x2f\xfd", 4) ||
	       begins(p, n, "\xfd" "7zXZ", 5) || begins(p, n, "BZh", 3);
}

/* "Name: value" or "From " first: the head of a message. */
static bool mail_head(const uint8_t *p, size_t n)
{
	size_t i = 0;
	while (i < n && (p[i] == '-' || (p[i] | 32) >= 'a') && (p[i] | 32) <= 'z')
		i++;
	return i > 1 && i + 1 < n && p[i] == ':' && (p[i + 1] == ' ' || p[i + 1] == '\t');
}

/* Is path DIR/cur/NAME or DIR/new/NAME, without an extension of its own? */
static bool in_maildir(const char *path, size_t n)
{
	size_t i = n;
	while (i && path[i - 1] != '/')
		i--;
	return i >= 4 && (!memcmp(path + i - 4, "cur/", 4) || !memcmp(path + i - 4, "new/", 4)) &&
	       (i == 4 || path[i - 5] == '/');
}

static enum doctype by_bytes(const char *path, size_t n_path, bool no_ext, const uint8_t *p, size_t n)
{
	if (begins(p, n, "%PDF-", 5))
		return DOCTYPE_PDF;
	if (begins(p, n, "PK\3\4", 4) && n >= 58 && !memcmp(p + 30, "mimetypeapplication/", 20))
		return !memcmp(p + 50, "epub+zip", 8) ? DOCTYPE_EPUB : DOCTYPE_ODF;
	if (n > 262 && !memcmp(p + 257, "ustar", 5))
		return DOCTYPE_ARCHIVE;
	if (no_ext && begins(p, n, "From ", 5) && memchr(p, '\n', n) && memchr(p, '@', n)) {
		const uint8_t *lf = memchr(p, '\n', n);
		return mail_head(lf + 1, n - (size_t)(lf + 1 - p)) ? DOCTYPE_MBOX : DOCTYPE_NONE;
	}
	if (in_maildir(path, n_path) && mail_head(p, n))
		return DOCTYPE_MAIL;
	if (no_ext && n > 15 && (!strncasecmp((const char *)p, "<!doctype html", 14) ||
				 !strncasecmp((const char *)p, "<html", 5)))
		return DOCTYPE_HTML;
	return DOCTYPE_NONE;
}

enum doctype doctype_find(const char *path, size_t n_path, const uint8_t *head, size_t n)
{
	size_t n_ext;
	const char *ext = ext_of(path, n_path, &n_ext);
	for (size_t i = 0; n && i < sizeof exts / sizeof *exts; i++)
		if (has_word(exts[i].words, ext, n_ext) &&
		    (!exts[i].magic || begins(head, n, exts[i].magic, strlen(exts[i].magic))))
			return exts[i].type;
	if (packed(head, n) && has_word("gz z zst xz bz2", ext, n_ext)) {
		size_t n_inner;
		const char *inner = ext_of(path, n_path - n_ext - 1, &n_inner);
		return has_word("tar", inner, n_inner) ? DOCTYPE_ARCHIVE : DOCTYPE_PACKED;
	}
	if (packed(head, n) && has_word("tgz txz tzst tbz tbz2", ext, n_ext))
		return DOCTYPE_ARCHIVE;
	return by_bytes(path, n_path, !n_ext, head, n);
}

size_t doctype_inner(const char *path, size_t n_path)
{
	size_t n_ext;
	ext_of(path, n_path, &n_ext);
	return n_path - n_ext - (n_ext > 0);
}
