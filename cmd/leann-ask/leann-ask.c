/* leann-ask: an answer from passages of an index, by a model. See leann-ask(1). */
#include <stdio.h>
#include <string.h>

#include "base/fdio.h"
#include "base/js.h"
#include "chat.h"
#include "evidence.h"
#include "prompt.h"

static int show(void *ctx, const void *p, size_t n, struct err *e)
{
	struct fdout *out = ctx;
	return fdout_add(out, p, n, e) || fdout_flush(out, e) ? -1 : 0;
}

static int put_json(struct fdout *out, struct js *j, struct err *e)
{
	struct buf b = BUF_INIT;
	js_dump(j, 0, &b);
	buf_addc(&b, '\n');
	int r = show(out, b.p, b.len, e);
	buf_release(&b);
	js_free(j);
	return r;
}

static int show_prompt(const struct settings *s, const struct evidence *p, const struct js *messages,
		       struct fdout *out, struct err *e)
{
	struct buf b = BUF_INIT;
	struct js *o;
	if (s->json) {
		o = js_new_obj();
		js_set(o, "messages", js_copy(messages));
		js_set(o, "passages", evidence_json(p, NULL));
		return put_json(out, o, e);
	}
	for (size_t i = 0; i < js_len(messages); i++) {
		const struct js *m = js_at(messages, i);
		buf_printf(&b, "%s%s:\n%s", i ? "\n" : "", js_str(js_get(m, "role"), NULL),
			   js_str(js_get(m, "content"), NULL));
	}
	int r = show(out, b.p, b.len, e);
	buf_release(&b);
	return r;
}

/* On stderr, so that stdout is the answer alone. */
static void show_passages(const struct evidence *p, const struct buf *answer)
{
	fputc('\n', stderr);
	for (size_t i = 0; i < p->n; i++)
		fprintf(stderr, "[%zu] %s%s\n", i + 1, (const char *)p->p[i].place.p,
			evidence_cited(answer, i) ? "" : "  (not cited)");
}

static int answer_json(const struct settings *s, const struct evidence *p, const struct chat *c, struct fdout *out,
		       struct err *e)
{
	struct js *o = js_new_obj();
	js_set(o, "question", js_new_strn((const char *)s->question.p, s->question.len));
	js_set(o, "answer", js_new_strn(c->answer.p ? (const char *)c->answer.p : "", c->answer.len));
	js_set(o, "model", js_new_str(s->model));
	js_set(o, "finish", *c->finish ? js_new_str(c->finish) : js_new_null());
	js_set(o, "passages", evidence_json(p, &c->answer));
	return put_json(out, o, e);
}

static int answer(const struct settings *s, const struct evidence *p, const struct js *messages, struct fdout *out,
		  struct err *e)
{
	struct chat c;
	struct err ignored;
	int r = chat_ask(s, messages, s->json ? NULL : show, out, &c, e);
	if (!s->json && c.answer.len && c.answer.p[c.answer.len - 1] != '\n' && show(out, "\n", 1, r ? &ignored : e))
		r = -1;
	if (!r && s->json)
		r = answer_json(s, p, &c, out, e);
	else if (!r)
		show_passages(p, &c.answer);
	if (!r && !strcmp(c.finish, "length"))
		err_warn("the answer ends where the server's limit of tokens was");
	chat_release(&c);
	return r;
}

/* Is there something to answer from? Else why not, on stderr. */
static bool enough(const struct evidence *p)
{
	if (p->n_stale)
		err_warn("%zu of %zu passages are left out, their files changed: run leann index update", p->n_stale,
			 p->n_hits);
	if (p->n_over)
		err_warn("%zu passages are left out: --context-bytes", p->n_over);
	if (!p->n_hits)
		err_warn("nothing was found");
	return p->n;
}

int main(int argc, char **argv)
{
	struct settings s;
	struct evidence p;
	struct fdout out;
	struct err e;
	prog_start(argv[0]);
	settings_parse(argc, argv, &s);
	if (evidence_find(&s, &p, &e))
		err_die(&e);
	fdout_init(&out, 1, "stdout");
	bool any = enough(&p);
	struct js *messages = any ? prompt_messages(&p, &s.question, &e) : NULL;
	if (any && !messages)
		err_die(&e);
	if (any && (s.url.len ? answer(&s, &p, messages, &out, &e) : show_prompt(&s, &p, messages, &out, &e)))
		err_die(&e);
	js_free(messages);
	fdout_release(&out);
	evidence_release(&p);
	settings_release(&s);
	close_stdout_die();
	return any ? 0 : 1;
}
