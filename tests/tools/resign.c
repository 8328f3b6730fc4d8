/*
 * resign INDEX N SEED [K]: N hostile indexes made of a good one, every checksum right, each opened,
 * verified and searched. K: only the K-th of them.
 *
 * A trial changes one to four things: a number of a member (0, 1, powers of two, their neighbours,
 * counts of the index, what was there plus or minus one), bytes, a member's length, which member is
 * under which name, what is in a zstd frame, a key of the manifest (another number, another type, gone);
 * the writer of bundles then sums it all up. What opens must answer 20 questions by codes, by lists, by
 * the graph, find words, filter, and give paths, spans and texts: within a second, in memory of which
 * no piece is over 64 MiB more than a good index needs, and without a word from the sanitizers that
 * this should be built with. Trials run in a child; one that ends it is told and gone past.
 */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/index_lists.h"
#include "fmt/index_verify.h"
#include "fmt/postings.h"
#include "search/engine.h"
#include "search/filter.h"
#include "search/probe.h"

enum { QUESTIONS = 20, SECONDS = 10, REPORTS = 10 };	/* sanitizers and a busy machine: not 1 s */

static struct index good;
static struct js *extra;
static int mem_fd;

/* Told to the parent: which trial runs, and counts. */
static volatile struct told {
	size_t trial, n_opened, n_sound, n_answers;
} *told;

/* ---- changes ---- */

struct parts {
	struct bundle_part part[BUNDLE_MEMBERS_MAX];
	struct buf data[BUNDLE_MEMBERS_MAX];
	size_t n;
};

static uint64_t odd_number(struct rng *r, uint64_t was)
{
	uint64_t counts[] = {good.n_chunks, good.n_files, good.dim, good.anchors.m, good.pq.m, good.pq.ksub};
	uint64_t v = 0;
	switch (rng_below(r, 7)) {
	case 0: v = rng_below(r, 3); break;
	case 1: v = (uint64_t)1 << rng_below(r, 64); break;
	case 2: v = ((uint64_t)1 << rng_below(r, 64)) - 1; break;
	case 3: v = counts[rng_below(r, 6)] + rng_below(r, 3) - 1; break;
	case 4: v = was + rng_below(r, 5) - 2; break;
	case 5: v = was * (1 + rng_below(r, 300)); break;
	default: v = rng_u64(r); break;
	}
	return v;
}

/* A number of 1, 2, 4 or 8 bytes; most of those that matter come first in their member. */
static void change_number(struct rng *r, struct buf *b)
{
	size_t n = (size_t)1 << rng_below(r, 4), room = rng_below(r, 3) ? 64 : b->len;
	uint64_t v = 0;
	if (b->len < n)
		return;
	if (room > b->len)
		room = b->len;
	size_t at = (size_t)rng_below(r, room / n + 1) * n;
	at = at + n > b->len ? b->len - n : at;
	memcpy(&v, b->p + at, n);
	v = odd_number(r, v);
	memcpy(b->p + at, &v, n);
}

static void change_length(struct rng *r, struct buf *b)
{
	static const size_t by[] = {1, 2, 4, 8, 64, 512};
	size_t n = by[rng_below(r, 6)];
	switch (rng_below(r, 4)) {
	case 0: b->len = b->len > n ? b->len - n : 0; break;
	case 1: buf_zero(b, n); break;
	case 2: b->len = (size_t)rng_below(r, b->len + 1); break;
	default: b->len /= 2; break;
	}
}

/* Other bytes in one of its frames, packed again; what follows the frame stays. */
static void change_frame(struct rng *r, struct buf *b)
{
	static uint8_t raw[1 << 20], packed[1 << 21];
	size_t at[64], n = 0;
	for (size_t i = 0; i + 4 <= b->len && n < 64; i++)
		if (!memcmp(b->p + i, "\x28\xb5\x2f\xfd", 4))
			at[n++] = i;
	if (!n)
		return;
	size_t i = at[rng_below(r, n)], len = ZSTD_findFrameCompressedSize(b->p + i, b->len - i);
	size_t got = ZSTD_isError(len) ? len : ZSTD_decompress(raw, sizeof raw, b->p + i, len);
	if (ZSTD_isError(got) || !got)
		return;
	struct buf inner = BUF_INIT, out = BUF_INIT;
	buf_add(&inner, raw, got);
	if (rng_below(r, 6) == 0)
		change_length(r, &inner);
	for (size_t k = 1 + (size_t)rng_below(r, 3); k && inner.len; k--)
		change_number(r, &inner);
	size_t made = ZSTD_compress(packed, sizeof packed, inner.p, inner.len, 3);
	buf_add(&out, b->p, i);
	buf_add(&out, packed, made);
	buf_add(&out, b->p + i + len, b->len - i - len);
	buf_release(&inner);
	buf_release(b);
	*b = out;
}

static void change_member(struct rng *r, struct parts *p)
{
	size_t i = (size_t)rng_below(r, p->n), k = (size_t)rng_below(r, p->n);
	struct buf *b = &p->data[i], swap;
	switch (rng_below(r, 12)) {
	case 0: change_length(r, b); break;
	case 1:
		swap = *b;
		*b = p->data[k];
		p->data[k] = swap;
		break;
	case 2:
		p->part[i] = p->part[--p->n];
		swap = p->data[i];
		p->data[i] = p->data[p->n];
		p->data[p->n] = swap;
		break;
	case 3:
	case 4:
	case 5: change_frame(r, b); break;
	case 6:
		if (b->len)
			b->p[rng_below(r, b->len)] = (uint8_t)rng_u64(r);
		break;
	default: change_number(r, b); break;
	}
}

static struct js *odd_value(struct rng *r, const struct js *was)
{
	switch (rng_below(r, 9)) {
	case 0: return js_new_null();
	case 1: return js_new_str("0123456789abcdef");
	case 2: return js_new_real(rng_unit(r) * 1e300);
	case 3: return js_new_arr();
	case 4: return js_new_obj();
	case 5: return js_new_bool(rng_below(r, 2));
	default: return js_new_int((int64_t)odd_number(r, (uint64_t)js_int(was)));
	}
}

struct nth {
	struct rng *r;
	size_t left;
	char key[64];
	const struct js *value;
};

static int find_nth(const char *key, const struct js *v, void *ctx)
{
	struct nth *n = ctx;
	if (n->left--)
		return 0;
	snprintf(n->key, sizeof n->key, "%s", key);
	n->value = v;
	return 1;
}

/* One key of the object, or of one in it. Returns a copy with the change. */
static struct js *change_object(struct rng *r, const struct js *obj, int depth)
{
	struct js *o = js_copy(obj);
	struct nth n = {.r = r, .left = js_len(obj) ? (size_t)rng_below(r, js_len(obj)) : 0};
	if (!js_len(obj) || !js_each(obj, find_nth, &n))
		return o;
	if (js_type(n.value) == JS_OBJ && depth < 4 && rng_below(r, 8))
		js_set(o, n.key, change_object(r, n.value, depth + 1));
	else if (js_type(n.value) == JS_ARR && js_len(n.value) && rng_below(r, 2)) {
		struct js *a = js_new_arr();
		for (size_t i = 0; i < js_len(n.value); i++)
			if (rng_below(r, 3))
				js_push(a, js_copy(js_at(n.value, i)));
			else if (rng_below(r, 2))
				js_push(a, odd_value(r, js_at(n.value, i)));
		js_set(o, n.key, a);
	} else if (rng_below(r, 6) == 0)
		js_del(o, n.key);
	else
		js_set(o, n.key, odd_value(r, n.value));
	return o;
}

static void make(size_t seed)
{
	struct rng r = {seed * 0x9e3779b97f4a7c15u + 1};
	struct parts p = {.n = good.b.n_members};
	struct js *m = js_copy(extra);
	struct err e;
	for (size_t i = 0; i < p.n; i++) {
		p.part[i].name = good.b.member[i].name;
		buf_add(&p.data[i], good.b.member[i].p, good.b.member[i].n);
	}
	for (size_t n = 1 + (size_t)rng_below(&r, 4); n && p.n; n--) {
		if (rng_below(&r, 4)) {
			change_member(&r, &p);
			continue;
		}
		struct js *other = change_object(&r, m, 0);
		js_free(m);
		m = other;
	}
	for (size_t i = 0; i < p.n; i++) {
		p.part[i].p = p.data[i].p;
		p.part[i].n = p.data[i].len;
	}
	if (ftruncate(mem_fd, 0) || lseek(mem_fd, 0, SEEK_SET) ||
	    bundle_write(mem_fd, "hostile", m, p.part, p.n, &e))
		err_die(&e);
	js_free(m);
	for (size_t i = 0; i < good.b.n_members; i++)
		buf_release(&p.data[i]);
}

/* ---- all that may be asked of an index ---- */

static void look(const struct index *ix, struct rng *r)
{
	struct buf b = BUF_INIT;
	struct err e;
	for (size_t k = 0; ix->n_files && k < 40; k++) {
		size_t i = (size_t)rng_below(r, ix->n_files);
		struct index_file f;
		index_file(ix, i, &f);
		buf_clear(&b);
		if (index_path(ix, i, &b, &e) == 0 && !path_is_safe(b.p, b.len))
			abort();
		uint64_t off = f.size_bytes ? rng_below(r, f.size_bytes) : 0, left = f.size_bytes - off;
		if (f.flags & FILE_STORED && index_text(ix, i, off, left < 1000 ? (size_t)left : 1000, &b, &e))
			continue;
		if (!index_lang(ix, f.lang))
			abort();
	}
	for (size_t k = 0; ix->n_chunks && k < 200; k++) {
		struct index_chunk c;
		size_t i = (size_t)rng_below(r, ix->n_chunks), file;
		if (index_chunk(ix, i, &c, &e) == 0 && (c.file >= ix->n_files || !c.len_bytes))
			abort();
		if (index_chunk_file(ix, i, &file, &e) == 0 && file >= ix->n_files)
			abort();
	}
	for (size_t k = 0; ix->postings.n_words && k < 100; k++) {
		uint32_t group[POSTINGS_GROUPS_MAX];
		size_t n;
		if (postings_find(&ix->postings, rng_u64(r), group, &n, &e) == 0 && n > POSTINGS_GROUPS_MAX)
			abort();
	}
	if (ix->meta) {
		struct meta_reader *m = meta_reader_new(ix->meta);
		struct meta all = META_INIT;
		for (size_t k = 0; k < 100; k++)
			if (!meta_reader_get(m, (uint32_t)rng_below(r, ix->n_chunks), &all, &e) &&
			    all.n > META_KEYS_MAX)
				abort();
		meta_release(&all);
		meta_reader_free(m);
	}
	for (size_t i = 0; i < ix->n_roots && i < 100; i++)
		if (index_root(ix, i, &b, &e))
			continue;
	buf_release(&b);
}

struct walk {
	struct code_scorer s;
};

static void score(void *ctx, const uint32_t *ids, size_t n, float *out)
{
	code_scores(ctx, ids, n, out);
}

static void check_hits(const struct engine *g, const struct search_hit *hit, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hit[i].chunk >= g->ix.n_chunks)
			abort();
	told->n_answers++;
}

/* Of metadata that may be any: what holds must be chunks that there are. */
static void try_filters(const struct engine *g)
{
	static const char *const expr[] = {"date > 2020 or not author = x", "project contains e or size > 1K",
					   "lang = c or path ~ *.c or title > a"};
	for (size_t i = 0; i < sizeof expr / sizeof *expr; i++) {
		uint64_t *bits = mem_calloc(g->ix.n_chunks / 64 + 1, sizeof *bits);
		struct filter *f;
		struct err e;
		if (filter_parse(expr[i], &f, &e))
			abort();
		if (!filter_eval(f, g, 0, bits, &e) && bits[g->ix.n_chunks / 64] >> g->ix.n_chunks % 64)
			abort();
		filter_free(f);
		mem_free(bits);
	}
}

static void ask_engine(struct engine *g, struct rng *r)
{
	struct asker s = {.g = g};
	struct plan p = {.top_k = 10, .n_candidates = 50, .n_probe = g->ix.lists ? 2 : 0};
	static const char *const lang[] = {"c", "text", NULL}, *const paths[] = {"*.c", "!x*", NULL};
	struct search_hit hit[50];
	struct graph_hit near[50];
	struct code_scorer codes;
	uint64_t *allow = NULL;
	struct err e;
	size_t n;
	if (!g->ix.n_chunks || g->ix.dim > DIM_MAX)
		return;
	float *q = mem_array(g->ix.dim, sizeof *q);
	try_filters(g);
	if (allow_make(g, rng_below(r, 2) ? lang : NULL, paths, &allow, &n, &e))
		allow = NULL;
	for (size_t i = 0; i < QUESTIONS; i++) {
		float sum = 0;
		for (size_t d = 0; d < g->ix.dim; d++) {
			q[d] = (float)rng_unit(r) - .5f;
			sum += q[d] * q[d];
		}
		for (size_t d = 0; d < g->ix.dim; d++)
			q[d] /= sqrtf(sum);
		if (probe(&s, &p, q, i % 3 == 2 ? allow : NULL, 50, hit, &n, &e) == 0)
			check_hits(g, hit, n);
		if (!g->graph.n || g->place)
			continue;
		code_scorer_init(&codes, g, q);
		n = graph_search(&g->graph, score, &codes, &g->graph.entry, 1, 50, &s.scratch, near);
		code_scorer_release(&codes);
		for (size_t k = 0; k < n; k++)
			if (near[k].id >= g->ix.n_chunks)
				abort();
	}
	graph_scratch_release(&s.scratch);
	mem_free(allow);
	mem_free(q);
}

static void trial(size_t seed)
{
	struct rng r = {seed};
	struct engine g;
	struct err e;
	char path[40];
	make(seed);
	snprintf(path, sizeof path, "/proc/self/fd/%d", mem_fd);
	bool open = !engine_open(&g, path, rng_below(&r, 2), &e);
	if (open || (e.code == ERR_USAGE && g.ix.n_chunks)) {
		told->n_opened++;
		told->n_sound += !index_verify(&g.ix, &e);
		look(&g.ix, &r);
		ask_engine(&g, &r);
	}
	engine_close(&g);
}

/* ---- children ---- */

static void run(size_t from, size_t to, uint64_t seed)
{
	mem_fd = memfd_create("hostile", MFD_CLOEXEC);
	for (size_t i = from; i < to; i++) {
		told->trial = i;
		alarm(SECONDS);
		trial((size_t)seed * 1000003 + i);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	struct err e;
	size_t n_failed = 0;
	prog_start(argv[0]);
	if (argc < 4)
		err_usage_die("want INDEX N SEED [K]");
	size_t n = strtoul(argv[2], NULL, 10), only = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	uint64_t seed = strtoull(argv[3], NULL, 10);
	if (index_open(&good, argv[1], &e))
		err_die(&e);
	extra = bundle_extra(good.b.manifest);
	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t from = argc > 4 ? only : 0, to = argc > 4 ? only + 1 : n; from < to;
	     from = told->trial + 1) {
		int status;
		pid_t pid = fork();
		if (pid == 0)
			run(from, to, seed);
		waitpid(pid, &status, 0);
		if (status == 0)
			break;
		if (++n_failed <= REPORTS)
			printf("FAILED trial %zu: %s %d\nREPRO: resign %s %zu %llu %zu\n", told->trial,
			       WIFSIGNALED(status) ? "signal" : "status",
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), argv[1], n,
			       (unsigned long long)seed, told->trial);
		fflush(stdout);
	}
	printf("%zu opened, %zu of them sound, %zu answers\n%zu trials, %zu failed\n", told->n_opened,
	       told->n_sound, told->n_answers, n, n_failed);
	return n_failed != 0;
}
