/* The safetensors reader: one defect at a time, every truncation, and values of each type. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "nn/safetensors.h"
#include "unit.h"

static uint8_t file[4096];

/* A file of this header and n_data bytes of zeros; returns its length. */
static size_t make(const char *head, size_t n_data)
{
	memset(file, 0, sizeof file);
	put_le64(file, strlen(head));
	memcpy(file + 8, head, strlen(head));
	return 8 + strlen(head) + n_data;
}

static void refused(const char *head, size_t n_data, const char *why, const char *name)
{
	struct safetensors *st = NULL;
	struct err e = {0};
	size_t n = make(head, n_data);
	bool good = safetensors_parse(file, n, "f", &st, &e) == -1 && strstr(e.msg, why);
	ok(good, "%s is refused%s%s", name, good ? "" : ": ", good ? "" : e.msg);
	if (!good)
		safetensors_free(st);
}

#define T(dtype, shape, offs)                                                                      \
	"{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offs "}"

static void defects(void)
{
	refused("[1]", 0, "'{'", "a header that is no object");
	refused("{\"a\":" T("F32", "[2]", "[0,8]"), 8, "f", "a header that ends early");
	refused("{\"a\":" T("F32", "[2]", "[0,8]") ",\"a\":" T("F32", "[2]", "[0,8]") "}", 8,
		"uplicate", "a duplicate name");
	refused("{\"a\":" T("F32", "[2]", "[0,12]") "}", 12, "12 bytes of data",
		"a size that is not shape x type");
	refused("{\"a\":" T("F32", "[3]", "[0,12]") "}", 8, "ends at byte 12 of 8",
		"data past the end");
	refused("{\"a\":" T("F32", "[2]", "[8,0]") "}", 8, "data_offsets",
		"offsets in the wrong order");
	refused("{\"a\":" T("F32", "[2]", "[-8,0]") "}", 8, "data_offsets", "a negative offset");
	refused("{\"a\":" T("F32", "[-2]", "[0,8]") "}", 8, "shape", "a negative size");
	refused("{\"a\":" T("F32", "[1.5]", "[0,8]") "}", 8, "shape", "a size with a fraction");
	refused("{\"a\":" T("F32", "[4611686018427387904,4]", "[0,0]") "}", 0, "overflow",
		"a shape that overflows");
	refused("{\"a\":" T("F32", "[4611686018427387905]", "[0,4]") "}", 4, "overflow",
		"a byte size that overflows");
	refused("{\"a\":" T("F32", "[1]", "[4,8]") "}", 8, "hole", "a hole at the front");
	refused("{\"a\":" T("F32", "[1]", "[0,4]") ",\"b\":" T("F32", "[1]", "[8,12]") "}", 12,
		"hole", "a hole between");
	refused("{\"a\":" T("F32", "[2]", "[0,8]") ",\"b\":" T("F32", "[1]", "[4,8]") "}", 8,
		"overlap", "an overlap");
	refused("{\"a\":" T("F32", "[1]", "[0,4]") "}", 8, "cover", "data after the last tensor");
	refused("{\"a\":" T("F4", "[8]", "[0,4]") "}", 4, "type F4", "an unknown type");
	refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape",
		"a tensor without a shape");
	refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets",
		"a tensor without a place");
	refused("{\"a\":7}", 0, "type", "a tensor that is a number");
	struct safetensors *st;
	struct err e;
	make("{}", 0);
	put_le64(file, 100000001);
	ok(safetensors_parse(file, sizeof file, "f", &st, &e) == -1 && strstr(e.msg, "header"),
	   "a header over 100,000,000 bytes is refused");
	put_le64(file, UINT64_MAX);
	ok(safetensors_parse(file, sizeof file, "f", &st, &e) == -1,
	   "a header of 2^64 - 1 bytes is refused");
}

static void values(void)
{
	struct safetensors *st = NULL;
	struct err e;
	float v[3];
	static const char head[] =
		"{\"__metadata__\":{\"format\":\"pt\"},"
		"\"w\":" T("F32", "[1,3]", "[0,12]") ","
		"\"h\":" T("F16", "[3]", "[12,18]") ","
		"\"b\":" T("BF16", "[3]", "[18,24]") ","
		"\"none\":" T("F32", "[0]", "[24,24]") ","
		"\"i\":" T("I64", "[1]", "[24,32]") "}   ";
	size_t n = make(head, 32);
	uint8_t *p = file + n - 32;
	put_lef32(p, 1.5f);
	put_lef32(p + 4, -2);
	put_lef32(p + 8, INFINITY);
	put_le16(p + 12, 0x3c00);	/* 1 */
	put_le16(p + 14, 0x8001);	/* the smallest subnormal, negative */
	put_le16(p + 16, 0x7bff);	/* 65504 */
	put_le16(p + 18, 0x3f80);	/* 1 */
	put_le16(p + 20, 0xc000);	/* -2 */
	put_le16(p + 22, 0x7fc0);	/* NaN */
	if (!ok(!safetensors_parse(file, n, "f", &st, &e),
		"a good file is read, metadata and padding included"))
		return;
	ok(safetensors_len(st) == 5 && safetensors_find(st, "w") && !safetensors_find(st, "x"),
	   "tensors are found by name");
	ok(tensor_get_f32(safetensors_find(st, "w"), 0, 3, v) == 2 && v[0] == 1.5f && v[1] == -2,
	   "F32 is read and an infinity is found");
	ok(tensor_get_f32(safetensors_find(st, "h"), 0, 3, v) == 3 && v[0] == 1 &&
		   v[1] == -0x1p-24f && v[2] == 65504,
	   "F16 is read, subnormals too");
	ok(tensor_get_f32(safetensors_find(st, "b"), 0, 3, v) == 2 && v[0] == 1 && v[1] == -2 &&
		   isnan(v[2]),
	   "BF16 is read and a NaN is found");
	safetensors_free(st);
	size_t n_bad = 0;
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *copy = malloc(cut + 1); /* exact size: the sanitizer sees overreads */
		memcpy(copy, file, cut);
		st = NULL;
		if (!safetensors_parse(copy, cut, "f", &st, &e)) {
			n_bad++;
			safetensors_free(st);
		}
		free(copy);
	}
	ok(!n_bad, "the file cut at any byte is refused (%zu were not)", n_bad);
}

int main(void)
{
	struct safetensors *st;
	struct err e;
	defects();
	values();
	ok(safetensors_open("/nonexistent/model.safetensors", &st, &e) == -1 && e.code == ERR_SYS,
	   "a missing file is a system error");
	ok(safetensors_open("/", &st, &e) == -1, "a directory is refused");
	return done();
}
