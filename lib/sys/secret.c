/* Tokens and keys; see secret.h. */
#include "sys/secret.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"

int secret_check(const char *where, const void *data, size_t n, size_t min, struct err *e)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return err_set(e, ERR_DATA, "%s: want a line of ASCII without blanks", where);
	if (n < min)
		return err_set(e, ERR_DATA, "%s: a token of %zu bytes, want at least %zu", where, n, min);
	return 0;
}

int secret_read(const char *path, size_t min, struct buf *out, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "%s", path);
	int r = fstat(fd, &st) ? err_sys(e, "%s", path) : 0;
	if (!r && (!S_ISREG(st.st_mode) || st.st_mode & 077))
		r = err_set(e, ERR_DATA, "%s: others may read it: chmod 600 %s", path, path);
	if (!r)
		r = fd_slurp(fd, path, SECRET_MAX, out, e);
	close(fd);
	while (!r && out->len && isspace(out->p[out->len - 1]))
		out->p[--out->len] = 0;
	return r ? -1 : secret_check(path, out->p, out->len, min, e);
}

void secret_mask(const struct buf *key, struct err *e)
{
	size_t k = key->len;
	for (char *p = e->msg; k && (p = strstr(p, (const char *)key->p)); p++) {
		*p = '*';
		memmove(p + 1, p + k, strlen(p + k) + 1);
	}
}

void secret_mask_text(const struct buf *key, struct buf *text)
{
	for (size_t i = 0; key->len && i + key->len <= text->len; i++)
		if (!memcmp(text->p + i, key->p, key->len)) {
			text->p[i] = '*';
			text->len -= key->len - 1;
			memmove(text->p + i + 1, text->p + i + key->len, text->len - i - 1);
			text->p[text->len] = 0;
		}
}

void secret_release(struct buf *b)
{
	for (volatile uint8_t *p = b->p; b->len; b->len--)
		*p++ = 0;
	buf_release(b);
}
