/* HTML: title and author, headings, lists, tables as rows, preformatted text; see html.h. */
#include "html.h"

#include <string.h>

struct walk {
	struct buf out;
	size_t gap;		/* line feeds due before the next word */
	bool blank, pre;	/* a blank is due; white space counts */
	unsigned list;		/* depth */
};

static bool one_of(const char *name, const char *words)
{
	size_t n = strlen(name);
	for (const char *p = words; n && *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' '))
		if (strcspn(p, " ") == n && !memcmp(p, name, n))
			return true;
	return false;
}

static void gap(struct walk *w, size_t n)
{
	if (w->gap < n)
		w->gap = n;
	w->blank = false;
}

static void settle(struct walk *w)
{
	for (size_t i = 0; w->out.len && i < w->gap; i++)
		buf_addc(&w->out, '\n');
	if (w->blank && !w->gap && w->out.len)
		buf_addc(&w->out, ' ');
	w->gap = 0;
	w->blank = false;
}

static void raw(struct walk *w, const char *s)
{
	settle(w);
	buf_adds(&w->out, s);
}

static void words(struct walk *w, const char *s)
{
	if (w->pre) {
		raw(w, s);
		return;
	}
	while (*s) {
		size_t n = strcspn(s, " \t\r\n\f");
		if (n) {
			settle(w);
			buf_add(&w->out, s, n);
		}
		s += n;
		n = strspn(s, " \t\r\n\f");
		w->blank |= n > 0;
		s += n;
	}
}

/* Before what is in n; false: nothing in it is text. */
static bool enter(struct walk *w, const struct xml_node *n)
{
	const char *name = xml_name(n);
	if (one_of(name, "script style nav noscript template svg head iframe object select button textarea"))
		return false;
	if (name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2]) {
		gap(w, 2);
		settle(w);
		for (char i = '0'; i < name[1]; i++)
			buf_addc(&w->out, '#');
		buf_addc(&w->out, ' ');
	} else if (!strcmp(name, "pre") && !w->pre) {
		gap(w, 2);
		raw(w, "```\n");
		w->pre = true;
	} else if (!strcmp(name, "li")) {
		gap(w, 1);
		settle(w);
		for (unsigned i = 1; i < w->list; i++)
			buf_adds(&w->out, "  ");
		buf_adds(&w->out, "- ");
	} else if (one_of(name, "td th")) {
		if (!w->gap)
			raw(w, " | ");
	} else if (!strcmp(name, "br")) {
		w->pre ? buf_addc(&w->out, '\n') : gap(w, 1);
	} else if (one_of(name, "ul ol")) {
		gap(w, w->list++ ? 1 : 2);
	} else if (one_of(name, "p blockquote table figure dl hr section article main")) {
		gap(w, 2);
	} else if (one_of(name, "div tr dt dd caption figcaption header footer aside address option")) {
		gap(w, 1);
	}
	return true;
}

static void leave(struct walk *w, const struct xml_node *n)
{
	const char *name = xml_name(n);
	if (!strcmp(name, "pre") && w->pre) {
		w->pre = false;
		if (w->out.len && w->out.p[w->out.len - 1] != '\n')
			buf_addc(&w->out, '\n');
		buf_adds(&w->out, "```");
		gap(w, 2);
	} else if (one_of(name, "ul ol")) {
		w->list -= w->list > 0;
		gap(w, w->list ? 1 : 2);
	} else if (one_of(name, "h1 h2 h3 h4 h5 h6 p blockquote table figure dl section article main")) {
		gap(w, 2);
	} else if (one_of(name, "div li tr dt dd caption figcaption header footer aside address title")) {
		gap(w, 1);
	}
}

/* Depth is libxml2's: at most 256. */
static void visit(struct walk *w, const struct xml_node *n)
{
	if (xml_text(n))
		words(w, xml_text(n));
	else if (*xml_name(n) && enter(w, n)) {
		for (const struct xml_node *c = xml_child(n); c; c = xml_next(c))
			visit(w, c);
		leave(w, n);
	}
}

int html_text(struct out *o, const struct xml *x, struct err *e)
{
	struct walk w = {0};
	visit(&w, xml_root(x));
	buf_addc(&w.out, '\n');
	int r = out_text(o, w.out.p, w.out.len, e);
	buf_release(&w.out);
	return r;
}

void html_title(const struct xml *x, struct buf *out)
{
	const struct xml_node *top = xml_root(x);
	buf_clear(out);
	for (const struct xml_node *n = top; n && !out->len; n = xml_step(n, top))
		if (xml_is(n, "title"))
			xml_all_text(n, out);
}

static int put_meta(struct out *o, const struct xml *x, struct err *e)
{
	const struct xml_node *top = xml_root(x);
	struct buf name = BUF_INIT, val = BUF_INIT;
	int r;
	html_title(x, &val);
	r = out_meta(o, "title", (char *)val.p, val.len, e);
	for (const struct xml_node *n = top; n && !r; n = xml_step(n, top)) {
		if (!xml_is(n, "meta") || !xml_attr(n, "name", &name) || !xml_attr(n, "content", &val))
			continue;
		if (one_of((char *)name.p, "author date"))
			r = out_meta(o, (char *)name.p, (char *)val.p, val.len, e);
	}
	buf_release(&name);
	buf_release(&val);
	return r;
}

int extract_html(struct out *o, const struct doc *d, struct err *e)
{
	struct xml *x = xml_open(d->p, d->n, XML_HTML);
	if (!x)
		return err_set(e, ERR_DATA, "no HTML");
	int r = (o->member.len && out_part(o, "member", e)) || put_meta(o, x, e) || html_text(o, x, e) ? -1 : 0;
	xml_free(x);
	return r;
}
