/* Mail: one message, or the messages of a mailbox, each a part. */
#include <string.h>

#include "fmt/mime.h"
#include "html.h"

static int known(struct out *o, const struct mime *m, struct err *e)
{
	return out_meta(o, "subject", (char *)m->subject.p, m->subject.len, e) ||
			       out_meta(o, "author", (char *)m->from.p, m->from.len, e) ||
			       out_meta(o, "date", (char *)m->date.p, m->date.len, e)
		       ? -1
		       : 0;
}

/* Mailboxes have ">From " for "From " at the start of a line. */
static int body(struct out *o, const struct mime *m, struct err *e)
{
	const char *p = m->text.p ? (char *)m->text.p : "";
	for (size_t at = 0; at < m->text.len;) {
		const char *lf = memchr(p + at, '\n', m->text.len - at);
		size_t n = lf ? (size_t)(lf - p) + 1 - at : m->text.len - at;
		bool escaped = n > 6 && !memcmp(p + at, ">From ", 6);
		if (out_text(o, p + at + escaped, n - escaped, e))
			return -1;
		at += n;
	}
	struct xml *x = m->html.len ? xml_open(m->html.p, m->html.len, XML_HTML) : NULL;
	int r = x ? html_text(o, x, e) : 0;
	xml_free(x);
	return r;
}

static int message(struct out *o, const uint8_t *p, size_t n, struct err *e)
{
	struct mime m = {0};
	struct buf head = BUF_INIT;
	mime_read(&m, p, n);
	if (m.subject.len)
		buf_printf(&head, "# %s\n\n", (char *)m.subject.p);
	if (m.from.len)
		buf_printf(&head, "From: %s\n\n", (char *)m.from.p);
	int r = known(o, &m, e) || (head.len && out_text(o, head.p, head.len, e)) || body(o, &m, e) ? -1 : 0;
	buf_clear(&head);
	if (m.names.len)
		buf_printf(&head, "\nAttached:\n%s", (char *)m.names.p);
	if (!r && head.len)
		r = out_text(o, head.p, head.len, e);
	buf_release(&head);
	mime_release(&m);
	return r;
}

int extract_mail(struct out *o, const struct doc *d, struct err *e)
{
	if (o->member.len && out_part(o, "message", e))
		return -1;
	return message(o, d->p, d->n, e);
}

int extract_mbox(struct out *o, const struct doc *d, struct err *e)
{
	int64_t i = 1;
	for (size_t at = 0; at < d->n; i++) {
		size_t n = mime_mbox_next(d->p + at, d->n - at);
		if (out_part(o, "message", e) || out_meta_int(o, "message", i, e) ||
		    message(o, d->p + at, n, e))
			return -1;
		at += n;
	}
	return 0;
}
