/* Files of embeddings; see vecfile.h. */
#include "port/vecfile.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/le.h"
#include "base/map.h"
#include "fmt/record.h"

const char *const vecfile_names[] = {"any", "npy", "fvecs", "faiss", NULL};

static int shape_ok(uint64_t n, uint64_t dim, struct err *e)
{
	if (!dim || dim > DIM_MAX || n > UINT32_MAX)
		return err_set(e, ERR_DATA, "%llu rows of %llu numbers: want at most %lu of 1 to %d",
			       (unsigned long long)n, (unsigned long long)dim, (unsigned long)UINT32_MAX, DIM_MAX);
	return 0;
}

/* n bytes have to be those of the numbers; n and dim are such that the product fits. */
static int size_ok(const struct vecfile *v, size_t n, struct err *e)
{
	if (n != v->n * v->step)
		return err_set(e, ERR_DATA, "%zu rows of %zu numbers are %zu bytes, there are %zu", v->n, v->dim,
			       v->n * v->step, n);
	return 0;
}

/* What follows 'key': in the dict; NULL: no such key. */
static const char *dict_get(const char *dict, const char *key)
{
	const char *p = strstr(dict, key);
	if (!p)
		return NULL;
	p += strlen(key);
	p += strspn(p, " ");
	if (*p++ != ':')
		return NULL;
	return p + strspn(p, " ");
}

/* A number of decimal digits, and what is behind it. */
static const char *take_num(const char *p, uint64_t *v)
{
	size_t n = strspn(p, "0123456789");
	*v = 0;
	if (!n || n > 18)
		return NULL;
	for (size_t i = 0; i < n; i++)
		*v = *v * 10 + (uint64_t)(p[i] - '0');
	return p + n + strspn(p + n, " ");
}

static int read_dict(struct vecfile *v, const char *dict, struct err *e)
{
	const char *descr = dict_get(dict, "'descr'"), *order = dict_get(dict, "'fortran_order'");
	const char *p = dict_get(dict, "'shape'");
	uint64_t n, dim;
	if (!descr || strncmp(descr, "'<f", 3) || !strchr("248", descr[3]) || !descr[3] || descr[4] != '\'')
		return err_set(e, ERR_DATA, "its numbers are %.20s: want '<f4', '<f8' or '<f2'",
			       descr ? descr : "none");
	if (!order || strncmp(order, "False", 5))
		return err_set(e, ERR_DATA, "its numbers are stored by column: save numpy.ascontiguousarray() of it");
	if (!p || *p != '(' || !(p = take_num(p + 1, &n)) || *p != ',' ||
	    !(p = take_num(p + 1 + strspn(p + 1, " "), &dim)) || (*p != ')' && *p != ','))
		return err_set(e, ERR_DATA, "its shape is not (rows, numbers)");
	v->width = (size_t)(descr[3] - '0');
	v->n = (size_t)n;
	v->dim = (size_t)dim;
	return shape_ok(n, dim, e);
}

static int parse_npy(struct vecfile *v, const uint8_t *p, size_t n, struct err *e)
{
	char dict[512];
	if (n < 12 || p[6] < 1 || p[6] > 3)
		return err_set(e, ERR_DATA, "not a file of NumPy of version 1 to 3");
	size_t at = p[6] == 1 ? 10 : 12, len = p[6] == 1 ? get_le16(p + 8) : get_le32(p + 8);
	if (len > n - at)
		return err_set(e, ERR_DATA, "its header has %zu bytes, there are %zu", len, n - at);
	size_t n_dict = len < sizeof dict - 1 ? len : sizeof dict - 1;
	memcpy(dict, p + at, n_dict);
	dict[n_dict] = 0;
	if (read_dict(v, dict, e))
		return -1;
	v->rows = p + at + len;
	v->step = v->dim * v->width;
	return size_ok(v, n - at - len, e);
}

static int parse_fvecs(struct vecfile *v, const uint8_t *p, size_t n, struct err *e)
{
	uint64_t dim = n < 4 ? 0 : get_le32(p);
	if (shape_ok(0, dim, e))
		return -1;
	v->dim = (size_t)dim;
	v->width = 4;
	v->step = 4 + 4 * v->dim;
	v->n = n / v->step;
	v->rows = p + 4;
	if (shape_ok(v->n, dim, e) || size_ok(v, n, e))
		return -1;
	for (size_t i = 0; i < v->n; i++)
		if (get_le32(p + i * v->step) != dim)
			return err_set(e, ERR_DATA, "row %zu has %lu numbers, the first has %zu", i,
				       (unsigned long)get_le32(p + i * v->step), v->dim);
	return 0;
}

enum { FAISS_HEAD = 37, FAISS_IP = 0, FAISS_L2 = 1 };

/* "IxFI" with its quotes where the four bytes can be shown. */
static void show_four(char out[16], const uint8_t *p)
{
	bool plain = true;
	for (int i = 0; i < 4; i++)
		plain &= p[i] >= 0x20 && p[i] < 0x7f;
	snprintf(out, 16, plain ? "\"%c%c%c%c\"" : "%02x%02x%02x%02x", p[0], p[1], p[2], p[3]);
}

static int faiss_head(struct vecfile *v, const uint8_t *p, size_t n, struct err *e)
{
	char four[16];
	if (n < FAISS_HEAD)
		return err_set(e, ERR_DATA, "cut short: %zu bytes", n);
	show_four(four, p);
	uint64_t rows = get_le64(p + 8);
	uint32_t metric = get_le32(p + 33);
	if (metric != FAISS_IP && metric != FAISS_L2)
		return err_set(e, ERR_DATA, "an index of FAISS %s of metric %lu: want inner product or L2", four,
			       (unsigned long)metric);
	v->n = (size_t)rows;
	v->dim = get_le32(p + 4);
	v->width = 4;
	v->step = 4 * v->dim;
	return shape_ok(rows, v->dim, e);
}

/* The flat index at p; *used: its bytes. */
static int faiss_flat(struct vecfile *v, const uint8_t *p, size_t n, size_t *used, struct err *e)
{
	char four[16];
	show_four(four, n >= 4 ? p : (const uint8_t *)"none");
	if (n < 4 || (memcmp(p, "IxFI", 4) && memcmp(p, "IxF2", 4)))
		return err_set(e, ERR_DATA, "an index of FAISS %s: want a flat one, \"IxFI\" or \"IxF2\", or "
			       "such a one in an IDMap", four);
	if (faiss_head(v, p, n, e))
		return -1;
	if (n < FAISS_HEAD + 8 || get_le64(p + FAISS_HEAD) != (uint64_t)v->n * v->dim ||
	    (n - FAISS_HEAD - 8) / v->step < v->n)
		return err_set(e, ERR_DATA, "%zu rows of %zu numbers: not what the file has", v->n, v->dim);
	v->rows = p + FAISS_HEAD + 8;
	*used = FAISS_HEAD + 8 + v->n * v->step;
	return 0;
}

static int parse_faiss(struct vecfile *v, const uint8_t *p, size_t n, struct err *e)
{
	struct vecfile outer = {0};
	bool map = n >= 4 && (!memcmp(p, "IxMp", 4) || !memcmp(p, "IxM2", 4));
	size_t at = map ? FAISS_HEAD : 0, used = 0;
	if ((map && faiss_head(&outer, p, n, e)) || faiss_flat(v, p + at, n - at, &used, e))
		return -1;
	at += used;
	if (!map)
		return at == n ? 0 : err_set(e, ERR_DATA, "%zu bytes behind the index", n - at);
	if (outer.n != v->n || outer.dim != v->dim || n - at < 8 || get_le64(p + at) != v->n ||
	    n - at - 8 != 8 * v->n)
		return err_set(e, ERR_DATA, "%zu ids for %zu rows: not what the file has", outer.n, v->n);
	v->ids = p + at + 8;
	return 0;
}

int vecfile_parse(struct vecfile *v, const uint8_t *p, size_t n, enum vecfile_format f, struct err *e)
{
	bool npy = n >= 6 && !memcmp(p, "\x93NUMPY", 6);
	*v = (struct vecfile){0};
	if (f == VECFILE_ANY)
		f = npy ? VECFILE_NPY : n >= 4 && p[0] == 'I' ? VECFILE_FAISS : VECFILE_FVECS;
	if (f == VECFILE_NPY && !npy)
		return err_set(e, ERR_DATA, "not a file of NumPy");
	return f == VECFILE_NPY ? parse_npy(v, p, n, e) : f == VECFILE_FAISS ? parse_faiss(v, p, n, e)
										: parse_fvecs(v, p, n, e);
}

int vecfile_open(struct vecfile *v, const char *path, enum vecfile_format f, struct err *e)
{
	struct stat st;
	const void *map = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*v = (struct vecfile){0};
	if (fd < 0)
		return err_sys(e, "%s", path);
	int r = fstat(fd, &st) ? err_sys(e, "%s", path) : 0;
	if (!r && (!S_ISREG(st.st_mode) || !st.st_size))
		r = err_set(e, ERR_DATA, "%s: %s", path, S_ISREG(st.st_mode) ? "is empty" : "not a regular file");
	if (!r)
		r = map_file(fd, path, (size_t)st.st_size, &map, e);
	close(fd);
	if (r)
		return -1;
	if (vecfile_parse(v, map, (size_t)st.st_size, f, e)) {
		map_release(map, (size_t)st.st_size);
		return err_prefix(e, "%s", path);
	}
	v->map = map;
	v->n_map = (size_t)st.st_size;
	return 0;
}

/* IEEE 754 binary16. */
static float half(uint16_t h)
{
	int exp = h >> 10 & 31, frac = h & 1023;
	double v = exp == 31 ? (frac ? (double)NAN : HUGE_VAL) : exp ? ldexp(1024 + frac, exp - 25) : ldexp(frac, -24);
	return (float)(h & 0x8000 ? -v : v);
}

void vecfile_row(const struct vecfile *v, size_t i, float *out)
{
	const uint8_t *p = v->rows + i * v->step;
	if (v->width == 4)
		get_lef32s(p, out, v->dim);
	for (size_t k = 0; v->width == 8 && k < v->dim; k++)
		out[k] = (float)get_lef64(p + 8 * k);
	for (size_t k = 0; v->width == 2 && k < v->dim; k++)
		out[k] = half(get_le16(p + 2 * k));
}

int64_t vecfile_id(const struct vecfile *v, size_t i)
{
	return (int64_t)get_le64(v->ids + 8 * i);
}

void vecfile_close(struct vecfile *v)
{
	if (v->n_map)
		map_release(v->map, v->n_map);
	*v = (struct vecfile){0};
}
