/* Fields of an index as leann.h lists them: of files, then of metadata, with types and sizes. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fmt/index_build.h"
#include "fmt/meta.h"
#include "leann.h"

enum { N_CHUNKS = 40 };

static void put_meta_of(struct meta *m, size_t i)
{
	char s[16];
	meta_clear(m);
	meta_set_str(m, "author", i % 2 ? "Ada" : "Grace", i % 2 ? 3 : 5);
	meta_set_int(m, "date", 1700000000 + (int64_t)(i % 8) * 86400);
	meta_set_bool(m, "draft", i % 3 == 0);
	meta_set_real(m, "score", (double)i / 4);
	meta_set_str(m, "update", s, (size_t)snprintf(s, sizeof s, "no %zu", i % 5));	/* not called a date */
	if (i % 2)
		meta_set_int(m, "year", 1990 + (int64_t)i % 7);
	else
		meta_set_str(m, "year", "unknown", 7);
}

/* One file; codes of one byte, no anchors. */
static void write_index(const char *path, size_t n, bool with_meta)
{
	static const int8_t rot[2] = {127, 0}, cent[3] = {-1, 0, 1};
	static const uint8_t scale[4] = {0};
	struct rec_codebook k = {.dim = 2, .m = 1, .ksub = 3, .dsub = 1, .rot = rot, .rot_scale = scale,
				 .cent = cent, .cent_scale = scale};
	struct index_build *ib = index_build_new();
	struct js *o = js_new_obj(), *counts = js_new_obj(), *model = js_new_obj(), *roots = js_new_arr();
	struct bundle_part part[12];
	struct buf codes = BUF_INIT, pq = BUF_INIT;
	struct meta m[2] = {META_INIT, META_INIT};	/* in turn: a pointer says whether it is another */
	size_t n_parts;
	struct err e;
	struct rec_file f = {.path = (const uint8_t *)"a", .n_path = 1, .size_bytes = 4000, .lang = ""};
	bool bad = index_build_file(ib, &f, &e);
	for (size_t i = 0; i < n && !bad; i++) {
		put_meta_of(&m[i % 2], i);
		bad = with_meta && index_build_meta(ib, &m[i % 2], &e);
		index_build_chunk(ib, &(struct rec_chunk){.off_bytes = i * 9, .len_bytes = 9});
	}
	js_set(counts, "files", js_new_int(1));
	js_set(counts, "chunks", js_new_int((int64_t)n));
	js_set(counts, "passage_bytes", js_new_int((int64_t)n * 9));
	js_set(counts, "stored_bytes", js_new_int(0));
	js_set(model, "dim", js_new_int(2));
	js_push(roots, js_new_path("/", 1));
	js_set(o, "counts", counts);
	js_set(o, "model", model);
	js_set(o, "roots", roots);
	js_set(o, "languages", index_build_langs(ib));
	index_put_pq(&pq, &k);
	buf_zero(&codes, (n + 63) / 64 * 64);
	if (bad || index_build_parts(ib, part, &n_parts, &e))
		err_die(&e);
	if (n) {
		part[n_parts++] = (struct bundle_part){"codes", codes.p, codes.len};
		part[n_parts++] = (struct bundle_part){"pq", pq.p, pq.len};
	}
	if (bundle_publish(path, -1, o, part, n_parts, &e))
		err_die(&e);
	js_free(o);
	index_build_free(ib);
	meta_release(&m[0]);
	meta_release(&m[1]);
	buf_release(&codes);
	buf_release(&pq);
}

struct row {
	const char *name;
	int type;
	size_t n_values;
};

static const struct row of_files[] = {
	{"path", LEANN_TEXT, 0}, {"lang", LEANN_TEXT, 0}, {"type", LEANN_TEXT, 0},
	{"size", LEANN_INTEGER, 0}, {"mtime", LEANN_TIME, 0},
};
static const struct row of_meta[] = {
	{"author", LEANN_TEXT, 2}, {"date", LEANN_TIME, 8}, {"draft", LEANN_BOOL, 2},
	{"score", LEANN_NUMBER, 40}, {"update", LEANN_TEXT, 5}, {"year", LEANN_TEXT, 1},
	{"year", LEANN_INTEGER, 7},
};
enum { N_OF_FILES = sizeof of_files / sizeof *of_files, N_OF_META = sizeof of_meta / sizeof *of_meta };

static size_t wrong(const struct leann_field *f, const struct row *want, size_t n, bool sized)
{
	size_t n_bad = 0;
	for (size_t i = 0; i < n; i++) {
		bool bad = strcmp(f[i].name, want[i].name) || f[i].type != want[i].type ||
			   f[i].n_values != want[i].n_values || (f[i].n_bytes > 0) != sized;
		if (bad)
			printf("# %zu: %s, type %d, %zu values, %zu bytes\n", i, f[i].name, f[i].type,
			       f[i].n_values, f[i].n_bytes);
		n_bad += bad;
	}
	return n_bad;
}

static void test_index(const char *path, size_t n_chunks, bool with_meta)
{
	const struct leann_field *f = NULL, *again = NULL;
	struct leann_index *ix;
	struct leann_error e;
	write_index(path, n_chunks, with_meta);
	if (leann_open(path, 0, &ix, &e)) {
		ok(false, "an index of %zu chunks is opened: %s", n_chunks, e.message);
		return;
	}
	size_t n = leann_index_fields(ix, &f), n_meta = with_meta && n_chunks ? N_OF_META : 0;
	ok(n == N_OF_FILES + n_meta, "an index of %zu chunks, %s metadata, has %zu fields", n_chunks,
	   with_meta ? "with" : "without", n);
	ok(f && n >= N_OF_FILES && !wrong(f, of_files, N_OF_FILES, false),
	   "first are those of files, which take no bytes");
	if (n_meta)
		ok(n == N_OF_FILES + n_meta && !wrong(f + N_OF_FILES, of_meta, N_OF_META, true),
		   "then those of passages by name, with types, how many values, and their bytes");
	ok(leann_index_fields(ix, &again) == n && again == f, "asked again, they are where they were");
	struct leann_filter *filter;
	size_t n_bad = 0;
	for (size_t i = 0; i < n; i++) {	/* a listed field is one that filters know */
		char *expr = mem_printf("%s = %s", f[i].name,
					!strcmp(f[i].name, "lang")   ? "c"
					: !strcmp(f[i].name, "type") ? "code"
					: f[i].type == LEANN_BOOL    ? "true"
					: f[i].type == LEANN_TIME    ? "2024-01-01"
								     : "7");
		if (leann_filter_parse(ix, expr, &filter, &e) && ++n_bad)
			printf("# %s: %s\n", expr, e.message);
		else
			leann_filter_free(filter);
		mem_free(expr);
	}
	ok(!n_bad, "filters know each (%zu unknown)", n_bad);
	leann_close(ix);
}

int main(void)
{
	char dir[] = "/tmp/leann-fields-XXXXXX";
	if (!mkdtemp(dir))
		return 1;
	char *path = mem_printf("%s/x.leann", dir), *lock = mem_printf("%s.lock", path);
	test_index(path, N_CHUNKS, true);
	test_index(path, N_CHUNKS, false);
	test_index(path, 0, false);
	unlink(path);
	unlink(lock);
	rmdir(dir);
	mem_free(path);
	mem_free(lock);
	return done();
}
