/* Filters over a vector stream; see pass.h. */
#include "fmt/pass.h"

#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "base/progress.h"

enum { RECORD_BYTES = 1 << 20 }; /* of an assign or codes record */

void pass_arg(struct pass *p, const char *fmt, ...)
{
	char arg[400];	/* options and values of the programs are words and numbers */
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(arg, sizeof arg, fmt, ap);
	va_end(ap);
	buf_add(&p->args, arg, strlen(arg) + 1);
	p->n_args++;
}

static void add_prog(const struct pass *p, const char *prog, struct shead *h)
{
	char **args = mem_array(p->n_args, sizeof *args), *arg = (char *)p->args.p;
	for (size_t i = 0; i < p->n_args; i++, arg += strlen(arg) + 1)
		args[i] = arg;
	shead_add_prog(h, prog, p->n_args, args);
	mem_free(args);
}

int pass_open(struct pass *p, const char *prog, struct err *e)
{
	struct shead h = SHEAD_INIT;
	stream_out_open(&p->out, 1, "stdout");
	if (stream_in_open(&p->in, 0, "stdin", "vectors", e) ||
	    rec_check_init(&p->check, &p->in, e) || spool_open(&p->spool, p->check.dim, e))
		return -1;
	if (*p->check.base)
		return err_set(e, ERR_DATA, "stdin: changes to index %s: %s needs all vectors of an "
			       "index: they go to leann-graph --update", p->check.base, prog);
	p->in.in.tie = &p->out.out;
	shead_copy(&h, &p->in.head);
	add_prog(p, prog, &h);
	int r = stream_out_head(&p->out, &h, e);
	shead_release(&h);
	return r;
}

static int pass_record(struct pass *p, const struct stream_rec *r, pass_see *see, void *ctx,
		       struct err *e)
{
	float v[DIM_MAX];
	if (r->tag == TAG_VEC) {
		if (rec_vec(&p->check, r, v, e) || spool_add(&p->spool, v, e))
			return -1;
	} else {
		int k = see ? see(ctx, &p->check, r, e) : 0;
		if (k < 0 || (!k && rec_any(&p->check, r, e)))
			return -1;
	}
	return stream_out_raw(&p->out, r->raw, r->n_raw, e);
}

int pass_records(struct pass *p, pass_see *see, void *ctx, bool quiet, struct err *e)
{
	struct stream_rec r;
	struct progress pr;
	int k;
	progress_start(&pr, "chunks", 0, quiet);
	while ((k = stream_in_next(&p->in, &r, e)) > 0) {
		if (pass_record(p, &r, see, ctx, e)) {
			k = -1;
			break;
		}
		progress_at(&pr, p->check.n_vecs);
	}
	progress_end(&pr, p->check.n_vecs);
	return k < 0 ? -1 : rec_check_end(&p->check, e);
}

int pass_anchors(struct pass *p, const struct rec_anchors *a, const float *scale,
		 const uint32_t *assign, struct err *e)
{
	struct rec_anchors out = *a;
	struct buf b = BUF_INIT;
	size_t n = p->spool.n, step = RECORD_BYTES / 4;
	uint8_t *le = mem_array(a->m > step ? a->m : step, 4);
	put_lef32s(le, scale, a->m);
	out.scale = le;
	put_anchors(&b, &out);
	int r = stream_out_buf(&p->out, &b, e);
	for (size_t at = 0; at < n && !r; at += step) {
		size_t n_here = n - at < step ? n - at : step;
		for (size_t i = 0; i < n_here; i++)
			put_le32(le + 4 * i, assign[at + i]);
		put_assign(&b, at, le, n_here);
		r = stream_out_buf(&p->out, &b, e);
	}
	mem_free(le);
	buf_release(&b);
	return r;
}

int pass_codebook(struct pass *p, const struct rec_codebook *k, const float *rot_scale,
		  const float *cent_scale, struct err *e)
{
	struct rec_codebook out = *k;
	struct buf b = BUF_INIT;
	size_t n_rot = k->m * k->dsub, n_books = rec_n_books(k);
	uint8_t *le = mem_array(n_rot + n_books, 4);
	put_lef32s(le, rot_scale, n_rot);
	put_lef32s(le + 4 * n_rot, cent_scale, n_books);
	out.rot_scale = le;
	out.cent_scale = le + 4 * n_rot;
	put_codebook(&b, &out);
	int r = stream_out_buf(&p->out, &b, e);
	mem_free(le);
	buf_release(&b);
	return r;
}

int pass_codes(struct pass *p, const uint8_t *codes, size_t n, size_t m, struct err *e)
{
	struct buf b = BUF_INIT;
	size_t step = RECORD_BYTES / m;
	int r = 0;
	for (size_t at = 0; at < n && !r; at += step) {
		put_codes(&b, at, codes + at * m, n - at < step ? n - at : step, m);
		r = stream_out_buf(&p->out, &b, e);
	}
	buf_release(&b);
	return r;
}

int pass_end(struct pass *p, struct err *e)
{
	return stream_out_end(&p->out, e);
}

void pass_fail(struct pass *p, const struct err *why)
{
	stream_out_fail(&p->out, why);
}

void pass_release(struct pass *p)
{
	stream_in_release(&p->in);
	stream_out_release(&p->out);
	spool_release(&p->spool);
	buf_release(&p->args);
}
