/* --list: the files that would be cut, one a line. */
#include "chunk.h"
#include "document.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

/* C1 and what turns the direction of writing. */
static bool unseen(uint32_t cp)
{
	return (cp >= 0x80 && cp < 0xa0) || cp == 0x200e || cp == 0x200f ||
	       (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

void put_name(const char *s, bool null)
{
	static int terminal = -1;
	if (terminal < 0)
		terminal = isatty(1);
	bool tty = terminal, plain = true;
	for (const char *p = s; *p && plain; p++)
		plain = *p >= 0x20 && *p < 0x7f;
	if (plain || null) {
		fputs(s, stdout);
		return;
	}
	for (size_t n = strlen(s), k; n; s += k, n -= k) {
		uint32_t cp;
		size_t got = utf8_get((const uint8_t *)s, n, &cp);
		bool odd = got ? cp < 0x20 || cp == 0x7f || (tty && unseen(cp)) : tty;
		k = got ? got : 1;
		for (size_t i = 0; i < k; i++)
			if (odd)
				printf("\\x%02x", (unsigned char)s[i]);
			else
				putchar((unsigned char)s[i]);
	}
}

enum { BATCH = 2048 };

/* What a file's first bytes say of it. */
struct seen {
	const struct source *s;
	enum read_result res;
	struct file_meta meta;
	bool binary, wanted;
	const char *generated;
	struct err e;
};

struct batch {
	const struct chunker *k;
	struct seen *seen;		/* (BATCH) */
	struct readfile *rf;		/* one a thread */
	struct buf *head;		/* the same */
};

/* Runs in a thread. */
static void look(void *ctx, size_t i, size_t i_worker)
{
	struct batch *b = ctx;
	struct seen *x = &b->seen[i];
	const struct source *s = x->s;
	const struct chunk_opts *c = b->k->c;
	struct buf *head = &b->head[i_worker];
	if (s->is_stdin)
		return;
	buf_clear(head);
	x->res = readfile_head(&b->rf[i_worker], b->k->src->roots[s->root].path, s->rel,
			       LOOK_BYTES, head, &x->meta, &x->e);
	if (x->res != READ_OK)
		return;
	if (x->meta.size_bytes > (s->named ? (uint64_t)NAMED_FILE_MAX : c->max_bytes))
		x->res = READ_TOO_BIG;
	struct look l = look_at(c, s->rel, s->named, head->p, head->len);
	x->binary = l.binary;
	x->wanted = lang_wanted(c, s->rel, l.lang);
	x->generated = l.generated;
}

static void list_one(struct chunker *k, const struct seen *x)
{
	if (x->res != READ_OK) {
		source_skipped(k, x->s, x->res, &x->meta, &x->e);
	} else if (x->binary) {
		k->counts.n_binary++;
	} else if (x->wanted && x->generated) {
		count_generated(k, x->s, x->generated);
	} else if (x->wanted) {
		char *shown = source_shown(k->src, x->s);
		put_name(shown, k->c->null);
		putchar(k->c->null ? 0 : '\n');
		mem_free(shown);
		k->counts.n_files++;
	}
}

int list_files(struct chunker *k, struct err *e)
{
	struct par *par = par_new(k->c->n_threads);
	size_t n_threads = par_n_threads(par);
	struct batch b = {.k = k, .seen = mem_array(BATCH, sizeof *b.seen),
			  .rf = mem_array(n_threads, sizeof *b.rf),
			  .head = mem_calloc(n_threads, sizeof *b.head)};
	(void)e;
	for (size_t t = 0; t < n_threads; t++)
		b.rf[t] = (struct readfile)READFILE_INIT;
	for (size_t i = 0, n; i < k->src->n; i += n) {
		n = k->src->n - i < BATCH ? k->src->n - i : BATCH;
		for (size_t j = 0; j < n; j++)
			b.seen[j] = (struct seen){.s = &k->src->p[i + j], .res = READ_OK, .wanted = true};
		par_for(par, n, look, &b);
		for (size_t j = 0; j < n; j++)
			list_one(k, &b.seen[j]);
	}
	for (size_t t = 0; t < n_threads; t++) {
		readfile_release(&b.rf[t]);
		buf_release(&b.head[t]);
	}
	mem_free(b.rf);
	mem_free(b.head);
	mem_free(b.seen);
	par_free(par);
	return 0;
}
