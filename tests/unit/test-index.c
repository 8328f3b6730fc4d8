/* Indexes: what was put in is found again, and damage is noticed, with checksums or without. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/shipped.h"
#include "base/tmpfile.h"
#include "fmt/bundle_manifest.h"
#include "fmt/index_build.h"
#include "fmt/index_verify.h"
#include "fmt/tar.h"
#include "fmt/text_index.h"

enum { N_FILES = 1200, RESIGNED_TRIALS = 6000 };

static int scratch(void)
{
	int fd;
	struct err e;
	if (tmpspool_open(&fd, &e))
		err_die(&e);
	return fd;
}

/* How the made-up index is: without spans, which wants no records and says how files are cut. */
static bool without_spans, with_records = true, with_chunking;
static int with_hashes;		/* 1: as many as chunks, 2: one less */

/* File i of the made-up index, and its chunks. */
static void made_file(size_t i, struct rec_file *f, char path[64])
{
	static const char *const lang[] = {"", "c", "text"};
	int n = snprintf(path, 64, "dir%zu/%s%zu\xff.c", i / 100, i % 7 ? "file" : "another-name-", i * 37);
	*f = (struct rec_file){.id = i, .root = i % 2, .path = (uint8_t *)path, .n_path = (size_t)n,
			       .size_bytes = 1000 + 97 * i, .mtime_ns = (int64_t)i * 1000000007 - 500,
			       .hash = i * 0x9e3779b97f4a7c15u, .lang = lang[i % 3], .n_lang = strlen(lang[i % 3])};
	if (i % 500 == 3)
		f->flags = FILE_STORED;
	else if (i % 11 == 5 && with_records)
		f->flags = FILE_RECORDS;
}

/* Some files have no chunk, spans overlap and leave gaps. */
static size_t n_chunks_of(size_t i)
{
	return i % 5 == 2 ? 0 : i % 4 + (i == 77 ? 200 : 1);
}

static void made_chunk(const struct rec_file *f, size_t k, struct rec_chunk *c)
{
	*c = (struct rec_chunk){.file = f->id, .off_bytes = k * 4 % 900, .len_bytes = 1 + k * 13 % 100};
	if (f->flags & FILE_RECORDS) {
		c->sub_off_bytes = k * 5;
		c->sub_len_bytes = k % 2 ? 9 : 0;
	}
}

static uint8_t text_byte(uint64_t file, uint64_t at)
{
	return (uint8_t)("the quick brown fox "[(file + at * at / 7) % 20]);
}

static void put_stored(struct index_build *ib, struct rec_file *f)
{
	uint8_t *p = mem_alloc((size_t)f->size_bytes);
	for (size_t i = 0; i < f->size_bytes; i++)
		p[i] = text_byte(f->id, i);
	f->hash = hash64(p, (size_t)f->size_bytes);
	struct err e;
	if (index_build_file(ib, f, &e))
		err_die(&e);
	for (size_t at = 0; at < f->size_bytes; at += 7777)
		index_build_text(ib, p + at, f->size_bytes - at < 7777 ? (size_t)f->size_bytes - at : 7777);
	mem_free(p);
}

static void fill(struct index_build *ib)
{
	struct err e;
	for (size_t i = 0; i < N_FILES; i++) {
		struct rec_file f;
		struct rec_chunk c;
		char path[64];
		made_file(i, &f, path);
		if (f.flags & FILE_STORED)
			put_stored(ib, &f);
		else if (index_build_file(ib, &f, &e))
			err_die(&e);
		for (size_t k = 0; k < n_chunks_of(i); k++) {
			made_chunk(&f, k, &c);
			index_build_chunk(ib, &c);
		}
	}
}

static struct js *made_manifest(const struct index_build *ib)
{
	struct js *o = js_new_obj(), *counts = js_new_obj(), *model = js_new_obj(), *roots = js_new_arr();
	struct index_counts n;
	index_build_counts(ib, &n);
	js_set(counts, "files", js_new_int((int64_t)n.n_files));
	js_set(counts, "chunks", js_new_int((int64_t)n.n_chunks));
	js_set(counts, "passage_bytes", js_new_int((int64_t)n.passage_bytes));
	js_set(counts, "stored_bytes", js_new_int((int64_t)n.stored_bytes));
	js_set(model, "dim", js_new_int(2));
	js_push(roots, js_new_path("/one", 4));
	js_push(roots, js_new_path("/caf\xe9", 5));
	js_set(o, "counts", counts);
	js_set(o, "model", model);
	js_set(o, "roots", roots);
	js_set(o, "languages", index_build_langs(ib));
	if (with_chunking) {
		struct js *c = js_new_obj();
		js_set(c, "version", js_new_int(1));
		js_set(c, "max_tokens", js_new_int(256));
		js_set(c, "overlap", js_new_int(0));
		js_set(o, "chunking", c);
	}
	return o;
}

/* Codes of one byte and a quantiser of one sub-vector. */
enum codec { NO_PQ, PQ_RAW, PQ_FRAME, PQ_CUT_FRAME, PQ_SHORT_FRAME, PQ_LONG };

/* 258 entries of few levels, which go into a frame; short: of a quantiser with fewer of them. */
static void put_framed(struct buf *pq, bool is_short)
{
	static const uint8_t scale[8] = {0, 0, 0, 60, 0, 0, 0, 60};
	int8_t rot[2] = {7, -3}, cent[256];
	struct rec_codebook k = {.dim = 2, .m = 1, .ksub = is_short ? 128 : 256, .dsub = 1, .rot = rot,
				 .rot_scale = scale, .cent = cent, .cent_scale = scale};
	for (size_t i = 0; i < 256; i++)
		cent[i] = (int8_t)(i * i % 7 - 3);
	index_put_pq(pq, &k);
	if (is_short)
		put_le32(pq->p + 8, 256);
}

static void put_codec(struct buf *codes, struct buf *pq, size_t n, enum codec codec)
{
	static const int8_t rot[2] = {127, 0}, cent[3] = {-1, 0, 1};
	static const uint8_t scale[4] = {0};
	struct rec_codebook k = {.dim = 2, .m = 1, .ksub = 3, .dsub = 1, .rot = rot, .rot_scale = scale, .cent = cent,
				 .cent_scale = scale};
	if (codec < PQ_FRAME)
		index_put_pq(pq, &k);
	else
		put_framed(pq, codec == PQ_SHORT_FRAME);
	if (codec == PQ_CUT_FRAME)
		pq->len--;
	if (codec == PQ_LONG)
		buf_zero(pq, 1);
	for (size_t i = 0; i < (n + 63) / 64 * 64; i++)
		buf_addc(codes, i < n ? (int)(i % 3) : 0);
}

/* codebook: named in the manifest. */
static void write_with(int fd, const char *codebook, enum codec codec)
{
	struct index_build *ib = index_build_new();
	struct bundle_part part[8];
	struct index_counts n;
	struct buf codes = BUF_INIT, pq = BUF_INIT, hashes = BUF_INIT;
	size_t n_parts;
	struct err e;
	fill(ib);
	index_build_counts(ib, &n);
	struct js *m = made_manifest(ib);
	put_codec(&codes, &pq, (size_t)n.n_chunks, codec);
	if (codebook) {
		struct js *build = js_new_obj(), *q = js_new_obj();
		js_set(q, "codebook", js_new_str(codebook));
		js_set(build, "quantization", q);
		js_set(m, "build", build);
	}
	if (index_build_parts(ib, part, &n_parts, &e))
		err_die(&e);
	if (without_spans)
		part[2] = part[--n_parts];	/* chunks; text is the last */
	part[n_parts++] = (struct bundle_part){"codes", codes.p, codes.len};
	if (codec != NO_PQ)
		part[n_parts++] = (struct bundle_part){"pq", pq.p, pq.len};
	for (size_t i = 0; with_hashes && i < n.n_chunks; i++)
		buf_addc(&hashes, (int)(i * 7 & 0xff));
	if (with_hashes)
		part[n_parts++] = (struct bundle_part){"hashes", hashes.p, hashes.len + 1 - (size_t)with_hashes};
	if (bundle_write(fd, "test", m, part, n_parts, &e))
		err_die(&e);
	js_free(m);
	index_build_free(ib);
	buf_release(&hashes);
	buf_release(&codes);
	buf_release(&pq);
}

static void write_made(int fd)
{
	write_with(fd, NULL, PQ_RAW);
}

static size_t wrong_files(const struct index *ix)
{
	struct buf path = BUF_INIT;
	struct err e;
	size_t n_bad = 0;
	for (size_t i = 0; i < N_FILES; i++) {
		struct rec_file f;
		struct index_file g;
		char want[64];
		made_file(i, &f, want);
		index_file(ix, i, &g);
		buf_clear(&path);
		n_bad += g.size_bytes != f.size_bytes || g.mtime_ns != f.mtime_ns || g.root != f.root ||
			 g.flags != f.flags || (!(f.flags & FILE_STORED) && g.hash != f.hash) ||
			 strcmp(index_lang(ix, g.lang), f.lang) || g.n_chunks != n_chunks_of(i) ||
			 index_path(ix, i, &path, &e) || path.len != f.n_path || memcmp(path.p, f.path, f.n_path);
	}
	buf_release(&path);
	return n_bad;
}

static size_t wrong_chunks(const struct index *ix)
{
	struct err e;
	size_t n_bad = 0, at = 0;
	for (size_t i = 0; i < N_FILES; i++)
		for (size_t k = 0; k < n_chunks_of(i); k++, at++) {
			struct rec_file f;
			struct rec_chunk c;
			struct index_chunk d;
			char path[64];
			made_file(i, &f, path);
			made_chunk(&f, k, &c);
			n_bad += index_chunk(ix, at, &d, &e) || d.file != i || d.off_bytes != c.off_bytes ||
				 d.len_bytes != c.len_bytes || d.sub_off_bytes != c.sub_off_bytes ||
				 d.sub_len_bytes != c.sub_len_bytes;
		}
	return n_bad;
}

static int same_path(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	struct rec_file f;
	char want[64];
	made_file(i, &f, want);
	++*(size_t *)ctx;
	return n == f.n_path && !memcmp(path, want, n) ? 0 : err_set(e, ERR_DATA, "path %zu", i);
}

/* Random pieces of the stored files. */
static size_t wrong_texts(const struct index *ix)
{
	struct rng r = {3};
	struct buf b = BUF_INIT;
	struct err e;
	size_t n_bad = 0;
	for (size_t trial = 0; trial < 300; trial++) {
		size_t i = 3 + 500 * (size_t)rng_below(&r, 3);
		struct index_file f;
		index_file(ix, i, &f);
		uint64_t off = rng_below(&r, f.size_bytes + 1), n = rng_below(&r, f.size_bytes - off + 1);
		buf_clear(&b);
		if (index_text(ix, i, off, (size_t)n, &b, &e) || b.len != n)
			n_bad++;
		for (size_t k = 0; k < b.len; k++)
			if (b.p[k] != text_byte(i, off + k)) {
				n_bad++;
				break;
			}
	}
	buf_release(&b);
	return n_bad;
}

static void test_made(void)
{
	struct index ix;
	struct err e;
	struct buf b = BUF_INIT;
	size_t n_paths = 0;
	int fd = scratch();
	write_made(fd);
	ok(index_open_fd(&ix, dup(fd), "made", &e) == 0, "an index of 1,200 files is opened");
	ok(index_verify(&ix, &e) == 0 || printf("# %s\n", e.msg) < 0, "and verified");
	ok(wrong_files(&ix) == 0, "every file is as it was put in");
	ok(wrong_chunks(&ix) == 0, "every chunk is as it was put in");
	ok(index_each_path(&ix, same_path, &n_paths, &e) == 0 && n_paths == N_FILES, "paths come in order");
	ok(wrong_texts(&ix) == 0, "stored text is read at any place");
	ok(index_text(&ix, 4, 0, 1, &b, &e) != 0, "a file that is not stored has no text here");
	ok(index_text(&ix, 3, 1290, 2, &b, &e) != 0, "text beyond a stored file is refused");
	ok(index_root(&ix, 1, &b, &e) == 0 && b.len == 5 && b.p[4] == 0xe9,
	   "a root that is not UTF-8 comes back");
	ok(js_int(index_key(&ix, "counts.files")) == N_FILES && !index_key(&ix, "counts.none"),
	   "keys are found by path");
	index_close(&ix);
	buf_release(&b);
	close(fd);
}

/* Does opening an index with this codebook fail so? */
static bool refused(const char *codebook, enum codec codec, const char *why)
{
	struct index ix;
	struct err e;
	int fd = scratch();
	write_with(fd, codebook, codec);
	bool bad = index_open_fd(&ix, fd, "made.leann", &e) != 0;
	if (!bad)
		index_close(&ix);
	return bad && e.code == ERR_DATA && (strstr(e.msg, why) || printf("# %s\n", e.msg) < 0);
}

static void test_codebook(void)
{
	ok(refused("0123456789abcdef", NO_PQ,
		   "made.leann: its codes are of codebook 0123456789abcdef, which this leann does not have: "
		   "use a newer one, or build the index again"),
	   "a codebook that this program does not have is named, with the remedy");
	ok(refused("0123456789abcdef", PQ_RAW, "member pq, but the manifest names a codebook"),
	   "a codebook beside member pq is refused");
	ok(refused("0123456789ABCDEF", NO_PQ, "codebook is no name") && refused("", NO_PQ, "codebook is no name"),
	   "a codebook that is no name is refused");
	ok(refused(NULL, NO_PQ, "no member pq"), "neither is refused");
	char name[17];
	shipped_name(shipped_for("cd751cd6af3f99eb91e278d3c03a995d410a4bb105fb007ec9126d8d503326f4"), name);
	ok(refused(name, NO_PQ, "for 384 dimensions, the manifest says 2"),
	   "a codebook for another dimension is refused");
}

static void test_frame(void)
{
	struct index ix;
	struct err e;
	int fd = scratch();
	write_with(fd, NULL, PQ_FRAME);
	bool open = !index_open_fd(&ix, fd, "made", &e);
	size_t n_wrong = 0;
	for (size_t i = 0; open && i < 256; i++)
		n_wrong += ix.pq.cent[i] != (int8_t)(i * i % 7 - 3);
	ok(open && ix.pq_own && !n_wrong && ix.pq.rot[0] == 7 && ix.pq.rot[1] == -3 &&
		   js_int(index_key(&ix, "minor")) == 3,
	   "a quantiser of few levels goes into a frame and comes back; the index is 1.3");
	if (open)
		index_close(&ix);
	ok(refused(NULL, PQ_CUT_FRAME, "member pq: no zstd frame") || refused(NULL, PQ_CUT_FRAME, "member pq: zstd"),
	   "a frame that is cut off is refused");
	ok(refused(NULL, PQ_SHORT_FRAME, "member pq: a zstd frame of 130 bytes, want 258"),
	   "a frame of fewer entries is refused");
	ok(refused(NULL, PQ_LONG, "member pq: zstd"), "bytes behind the frame are refused");
}

/* A chunk's file is known where its span is not. */
static void test_hashes(void)
{
	struct index ix;
	struct buf args = BUF_INIT;
	struct err e;
	size_t n_bad = 0;
	bool there = true;
	int fd = scratch();
	with_hashes = 2;
	ok(refused(NULL, PQ_RAW, "member hashes: "), "hashes of fewer chunks are refused");
	with_hashes = 1;
	write_made(fd);
	ok(index_open_fd(&ix, dup(fd), "made", &e) == 0 && index_verify(&ix, &e) == 0 && ix.hashes &&
		   js_int(index_key(&ix, "minor")) == 4,
	   "an index with hashes is opened, and of minor version 4");
	for (size_t i = 0; i < ix.n_chunks; i++)
		n_bad += index_hash(&ix, i) != (i * 7 & 0xff);
	ok(!n_bad, "and has them by chunk");
	ok(!index_chunk_args(&ix, &there, &args, &e) && !there && !args.len, "and no arguments");
	js_set(ix.b.manifest, "chunking", js_new_obj());
	struct js *c = (struct js *)(uintptr_t)index_key(&ix, "chunking"), *list = js_new_arr();
	js_push(list, js_new_path("--", 2));
	js_push(list, js_new_path("/caf\xe9", 5));
	js_set(c, "args", list);
	ok(!index_chunk_args(&ix, &there, &args, &e) && there && args.len == 9 &&
		   !memcmp(args.p, "--\0/caf\xe9", 9),
	   "arguments come back, also such that are not UTF-8");
	js_push(list, js_new_int(7));
	ok(index_chunk_args(&ix, &there, &args, &e) && strstr(e.msg, "item 2 is no argument"),
	   "a number is no argument");
	index_close(&ix);
	buf_release(&args);
	close(fd);
	with_hashes = 0;
}

static void test_without_spans(void)
{
	struct index ix;
	struct index_chunk c;
	struct err e;
	size_t at = 0, n_bad = 0, file;
	int fd = scratch();
	without_spans = true;
	ok(refused(NULL, PQ_RAW, "chunking.version is not a whole number"),
	   "an index without spans that does not say how it was cut is refused");
	with_chunking = true;
	ok(refused(NULL, PQ_RAW, "file 5 has records, but there is no member chunks"),
	   "so is one of records");
	with_records = false;
	write_made(fd);
	ok(index_open_fd(&ix, dup(fd), "made", &e) == 0 && index_verify(&ix, &e) == 0 && !ix.chunks,
	   "another is opened and verified");
	ok(js_int(index_key(&ix, "minor")) == 3, "it is of minor version 3");
	for (size_t i = 0; i < N_FILES; i++)
		for (size_t k = 0; k < n_chunks_of(i); k++)
			n_bad += index_chunk_file(&ix, at++, &file, &e) || file != i;
	ok(at == ix.n_chunks && !n_bad, "and knows the file of every chunk");
	ok(index_chunk_file(&ix, at, &file, &e) && index_chunk(&ix, 0, &c, &e) &&
	   strstr(e.msg, "no spans"), "but no span, and no chunk past the last");
	index_close(&ix);
	close(fd);
	without_spans = with_chunking = false;
	with_records = true;
}

/* No files, no chunks. */
static void test_empty(void)
{
	struct index_build *ib = index_build_new();
	struct js *m = made_manifest(ib);
	struct bundle_part part[4];
	struct index ix;
	struct err e;
	size_t n_parts;
	int fd = scratch();
	ok(index_build_parts(ib, part, &n_parts, &e) == 0 && n_parts == 3 &&
		   bundle_write(fd, "test", m, part, n_parts, &e) == 0, "an index of nothing is written");
	ok(index_open_fd(&ix, dup(fd), "empty", &e) == 0 && index_verify(&ix, &e) == 0 && !ix.n_chunks,
	   "and read");
	index_close(&ix);
	index_build_free(ib);
	js_free(m);
	close(fd);
}

/* The golden index in memory, and a file to try bytes in. */
struct golden {
	struct buf b;
	int fd;
};

static void load(struct golden *g)
{
	struct err e;
	*g = (struct golden){.fd = scratch()};
	if (file_slurp("tests/golden/index/good/everything.leann", 1 << 24, &g->b, &e) ||
	    fd_pwrite(g->fd, "golden", g->b.p, g->b.len, 0, &e))
		err_die(&e);
}

static void release(struct golden *g)
{
	buf_release(&g->b);
	close(g->fd);
}

/* Write n bytes from at of the golden file's buffer and look at the result: 0 sound. */
static int try(struct golden *g, size_t at, size_t n, struct err *e)
{
	struct index ix;
	if (fd_pwrite(g->fd, "golden", g->b.p + at, n, at, e))
		err_die(e);
	int r = index_open_fd(&ix, dup(g->fd), "golden", e);
	if (!r)
		r = index_verify(&ix, e);
	index_close(&ix);
	return r;
}

static void test_every_byte(void)
{
	struct golden g;
	struct err e;
	struct rng r = {9};
	size_t n_bad = 0, first = 0;
	load(&g);
	ok(try(&g, 0, 0, &e) == 0, "the golden index is sound");
	for (size_t i = 0; i < 2 * g.b.len; i++) {
		uint8_t was = g.b.p[i / 2];
		g.b.p[i / 2] = i % 2 ? (uint8_t)(was + 1 + rng_below(&r, 255)) : was ^ 1;
		if (try(&g, i / 2, 1, &e) == 0 && !n_bad++)
			first = i / 2;
		g.b.p[i / 2] = was;
		if (fd_pwrite(g.fd, "golden", &was, 1, i / 2, &e))
			err_die(&e);
	}
	ok(n_bad == 0,
	   "each of %zu bytes changed in two ways is noticed (%zu not, first %zu)", g.b.len, n_bad, first);
	release(&g);
}

/* Make all checksums right, as a hostile writer would. */
static void sign(struct golden *g, const struct bundle *b)
{
	uint8_t *p = g->b.p;
	size_t end = (size_t)b->member[0].off_bytes - TAR_BLOCK, at = TAR_BLOCK + strlen(MANIFEST_HEAD);
	char hex[17];
	for (size_t i = 0; i < b->n_members; i++) {
		const struct bundle_member *m = &b->member[i];
		char key[80];
		snprintf(key, sizeof key, "\"name\": \"%s\"", m->name);
		char *where = strstr((char *)p + TAR_BLOCK, key);
		snprintf(hex, sizeof hex, "%016llx", (unsigned long long)hash64(p + m->off_bytes - TAR_BLOCK,
			 (size_t)(TAR_BLOCK + tar_padded(m->n))));
		memcpy(strstr(where, "\"xxh3\": \"") + 9, hex, 16);
	}
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)manifest_sum(p, end));
	memcpy(p + at, hex, 16);
}

/* Everything a reader may ask of an index that opens. */
static void use(const struct index *ix)
{
	struct buf b = BUF_INIT;
	struct err e;
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		buf_clear(&b);
		if (index_path(ix, i, &b, &e) == 0 && !path_is_safe(b.p, b.len))
			abort();
		if (f.flags & FILE_STORED &&
			   index_text(ix, i, 0, f.size_bytes < 1000 ? (size_t)f.size_bytes : 1000, &b, &e))
			continue;
		if (!index_lang(ix, f.lang))
			abort();
	}
	for (size_t i = 0; i < ix->n_chunks; i++) {
		struct index_chunk c;
		if (index_chunk(ix, i, &c, &e) == 0 && (c.file >= ix->n_files || !c.len_bytes))
			abort();
	}
	buf_release(&b);
}

static void test_resigned(void)
{
	struct golden g;
	struct bundle was;
	struct index ix;
	struct err e;
	struct rng r = {11};
	size_t n_opened = 0;
	load(&g);
	uint8_t *good = mem_alloc(g.b.len);
	memcpy(good, g.b.p, g.b.len);
	if (bundle_open_fd(&was, dup(g.fd), "golden", &e))
		err_die(&e);
	for (size_t trial = 0; trial < RESIGNED_TRIALS; trial++) {
		const struct bundle_member *m = &was.member[rng_below(&r, was.n_members)];
		static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, 64, 65};
		for (size_t n = 1 + (size_t)rng_below(&r, 3); n; n--)
			g.b.p[m->off_bytes + rng_below(&r, m->n < 120 || n % 2 ? m->n : 120)] =
				rng_below(&r, 2) ? odd[rng_below(&r, sizeof odd)] : (uint8_t)rng_u64(&r);
		sign(&g, &was);
		if (fd_pwrite(g.fd, "golden", g.b.p, g.b.len, 0, &e))
			err_die(&e);
		if (index_open_fd(&ix, dup(g.fd), "golden", &e) == 0) {
			n_opened++;
			use(&ix);
			if (index_verify(&ix, &e) && e.code != ERR_DATA)
				abort();
		} else if (e.code != ERR_DATA) {
			abort();
		}
		index_close(&ix);
		memcpy(g.b.p, good, g.b.len);
	}
	ok(n_opened > 0 && n_opened < RESIGNED_TRIALS,
	   "%d changed and signed again: %zu opened, none did harm",
	   RESIGNED_TRIALS, n_opened);
	bundle_close(&was);
	mem_free(good);
	release(&g);
}

static int take_line(void *ctx, const struct buf *line, struct err *e)
{
	return text_index_line(ctx, line->p, line->len, "line", e);
}

static void test_text(void)
{
	struct golden g;
	struct index ix;
	struct err e;
	struct bundle_part part[BUNDLE_MEMBERS_MAX];
	struct text_index *t = text_index_new();
	struct buf again = BUF_INIT;
	const struct js *extra;
	size_t n_parts = 0;
	int fd = scratch();
	load(&g);
	if (index_open_fd(&ix, dup(g.fd), "golden", &e))
		err_die(&e);
	ok(text_index_lines(&ix, take_line, t, &e) == 0 &&
		   text_index_parts(t, &extra, part, &n_parts, &e) == 0,
	   "an index is written as lines and read from them");
	if (bundle_write(fd, "again", extra, part, n_parts, &e) || lseek(fd, 0, SEEK_SET) ||
	    fd_slurp(fd, "again", 1 << 24, &again, &e))
		err_die(&e);
	ok(again.len == g.b.len && !memcmp(again.p, g.b.p, again.len), "and is the same, byte for byte");
	index_close(&ix);
	text_index_free(t);
	buf_release(&again);
	close(fd);
	release(&g);
}

int main(void)
{
	test_made();
	test_codebook();
	test_frame();
	test_without_spans();
	test_hashes();
	test_empty();
	test_every_byte();
	test_resigned();
	test_text();
	return done();
}
