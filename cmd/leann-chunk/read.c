/* Sources' bytes, and what is said of those that cannot be had. */
#include "chunk.h"

#include "base/fdio.h"
#include "base/mem.h"

int source_read(struct chunker *k, struct readfile *rf, const struct source *s, struct buf *b,
		struct file_meta *m, enum read_result *res, struct err *e)
{
	*m = (struct file_meta){0};
	if (s->is_stdin) {
		*res = fd_slurp(0, "stdin", NAMED_FILE_MAX, b, e) ? READ_ERROR : READ_OK;
		m->size_bytes = b->len;
		return *res == READ_OK ? 0 : -1;
	}
	*res = readfile(rf, k->src->roots[s->root].path, s->rel,
			s->named ? (uint64_t)NAMED_FILE_MAX : k->c->max_bytes, b, m, e);
	return 0;
}

void source_skipped(struct chunker *k, const struct source *s, enum read_result res,
		    const struct file_meta *m, const struct err *why)
{
	char *shown = source_shown(k->src, s);
	bool talk = !k->c->quiet;
	struct counts *n = &k->counts;
	switch (res) {
	case READ_STARVED: err_die(why);	/* it would be so with all that follow */
	case READ_DENIED:
	case READ_ERROR:
		n->n_unreadable++;
		if (talk)
			err_warn("%s", why->msg);
		break;
	case READ_TOO_BIG:
		if (s->named || k->c->max_bytes == NAMED_FILE_MAX) {
			n->n_over_most++;
			if (talk)
				err_warn("%s: %llu bytes, over 1G, the most that is read, left out", shown,
					 (unsigned long long)m->size_bytes);
			break;
		}
		n->n_too_big++;
		if (k->c->verbose)
			err_warn("%s: %llu bytes, over the limit, left out", shown,
				 (unsigned long long)m->size_bytes);
		break;
	case READ_CHANGED:
		n->n_changed++;
		if (talk)
			err_warn("%s: changed while it was read, left out", shown);
		break;
	case READ_NOT_REGULAR: n->n_special++; break;
	default: n->n_gone++; break;
	}
	mem_free(shown);
}
