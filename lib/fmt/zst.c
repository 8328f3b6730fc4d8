/* zstd; the only file that includes it. */
#include "fmt/zst.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"

void zst_pack(const void *p, size_t n, struct buf *out)
{
	size_t cap = ZSTD_compressBound(n);
	buf_reserve(out, cap);
	size_t k = ZSTD_compress(out->p + out->len, cap, p, n, n < (1u << 20) ? 19 : 12);
	if (ZSTD_isError(k))	/* for want of memory alone: the room is the bound */
		mem_none("zstd");
	out->len += k;
	out->p[out->len] = 0;
}

int zst_unpack(const void *p, size_t n, size_t n_raw, const char *what, struct buf *out,
	       struct err *e)
{
	unsigned long long said = ZSTD_getFrameContentSize(p, n);
	if (said == ZSTD_CONTENTSIZE_ERROR || said == ZSTD_CONTENTSIZE_UNKNOWN)
		return err_set(e, ERR_DATA, "%s: no zstd frame", what);
	if (said != n_raw)
		return err_set(e, ERR_DATA, "%s: a zstd frame of %llu bytes, want %zu", what, said,
			       n_raw);
	buf_reserve(out, n_raw);
	size_t k = ZSTD_decompress(out->p + out->len, n_raw, p, n);
	if (ZSTD_getErrorCode(k) == ZSTD_error_memory_allocation)
		mem_none("zstd");
	if (ZSTD_isError(k) || k != n_raw)
		return err_set(e, ERR_DATA, "%s: zstd: %s", what,
			       ZSTD_isError(k) ? ZSTD_getErrorName(k) : "too few bytes");
	out->len += n_raw;
	out->p[out->len] = 0;
	return 0;
}
