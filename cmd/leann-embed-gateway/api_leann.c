/* The embedding server of the Python LEANN, version 0.3.8, a REP socket; see api.h and leann-embed(7). */
#include <string.h>

#include "api.h"
#include "base/progress.h"
#include "base/utf8.h"

enum {
	TEXTS_MAX = 64,
	BYTES_MAX = 256 << 10,
};

static int lost(struct conn *c, struct err *e)
{
	zsock_free(c->z);	/* a REP that has not answered is owed nothing and hears nothing */
	c->z = NULL;
	return err_set(e, ERR_TEMP, "%s: no answer in %g s", c->c->p.url, c->c->timeout_s);
}

/* One message there and one back, parsed into c->doc over m. */
static int talk(struct conn *c, const struct buf *b, struct zmsg *m, const struct mp **v, struct err *e)
{
	static const struct zpeer rep = {{0}, 0, false};	/* no name: an empty frame, as REQ sends */
	double deadline_s = now_s() + c->c->timeout_s;
	bool sent = false;
	if (!c->z && zsock_dealer(c->c->p.url, WIRE_MESSAGE_MAX, &c->z, e))
		return -1;
	for (double left_s; (left_s = deadline_s - now_s()) > 0;) {
		unsigned got;
		int r = sent ? zsock_recv(c->z, m, e) : zsock_send(c->z, &rep, b->p, b->len, e);
		if (r < 0)
			return -1;
		if (r && sent)
			return mp_parse(c->doc, m->body.p, m->body.len, v, e) ? err_prefix(e, "%s", c->c->p.url) : 0;
		sent |= r;
		if (zsock_wait(c->z, -1, !sent, left_s < .2 ? left_s : .2, &got, e))
			return -1;
		if (sent && (got & ZEVENT_LOST))
			break;
	}
	return lost(c, e);
}

static void put_text(struct buf *out, const char *p, size_t n)
{
	struct buf b = BUF_INIT;
	utf8_repair(&b, p, n);
	mp_put_strn(out, b.p ? b.p : (const uint8_t *)"", b.len);
	buf_release(&b);
}

static int learn(struct conn *c, struct facts *f, struct err *e)
{
	struct buf b = BUF_INIT;
	struct zmsg m = ZMSG_INIT;
	const struct mp *v;
	size_t n;
	f->max_texts = TEXTS_MAX;
	f->max_bytes = BYTES_MAX;
	mp_put_arr(&b, 1);
	mp_put_str(&b, "__QUERY_MODEL__");
	int r = talk(c, &b, &m, &v, e);
	const uint8_t *name = r ? NULL : mp_bytes(mp_at(v, 0), &n);
	if (!r && (!name || !n || n >= sizeof c->served || !utf8_valid((const char *)name, n)))
		r = err_set(e, ERR_DATA, "%s: says not which model it has", c->c->p.url);
	if (!r) {
		memcpy(c->served, name, n);
		c->served[n] = 0;
	}
	buf_release(&b);
	buf_release(&m.body);
	return r;
}

static int take_row(struct rows *r, size_t i, const struct mp *row, struct err *e)
{
	if (mp_type(row) != MP_ARR)
		return err_set(e, ERR_DATA, "embedding %zu is %s, want an array of numbers", i,
			       mp_type_name(mp_type(row)));
	float *v = rows_at(r, i, mp_len(row), e);
	for (size_t k = 0; v && k < r->dim; k++) {
		const struct mp *x = mp_at(row, k);
		if (mp_type(x) != MP_REAL && mp_type(x) != MP_UINT && mp_type(x) != MP_INT)
			return err_set(e, ERR_DATA, "embedding %zu: number %zu is %s", i, k,
				       mp_type_name(mp_type(x)));
		v[k] = (float)mp_real(x);
	}
	return v ? 0 : -1;
}

/* What it cannot do it answers with an empty array or with zeros. */
static int take(const struct conn *c, const struct mp *v, struct rows *r, struct err *e)
{
	if (mp_type(v) != MP_ARR || mp_len(v) != r->n)
		return err_set(e, ERR_DATA, "%s: %zu embeddings, %zu were asked for", c->c->p.url, mp_len(v), r->n);
	for (size_t i = 0; i < r->n; i++)
		if (take_row(r, i, mp_at(v, i), e))
			return err_prefix(e, "%s", c->c->p.url);
	return 0;
}

static enum verdict embed(struct conn *c, const struct call *call, struct rows *r, struct err *e)
{
	struct buf b = BUF_INIT, text = BUF_INIT;
	struct zmsg m = ZMSG_INIT;
	const struct mp *v = NULL;
	mp_put_arr(&b, call->n);
	for (size_t i = 0; i < call->n; i++) {
		buf_clear(&text);
		buf_adds(&text, call->prefix);
		buf_add(&text, call->texts[i].p, call->texts[i].n);
		put_text(&b, text.p ? (const char *)text.p : "", text.len);
	}
	r->n = call->n;
	int bad = talk(c, &b, &m, &v, e) || take(c, v, r, e) ? -1 : 0;
	buf_release(&b);
	buf_release(&text);
	buf_release(&m.body);
	return !bad ? DONE : e->code == ERR_TEMP ? GONE : WRONG;
}

const struct api api_leann = {"leann", false, learn, embed};
