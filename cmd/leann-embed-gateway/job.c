/* Requests; see job.h. */
#include "job.h"

#include "base/mem.h"

enum {
	SMALL_TEXTS = 64,		/* what a search sends at once */
	SMALL_BYTES = 16 << 10,
};

void jobs_init(struct jobs *l)
{
	*l = (struct jobs){NULL, &l->head};
}

void jobs_push(struct jobs *l, struct job *j)
{
	j->next = NULL;
	*l->tail = j;
	l->tail = &j->next;
}

struct job *jobs_pop(struct jobs *l)
{
	struct job *j = l->head;
	if (j && !(l->head = j->next))
		l->tail = &l->head;
	return j;
}

void job_free(struct job *j)
{
	wire_req_release(&j->req);
	buf_release(&j->body);
	mem_free(j->f.out);
	mem_free(j);
}

struct job *job_new(struct zmsg *m, struct wire_req *r)
{
	struct job *j = mem_calloc(1, sizeof *j);
	size_t n_text = 0;
	j->from = m->from;
	j->body = m->body;
	j->req = *r;
	m->body = (struct buf)BUF_INIT;
	*r = (struct wire_req)WIRE_REQ_INIT;
	for (size_t i = 0; i < j->req.n_texts; i++)
		n_text += j->req.texts[i].n;
	j->small = j->req.n_texts <= SMALL_TEXTS && n_text <= SMALL_BYTES && j->req.op == WIRE_EMBED &&
		   j->req.kind == WIRE_QUERY;
	j->f = (struct fetch_job){.texts = j->req.texts, .n = j->req.n_texts};
	return j;
}

void job_reply(const struct job *j, const struct wire_info *i, struct buf *out)
{
	if (j->req.op == WIRE_OFFICIAL_EMBED) {
		wire_put_official_head(out, j->f.n, i->dim);
		wire_put_official_rows(out, j->f.out, j->f.n, i->dim);
	} else {
		wire_put_embed(out, j->req.id, i,
			       &(struct wire_rows){j->f.out, j->f.n, j->f.n_tokens, j->f.n_cut});
	}
}
