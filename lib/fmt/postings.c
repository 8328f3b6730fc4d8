/* Where rare words occur; see postings.h and leann-index(5), "postings". */
#include "fmt/postings.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"
#include "fmt/interp.h"
#include "fmt/bits.h"
#include "fmt/record.h"

enum {
	HEAD = 24,
	SHIFT_MAX = 6,
	BITS_MAX = 30,
	BUCKET_BITS_MAX = 24,
	BUCKET_WORDS = 64,		/* at most on average, as written */
	BUCKET_WORDS_MAX = 1024,
	BYTES_A_CHUNK = 12,
	BYTES_MORE = 1024,
};

static uint32_t last_of(unsigned bits)
{
	return (uint32_t)(((uint64_t)1 << bits) - 1);
}

/* ---- writing ---- */

/* Words of one bucket, and their groups end to end. */
struct bucket {
	uint32_t hash[BUCKET_WORDS_MAX], d[BUCKET_WORDS_MAX];
	uint32_t group[BUCKET_WORDS_MAX * POSTINGS_GROUPS_MAX];
	size_t n, n_groups;
};

struct packer {
	const uint64_t *pair;
	size_t n, at;			/* of pair; the next */
	size_t most, n_words;
	uint32_t largest;		/* groups that a word has */
	unsigned bits, bucket_bits;
	uint32_t last_group;
	struct bucket *k;
};

/* The next word of at most k->most groups, pair[*from .. k->at - 1]. */
static bool next_word(struct packer *k, size_t *from)
{
	while (k->at < k->n) {
		uint64_t hash = k->pair[k->at] >> 32;
		*from = k->at;
		while (k->at < k->n && k->pair[k->at] >> 32 == hash)
			k->at++;
		if (k->at - *from <= k->most)
			return true;
	}
	return false;
}

/* Two words of one hash are one: the groups of both, unless those are too many. */
static void join(struct packer *k, const uint64_t *pair, size_t d)
{
	struct bucket *b = k->k;
	size_t old = b->d[b->n - 1], i = 0, j = 0, n = 0;
	uint32_t *v = b->group + b->n_groups - old, all[POSTINGS_GROUPS_MAX + POSTINGS_MOST];
	while (i < old || j < d) {
		uint32_t x = i < old ? v[i] : UINT32_MAX, y = j < d ? (uint32_t)pair[j] : UINT32_MAX;
		all[n++] = x < y ? x : y;
		i += x <= y;
		j += y <= x;
	}
	if (n > POSTINGS_GROUPS_MAX)
		return;
	memcpy(v, all, n * sizeof *v);
	b->d[b->n - 1] = (uint32_t)n;
	b->n_groups += n - old;
}

static void add_word(struct packer *k, uint32_t hash, const uint64_t *pair, size_t d)
{
	struct bucket *b = k->k;
	if (b->n && b->hash[b->n - 1] == hash) {
		join(k, pair, d);
		return;
	}
	if (b->n == BUCKET_WORDS_MAX)
		return;
	b->hash[b->n] = hash;
	b->d[b->n++] = (uint32_t)d;
	for (size_t i = 0; i < d; i++)
		b->group[b->n_groups++] = (uint32_t)pair[i];
}

static void put_bucket(struct packer *k, struct buf *out)
{
	const struct bucket *b = k->k;
	const uint32_t *v = b->group;
	struct interp_out o = {.b = out};
	interp_put_number(&o, (uint32_t)b->n, 0, BUCKET_WORDS_MAX);
	interp_put_list(&o, b->hash, b->n, 0, last_of(k->bits - k->bucket_bits));
	for (size_t i = 0; i < b->n; v += b->d[i++]) {
		unsigned w = bits_width(b->d[i]) - 1;
		k->largest = b->d[i] > k->largest ? b->d[i] : k->largest;
		interp_put_bits(&o, (uint32_t)1 << w, w + 1);
		interp_put_bits(&o, b->d[i] - ((uint32_t)1 << w), w);
		interp_put_list(&o, v, b->d[i], 0, k->last_group);
	}
	interp_put_end(&o);
}

/* All buckets, and their ends at out->p + at. */
static void put_buckets(struct packer *k, struct buf *out, size_t at)
{
	size_t data = out->len, from = 0;
	bool more = next_word(k, &from);
	for (uint32_t i = 0; i <= last_of(k->bucket_bits); i++) {
		k->k->n = k->k->n_groups = 0;
		for (; more; more = next_word(k, &from)) {
			uint32_t hash = (uint32_t)(k->pair[from] >> (64 - k->bits));
			if (hash >> (k->bits - k->bucket_bits) != i)
				break;
			add_word(k, hash & last_of(k->bits - k->bucket_bits), k->pair + from,
				 k->at - from);
		}
		k->n_words += k->k->n;
		put_bucket(k, out);
		put_le32(out->p + at + 4 * (size_t)i, (uint32_t)(out->len - data));
	}
}

/* Words of at most most groups; appended. */
static void pack_most(struct packer *k, size_t most, struct buf *out)
{
	size_t from, n = 0, at = out->len;
	k->most = most;
	for (k->at = 0; next_word(k, &from);)
		n++;
	k->at = k->n_words = k->largest = 0;
	k->bits = bits_width(n) + 8 < BITS_MAX ? bits_width(n) + 8 : BITS_MAX;
	k->bucket_bits = n > BUCKET_WORDS ? bits_width((n - 1) / BUCKET_WORDS) : 0;
	buf_zero(out, HEAD + ((size_t)4 << k->bucket_bits));
	put_buckets(k, out, at + HEAD);
	put_le32(out->p + at, POSTINGS_SHIFT);
	put_le32(out->p + at + 4, k->bits);
	put_le32(out->p + at + 8, k->bucket_bits);
	put_le32(out->p + at + 12, (uint32_t)k->n_words);
	put_le32(out->p + at + 16, k->largest);
}

void postings_pack(const uint64_t *pair, size_t n, size_t n_chunks, struct buf *out)
{
	size_t at = out->len, limit = BYTES_A_CHUNK * n_chunks + BYTES_MORE;
	struct packer k = {.pair = pair, .n = n};
	if (!n || !n_chunks)
		return;
	k.last_group = (uint32_t)((n_chunks - 1) >> POSTINGS_SHIFT);
	k.k = mem_alloc(sizeof *k.k);
	for (size_t most = POSTINGS_MOST; most; most /= 2) {
		pack_most(&k, most, out);
		if (k.n_words && (most == 1 || out->len - at <= limit))
			break;
		out->len = at;
	}
	mem_free(k.k);
}

int postings_send(const struct buf *bytes, struct stream_out *out, struct buf *body, struct err *e)
{
	for (size_t at = 0, n; at < bytes->len; at += n) {
		n = bytes->len - at < POSTINGS_PIECE_MAX ? bytes->len - at : POSTINGS_PIECE_MAX;
		put_postings(body, at, bytes->p + at, n);
		if (stream_out_buf(out, body, e))
			return -1;
	}
	return 0;
}

/* ---- reading ---- */

int postings_open(struct postings *x, const uint8_t *p, size_t n, size_t n_chunks, struct err *e)
{
	uint32_t v[HEAD / 4] = {0};
	for (size_t i = 0; i < HEAD / 4 && n >= HEAD; i++)
		v[i] = get_le32(p + 4 * i);
	if (n < HEAD || v[0] > SHIFT_MAX || !v[1] || v[1] > BITS_MAX || v[2] > BUCKET_BITS_MAX ||
	    v[2] > v[1] || !v[3] || !v[4] || v[4] > POSTINGS_GROUPS_MAX || v[5] || !n_chunks)
		return err_set(e, ERR_DATA,
			       "postings: groups of 2^%u, hashes of %u bits, 2^%u buckets, %u words, "
			       "%u groups a word, in %zu bytes for %zu chunks",
			       v[0], v[1], v[2], v[3], v[4], n, n_chunks);
	*x = (struct postings){.p = p + HEAD, .shift = v[0], .bits = v[1], .bucket_bits = v[2],
			       .n_words = v[3], .most = v[4],
			       .n_groups = ((n_chunks - 1) >> v[0]) + 1};
	size_t ends = (size_t)4 << v[2], from = 0;
	if (n - HEAD < ends)
		return err_set(e, ERR_DATA, "postings: 2^%u buckets in %zu bytes", v[2], n);
	for (size_t i = 0; i < ends; i += 4) {
		size_t to = get_le32(x->p + i);
		if (to < from || to > n - HEAD - ends)
			return err_set(e, ERR_DATA, "postings: bucket %zu ends at %zu of %zu", i / 4,
				       to, n - HEAD - ends);
		from = to;
	}
	if (from != n - HEAD - ends)
		return err_set(e, ERR_DATA, "postings: %zu bytes too many", n - HEAD - ends - from);
	return 0;
}

/* The groups of the next word of a bucket; false: there cannot be so many. */
static bool get_groups(const struct postings *x, struct interp_in *s,
		       uint32_t group[POSTINGS_GROUPS_MAX], size_t *n)
{
	unsigned w = 0;
	while (w < 6 && !interp_get_bits(s, 1))
		w++;
	if (w == 6 && !interp_get_bits(s, 1))
		return false;
	*n = ((size_t)1 << w) + interp_get_bits(s, w);
	if (*n > x->most || *n > x->n_groups)
		return false;
	interp_get_list(s, group, *n, 0, (uint32_t)x->n_groups - 1);
	return true;
}

/* The words of bucket i: those of the hash wanted into group and *n; *n_words of all. */
static int get_bucket(const struct postings *x, size_t i, uint32_t wanted,
		      uint32_t group[POSTINGS_GROUPS_MAX], size_t *n, size_t *n_words,
		      struct err *e)
{
	uint32_t hash[BUCKET_WORDS_MAX], other[POSTINGS_GROUPS_MAX];
	uint32_t last = last_of(x->bits - x->bucket_bits);
	size_t from = i ? get_le32(x->p + 4 * i - 4) : 0, to = get_le32(x->p + 4 * i), d;
	struct interp_in s = {.p = x->p + ((size_t)4 << x->bucket_bits) + from, .end = 8 * (to - from)};
	*n = 0;
	*n_words = interp_get_number(&s, 0, BUCKET_WORDS_MAX);
	if (*n_words > (uint64_t)last + 1)
		return err_set(e, ERR_DATA, "postings: bucket %zu has %zu words", i, *n_words);
	interp_get_list(&s, hash, *n_words, 0, last);
	for (size_t k = 0; k < *n_words; k++) {
		bool is_it = hash[k] == wanted;
		if (!get_groups(x, &s, is_it ? group : other, &d))
			return err_set(e, ERR_DATA, "postings: bucket %zu: word %zu has too many "
				       "groups", i, k);
		*n = is_it ? d : *n;
	}
	if (!interp_ended(&s))
		return err_set(e, ERR_DATA, "postings: bucket %zu has %zu bytes, its words take "
			       "%llu", i, to - from, (unsigned long long)(s.at + 7) / 8);
	return 0;
}

int postings_find(const struct postings *x, uint64_t hash, uint32_t group[POSTINGS_GROUPS_MAX],
		  size_t *n, struct err *e)
{
	uint32_t h = (uint32_t)(hash >> (64 - x->bits));
	unsigned low = x->bits - x->bucket_bits;
	size_t n_words;
	return get_bucket(x, h >> low, h & last_of(low), group, n, &n_words, e);
}

int postings_verify(const struct postings *x, struct err *e)
{
	uint32_t group[POSTINGS_GROUPS_MAX];
	size_t n, n_words, all = 0;
	for (size_t i = 0; i <= last_of(x->bucket_bits); i++) {
		if (get_bucket(x, i, 0, group, &n, &n_words, e))
			return -1;
		all += n_words;
	}
	if (all != x->n_words)
		return err_set(e, ERR_DATA, "postings: %zu words, stated %zu", all, x->n_words);
	return 0;
}
