/* mime: headers, parts, transfer encodings, charsets, mailboxes. */
#include <string.h>

#include "fmt/mime.h"
#include "unit.h"

static struct mime read_one(const char *s)
{
	struct mime m = {0};
	mime_read(&m, (const uint8_t *)s, strlen(s));
	return m;
}

static bool is(const struct buf *b, const char *want)
{
	return b->len == strlen(want) && (!b->len || !memcmp(b->p, want, b->len));
}

static void heads(void)
{
	struct mime m = read_one("Subject: =?utf-8?B?Y2Fmw6k=?= =?iso-8859-1?q?_cr=E8me?=\r\n and more\r\n"
				 "From: \"A\" <a@b.c>\r\nDATE: 5 Jan 2026 9:07 -0530\r\n\r\nbody\r\n");
	ok(is(&m.subject, "caf\xc3\xa9 cr\xc3\xa8me and more"), "encoded words of a folded subject");
	ok(is(&m.from, "\"A\" <a@b.c>") && is(&m.text, "body\r\n"), "sender and body");
	ok(is(&m.date, "2026-01-05T09:07:00-05:30"), "a date without day of week and seconds");
	mime_release(&m);
	m = read_one("Subject: =?utf-8?q?cut\nDate: yesterday\n\nx");
	ok(is(&m.subject, "=?utf-8?q?cut") && is(&m.date, ""), "what is no encoded word and no date stays text and empty");
	mime_release(&m);
	m = read_one("no mail at all\n");
	ok(is(&m.subject, ""), "anything is a message");
	mime_release(&m);
}

#define ALT "Content-Type: multipart/alternative; boundary=x\n\n"

static void parts(void)
{
	struct mime m = read_one(ALT "--x\nContent-Type: text/html\n\n<b>h</b>\n--x\n\nplain\n--x--\nafter\n");
	ok(is(&m.text, "plain\n") && !m.html.len, "of two ways to say it the plain one, whatever its place");
	mime_release(&m);
	m = read_one(ALT "--x\nContent-Type: text/html; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ18XU\n--x--\n");
	ok(is(&m.html, "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n"), "HTML where there is no other; base64, KOI8-R");
	mime_release(&m);
	m = read_one("Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\n"
		     "a=\nb =C3=A9=\r\n =zz =\n");
	ok(is(&m.text, "ab \xc3\xa9 =zz \n"), "quoted-printable, its soft line ends, and what is none");
	mime_release(&m);
	m = read_one("Content-Type: multipart/mixed; boundary=\"a b\"\n\n--a b\n\none\n--a b\n"
		     "Content-Type: message/rfc822\n\nSubject: inner\n\ntwo\n--a b\nContent-Disposition: attachment;"
		     " filename=\"=?utf-8?q?p=C3=A4.txt?=\"\n\nsecret\n");
	ok(is(&m.text, "one\ntwo\n") && is(&m.names, "p\xc3\xa4.txt\n"),
	   "parts end to end, a message in it, attachments by name alone, without a last boundary");
	mime_release(&m);
}

static void mailbox(void)
{
	const char *s = "From a@b\nSubject: x\n\nFrom here it is text.\n\nFrom there, too: no header behind it\nreally\n\n"
			"From c@d\nSubject: y\n\nz\n";
	size_t n = mime_mbox_next((const uint8_t *)s, strlen(s));
	ok(!strncmp(s + n, "From c@d", 8), "a message begins after an empty line and before a header");
	ok(mime_mbox_next((const uint8_t *)s + n, strlen(s) - n) == strlen(s) - n, "the last one is the rest");
}

int main(void)
{
	heads();
	parts();
	mailbox();
	return done();
}
