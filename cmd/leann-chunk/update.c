/* --update: the whole of it, and the stream at the end; see update.h. */
#include "update.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/tmpfile.h"

uint32_t update_same(const struct chunker *k, const struct source *s, const struct rec_file *f)
{
	const struct update *u = k->up;
	if (k->c->reembed)
		return NAMES_NONE;
	if (s->old1 && base_same(&u->base, s->old1 - 1, f))
		return s->old1 - 1;
	return base_content(&u->base, f);
}

bool update_passes_by(const struct chunker *k, const struct source *s, uint32_t same)
{
	if (!s->unasked || same == s->old1 - 1)
		return false;
	k->up->state[s->old1 - 1] = FILE_STAYS;
	return true;
}

void update_left_out(struct update *u, const struct source *s, enum read_result res)
{
	/* what cannot be read now is not gone; anything else is no longer a file that a build takes */
	if (s->old1 && (s->unasked || res == READ_ERROR || res == READ_DENIED ||
			res == READ_CHANGED))
		u->state[s->old1 - 1] = FILE_STAYS;
}

bool update_refused(struct update *u, const struct source *s, const struct rec_file *f, bool full)
{
	struct index_file g;
	u->n_read++;
	if (!s->old1)
		return true;
	uint32_t old = s->old1 - 1;
	index_file(&u->base.ix, old, &g);
	bool known = file_is_refused(g.flags, g.text_bytes);
	if (known && !full && g.size_bytes == f->size_bytes && g.hash == f->hash && g.mtime_ns == f->mtime_ns) {
		u->state[old] = FILE_STAYS;
		return false;
	}
	u->state[old] = known ? FILE_REPLACED : FILE_GONE;
	u->n_gone += !known;
	return true;
}

/* With --full: what stays though it was not read, and stored files. */
static int put_unread(struct chunker *k, struct err *e)
{
	const struct update *u = k->up;
	for (size_t i = 0; i < u->base.ix.n_files; i++) {
		struct index_file f;
		index_file(&u->base.ix, i, &f);
		if (!(f.flags & FILE_REMOVED) &&
		    ((f.flags & FILE_STORED) || (u->state[i] == FILE_STAYS && !u->written[i])) &&
		    update_unread(k, (uint32_t)i, e))
			return -1;
	}
	return 0;
}

static int send_gone(struct chunker *k, struct err *e)
{
	const struct update *u = k->up;
	uint32_t *gone = mem_array(u->base.ix.n_files + 1, sizeof *gone);
	size_t n = 0;
	for (size_t i = 0; i < u->base.ix.n_files; i++)
		if (u->state[i] == FILE_GONE || u->state[i] == FILE_REPLACED)
			gone[n++] = (uint32_t)i;
	int r = gone_send(gone, n, &k->out, &k->body, e);
	mem_free(gone);
	return r;
}

/* Records that waited in a file go to the stream. */
static int copy(struct stream_out *from, int fd, struct stream_out *to, struct err *e)
{
	struct fdin in;
	struct buf b = BUF_INIT;
	uint8_t head[5];		/* of a frame: leann-stream(5) */
	size_t got;
	int r = fdout_flush(&from->out, e);
	if (!r && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(e, "scratch file");
	fdin_init(&in, fd, "scratch file");
	while (!r && !(r = fdin_read(&in, head, sizeof head, &got, e)) && got) {
		size_t n = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
		buf_clear(&b);
		buf_reserve(&b, n);
		if (!(r = fdin_read(&in, b.p, n, &got, e)))
			r = got == n ? stream_out_raw(to, b.p, n, e)
				     : err_set(e, ERR_SYS, "scratch file: cut short");
	}
	fdin_release(&in);
	buf_release(&b);
	return r;
}

static int send_all(struct chunker *k, int (*head)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	struct update *u = k->up;
	if (head(ctx, e) || (!k->c->full && send_gone(k, e)) || copy(&u->body, u->body_fd, &k->out, e) ||
	    emit_tail(k, e) || copy(&u->kept_out, u->kept_fd, &k->out, e))
		return -1;
	return stream_out_end(&k->out, e);
}

int update_run(struct chunker *k, int (*head)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	struct update *u = k->up;
	if (k->c->git_from && update_ask_git(k, e))
		return -1;
	/* more likely a file system that is not mounted than a wish to be left with nothing */
	if (!k->src->n && u->base.by_path.n && !k->c->git_from)
		return err_set(e, ERR_DATA, "no file is left of the %zu in %s: nothing is taken for gone; "
			       "where that is so, remove the index", u->base.by_path.n,
			       u->base.ix.b.path);
	update_look(k);
	if (tmpspool_open(&u->body_fd, e) || tmpspool_open(&u->kept_fd, e))
		return -1;
	stream_out_open(&u->body, u->body_fd, "scratch file");
	stream_out_open(&u->kept_out, u->kept_fd, "scratch file");
	k->to = &u->body;
	int r = k->c->jsonl ? chunk_records(k, e) : chunk_files(k, e);
	if (!r)
		update_gone(k);
	if (!r && k->c->full)
		r = put_unread(k, e);
	if (!r && !k->c->dry_run)
		r = send_all(k, head, ctx, e);
	if (!r && k->c->dry_run)
		update_report(k);
	close(u->body_fd);
	close(u->kept_fd);
	return r;
}
