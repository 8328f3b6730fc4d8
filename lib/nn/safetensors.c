/* Mapping and checking a safetensors file; see safetensors.h. */
#include "nn/safetensors.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/js.h"
#include "base/le.h"
#include "base/map.h"
#include "base/mem.h"

enum { HEADER_MAX = 100000000 };

struct safetensors {
	const void *map;	/* NULL: borrowed bytes */
	size_t n_map;
	struct tensor *tensors;
	size_t n, cap;
	/* while parsing */
	const char *where;
	const uint8_t *data;
	size_t n_data;
	struct err *e;
};

static const struct {
	char name[12];
	enum tensor_type type;
	size_t bytes;
} types[] = {
	{"F32", TENSOR_F32, 4}, {"F16", TENSOR_F16, 2}, {"BF16", TENSOR_BF16, 2},
	{"F64", TENSOR_OTHER, 8}, {"I64", TENSOR_OTHER, 8}, {"U64", TENSOR_OTHER, 8},
	{"I32", TENSOR_OTHER, 4}, {"U32", TENSOR_OTHER, 4}, {"I16", TENSOR_OTHER, 2},
	{"U16", TENSOR_OTHER, 2}, {"I8", TENSOR_OTHER, 1}, {"U8", TENSOR_OTHER, 1},
	{"BOOL", TENSOR_OTHER, 1}, {"F8_E5M2", TENSOR_OTHER, 1}, {"F8_E4M3", TENSOR_OTHER, 1},
};

/* A whole number in [0, SIZE_MAX]. */
static bool get_size(const struct js *v, size_t *out)
{
	if (js_type(v) != JS_INT || js_int(v) < 0)
		return false;
	*out = (size_t)js_int(v);
	return true;
}

static int read_shape(struct safetensors *st, struct tensor *t, const struct js *shape,
		      size_t elem_bytes)
{
	size_t n = 1;
	t->n_dims = js_len(shape);
	if (js_type(shape) != JS_ARR || t->n_dims > TENSOR_DIMS_MAX)
		return err_set(st->e, ERR_DATA,
			       "%s: tensor %s: the shape is not an array of at most %d sizes",
			       st->where, t->name, TENSOR_DIMS_MAX);
	for (size_t i = 0; i < t->n_dims; i++) {
		if (!get_size(js_at(shape, i), &t->shape[i]))
			return err_set(st->e, ERR_DATA,
				       "%s: tensor %s: size %zu of the shape is no whole number",
				       st->where, t->name, i);
		if (size_mul(n, t->shape[i], &n, st->e))
			return err_prefix(st->e, "%s: tensor %s: shape", st->where, t->name);
	}
	t->n_elems = n;
	if (size_mul(n, elem_bytes, &t->n_bytes, st->e))
		return err_prefix(st->e, "%s: tensor %s: shape", st->where, t->name);
	return 0;
}

static int read_place(struct safetensors *st, struct tensor *t, const struct js *offs)
{
	size_t from, to;
	if (js_len(offs) != 2 || !get_size(js_at(offs, 0), &from) ||
	    !get_size(js_at(offs, 1), &to) || from > to)
		return err_set(st->e, ERR_DATA, "%s: tensor %s: \"data_offsets\" is not [from, to]",
			       st->where, t->name);
	if (to > st->n_data)
		return err_set(st->e, ERR_DATA, "%s: tensor %s: data ends at byte %zu of %zu",
			       st->where, t->name, to, st->n_data);
	if (to - from != t->n_bytes)
		return err_set(st->e, ERR_DATA,
			       "%s: tensor %s: %zu bytes of data, shape and type make %zu",
			       st->where, t->name, to - from, t->n_bytes);
	t->p = st->data + from;
	return 0;
}

static int read_tensor(const char *key, const struct js *v, void *ctx)
{
	struct safetensors *st = ctx;
	const char *type = js_str(js_get(v, "dtype"), NULL);
	size_t i = 0, n_types = sizeof types / sizeof *types;
	if (!strcmp(key, "__metadata__"))
		return 0;
	if (st->n == st->cap) {
		st->cap = st->cap ? 2 * st->cap : 128;
		st->tensors = mem_realloc(st->tensors, st->cap * sizeof *st->tensors);
	}
	struct tensor *t = &st->tensors[st->n++];
	*t = (struct tensor){.name = mem_strdup(key)};
	while (i < n_types && !(type && !strcmp(type, types[i].name)))
		i++;
	if (i == n_types)
		return err_set(st->e, ERR_DATA, "%s: tensor %s: type %s is not known", st->where,
			       key, type ? type : "(none)");
	t->type = types[i].type;
	memcpy(t->type_name, types[i].name, sizeof t->type_name);
	if (read_shape(st, t, js_get(v, "shape"), types[i].bytes))
		return -1;
	return read_place(st, t, js_get(v, "data_offsets"));
}

static int by_place(const void *va, const void *vb)
{
	const struct tensor *a = va, *b = vb;
	if (a->p != b->p)
		return a->p < b->p ? -1 : 1;
	if (a->n_bytes != b->n_bytes)
		return a->n_bytes < b->n_bytes ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Tensors in order must cover the data without a hole or an overlap. */
static int check_cover(struct safetensors *st)
{
	size_t at = 0;
	qsort(st->tensors, st->n, sizeof *st->tensors, by_place);
	for (size_t i = 0; i < st->n; i++) {
		const struct tensor *t = &st->tensors[i];
		size_t from = (size_t)(t->p - st->data);
		if (from != at)
			return err_set(st->e, ERR_DATA,
				       "%s: tensor %s: data starts at byte %zu, %s byte %zu",
				       st->where, t->name, from,
				       from < at ? "overlapping what ends at"
						 : "leaving a hole from", at);
		at += t->n_bytes;
	}
	if (at != st->n_data)
		return err_set(st->e, ERR_DATA, "%s: %zu bytes of data, the tensors cover %zu",
			       st->where, st->n_data, at);
	return 0;
}

static int parse(struct safetensors *st, const uint8_t *p, size_t n, const char *where,
		 struct err *e)
{
	struct js *head = NULL;
	int r = -1;
	if (n < 8)
		return err_set(e, ERR_DATA, "%s: %zu bytes, too short for safetensors", where, n);
	uint64_t n_head = get_le64(p);
	if (n_head > HEADER_MAX || n_head > n - 8)
		return err_set(e, ERR_DATA,
			       "%s: header of %llu bytes in a file of %zu (at most %d)", where,
			       (unsigned long long)n_head, n, HEADER_MAX);
	if (!n_head || p[8] != '{')
		return err_set(e, ERR_DATA, "%s: the header does not start with '{'", where);
	if (js_parse(p + 8, (size_t)n_head, where, &head, e))
		return -1;
	st->where = where;
	st->data = p + 8 + n_head;
	st->n_data = n - 8 - (size_t)n_head;
	st->e = e;
	if (!js_each(head, read_tensor, st) && !check_cover(st))
		r = 0;
	js_free(head);
	st->where = NULL;
	st->e = NULL;
	return r;
}

int safetensors_parse(const void *p, size_t n, const char *where, struct safetensors **out,
		      struct err *e)
{
	struct safetensors *st = mem_calloc(1, sizeof *st);
	if (parse(st, p, n, where, e)) {
		safetensors_free(st);
		return -1;
	}
	*out = st;
	return 0;
}

int safetensors_open(const char *path, struct safetensors **out, struct err *e)
{
	struct safetensors *st = mem_calloc(1, sizeof *st);
	struct stat sb;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = -1;
	if (fd < 0 || fstat(fd, &sb)) {
		err_sys(e, "%s", path);
		goto out;
	}
	if (!S_ISREG(sb.st_mode) || sb.st_size < 8) {
		err_set(e, ERR_DATA, "%s: no safetensors file", path);
		goto out;
	}
	st->n_map = (size_t)sb.st_size;
	if (map_file(fd, path, st->n_map, &st->map, e) || parse(st, st->map, st->n_map, path, e))
		goto out;
	*out = st;
	st = NULL;
	r = 0;
out:
	if (fd >= 0)
		close(fd);
	safetensors_free(st);
	return r;
}

void safetensors_free(struct safetensors *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->n; i++)
		mem_free(st->tensors[i].name);
	mem_free(st->tensors);
	map_release(st->map, st->n_map);
	mem_free(st);
}

size_t safetensors_len(const struct safetensors *st)
{
	return st->n;
}

const struct tensor *safetensors_find(const struct safetensors *st, const char *name)
{
	for (size_t i = 0; i < st->n; i++)
		if (!strcmp(st->tensors[i].name, name))
			return &st->tensors[i];
	return NULL;
}
