/* --list: the files that would be cut, one a line. */
#include "chunk.h"

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
	bool tty = isatty(1);
	for (size_t n = strlen(s), k; n; s += k, n -= k) {
		uint32_t cp;
		size_t got = utf8_get((const uint8_t *)s, n, &cp);
		bool odd = got ? cp < 0x20 || cp == 0x7f || (tty && unseen(cp)) : tty;
		k = got ? got : 1;
		for (size_t i = 0; i < k; i++)
			if (odd && !null)
				printf("\\x%02x", (unsigned char)s[i]);
			else
				putchar((unsigned char)s[i]);
	}
}

static bool would_cut(struct chunker *k, struct readfile *rf, const struct source *s)
{
	struct buf head = BUF_INIT;
	struct file_meta m = {0};
	struct err e;
	bool yes = false;
	enum read_result res = readfile_head(rf, k->src->roots[s->root].path, s->rel,
					     LANG_HEAD_BYTES, &head, &m, &e);
	if (res == READ_OK &&
	    m.size_bytes > (s->named ? (uint64_t)NAMED_FILE_MAX : k->c->max_bytes))
		res = READ_TOO_BIG;
	if (res != READ_OK)
		source_skipped(k, s, res, &m, &e);
	else if (!lang_is_text(head.p, head.len))
		k->counts.n_binary++;
	else
		yes = lang_wanted(k->c, s->rel,
				  lang_find(s->rel, strlen(s->rel), (char *)head.p, head.len));
	buf_release(&head);
	return yes;
}

int list_files(struct chunker *k, struct err *e)
{
	struct readfile rf = READFILE_INIT;
	(void)e;
	for (size_t i = 0; i < k->src->n; i++) {
		const struct source *s = &k->src->p[i];
		if (!s->is_stdin && !would_cut(k, &rf, s))
			continue;
		char *shown = source_shown(k->src, s);
		put_name(shown, k->c->null);
		putchar(k->c->null ? 0 : '\n');
		mem_free(shown);
		k->counts.n_files++;
	}
	readfile_release(&rf);
	return 0;
}
