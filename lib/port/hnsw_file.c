/* Vectors of hnswlib's files; see hnsw_file.h. */
#include "port/hnsw_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/le.h"
#include "base/map.h"
#include "base/mem.h"
#include "fmt/record.h"

enum { HEAD_BYTES = 100, VERSION = 1, HEAD_MAX = 4096 };

static int by_label(const void *a, const void *b)
{
	uint64_t x = ((const struct hnsw_live *)a)->label, y = ((const struct hnsw_live *)b)->label;
	return x < y ? -1 : x > y;
}

/* Where label and vector are in an element, and how many there are: all of it in n_data bytes. */
static int read_head(struct hnsw_file *h, const uint8_t *p, size_t n_head, size_t n_data, uint64_t *n,
		     struct err *e)
{
	if (n_head != HEAD_BYTES || get_le32(p) != VERSION)
		return err_set(e, ERR_DATA, "header.bin: %zu bytes, version %lu: want %d, version %d", n_head,
			       n_head < 4 ? 0UL : (unsigned long)get_le32(p), HEAD_BYTES, VERSION);
	uint64_t room = get_le64(p + 12), size = get_le64(p + 28), label_at = get_le64(p + 36);
	uint64_t vec_at = get_le64(p + 44), links0 = get_le64(p + 68);
	*n = get_le64(p + 20);
	if (get_le64(p + 4) || size > 1 << 20 || links0 > 1 << 16 || vec_at != 4 + 4 * links0 ||
	    label_at <= vec_at || (label_at - vec_at) % 4 || (label_at - vec_at) / 4 > DIM_MAX ||
	    size != label_at + 8 || *n > room)
		return err_set(e, ERR_DATA, "header.bin: sizes that do not go together");
	if (*n > UINT32_MAX || *n > n_data / size)
		return err_set(e, ERR_DATA, "data_level0.bin: %zu bytes, header.bin says %llu elements of %llu", n_data,
			       (unsigned long long)*n, (unsigned long long)size);
	h->n_bytes = (size_t)size;
	h->vec_at = (size_t)vec_at;
	h->label_at = (size_t)label_at;
	h->dim = (h->label_at - h->vec_at) / 4;
	return 0;
}

int hnsw_file_parse(struct hnsw_file *h, const uint8_t *head, size_t n_head, const uint8_t *data, size_t n_data,
		    size_t dim, struct err *e)
{
	uint64_t n = 0;
	*h = (struct hnsw_file){0};
	if (read_head(h, head, n_head, n_data, &n, e))
		return -1;
	if (dim && n && dim != h->dim)
		return err_set(e, ERR_DATA, "header.bin: %zu dimensions, want %zu", h->dim, dim);
	h->live = mem_array(n ? (size_t)n : 1, sizeof *h->live);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = data + i * h->n_bytes;
		uint64_t label = get_le64(p + h->label_at);
		h->label_max = label > h->label_max ? label : h->label_max;
		if (p[2] & 1)
			h->n_deleted++;
		else
			h->live[h->n++] = (struct hnsw_live){label, (uint32_t)i};
	}
	qsort(h->live, h->n, sizeof *h->live, by_label);
	for (size_t i = 1; i < h->n; i++)
		if (h->live[i].label == h->live[i - 1].label)
			return err_set(e, ERR_DATA, "data_level0.bin: label %llu is there twice",
				       (unsigned long long)h->live[i].label);
	h->map = data;
	return 0;
}

/* Not there: *n 0 and *p NULL. */
static int map_whole(const char *path, const void **p, size_t *n, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*p = NULL;
	*n = 0;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "%s", path);
	int r = fstat(fd, &st) ? err_sys(e, "%s", path) : 0;
	if (!r && !S_ISREG(st.st_mode))
		r = err_set(e, ERR_DATA, "%s: not a regular file", path);
	if (!r && st.st_size > 0) {
		r = map_file(fd, path, (size_t)st.st_size, p, e);
		*n = (size_t)st.st_size;
	}
	close(fd);
	return r;
}

int hnsw_file_open(struct hnsw_file *h, const char *dir, size_t dim, struct err *e)
{
	struct buf head = BUF_INIT;
	char *data = mem_printf("%s/data_level0.bin", dir), *header = mem_printf("%s/header.bin", dir);
	const void *map = NULL;
	size_t n = 0;
	int r = 0;
	*h = (struct hnsw_file){0};
	if (access(header, F_OK) == 0) {
		r = file_slurp(header, HEAD_MAX, &head, e) || map_whole(data, &map, &n, e);
		if (!r && hnsw_file_parse(h, head.p, head.len, map, n, dim, e))
			r = err_prefix(e, "%s", dir);
	}
	if (r) {
		mem_free(h->live);
		map_release(map, n);
		*h = (struct hnsw_file){0};
	} else {
		h->map = map;
		h->n_map = n;
	}
	buf_release(&head);
	mem_free(data);
	mem_free(header);
	return r ? -1 : 0;
}

void hnsw_file_vec(const struct hnsw_file *h, size_t i, float *out)
{
	get_lef32s(h->map + h->live[i].element * h->n_bytes + h->vec_at, out, h->dim);
}

void hnsw_file_close(struct hnsw_file *h)
{
	if (h->n_map)			/* else it is the caller's */
		map_release(h->map, h->n_map);
	mem_free(h->live);
	*h = (struct hnsw_file){0};
}
