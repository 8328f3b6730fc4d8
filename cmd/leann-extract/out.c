/* What leann-extract writes: a stream of records, plain text, or JSON; see extract.h. */
#include <stdio.h>
#include <string.h>

#include "base/fdio.h"
#include "base/js.h"
#include "base/utf8.h"
#include "extract.h"
#include "fmt/document.h"

enum { PIECE_BYTES = 256 << 10 };

void out_open(struct out *o, enum out_mode mode)
{
	o->mode = mode;
	stream_out_open(&o->stream, 1, "stdout");
}

static int send(struct out *o, struct err *e)
{
	int r = stream_out_buf(&o->stream, &o->body, e);
	buf_clear(&o->body);
	return r;
}

static int plain(struct out *o, const void *p, size_t n, struct err *e)
{
	return fdout_add(&o->stream.out, p, n, e);
}

int out_type(struct out *o, const char *type, struct err *e)
{
	if (o->typed)
		return 0;	/* a member's own */
	o->typed = true;
	if (o->mode != OUT_STREAM)
		return 0;
	mp_put_arr(&o->body, 4);
	mp_put_u64(&o->body, TAG_HEADER);
	mp_put_str(&o->body, DOCUMENT_MAGIC);
	mp_put_u64(&o->body, DOCUMENT_MAJOR);
	mp_put_str(&o->body, type);
	return send(o, e);
}

/* JSON: one object a part, {"kind": ..., "meta": {...}, "text": ...} a line, written when it is whole. */
static int flush_json(struct out *o, struct err *e)
{
	struct buf line = BUF_INIT;
	struct js *s = js_new_strn(o->text.p ? (char *)o->text.p : "", o->text.len);
	if (!o->json.len)
		buf_adds(&o->json, "{\"kind\":\"document\"");
	buf_adds(&o->json, ",\"text\":");
	js_dump(s, 0, &line);
	buf_add(&o->json, line.p, line.len);
	buf_adds(&o->json, "}\n");
	int r = plain(o, o->json.p, o->json.len, e);
	js_free(s);
	buf_release(&line);
	buf_clear(&o->json);
	return r;
}

static int flush(struct out *o, struct err *e)
{
	int r = 0;
	if (o->mode == OUT_JSON)
		r = flush_json(o, e);
	else if (o->mode == OUT_TEXT && o->text.len)
		r = plain(o, o->text.p, o->text.len, e);
	else if (o->mode == OUT_STREAM && o->text.len) {
		mp_put_arr(&o->body, 2);
		mp_put_u64(&o->body, DOCUMENT_TEXT);
		mp_put_strn(&o->body, o->text.p, o->text.len);
		r = send(o, e);
	}
	buf_clear(&o->text);
	return r;
}

int out_part(struct out *o, const char *kind, struct err *e)
{
	if ((o->part || o->text.len || o->json.len) && flush(o, e))
		return -1;
	if (o->part && o->mode == OUT_TEXT && plain(o, "\f", 1, e))
		return -1;
	o->part = true;
	if (o->mode == OUT_JSON)
		buf_printf(&o->json, "{\"kind\":\"%s\"", kind);
	if (o->mode == OUT_STREAM) {
		mp_put_arr(&o->body, 2);
		mp_put_u64(&o->body, DOCUMENT_PART);
		mp_put_str(&o->body, kind);
		if (send(o, e))
			return -1;
	}
	return o->member.len ? out_meta(o, "member", (char *)o->member.p, o->member.len - 1, e) : 0;
}

static int put_meta(struct out *o, const char *key, struct js *v, struct err *e)
{
	if (o->mode == OUT_JSON) {
		if (!o->json.len)
			buf_adds(&o->json, "{\"kind\":\"document\"");
		buf_printf(&o->json, ",\"%s\":", key);
		js_dump(v, 0, &o->json);
	} else if (o->mode == OUT_STREAM) {
		size_t n;
		const char *s = js_str(v, &n);
		mp_put_arr(&o->body, 3);
		mp_put_u64(&o->body, DOCUMENT_META);
		mp_put_str(&o->body, key);
		if (s)
			mp_put_strn(&o->body, s, n);
		else
			mp_put_i64(&o->body, js_int(v));
		js_free(v);
		return send(o, e);
	}
	js_free(v);
	return 0;
}

int out_meta_int(struct out *o, const char *key, int64_t v, struct err *e)
{
	return put_meta(o, key, js_new_int(v), e);
}

/* White space is one blank, at the ends none; 1024 bytes at most. */
int out_meta(struct out *o, const char *key, const char *val, size_t n, struct err *e)
{
	struct buf b = BUF_INIT, fixed = BUF_INIT;
	int r = 0;
	for (size_t i = 0; i < n; i++) {
		bool white = (unsigned char)val[i] <= ' ' || val[i] == 0x7f;
		if (!white)
			buf_addc(&b, val[i]);
		else if (b.len && b.p[b.len - 1] != ' ')
			buf_addc(&b, ' ');
	}
	while (b.len && b.p[b.len - 1] == ' ')
		b.len--;
	if (b.len > DOCUMENT_META_MAX)
		for (b.len = DOCUMENT_META_MAX; b.len && (b.p[b.len] & 0xc0) == 0x80; b.len--)
			;
	if (b.len) {
		utf8_repair(&fixed, b.p, b.len);
		r = put_meta(o, key, js_new_strn((char *)fixed.p, fixed.len), e);
	}
	buf_release(&b);
	buf_release(&fixed);
	return r;
}

static void add_clean(struct buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t k = utf8_get(p + i, n - i, &cp);
		if (cp == '\f' || cp == '\v')
			buf_addc(out, '\n');
		else if (cp == '\r')
			buf_adds(out, i + 1 < n && p[i + 1] == '\n' ? "" : "\n");
		else if (cp == '\n' || cp == '\t' || (cp >= 0x20 && cp != 0x7f && (cp < 0x80 || cp >= 0xa0)))
			utf8_put(out, cp);
		i += k ? k : 1;
	}
}

int out_text(struct out *o, const void *p, size_t n, struct err *e)
{
	o->n_text += n;
	if (o->n_text > o->limits.max_text)
		return err_set(e, ERR_DATA, "more than %llu bytes of text: --max-text",
			       (unsigned long long)o->limits.max_text);
	add_clean(&o->text, p, n);
	return o->mode != OUT_JSON && o->text.len >= PIECE_BYTES ? flush(o, e) : 0;
}

int out_unpacked(struct out *o, uint64_t n, struct err *e)
{
	o->n_unpacked += n;
	if (o->n_unpacked <= o->limits.max_unpacked)
		return 0;
	return err_set(e, ERR_DATA, "more than %llu bytes when unpacked",
		       (unsigned long long)o->limits.max_unpacked);
}

int out_end(struct out *o, struct err *e)
{
	if (((o->part && o->mode == OUT_JSON) || o->text.len || o->json.len) && flush(o, e))
		return -1;
	return o->mode == OUT_STREAM ? stream_out_end(&o->stream, e) : fdout_flush(&o->stream.out, e);
}

void out_release(struct out *o)
{
	stream_out_release(&o->stream);
	buf_release(&o->body);
	buf_release(&o->text);
	buf_release(&o->member);
	buf_release(&o->json);
}
