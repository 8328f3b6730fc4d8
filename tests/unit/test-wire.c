/* Requests and replies of the embedding protocol: what is packed is read, what is wrong is refused. */
#define _GNU_SOURCE
#include <math.h>
#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "fmt/wire.h"
#include "unit.h"
#include "vec/precision.h"

static struct mp_doc *doc;
static const struct wire_info info = {
	.model = "m", .dim = 3, .max_tokens = 256, .max_texts = 7, .threads = 2, .normalized = true,
	.query_prefix = "query: ", .document_prefix = "", .version = "1.2", .n_requests = 5,
	.n_texts = 6, .n_tokens = UINT64_MAX, .uptime_s = 8, .pid = 9, .precision = "int8",
	.kernels = "int8-amx", .quality_mean = .99875, .quality_min = .5, .n_batches = 10,
	.n_merged = 11, .n_busy = 12, .queue = 13, .max_rss_bytes = 14,
	.tokenizer_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	.sha256 = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"};

static void requests(void)
{
	struct wire_text texts[] = {{"one", 3}, {"", 0}, {"a\0b", 3}};
	struct wire_req r;
	struct buf b = BUF_INIT;
	struct err e;
	wire_put_req_embed(&b, UINT64_MAX, WIRE_QUERY, texts, 3);
	ok(wire_req_parse(doc, b.p, b.len, &r, &e) == 0, "an embed request is read");
	ok(r.op == WIRE_EMBED && r.id == UINT64_MAX && r.kind == WIRE_QUERY && r.n_texts == 3,
	   "its id, kind and count are right");
	ok(r.texts[0].n == 3 && !memcmp(r.texts[0].p, "one", 3) && r.texts[1].n == 0 &&
	   r.texts[2].n == 3 && !memcmp(r.texts[2].p, "a\0b", 3), "its texts are right, NUL and empty too");
	wire_req_release(&r);
	int bad = 0;
	for (size_t n = 0; n < b.len; n++) {
		bad += wire_req_parse(doc, b.p, n, &r, &e) == 0;
		wire_req_release(&r);
	}
	ok(bad == 0, "a request cut at any byte is refused");
	buf_clear(&b);
	const struct wire_text query = {"wh\0", 3};
	wire_put_req_rerank(&b, 5, &query, texts, 3);
	ok(wire_req_parse(doc, b.p, b.len, &r, &e) == 0 && r.op == WIRE_RERANK && r.id == 5 &&
	   r.query.n == 3 && !memcmp(r.query.p, "wh\0", 3) && r.n_texts == 3 && r.texts[2].n == 3,
	   "a rerank request is read: its query and its texts");
	wire_req_release(&r);
	bad = 0;
	for (size_t n = 0; n < b.len; n++) {
		bad += wire_req_parse(doc, b.p, n, &r, &e) == 0;
		wire_req_release(&r);
	}
	ok(bad == 0, "one cut at any byte is refused");
	buf_clear(&b);
	wire_put_req_info(&b, 3);
	ok(wire_req_parse(doc, b.p, b.len, &r, &e) == 0 && r.op == WIRE_INFO && r.id == 3,
	   "an info request is read");
	wire_req_release(&r);
	buf_release(&b);
}

/* Parse hex-free msgpack given as a string with its length; want code and a part of the message. */
static void refused(const char *what, const void *p, size_t n, const char *part, uint64_t id)
{
	struct wire_req r;
	struct err e = {0};
	int k = wire_req_parse(doc, p, n, &r, &e);
	ok(k == -1 && e.code == ERR_DATA && strstr(e.msg, part) && r.id == id,
	   "%s is refused: %s", what, e.msg);
	wire_req_release(&r);
}
#define REFUSED(what, bytes, part, id) refused(what, bytes, sizeof bytes - 1, part, id)

static void bad_requests(void)
{
	REFUSED("nothing", "", "cut short", 0);
	REFUSED("an array of 2^28 items in 5 bytes", "\xdd\x0f\xff\xff\xff", "array32", 0);
	REFUSED("a map without id", "\x80", "id is", 0);
	REFUSED("version 2", "\x82\xa1v\x02\xa2id\x07", "version 2, this server speaks 1", 7);
	REFUSED("an unknown op", "\x83\xa1v\x01\xa2id\x07\xa2op\xa1x", "op is not", 7);
	REFUSED("texts that are no array", "\x84\xa1v\x01\xa2id\x07\xa2op\xa5" "embed\xa5texts\x01",
		"want an array", 7);
	REFUSED("no texts", "\x84\xa1v\x01\xa2id\x07\xa2op\xa5" "embed\xa5texts\x90", "0 texts", 7);
	REFUSED("a text that is a number", "\x84\xa1v\x01\xa2id\x07\xa2op\xa5" "embed\xa5texts\x91\x01",
		"text 0 is", 7);
	REFUSED("an unknown kind", "\x85\xa1v\x01\xa2id\x07\xa2op\xa5" "embed\xa5texts\x91\xa1x\xa4kind\x01",
		"kind is not", 7);
	REFUSED("a rerank request without query", "\x84\xa1v\x01\xa2id\x07\xa2op\xa6" "rerank\xa5texts"
		"\x91\xa1x", "query is nothing", 7);
	REFUSED("a query that is a number", "\x85\xa1v\x01\xa2id\x07\xa2op\xa6" "rerank\xa5query\x01"
		"\xa5texts\x91\xa1x", "query is", 7);
	REFUSED("a rerank request without texts", "\x85\xa1v\x01\xa2id\x07\xa2op\xa6" "rerank\xa5query"
		"\xa1x\xa5texts\x90", "0 texts", 7);
	REFUSED("a number", "\x01", "want a map or an array", 0);
	REFUSED("bytes after the request", "\x80\x80", "after the msgpack value", 0);
	REFUSED("passage numbers and a text", "\x92\x91\x01\x91\xa1q", "number 0 of the vector is", 0);
	REFUSED("passage numbers and infinity", "\x92\x91\x01\x92\x01\xcb\x7f\xf0\0\0\0\0\0\0",
		"number 1 of the vector is not finite", 0);
	REFUSED("passage numbers and an empty vector", "\x92\x91\x01\x90", "a vector of 0", 0);
	REFUSED("passage numbers and a map", "\x92\x91\x01\x80", "want a vector", 0);
	REFUSED("passage numbers and two vectors", "\x93\x91\x01\x91\x01\x91\x01", "in 2 items", 0);
	REFUSED("no passage numbers", "\x91\x90", "0 passages", 0);
	REFUSED("an empty array", "\x90", "neither texts nor", 0);
}

static void official(void)
{
	struct wire_req r;
	struct err e;
	static const char query[] = "\x91\xafq"; /* one string, cut */
	static const char model[] = "\x91\xaf__QUERY_MODEL__", two[] = "\x92\xa1q\xa0";
	ok(wire_req_parse(doc, (const uint8_t *)model, sizeof model - 1, &r, &e) == 0 &&
	   r.op == WIRE_OFFICIAL_MODEL, "the official question for the model is read");
	wire_req_release(&r);
	ok(wire_req_parse(doc, (const uint8_t *)two, sizeof two - 1, &r, &e) == 0 &&
	   r.op == WIRE_OFFICIAL_EMBED && r.n_texts == 2 && r.kind == WIRE_RAW,
	   "an array of strings is an official embed request, without prefix");
	wire_req_release(&r);
	static const char flat[] = "\x92\x05\xff", nested[] = "\x91\x92\x05\xa1x", far[] =
		"\x92\x91\x91\x07\x92\xca\x3f\0\0\0\x02";
	ok(wire_req_parse(doc, (const uint8_t *)flat, sizeof flat - 1, &r, &e) == 0 &&
	   r.op == WIRE_OFFICIAL_ROWS && r.n_numbers == 2 && r.numbers[0] == 5 && r.numbers[1] == UINT64_MAX,
	   "numbers ask for embeddings of passages; a negative one is the number of none");
	wire_req_release(&r);
	ok(wire_req_parse(doc, (const uint8_t *)nested, sizeof nested - 1, &r, &e) == 0 &&
	   r.op == WIRE_OFFICIAL_ROWS && r.n_numbers == 2 && r.numbers[0] == 5 && r.numbers[1] == UINT64_MAX,
	   "and so do numbers in an array");
	wire_req_release(&r);
	ok(wire_req_parse(doc, (const uint8_t *)far, sizeof far - 1, &r, &e) == 0 &&
	   r.op == WIRE_OFFICIAL_DISTANCES && r.n_numbers == 1 && r.numbers[0] == 7 &&
	   r.n_vector == 2 && r.vector[0] == .5f && r.vector[1] == 2, "numbers and a vector, for distances");
	wire_req_release(&r);
	ok(wire_req_parse(doc, (const uint8_t *)query, sizeof query - 1, &r, &e) == -1,
	   "a cut official request is refused");
	wire_req_release(&r);
}

static void replies(void)
{
	static const float v[6] = {1, 0, 0, -0.f, .6f, .8f};
	struct wire_rows rows = {v, 2, 11, 1};
	struct wire_reply r;
	struct buf b = BUF_INIT;
	struct err e, why;
	int bad = 0, same = 1;
	wire_put_embed(&b, 12, &info, &rows);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.id == 12 && !r.failed && !r.is_info,
	   "an embed reply is read");
	for (size_t i = 0; i < 6; i++)
		same &= get_lef32(r.f32 + 4 * i) == v[i];
	ok(same && r.n == 2 && r.n_tokens == 11 && r.n_cut == 1 && r.info.dim == 3, "its numbers are right");
	ok(!strcmp(r.info.sha256, info.sha256) && !strcmp(r.info.model, "m"), "its model is right");
	for (size_t n = 0; n < b.len; n++)
		bad += wire_reply_parse(doc, b.p, n, &r, &e) == 0;
	ok(bad == 0, "a reply cut at any byte is refused");
	buf_clear(&b);
	wire_put_info(&b, 13, &info);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.is_info && r.id == 13 &&
	   !memcmp(&r.info, &info, sizeof info), "an info reply is read, every field");
	struct wire_info second = info;
	second.reranker = true;
	second.dim = 1;
	buf_clear(&b);
	wire_put_info(&b, 13, &second);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && !memcmp(&r.info, &second, sizeof second),
	   "and that of a reranker");
	uint8_t *kind = memmem(b.p, b.len, "reranker", 8);
	ok(kind != NULL, "which says so");
	if (kind)
		memcpy(kind, "reranked", 8);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == -1 && strstr(e.msg, "kind is not"),
	   "an info reply of another kind is refused");
	buf_clear(&b);
	wire_put_embed(&b, 16, &second, &(struct wire_rows){v, 6, 11, 1});
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.n == 6 && r.info.dim == 1 &&
	   get_lef32(r.f32 + 20) == v[5], "a rerank reply is one number a text");
	buf_clear(&b);
	err_set(&why, ERR_TEMP, "later \xff please");
	wire_put_err(&b, 14, &why);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.failed && r.err.code == ERR_TEMP &&
	   !r.busy && !strcmp(r.err.msg, "later \xef\xbf\xbd please"),
	   "an error reply is read, its text made UTF-8");
	buf_clear(&b);
	wire_put_busy(&b, 15, &why);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.failed && r.busy && r.id == 15 &&
	   r.err.code == ERR_TEMP, "a reply that says busy says it");
	buf_release(&b);
}

/* Rows that come in pieces make the message that they make at once; so do official ones. */
static void pieces(void)
{
	static const float v[9] = {1, 0, 0, -0.f, .6f, .8f, 0, 0, -1};
	struct wire_rows rows = {v, 3, 11, 1};
	struct wire_reply r;
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err e;
	wire_put_embed(&a, 12, &info, &rows);
	wire_put_embed_head(&b, 12, &info, 3);
	size_t cap = b.cap;
	wire_put_embed_rows(&b, v, 1, 3);
	wire_put_embed_rows(&b, v + 3, 2, 3);
	wire_put_embed_tail(&b, 11, 1);
	ok(a.len == b.len && !memcmp(a.p, b.p, a.len) && b.cap == cap,
	   "rows in pieces make the same message, in the memory of its head");
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.n == 3 &&
	   get_lef32(r.f32 + 32) == -1, "which is read");
	buf_clear(&a);
	buf_clear(&b);
	wire_put_official_head(&a, 3, 3);
	wire_put_official_rows(&a, v, 3, 3);
	wire_put_official_head(&b, 3, 3);
	wire_put_official_rows(&b, v, 2, 3);
	wire_put_official_rows(&b, v + 6, 1, 3);
	ok(a.len == 1 + 3 * (1 + 3 * 5) && a.len == b.len && !memcmp(a.p, b.p, a.len),
	   "so do official rows");
	buf_release(&a);
	buf_release(&b);
}

/* The bytes of the map's key with its value are taken out: what an older server sends. */
static void cut_key(struct buf *b, const char *key, size_t n_val)
{
	uint8_t *at = NULL;
	size_t n_key = strlen(key);
	for (size_t i = 3; i + n_key <= b->len && !at; i++)
		if (b->p[i - 1] == (0xa0 | n_key) && !memcmp(b->p + i, key, n_key))
			at = b->p + i - 1;
	size_t n = 1 + n_key + n_val;
	memmove(at, at + n, (size_t)(b->p + b->len - at) - n);
	b->len -= n;
	b->p[2]--;	/* map16: pairs */
}

static void older(void)
{
	struct wire_reply r;
	struct buf b = BUF_INIT;
	struct err e = {0};
	wire_put_info(&b, 1, &info);
	ok(b.p[0] == 0xde, "info is a map of over 15 pairs");
	cut_key(&b, "precision", 5);
	cut_key(&b, "kernels", 9);
	cut_key(&b, "n_batches", 1);
	cut_key(&b, "n_merged", 1);
	cut_key(&b, "n_busy", 1);
	cut_key(&b, "queue", 1);
	cut_key(&b, "max_rss_bytes", 1);
	cut_key(&b, "quality", 1 + 2 * 9);
	cut_key(&b, "kind", 9);
	ok(wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.is_info &&
	   !strcmp(r.info.precision, "fp32") && !*r.info.kernels && r.info.n_batches == 0 &&
	   r.info.quality_min == 0 && r.info.pid == 9,
	   "info without what this release added is of fp32, the rest unknown %s", e.msg);
	buf_release(&b);
}

static void precisions(void)
{
	enum precision p;
	size_t n = 0;
	bool same = true;
	for (; wire_precisions[n]; n++)
		same &= wire_precision_known(wire_precisions[n]) &&
			precision_from(wire_precisions[n], &p) == 0 && p != PRECISION_AUTO;
	ok(same && n == 3 && !wire_precision_known("auto") && !wire_precision_known("../x"),
	   "the protocol's precisions are those of the encoder");
}

/* Every byte of a good reply changed in every bit: no crash, and no row that leaves the message. */
static void flips(void)
{
	static const float v[6] = {1, 0, 0, 0, .6f, .8f};
	struct wire_rows rows = {v, 2, 11, 1};
	struct wire_reply r;
	struct buf b = BUF_INIT;
	struct err e;
	size_t outside = 0;
	wire_put_embed(&b, 12, &info, &rows);
	for (size_t i = 0; i < 8 * b.len; i++) {
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (wire_reply_parse(doc, b.p, b.len, &r, &e) == 0 && r.f32)
			outside += r.f32 < b.p || r.f32 + 4 * r.n * r.info.dim > b.p + b.len;
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(outside == 0, "a reply with any one bit changed never reads outside the message");
	buf_release(&b);
}

int main(void)
{
	doc = mp_new();
	requests();
	bad_requests();
	official();
	replies();
	pieces();
	older();
	precisions();
	flips();
	mp_free(doc);
	return done();
}
