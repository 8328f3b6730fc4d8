/* PDF: pdftotext(1) and pdfinfo(1) of poppler, under the limits of this process; a page is a part. */
#define _GNU_SOURCE	/* memfd_create */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "extract.h"
#include "sys/spawn.h"

/* Runs argv with stdin, what it writes into out and said; its wait status, or -1. */
static int run(char **argv, int in, size_t max, struct buf *out, struct buf *said, struct err *e)
{
	int p[2], note = memfd_create("stderr", MFD_CLOEXEC), st = 0;
	pid_t pid;
	if (note < 0 || pipe2(p, O_CLOEXEC))
		return err_sys(e, "pipe");
	lseek(in, 0, SEEK_SET);
	int bad = spawn_start(&(struct spawn){argv, in, p[1], note, false}, &pid) ? errno : 0;
	close(p[1]);
	int r = bad ? err_set(e, bad == ENOENT ? ERR_TEMP : ERR_DATA, "PDF: %s: %s%s", argv[0], strerror(bad),
			      bad == ENOENT ? ": install poppler-utils" : "")
		    : fd_slurp(p[0], argv[0], max, out, e);
	close(p[0]);	/* a child that goes on writing ends with that */
	if (!bad)
		st = spawn_wait(pid);
	if (lseek(note, 0, SEEK_SET) == 0 && !r)
		r = fd_slurp(note, argv[0], 64 << 10, said, e);
	close(note);
	return r ? -1 : st;
}

/* The value of "Key:   value" in pdfinfo's lines, into *n bytes. */
static const char *info(const struct buf *b, const char *key, size_t *n)
{
	const char *p = (const char *)b->p, *end = p ? p + b->len : p;
	size_t k = strlen(key);
	while (p && p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t len = lf ? (size_t)(lf - p) : (size_t)(end - p);
		if (len > k && !memcmp(p, key, k) && p[k] == ':') {
			*n = len - k - 1;
			return p + k + 1;
		}
		p = lf ? lf + 1 : NULL;
	}
	*n = 0;
	return "";
}

static int put_info(struct out *o, int in, struct err *e)
{
	static const char *const keys[][2] = {{"Title", "title"}, {"Author", "author"}, {"CreationDate", "date"}};
	char *argv[] = {(char[]){"pdfinfo"}, (char[]){"-isodates"}, (char[]){"-enc"}, (char[]){"UTF-8"},
			(char[]){"-"}, NULL};
	struct buf b = BUF_INIT, said = BUF_INIT;
	struct err ignored;
	int r = 0;
	if (run(argv, in, 1 << 20, &b, &said, &ignored) != 0)
		b.len = 0;	/* of use, but not needed */
	for (size_t i = 0; i < sizeof keys / sizeof *keys && !r; i++) {
		size_t n;
		const char *v = info(&b, keys[i][0], &n);
		r = out_meta(o, keys[i][1], v, n, e);
	}
	buf_release(&b);
	buf_release(&said);
	return r;
}

static bool letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* A word that was divided at a line's end is one again. */
static size_t join(char *p, size_t n)
{
	size_t to = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '-' && i && i + 2 < n && p[i + 1] == '\n' && letter((unsigned char)p[i - 1]) &&
		    p[i + 2] >= 'a' && p[i + 2] <= 'z')
			i++;
		else
			p[to++] = p[i];
	}
	return to;
}

static int pages(struct out *o, struct buf *b, struct err *e)
{
	char *p = (char *)b->p;
	int64_t number = 1;
	int r = 0;
	bool any = false;
	for (size_t at = 0; at < b->len && !r; number++) {
		const char *ff = memchr(p + at, '\f', b->len - at);
		size_t n = ff ? (size_t)(ff - p) - at : b->len - at;
		any |= strspn(p + at, " \n\t\r") < n;
		r = out_part(o, "page", e) || out_meta_int(o, "page", number, e) ||
				    out_text(o, p + at, join(p + at, n), e)
			    ? -1
			    : 0;
		at += n + 1;
	}
	return r || any ? r : err_set(e, ERR_DATA, "PDF without text: pictures of pages?");
}

int extract_pdf(struct out *o, const struct doc *d, struct err *e)
{
	char *argv[] = {(char[]){"pdftotext"}, (char[]){"-enc"}, (char[]){"UTF-8"}, (char[]){"-"},
			(char[]){"-"}, NULL};
	struct buf b = BUF_INIT, said = BUF_INIT;
	int in = memfd_create("document", MFD_CLOEXEC), r = -1;
	if (in < 0)
		return err_sys(e, "memfd_create");
	if (!fd_write(in, "document", d->p, d->n, e) && (o->member.len || !put_info(o, in, e)))
		r = run(argv, in, (size_t)o->limits.max_text, &b, &said, e);
	if (r > 0) {
		const char *why = said.p ? (char *)said.p : "";
		bool locked = strstr(why, "ncorrect password") != NULL;
		r = locked ? err_set(e, ERR_DATA, "encrypted PDF: it wants a password")
		    : WIFSIGNALED(r)
			    ? err_set(e, ERR_DATA, "PDF: pdftotext ended by signal %d", WTERMSIG(r))
			    : err_set(e, ERR_DATA, "damaged PDF: %.*s", (int)strcspn(why, "\n"), why);
	}
	if (!r)
		r = pages(o, &b, e);
	close(in);
	buf_release(&b);
	buf_release(&said);
	return r;
}
