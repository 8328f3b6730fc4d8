/* Vectors in a scratch file; see spool.h. */
#include "fmt/spool.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/tmpfile.h"

enum { PENDING_MAX = 1 << 20 };
static const char name[] = "scratch file";

int spool_open(struct spool *s, size_t dim, struct err *e)
{
	*s = (struct spool)SPOOL_INIT;
	s->dim = dim;
	return tmpspool_open(&s->fd, e);
}

static int flush(struct spool *s, struct err *e)
{
	uint64_t off = (uint64_t)s->n_written * s->dim * 4;
	if (s->pending.len && fd_pwrite(s->fd, name, s->pending.p, s->pending.len, off, e))
		return -1;
	buf_clear(&s->pending);
	s->n_written = s->n;
	return 0;
}

int spool_add(struct spool *s, const float *vec, struct err *e)
{
	buf_reserve(&s->pending, 4 * s->dim);
	put_lef32s(s->pending.p + s->pending.len, vec, s->dim);
	s->pending.len += 4 * s->dim;
	s->n++;
	return s->pending.len < PENDING_MAX ? 0 : flush(s, e);
}

int spool_read(void *ctx, size_t first, size_t n, float *out, struct err *e)
{
	struct spool *s = ctx;
	size_t got, n_bytes = n * s->dim * 4;
	if (flush(s, e) ||
	    fd_pread(s->fd, name, out, n_bytes, (uint64_t)first * s->dim * 4, &got, e))
		return -1;
	if (got < n_bytes)
		return err_set(e, ERR_SYS, "%s: %zu of %zu bytes at vector %zu: it was cut", name,
			       got, n_bytes, first);
	/* in place: the bytes of out[i] are read before out[i] is written */
	get_lef32s((const uint8_t *)out, out, n * s->dim);
	return 0;
}

int spool_map(struct spool *s, const float **out, struct err *e)
{
	*out = s->map;
	if (s->map || !s->n)
		return 0;
	if (flush(s, e))
		return -1;
	s->n_map_bytes = s->n * s->dim * 4;
	void *p = mmap(NULL, s->n_map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, s->fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "%s: cannot map %zu bytes", name, s->n_map_bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	get_lef32s(p, p, s->n * s->dim);
#endif
	s->map = p;
	*out = s->map;
	return 0;
}

void spool_release(struct spool *s)
{
	if (s->map)
		munmap((void *)(uintptr_t)s->map, s->n_map_bytes);
	if (s->fd >= 0)
		close(s->fd);
	buf_release(&s->pending);
	*s = (struct spool)SPOOL_INIT;
}
