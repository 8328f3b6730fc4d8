/* Records: packed and read back, and safe paths told from others. */
#include "unit.h"

#include <string.h>

#include "base/le.h"
#include "fmt/record.h"
#include "fmt/text.h"

/* A reader that is fed bodies, without a pipe. */
struct feed {
	struct stream_in in;
	struct stream_rec r;
	struct rec_check c;
	struct mp_doc *doc;
};

static void feed_open(struct feed *f, size_t dim)
{
	*f = (struct feed){.in = {.name = "test", .n_records = 1}};
	f->c = (struct rec_check){.in = &f->in, .dim = dim, .n_roots = 1};
	f->doc = mp_new();
}

static void feed(struct feed *f, const struct buf *b)
{
	struct err e;
	const struct mp *v;
	if (mp_parse(f->doc, b->p, b->len, &v, &e))
		err_die(&e);
	f->in.n_records++;
	f->r = (struct stream_rec){(unsigned)mp_u64(mp_at(v, 0)), f->in.n_records - 1, v, b->p, b->len};
}

static void test_file_and_chunk(void)
{
	struct feed f;
	struct buf b = BUF_INIT;
	struct err e;
	struct rec_file a = {.id = 0, .root = 0, .path = (const uint8_t *)"d/caf\xe9.c", .n_path = 8,
			     .size_bytes = INT64_MAX,
			     .mtime_ns = -1, .hash = UINT64_MAX, .lang = "c", .n_lang = 1, .flags = FILE_RECORDS}, g;
	struct rec_chunk k = {.id = 0, .file = 0, .off_bytes = 1, .len_bytes = STREAM_RECORD_MAX, .first_line = 2,
			      .last_line = UINT32_MAX, .n_tokens = 3, .sub_off_bytes = 4, .sub_len_bytes = 5,
			      .ext_id = "x", .n_ext_id = 1, .text = "", .n_text = 0}, h;
	feed_open(&f, 0);
	put_file(&b, &a);
	feed(&f, &b);
	ok(rec_file(&f.c, &f.r, &g, &e) == 0 && g.size_bytes == INT64_MAX && g.mtime_ns == -1 &&
		   g.hash == UINT64_MAX &&
		   g.n_path == 8 && !memcmp(g.path, a.path, 8) && g.flags == FILE_RECORDS && g.n_lang == 1,
	   "a file comes back");
	put_chunk(&b, &k);
	feed(&f, &b);
	ok(rec_chunk(&f.c, &f.r, &h, &e) == 0 && h.off_bytes == 1 && h.len_bytes == k.len_bytes &&
		   h.first_line == 2 &&
		   h.last_line == UINT32_MAX && h.n_tokens == 3 && h.sub_off_bytes == 4 &&
			   h.sub_len_bytes == 5 &&
		   h.n_ext_id == 1 && h.text && !h.n_text, "a chunk with an empty text comes back");
	mp_free(f.doc);
	buf_release(&b);
}

static void test_vector(void)
{
	struct feed f;
	struct buf b = BUF_INIT;
	struct err e;
	float v[3] = {.6f, -.8f, 0}, w[3];
	feed_open(&f, 3);
	f.c.n_files = f.c.n_chunks = 1;
	put_vec(&b, 0, v, 3);
	ok(b.len == 3 + 2 + 12 - 0 && get_lef32(b.p + b.len - 12) == .6f,
	   "floats are little-endian at the record's end");
	feed(&f, &b);
	ok(rec_vec(&f.c, &f.r, w, &e) == 0 && !memcmp(v, w, sizeof v) && f.c.n_vecs == 1,
	   "a vector comes back");
	ok(rec_vec(&f.c, &f.r, w, &e) != 0 && f.c.n_vecs == 1, "a vector too many is refused");
	mp_free(f.doc);
	buf_release(&b);
}

/* A codebook of two 4-bit numbers a byte; any other number of centroids is refused. */
static void test_nibbles(void)
{
	static int8_t rot[4], cent[32];
	static uint8_t scale[8];
	struct rec_codebook k = {.dim = 2, .m = 1, .ksub = 256, .dsub = 2, .nibbles = true, .rot = rot,
				 .rot_scale = scale, .cent = cent, .cent_scale = scale}, back;
	struct feed f;
	struct buf b = BUF_INIT;
	struct err e;
	for (int i = 0; i < 32; i++)
		cent[i] = (int8_t)i;
	for (int i = 0; i < 3; i++) {
		feed_open(&f, 2);
		f.c.n_files = 1;
		f.c.n_chunks = f.c.n_vecs = 3;
		k.ksub = i == 1 ? 16 : 256;
		put_codebook(&b, &k);
		if (i == 2)
			b.p[b.len - 1] = 0xc2; /* the same bytes, said to be of 8 bits */
		feed(&f, &b);
		int r = rec_codebook(&f.c, &f.r, &back, &e);
		ok(i ? r && strstr(e.msg, "32 of centroids")
		     : !r && back.nibbles && rec_n_books(&back) == 2 && !memcmp(back.cent, cent, 32),
		   "a 4-bit codebook %s", i ? "of another size is refused" : "comes back");
		mp_free(f.doc);
	}
	buf_release(&b);
}

static void test_enrichments(void)
{
	struct feed f;
	struct buf b = BUF_INIT;
	struct err e;
	int8_t q[4] = {127, 0, 0, -127}, rot[4] = {127, 0, 0, 127}, cent[4] = {1, -1, 2, -2};
	uint8_t scale[8] = {0}, assign[12] = {0}, codes[6] = {0, 1, 1, 0, 1, 1};
	struct rec_anchors a = {.m = 2, .dim = 2, .strategy = "kmeans", .seed = 7, .q = q, .scale = scale}, a2;
	struct rec_codebook k = {.dim = 2, .m = 2, .ksub = 2, .dsub = 1, .residual = true, .seed = 8, .rot = rot,
				 .rot_scale = scale, .cent = cent, .cent_scale = scale}, k2;
	uint64_t first;
	const uint8_t *p;
	size_t n;
	feed_open(&f, 2);
	f.c.n_files = 1;
	f.c.n_chunks = f.c.n_vecs = 3;
	put_le32(assign + 8, 1);
	put_anchors(&b, &a);
	feed(&f, &b);
	ok(rec_anchors(&f.c, &f.r, &a2, &e) == 0 && a2.m == 2 && a2.seed == 7 && !strcmp(a2.strategy,
	   "kmeans") &&
		   !memcmp(a2.q, q, 4), "anchors come back");
	put_assign(&b, 0, assign, 3);
	feed(&f, &b);
	ok(rec_assign(&f.c, &f.r, &first, &p, &n, &e) == 0 && !first && n == 3 && get_le32(p + 8) == 1,
	   "an assignment comes back");
	put_codebook(&b, &k);
	feed(&f, &b);
	ok(rec_codebook(&f.c, &f.r, &k2, &e) == 0 && k2.m == 2 && k2.residual && k2.seed == 8 &&
		   !memcmp(k2.cent, cent, 4),
	   "a codebook comes back");
	test_nibbles();
	ok(rec_check_end(&f.c, &e) != 0 && strstr(e.msg, "codes of 0 chunks"),
	   "codes that are missing are noticed");
	for (size_t i = 0; i < 3; i++) {
		put_codes(&b, i, codes + 2 * i, 1, 2);
		feed(&f, &b);
		ok(rec_codes(&f.c, &f.r, &first, &p, &n, &e) == 0 && first == i && n == 1 &&
			   !memcmp(p, codes + 2 * i, 2),
		   "codes come back in pieces (%zu)", i);
	}
	ok(rec_check_end(&f.c, &e) == 0, "a stream with all of it is whole");
	mp_free(f.doc);
	buf_release(&b);
}

/* Bytes of a record come back, are cut short, and get odd numbers: refused or read, never more. */
static void test_kept_fuzz(struct buf *b)
{
	uint32_t state = 1;
	size_t n_read = 0, n_refused = 0;
	for (int trial = 0; trial < 20000; trial++) {
		struct feed f;
		struct buf hurt = BUF_INIT;
		struct err e;
		const struct mp *v;
		buf_add(&hurt, b->p, b->len);
		for (int k = 0; k < 2; k++) {
			state = state * 1664525 + 1013904223;
			hurt.p[(state >> 8) % hurt.len] = (uint8_t)(state >> 24);
		}
		feed_open(&f, 0);
		memcpy(f.c.base, "0123456789abcdef", 17);
		f.c.n_files = 3;
		if (!mp_parse(f.doc, hurt.p, hurt.len, &v, &e) && mp_type(v) == MP_ARR &&
		    mp_type(mp_at(v, 0)) == MP_UINT) {
			f.r = (struct stream_rec){(unsigned)mp_u64(mp_at(v, 0)), 1, v, hurt.p, hurt.len};
			f.in.n_records++;
			if (rec_any(&f.c, &f.r, &e))
				n_refused++;
			else
				n_read++;
		}
		mp_free(f.doc);
		buf_release(&hurt);
	}
	ok(n_read > 100 && n_refused > 100, "20000 damaged records: %zu read, %zu refused", n_read, n_refused);
}

static void test_changes(void)
{
	struct feed f;
	struct buf b = BUF_INIT;
	struct err e;
	struct rec_kept k = {UINT32_MAX, 0xfe, 11, STREAM_RECORD_MAX, 5, UINT32_MAX}, back;
	uint8_t kept[2 * REC_KEPT_BYTES], gone[8];
	uint64_t first;
	const uint8_t *p;
	size_t n;
	feed_open(&f, 0);
	f.c.n_files = 3;
	f.c.n_chunks = 2;
	put_hashes(&b, 0, (const uint8_t *)"ab", 2);
	feed(&f, &b);
	ok(!rec_hashes(&f.c, &f.r, &first, &p, &n, &e) && !first && n == 2 && !memcmp(p, "ab", 2) &&
		   !rec_check_end(&f.c, &e), "hashes come back");
	ok(rec_hashes(&f.c, &f.r, &first, &p, &n, &e) && strstr(e.msg, "the next is 2 of 2"),
	   "hashes of a chunk twice are refused");
	kept_put(kept, &k);
	k.off_bytes++;
	kept_put(kept + REC_KEPT_BYTES, &k);
	buf_clear(&b);
	mp_put_arr(&b, 3);
	mp_put_u64(&b, TAG_KEPT);
	mp_put_u64(&b, 2);
	mp_put_bin(&b, kept, sizeof kept);
	feed(&f, &b);
	ok(rec_kept(&f.c, &f.r, &first, &p, &n, &e) && strstr(e.msg, "without base"),
	   "kept passages need a base");
	memcpy(f.c.base, "0123456789abcdef", 17);
	ok(!rec_kept(&f.c, &f.r, &first, &p, &n, &e) && first == 2 && n == 2, "kept passages come back");
	kept_get(p + REC_KEPT_BYTES, &back);
	ok(back.chunk == UINT32_MAX && back.hash == 0xfe && back.off_bytes == 12 &&
		   back.len_bytes == STREAM_RECORD_MAX && back.sub_off_bytes == 5 &&
		   back.sub_len_bytes == UINT32_MAX, "a kept passage has the same numbers");
	ok(rec_kept(&f.c, &f.r, &first, &p, &n, &e) && strstr(e.msg, "not in order"),
	   "kept passages at one place are refused");
	test_kept_fuzz(&b);
	f.c.n_files = 0;
	put_le32(gone, 4);
	put_le32(gone + 4, 7);
	buf_clear(&b);
	mp_put_arr(&b, 2);
	mp_put_u64(&b, TAG_GONE);
	mp_put_bin(&b, gone, 8);
	feed(&f, &b);
	ok(!rec_gone(&f.c, &f.r, &p, &n, &e) && n == 2 && get_le32(p + 4) == 7, "gone files come back");
	ok(rec_gone(&f.c, &f.r, &p, &n, &e) && strstr(e.msg, "4 after 7"), "gone files ascend");
	mp_free(f.doc);
	buf_release(&b);
}

static void test_args(void)
{
	struct shead h = SHEAD_INIT;
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct err e;
	size_t n;
	bool there;
	ok(!shead_args(&h, &there, &out, &n, &e) && !there && !n, "a header without arguments has none");
	buf_add(&in, "--glob=!x\0\0--\0/caf\xe9", 20);
	shead_set_args(&h, &in);
	ok(!shead_args(&h, &there, &out, &n, &e) && there && n == 4 && out.len == in.len &&
		   !memcmp(out.p, in.p, in.len), "arguments come back, the empty one too");
	buf_release(&in);
	buf_release(&out);
	shead_release(&h);
}

static void test_paths(void)
{
	static const char *const safe[] = {"a", "a/b", ".hidden/x", "...", "a..b/c", "caf\xc3\xa9", " "};
	static const char *const unsafe[] = {"", "/", "/a", "a/", "a//b", ".", "..", "./a",
					    "a/.", "a/../b", "../a", "a/.."};
	char big[4097];
	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
		ok(path_is_safe((const uint8_t *)safe[i], strlen(safe[i])),
		   "path \"%s\" stays below its root", safe[i]);
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
		ok(!path_is_safe((const uint8_t *)unsafe[i], strlen(unsafe[i])),
		   "path \"%s\" is refused", unsafe[i]);
	memset(big, 'x', sizeof big);
	ok(path_is_safe((const uint8_t *)big, 4095) && !path_is_safe((const uint8_t *)big, 4096),
	   "a path has at most 4095 bytes");
	ok(!path_is_safe((const uint8_t *)"a\0b", 3), "a path with NUL is refused");
}

static bool text_comes_back(const char *body, size_t n, const char *want)
{
	struct mp_doc *doc = mp_new();
	const struct mp *v;
	struct err e;
	struct buf line = BUF_INIT, again = BUF_INIT;
	if (mp_parse(doc, (const uint8_t *)body, n, &v, &e))
		err_die(&e);
	text_line(v, (const uint8_t *)body, n, &line);
	bool good = !strcmp((const char *)line.p, want) && !text_body(line.p, line.len, "x", &again, &e) &&
		    again.len == n && !memcmp(again.p, body, n);
	if (!good)
		printf("# %s\n", (const char *)line.p);
	buf_release(&line);
	buf_release(&again);
	mp_free(doc);
	return good;
}
#define TEXT(body, want) ok(text_comes_back(body, sizeof body - 1, want), "%s is %s as text, and back", #body, #want)

static void test_text(void)
{
	TEXT("\x90", "[]");
	TEXT("\x93\x01\xff\xc0", "[1,-1,null]");
	TEXT("\x91\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "[{\"u64\":\"ffffffffffffffff\"}]");
	TEXT("\x91\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "[9223372036854775807]");
	TEXT("\x91\xd3\x80\0\0\0\0\0\0\0", "[-9223372036854775808]");
	TEXT("\x92\xc4\x00\xc4\x01\xff", "[{\"bin\":\"\"},{\"bin\":\"/w==\"}]");
	TEXT("\x91\xc4\x03" "a/b", "[{\"utf8\":\"a/b\"}]");
	TEXT("\x91\xa2\xc3\xa9", "[\"\xc3\xa9\"]");
	TEXT("\x91\xa1\xff", "[{\"str\":\"/w==\"}]");
	TEXT("\x91\xa1\0", "[{\"str\":\"AA==\"}]");
	TEXT("\x91\x81\xa1k\x01", "[{\"k\":1}]");
	TEXT("\x91\x82\xa1z\x01\xa1" "a\x02", "[{\"z\":1,\"a\":2}]");
	TEXT("\x91\x81\xa3" "bin\x01", "[{\"map\":[[\"bin\",1]]}]");
	TEXT("\x91\x81\x01\x02", "[{\"map\":[[1,2]]}]");
	TEXT("\x91\x82\xa1k\x01\xa1k\x02", "[{\"map\":[[\"k\",1],[\"k\",2]]}]");
	TEXT("\x91\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "[{\"f64\":\"3fb999999999999a\"}]");
	TEXT("\x91\xca\x3f\x80\0\0", "{\"raw\":\"kco/gAAA\"}");
	TEXT("\x91\xcc\x01", "{\"raw\":\"kcwB\"}");
	TEXT("\x05", "{\"raw\":\"BQ==\"}");
	TEXT("\xdc\x00\x01\x01", "{\"raw\":\"3AABAQ==\"}");
}

static bool line_refused(const char *line, const char *want)
{
	struct buf b = BUF_INIT;
	struct err e;
	bool r = text_body(line, strlen(line), "x:3", &b, &e) && strstr(e.msg, want) &&
		   !strncmp(e.msg, "x:3: ", 5);
	buf_release(&b);
	return r;
}

static void test_bad_text(void)
{
	ok(line_refused("", "x:3"), "an empty line is refused");
	ok(line_refused("[1", "x:3"), "a line that is no JSON is refused");
	ok(line_refused("7", "want an array"), "a line that is no array is refused");
	ok(line_refused("[{\"bin\":\"/x==\"}]", "wants base64"), "base64 with bits to spare is refused");
	ok(line_refused("[{\"bin\":7}]", "wants base64"), "a number is no base64");
	ok(line_refused("[{\"u64\":\"12\"}]", "16 hex"), "short hexadecimal is refused");
	ok(line_refused("[{\"map\":[[1]]}]", "[key, value]"), "a pair of one is refused");
	ok(line_refused("[{\"raw\":\"AA==\"}]", "whole record"), "raw inside a record is refused");
	ok(line_refused("[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "nested deeper"), "deep nesting is refused");
}

int main(void)
{
	test_file_and_chunk();
	test_vector();
	test_enrichments();
	test_changes();
	test_args();
	test_paths();
	test_text();
	test_bad_text();
	return done();
}
