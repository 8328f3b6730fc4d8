/*
 * fuzz-replay CORPUS: every decoder of bytes from outside, on every file of CORPUS/TARGET/.
 * fuzz-replay TARGET FILE...: one of them on these files.
 *
 * The same as a libFuzzer program: make fuzz builds it with -DLEANN_FUZZ, and FUZZ_TARGET=NAME in the
 * environment says which target it is. Targets take any bytes; they must not crash, leak or hang.
 *
 *	index		an index; the manifest's checksum is put right first
 *	stream		a stream of any kind, and lines of text and back
 *	request reply	messages to and from an embedding server
 *	safetensors	weights
 *	tokenizer	files of a tokenizer, 0xff between them, and then a text
 *	model		files of a model, 0xff between them
 *	chunker		a text, in each style
 *	config		leann.config.json
 *	ignore		lines: a path, then patterns
 *	jsonl		a line of JSON
 *	line		a line of leann-bundle text
 *	registry	the list of indexes, and back
 *	lock		what a server writes into its lock file
 *	journal		embeddings of a run that was interrupted
 *	meta		a byte, the number of chunks, and member meta
 *	filter		an expression
 *	mail		a message or a mailbox; text in any encoding
 *	copies		a byte, the number of chunks; member copies, then the same bytes as a record's runs
 *	mcp		a byte, the version and how it came, and a message; text for a model
 *	faces		a byte, which API, and a request for embeddings
 *	sse		a byte, the size of pieces, and server-sent events
 *	vectors		a byte, the format, and a file of embeddings
 *	hnsw		header.bin, 100 bytes, then data_level0.bin
 *	records		a line of JSON from elsewhere
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "algo/passages.h"
#include "base/decode.h"
#include "base/fdio.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fmt/bundle_manifest.h"
#include "fmt/copies.h"
#include "fmt/index_verify.h"
#include "fmt/meta_build.h"
#include "fmt/mime.h"
#include "fmt/mp.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "fmt/tar.h"
#include "fmt/text.h"
#include "fmt/text_index.h"
#include "fmt/wire.h"
#include "nn/model.h"
#include "nn/safetensors.h"
#include "nn/tok.h"
#include "serve/faces.h"
#include "serve/mcp.h"
#include "serve/safe.h"
#include "sys/config.h"
#include "sys/embed_ep.h"
#include "port/hnsw_file.h"
#include "port/import.h"
#include "port/jsonl_in.h"
#include "port/vecfile.h"
#include "sys/glob.h"
#include "sys/journal.h"
#include "search/filter.h"
#include "sys/jsonl.h"
#include "sys/registry.h"
#include "sys/sse.h"

static int memory_file(const uint8_t *p, size_t n)
{
	static int fd = -1;
	struct err e;
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (ftruncate(fd, 0) || fd_pwrite(fd, "fuzz", p, n, 0, &e) || lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

static void fuzz_index(const uint8_t *p, size_t n)
{
	struct index ix;
	struct err e;
	struct buf b = BUF_INIT, path = BUF_INIT;
	size_t at = TAR_BLOCK + strlen(MANIFEST_HEAD), end = 0;
	buf_add(&b, p, n);
	for (int i = 124; n > 136 && i < 135; i++)
		end = end * 8 + (size_t)(b.p[i] & 7);
	if (end < n && n - end > TAR_BLOCK && at + 16 <= n && end + TAR_BLOCK > at + 16) {
		char hex[17];
		snprintf(hex, sizeof hex, "%016llx",
			 (unsigned long long)manifest_sum(b.p, end + TAR_BLOCK));
		memcpy(b.p + at, hex, 16);
	}
	if (n && index_open_fd(&ix, dup(memory_file(b.p, b.len)), "fuzz", &e) == 0) {
		for (size_t i = 0; i < ix.n_files && i < 100; i++)
			if (index_path(&ix, i, &path, &e))
				break;
		for (size_t i = 0; i < ix.n_chunks && i < 1000; i++) {
			struct index_chunk c;
			if (index_chunk(&ix, i, &c, &e) == 0 && c.file >= ix.n_files)
				abort();
		}
		if (index_verify(&ix, &e) && e.code != ERR_DATA)
			abort();
		index_close(&ix);
	}
	buf_release(&path);
	buf_release(&b);
}

static void fuzz_stream(const uint8_t *p, size_t n)
{
	struct stream_in in;
	struct stream_rec r;
	struct rec_check c;
	struct buf line = BUF_INIT, back = BUF_INIT;
	struct err e;
	if (stream_in_open(&in, memory_file(p, n), "fuzz", NULL, &e) == 0 && !rec_check_init(&c, &in, &e))
		while (stream_in_next(&in, &r, &e) == 1 && !rec_any(&c, &r, &e)) {
			buf_clear(&line);
			buf_clear(&back);
			text_line(r.v, r.raw, r.n_raw, &line);
			/* what was read is written as text and comes back to the byte */
			if (text_body(line.p, line.len, "fuzz", &back, &e) || back.len != r.n_raw ||
			    memcmp(back.p, r.raw, r.n_raw))
				abort();
		}
	stream_in_release(&in);
	buf_release(&line);
	buf_release(&back);
}

static void fuzz_request(const uint8_t *p, size_t n)
{
	struct mp_doc *doc = mp_new();
	struct wire_req q = WIRE_REQ_INIT;
	struct err e;
	uint64_t sum = 0;
	if (wire_req_parse(doc, p, n, &q, &e) == 0)
		for (size_t i = 0; i < q.n_texts; i++)
			for (size_t k = 0; k < q.texts[i].n; k++)
				sum += (unsigned char)q.texts[i].p[k];
	if (sum == UINT64_MAX)
		abort();
	wire_req_release(&q);
	mp_free(doc);
}

static void fuzz_reply(const uint8_t *p, size_t n)
{
	struct mp_doc *doc = mp_new();
	struct wire_reply r;
	struct err e;
	unsigned sum = 0;
	if (wire_reply_parse(doc, p, n, &r, &e) == 0 && !r.failed && !r.is_info)
		for (size_t i = 0; i < 4 * r.n * r.info.dim; i++)
			sum += r.f32[i];
	if (sum == 1)
		sum = 0;
	mp_free(doc);
}

static void fuzz_safetensors(const uint8_t *p, size_t n)
{
	struct safetensors *s;
	struct err e;
	if (safetensors_parse(p, n, "fuzz", &s, &e) == 0)
		safetensors_free(s);
}

static char files_dir[] = "/dev/shm/leann-fuzz-XXXXXX";

static void remove_files(void)
{
	struct dirent *de;
	char path[PATH_MAX];
	DIR *d = opendir(files_dir);
	while (d && (de = readdir(d))) {
		snprintf(path, sizeof path, "%s/%s", files_dir, de->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	for (size_t i = 0; i < 2; i++) {	/* of the list of indexes */
		snprintf(path, sizeof path, "%s/leann/indexes%s", files_dir, i ? ".lock" : "");
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/leann", files_dir);
	rmdir(path);
	rmdir(files_dir);
}

/* The pieces of p between bytes 0xff as files of a folder; what is left is the rest. */
static const char *put_files(const char *const *name, const uint8_t **p, size_t *n)
{
	const char *dir = files_dir;
	static bool made;
	char path[100];
	struct err e;
	if (!made && (!(made = mkdtemp(files_dir) != NULL) || atexit(remove_files)))
		abort();
	for (; *name; name++) {
		const uint8_t *end = *n ? memchr(*p, 0xff, *n) : NULL;
		size_t k = end ? (size_t)(end - *p) : *n;
		snprintf(path, sizeof path, "%s/%s", dir, *name);
		unlink(path);
		int fd = k ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
		if (fd >= 0 && fd_write(fd, path, *p, k, &e))
			abort();
		if (fd >= 0)
			close(fd);
		*p += k + (end != NULL);
		*n -= k + (end != NULL);
	}
	return dir;
}

static void fuzz_tokenizer(const uint8_t *p, size_t n)
{
	static const char *const name[] = {"vocab.txt", "tokenizer.json", "tokenizer_config.json",
					   "special_tokens_map.json", "sentence_bert_config.json", NULL};
	const char *dir = put_files(name, &p, &n);
	struct tok *t;
	struct err e;
	uint32_t ids[64];
	size_t n_ids, all;
	if (tok_open(dir, &t, &e))
		return;
	size_t count = tok_count(t, (const char *)p, n), fit = tok_fit(t, (const char *)p, n, 10);
	if (tok_encode(t, (const char *)p, n, 64, ids, &n_ids, &all, &e) == 0 && (all != count + 2 || n_ids > 64))
		abort();
	if (fit > n)
		abort();
	struct tok_text a = {(const char *)p, n / 2}, b = {(const char *)p + n / 2, n - n / 2};
	struct tok_pair cut;
	tok_pair_cut(tok_count(t, a.p, a.n), tok_count(t, b.p, b.n), 64, &cut);
	if (cut.n_first + cut.n_second + 3 > 64 || tok_encode_pair(t, a, b, &cut, ids, &e))
		abort();
	tok_free(t);
}

static void fuzz_model(const uint8_t *p, size_t n)
{
	static const char *const name[] = {"config.json", "modules.json", "sentence_bert_config.json",
					   "config_sentence_transformers.json", NULL};
	struct model_info m;
	struct err e;
	if (model_info_read(put_files(name, &p, &n), &m, &e) == 0 &&
	    (m.dim > MODEL_DIM_MAX || m.n_layers > MODEL_LAYERS_MAX || !m.dim))
		abort();
}

static size_t count_words(void *ctx, const char *text, size_t n)
{
	size_t k = 0;
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		k += !strchr(" \t\r\n", text[i]) && (!i || strchr(" \t\r\n", text[i - 1]));
	return k;
}

static size_t fit_words(void *ctx, const char *text, size_t n, size_t max)
{
	size_t k = n;
	while (k > 1 && (count_words(ctx, text, k) > max || (k < n && (text[k] & 0xc0) == 0x80)))
		k--;
	return k;
}

static void fuzz_chunker(const uint8_t *p, size_t n)
{
	struct passages_params pp = {.max_tokens = 8 + (n ? p[0] % 32u : 0), .overlap_tokens = n > 1 ? p[1] % 8u : 0,
				     .max_bytes = 64 + (n > 2 ? p[2] : 0u), .count = count_words,
				     .fit = fit_words};
	struct passages out = PASSAGES_INIT;
	char *text = mem_strndup((const char *)p, n > 4096 ? 4096 : n);
	n = n > 4096 ? 4096 : n;
	for (size_t i = 0; i < n; i++)	/* the chunker gets UTF-8 without NUL */
		text[i] = (char)(text[i] & 0x7f);
	for (int style = STYLE_TEXT; style <= STYLE_CODE; style++) {
		passages_split(&pp, (enum text_style)style, text, n, &out);
		for (size_t i = 0; i < out.n; i++)
			if (out.p[i].off > n || out.p[i].len > n - out.p[i].off || !out.p[i].len ||
			    out.p[i].first_line > out.p[i].last_line)
				abort();
	}
	passages_release(&out);
	mem_free(text);
}

static void fuzz_config(const uint8_t *p, size_t n)
{
	static const char *const name[] = {"leann.config.json", NULL};
	struct config c;
	struct err e;
	char path[100];
	snprintf(path, sizeof path, "%s/leann.config.json", put_files(name, &p, &n));
	config_init(&c);
	if (access(path, R_OK) == 0 && config_finish(&c, path, &e) == 0)
		config_int(&c, "hnsw.M");
	config_release(&c);
}

static void fuzz_ignore(const uint8_t *p, size_t n)
{
	struct globs g = GLOBS_INIT;
	struct err e;
	char *text = mem_strndup((const char *)p, n > 2000 ? 2000 : n), *path = text;
	char *line = strchr(text, '\n');
	if (line)
		*line++ = 0;
	while (line && *line) {
		char *end = strchr(line, '\n');
		if (end)
			*end = 0;
		if (globs_add(&g, line, &e) && e.code != ERR_USAGE)
			abort();
		line = end ? end + 1 : NULL;
	}
	const char *by;
	if (globs_take(&g, path) && globs_decide(&g, path, true, &by) < 0 && g.n > 1000)
		abort();
	globs_release(&g);
	mem_free(text);
}

static void fuzz_jsonl(const uint8_t *p, size_t n)
{
	struct buf text = BUF_INIT, id = BUF_INIT;
	struct err e;
	struct meta m = META_INIT;
	bool all;
	if (record_read(p, n, &text, &id, &m, &all, &e) == 0 &&
	    (!id.len || id.len > JSONL_ID_MAX || m.n > META_KEYS_MAX))
		abort();
	meta_release(&m);
	buf_release(&text);
	buf_release(&id);
}

/* A message, a mailbox of them, and bytes in any encoding: all text is UTF-8. */
static void fuzz_mail(const uint8_t *p, size_t n)
{
	struct decoded d = DECODED_INIT;
	for (size_t at = 0; at < n;) {
		struct mime m = {0};
		size_t k = mime_mbox_next(p + at, n - at);
		mime_read(&m, p + at, k);
		if (!k || !utf8_valid(m.text.p, m.text.len) || !utf8_valid(m.subject.p, m.subject.len))
			abort();
		mime_release(&m);
		at += k;
	}
	for (int enc = ENC_UTF8; enc <= ENC_CP1252; enc++) {
		struct decode_place to = {0, 0};
		decode_as(&d, (enum encoding)enc, p, n);
		decode_to_raw(&d, &to, d.n);
		if (!utf8_valid(d.text, d.n) || to.raw != n)
			abort();
	}
	decode_release(&d);
}

static void fuzz_line(const uint8_t *p, size_t n)
{
	struct buf out = BUF_INIT;
	struct text_index *t = text_index_new();
	struct err e;
	if (text_body(p, n, "fuzz", &out, &e) && e.code != ERR_DATA)
		abort();
	for (const uint8_t *end; n; n -= (size_t)(end - p), p = end) {
		end = memchr(p, '\n', n);
		end = end ? end + 1 : p + n;
		if (text_index_line(t, p, (size_t)(end - p), "fuzz", &e))
			break;
	}
	text_index_free(t);
	buf_release(&out);
}

/* What was read can be written, and is the same when it is read again. */
static void fuzz_registry(const uint8_t *p, size_t n)
{
	static const char *const name[] = {"leann/indexes", NULL}, *const none[] = {NULL};
	struct registry r, back;
	struct err e;
	char path[100];
	const char *dir = put_files(none, &p, &n);
	snprintf(path, sizeof path, "%s/leann", dir);
	mkdir(path, 0700);
	put_files(name, &p, &n);
	setenv("XDG_DATA_HOME", dir, 1);
	if (registry_read(&r, &e) == 0 && r.n < REGISTRY_MAX) {
		if (registry_add("/nowhere/in particular", NULL, 7, &e))
			abort();
		if (registry_read(&back, &e) || back.n < r.n ||
		    !registry_by_path(&back, "/nowhere/in particular"))
			abort();
		for (size_t i = 0; i < r.n; i++)
			if (!registry_by_path(&back, r.e[i].path))
				abort();
		registry_release(&back);
	}
	registry_release(&r);
}

/* A process of its own has the lock: one's own is not seen. */
static void fuzz_lock(const uint8_t *p, size_t n)
{
	static const char *const name[] = {"lock", NULL}, *const none[] = {NULL};
	static int fd = -1;
	struct buf ready = BUF_INIT;
	struct err e;
	char path[100];
	pid_t holder;
	snprintf(path, sizeof path, "%s/lock", put_files(fd < 0 ? name : none, &p, &n));
	if (fd < 0) {
		int told[2], ignored;
		char c;
		if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0 || pipe(told))
			abort();
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			c = (char)(pidlock_take(path, &ignored, &holder, &e) != 0);
			if (write(told[1], &c, 1) == 1)
				pause();
			_exit(0);
		}
		if (read(told[0], &c, 1) != 1 || c)
			abort();
	}
	if (ftruncate(fd, 0) || fd_pwrite(fd, "lock", p, n, 0, &e))
		abort();
	int r = pidlock_query(path, &holder, &ready, &e);
	if (!r || (r == 1 && (ready.len > n || holder <= 0)))
		abort();
	buf_release(&ready);
}

static void pass_over(const char *msg)
{
	(void)msg;
}

static void fuzz_journal(const uint8_t *p, size_t n)
{
	static const char *const name[] = {"journal", NULL}, *const none[] = {NULL};
	static const struct wire_info info = {.model = "m", .dim = 4, .max_tokens = 8, .normalized = true,
					      .version = "0", .precision = "fp32", .sha256 = "00"};
	static const float v[4] = {1, 0, 0, 0};
	struct journal *j;
	struct journal_key k;
	struct err e;
	char path[100];
	snprintf(path, sizeof path, "%s/journal", put_files(none, &p, &n));
	unlink(path);
	/* a good header, then p as records: their sums are put right where the first bit says so */
	if (journal_open(path, &info, pass_over, &j, &e) || !j)
		abort();
	journal_close(j);
	if (!n || (*p & 2))
		put_files(name, &p, &n);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (size_t at = 0; at < n; at += 32) {
		uint8_t rec[40] = {0};
		size_t some = n - at < 32 ? n - at : 32;
		memcpy(rec, p + at, some);
		uint64_t sum = hash64(rec, 32);
		memcpy(rec + 32, &sum, 8);
		if (fd_write(fd, path, rec, *p & 1 ? sizeof rec : some, &e))
			abort();
	}
	close(fd);
	if (journal_open(path, &info, pass_over, &j, &e))
		return;
	journal_key(j, "text", 4, &k);
	journal_find(j, &k);
	journal_add(j, &k, v);
	journal_flush(j);
	journal_close(j);
	if (journal_open(path, &info, pass_over, &j, &e) || (j && !journal_find(j, &k)))
		abort();
	journal_close(j);
}

static void fuzz_meta(const uint8_t *p, size_t n)
{
	struct meta_cols *c;
	struct meta m = META_INIT;
	struct err e;
	if (!n || meta_cols_open(&c, p + 1, n - 1, *p, &e))
		return;
	struct meta_reader *r = meta_reader_new(c);
	struct meta_build *b = meta_build_new();
	bool sound = !meta_cols_verify(c, &e);
	for (uint32_t i = 0; i < *p; i++)
		if (meta_reader_get(r, i, &m, &e) && sound)
			abort();
	if (meta_build_copy(b, c, *p, &e) && e.code != ERR_DATA)
		abort();
	meta_build_free(b);
	meta_reader_free(r);
	meta_release(&m);
	meta_cols_free(c);
}

static void fuzz_filter(const uint8_t *p, size_t n)
{
	static const struct meta_value value[] = {{.type = META_STR, .s = "Some text", .n = 9},
						  {.type = META_STR, .s = "", .n = 0},
						  {.type = META_INT, .i = INT64_MIN},
						  {.type = META_REAL, .d = -1.5},
						  {.type = META_BOOL, .b = true}};
	char *text = mem_strndup((const char *)p, n);
	struct filter *f;
	struct err e;
	if (filter_parse(text, &f, &e)) {
		if (e.code != ERR_USAGE)
			abort();
		mem_free(text);
		return;
	}
	for (size_t i = 0; i < f->n_values; i++)
		filter_value_read(&f->value[i], (const char *)f->text.p + f->value[i].at, 1800000000);
	for (size_t i = 0; i < f->n_nodes; i++)
		for (size_t k = 0; f->node[i].kind == FILTER_TEST && k < 10; k++)
			if (!filter_check(f, &f->node[i], value[k / 2].type, k % 2, &e))
				filter_test(f, &f->node[i], &value[k / 2], k % 2);
	filter_free(f);
	mem_free(text);
}

enum { COPIES_CHUNKS = 255 };

static void see_copy(void *ctx, size_t i, uint32_t chunk)
{
	uint32_t *of = ctx;		/* those with codes, then of each chunk which one it came with */
	of[COPIES_CHUNKS + chunk] = of[i];
}

/* What was taken is as leann-index(5) says, whoever asks. */
static void check_copies(const struct copies *c, uint32_t n_chunks)
{
	uint32_t of[2 * COPIES_CHUNKS] = {0}, n = 0;
	uint64_t allow[COPIES_CHUNKS / 64 + 1] = {0}, codes[COPIES_CHUNKS / 64 + 1];
	for (uint32_t i = 0; i < n_chunks; i++) {
		uint32_t first = copies_first(c, i);
		if (first > i || copies_first(c, first) != first || copies_place(c, i) >= n_chunks - c->n)
			abort();
		of[COPIES_CHUNKS + i] = i;
		if (first == i) {
			if (copies_place(c, i) != n || copies_chunk(c, n) != i)
				abort();
			of[n++] = i;
		}
	}
	if (n + c->n != n_chunks)
		abort();
	copies_each(c, of, n, see_copy, of);
	for (uint32_t i = 0; i < n_chunks; i++) {
		if (of[COPIES_CHUNKS + i] != copies_first(c, i))
			abort();
		allow[i / 64] = (uint64_t)1 << i % 64;	/* each alone is one bit */
		copies_fold(c, allow, n_chunks, codes);
		allow[i / 64] = 0;
		for (uint32_t k = 0; k < n; k++)
			if ((codes[k / 64] >> k % 64 & 1) != (k == copies_place(c, i)))
				abort();
	}
}

static void fuzz_copies(const uint8_t *p, size_t n)
{
	struct copies c, back;
	struct buf runs = BUF_INIT, member = BUF_INIT;
	struct err e;
	if (!n)
		return;
	uint32_t n_chunks = *p;
	for (int as_record = 0; as_record < 2; as_record++) {
		if (as_record)
			copies_take(&runs, p + 1, n - 1);
		else if (copies_unpack(p + 1, n - 1, n_chunks, &c, &e))
			continue;
		else
			buf_add(&runs, c.run, c.n_runs * sizeof *c.run);
		if (!as_record)
			mem_free(c.run);
		c = copies_in(&runs);
		if (!copies_check(&c, n_chunks, &e) && c.n_runs) {
			check_copies(&c, n_chunks);
			buf_clear(&member);
			copies_pack(&c, &member);
			if (copies_unpack(member.p, member.len, n_chunks, &back, &e) || back.n_runs != c.n_runs ||
			    memcmp(back.run, c.run, c.n_runs * sizeof *c.run))
				abort();
			mem_free(back.run);
		} else if (!as_record) {
			abort();	/* it was taken */
		}
		buf_clear(&runs);
	}
	buf_release(&runs);
	buf_release(&member);
}

/* What is left of any bytes is UTF-8 without what steers, and stays so. */
static void fuzz_safe(const uint8_t *p, size_t n)
{
	struct buf b = BUF_INIT, again = BUF_INIT;
	uint32_t cp;
	safe_text(&b, p, n, false);
	for (size_t i = 0, k; i < b.len; i += k) {
		k = utf8_get(b.p + i, b.len - i, &cp);
		if (!k || safe_drops(cp))
			abort();
	}
	if (safe_text(&again, b.p, b.len, false) || again.len != b.len)
		abort();
	buf_release(&b);
	buf_release(&again);
}

/* Whatever is said, the answer is one line of JSON, or there is none. */
static void fuzz_mcp(const uint8_t *p, size_t n)
{
	static struct desk *desk;
	static const struct mcp m = {NULL};
	static const struct mcp_head heads[] = {{NULL, NULL, NULL}, {"2026-07-28", "tools/list", NULL},
						{"2026-07-28", "tools/call", "leann_list"}, {"2025-06-18", "", ""}};
	struct leann_options o = LEANN_OPTIONS_INIT;
	struct buf reply = BUF_INIT;
	struct mcp_message msg;
	struct js *j = NULL;
	struct err e;
	if (!desk)
		desk = desk_new(catalog_new(), &o);
	if (!n)
		return;
	struct mcp_session s = {(enum mcp_version)(*p % 6 - 1)};
	mcp_read(p + 1, n - 1, &msg);
	mcp_answer(&m, &s, desk, *p & 8 ? &heads[*p / 16 % 4] : NULL, &msg, &reply);
	if (reply.len && (memchr(reply.p, '\n', reply.len) || js_parse(reply.p, reply.len, "reply", &j, &e)))
		abort();
	js_free(j);
	buf_release(&reply);
	mcp_message_release(&msg);
	fuzz_safe(p, n);
}

/* Whatever is asked where no model is, the answer is one value of JSON, and none is a success with rows. */
static void fuzz_faces(const uint8_t *p, size_t n)
{
	typedef unsigned face(struct embedder *, const struct js *, struct buf *);
	static face *const faces[] = {openai_embeddings, ollama_embed, tei_embed, tei_rerank};
	static struct embedder *none;
	static struct leann_options o = LEANN_OPTIONS_INIT;
	struct buf out = BUF_INIT;
	struct js *j, *reply;
	struct err e;
	o.model = o.reranker = "/nonexistent";
	o.no_start = 1;
	if (!none)
		none = embedder_new(&o, NULL, NULL);
	if (!n || js_parse(p + 1, n - 1, "request", &j, &e))
		return;
	unsigned status = faces[*p % 4](none, j, &out);
	if (status < 400 || status > 503 || js_parse(out.p, out.len, "reply", &reply, &e))
		abort();
	js_free(reply);
	js_free(j);
	buf_release(&out);
}

static int keep_event(void *ctx, const char *data, size_t n, struct err *e)
{
	(void)e;
	buf_add(ctx, data, n);
	buf_addc(ctx, 0);
	return 0;
}

/* The same events however the stream is cut. */
static void fuzz_sse(const uint8_t *p, size_t n)
{
	struct sse whole = SSE_INIT, cut = SSE_INIT;
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err e;
	size_t step = n ? 1 + *p % 32 : 1;
	int bad = n ? sse_feed(&whole, p + 1, n - 1, keep_event, &a, &e) : 0, worse = 0;
	for (size_t i = 1; i < n && !worse; i += step)
		worse = sse_feed(&cut, p + i, n - i < step ? n - i : step, keep_event, &b, &e);
	if (bad != worse || a.len != b.len || (a.len && memcmp(a.p, b.p, a.len)))
		abort();
	sse_release(&whole);
	sse_release(&cut);
	buf_release(&a);
	buf_release(&b);
}

/* Files of embeddings: every row that they say to have is there. */
static void fuzz_vectors(const uint8_t *p, size_t n)
{
	static float row[DIM_MAX];
	struct vecfile v;
	struct err e;
	if (!n || vecfile_parse(&v, p + 1, n - 1, (enum vecfile_format)(*p % 4), &e))
		return;
	for (size_t i = 0; i < v.n; i++) {
		vecfile_row(&v, i, row);
		if (v.ids && vecfile_id(&v, i) == INT64_MIN + 12345)
			row[0] = 0;
		if (import_normalise(row, v.dim, &e) == 0 && !(row[0] >= -1.001 && row[0] <= 1.001))
			abort();
	}
	vecfile_close(&v);
}

static void fuzz_hnsw(const uint8_t *p, size_t n)
{
	static float row[DIM_MAX];
	struct hnsw_file h = {0};
	struct err e;
	size_t head = n < 100 ? n : 100;
	if (!hnsw_file_parse(&h, p, head, p + head, n - head, 0, &e))
		for (size_t i = 0; i < h.n; i++) {
			hnsw_file_vec(&h, i, row);
			if (i && h.live[i].label <= h.live[i - 1].label)
				abort();
		}
	hnsw_file_close(&h);
}

/* A line that was made of a record is a record, and the line of it is the same again. */
static void fuzz_records(const uint8_t *p, size_t n)
{
	struct jsonl_in a = JSONL_IN_INIT, b = JSONL_IN_INIT;
	struct buf text = BUF_INIT, id = BUF_INIT;
	struct meta m = META_INIT;
	struct err e;
	bool all;
	if (!memchr(p, '\n', n) && !jsonl_in(&a, p, n, true, &e) && a.vec.len <= DIM_MAX * sizeof(float) &&
	    !record_read(a.line.p, a.line.len, &text, &id, &m, &all, &e)) {
		if (jsonl_in(&b, a.line.p, a.line.len, true, &e) || b.has_vec || a.line.len != b.line.len ||
		    memcmp(a.line.p, b.line.p, a.line.len) || memchr(a.line.p, '\n', a.line.len))
			abort();
	}
	jsonl_in_release(&a);
	jsonl_in_release(&b);
	meta_release(&m);
	buf_release(&text);
	buf_release(&id);
}

static const struct target {
	const char *name;
	void (*run)(const uint8_t *p, size_t n);
} targets[] = {
	{"index", fuzz_index},	       {"stream", fuzz_stream},	      {"request", fuzz_request},
	{"reply", fuzz_reply},	       {"safetensors", fuzz_safetensors}, {"tokenizer", fuzz_tokenizer},
	{"model", fuzz_model},	       {"chunker", fuzz_chunker},     {"config", fuzz_config},
	{"ignore", fuzz_ignore},       {"jsonl", fuzz_jsonl},	      {"line", fuzz_line},
	{"registry", fuzz_registry},   {"lock", fuzz_lock},	      {"journal", fuzz_journal},
	{"meta", fuzz_meta},	       {"filter", fuzz_filter},
	{"mail", fuzz_mail},	       {"copies", fuzz_copies},       {"mcp", fuzz_mcp},
	{"faces", fuzz_faces},	       {"sse", fuzz_sse},	      {"vectors", fuzz_vectors},
	{"hnsw", fuzz_hnsw},	       {"records", fuzz_records},
};
enum { TARGETS = sizeof targets / sizeof *targets };

static const struct target *find(const char *name)
{
	for (size_t i = 0; name && i < TARGETS; i++)
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	fprintf(stderr, "fuzz: no target %s\n", name ? name : "(FUZZ_TARGET)");
	exit(2);
}

#ifdef LEANN_FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct target *t;
	if (!t)
		t = find(getenv("FUZZ_TARGET"));
	t->run(p, n);
	return 0;
}
#else
static void replay(const struct target *t, const char *path)
{
	struct buf b = BUF_INIT;
	struct err e;
	if (file_slurp(path, 1u << 26, &b, &e))
		err_die(&e);
	/* of the size exactly, so that a sanitizer sees what is beyond */
	uint8_t *p = mem_alloc(b.len);
	memcpy(p, b.p, b.len);
	t->run(p, b.len);
	mem_free(p);
	buf_release(&b);
}

int main(int argc, char **argv)
{
	size_t n = 0;
	prog_start(argv[0]);
	if (argc < 2)
		err_usage_die("want CORPUS, or TARGET FILE...");
	for (int i = 2; i < argc; i++, n++)
		replay(find(argv[1]), argv[i]);
	for (size_t i = 0; argc == 2 && i < TARGETS; i++) {
		char *dir = mem_printf("%s/%s", argv[1], targets[i].name);
		struct dirent *de;
		DIR *d = opendir(dir);
		while (d && (de = readdir(d))) {
			char *path = mem_printf("%s/%s", dir, de->d_name);
			if (de->d_name[0] != '.' && ++n)
				replay(&targets[i], path);
			mem_free(path);
		}
		if (d)
			closedir(d);
		mem_free(dir);
	}
	printf("%zu inputs, none did harm\n", n);
	return n == 0;
}
#endif
