/* Words and their pieces; see tok.h. Opening a tokenizer is in tok_open.c. */
#include "nn/tok.h"

#include <stdatomic.h>
#include <string.h>

#include "base/kinds.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "nn/tok_impl.h"

/* The word being gathered, normalised. */
struct word {
	uint8_t p[TOK_WORD_CHARS_MAX * 4];	/* UTF-8 */
	size_t n, n_chars;
	size_t run;		/* byte where the current run of combining characters starts */
	uint8_t ccc[TOK_WORD_CHARS_MAX];	/* of the last n_run characters */
	size_t n_run;
	bool closed;		/* nothing can be added */
};

static void word_clear(struct word *w)
{
	w->n = w->n_chars = w->run = w->n_run = 0;
	w->closed = false;
}

static size_t put_utf8(uint8_t *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (uint8_t)(0xc0 | c >> 6);
		p[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	size_t n = c < 0x10000 ? 3 : 4;
	p[0] = (uint8_t)(n == 3 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
	for (size_t i = 1; i < n; i++)
		p[i] = (uint8_t)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
	return n;
}

/*
 * Add one normalised character. A combining one (ccc > 0) goes behind those of its run with a
 * class no larger: canonical ordering (Unicode 3.11, D109), one character at a time.
 */
static void word_add(const struct tok *t, struct word *w, uint32_t cp, uint8_t ccc)
{
	if (cp == NORM_BARRIER || !ccc) {
		w->n_run = 0;
		w->run = w->n;
		if (cp == NORM_BARRIER)
			return;
	}
	if (w->n_chars >= t->max_word_chars) {	/* one too many: [UNK] whatever follows */
		w->n_chars = t->max_word_chars + 1;
		return;
	}
	w->n_chars++;
	if (!ccc) {
		w->n += put_utf8(w->p + w->n, cp);
		w->run = w->n;
		return;
	}
	size_t i = 0, at = w->run, k;
	uint8_t enc[4];
	while (i < w->n_run && w->ccc[i] <= ccc) {
		do
			at++;
		while (at < w->n && (w->p[at] & 0xc0) == 0x80);
		i++;
	}
	k = put_utf8(enc, cp);
	memmove(w->p + at + k, w->p + at, w->n - at);
	memcpy(w->p + at, enc, k);
	memmove(w->ccc + i + 1, w->ccc + i, w->n_run - i);
	w->ccc[i] = ccc;
	w->n_run++;
	w->n += k;
}

/*
 * Take the character at p (n > 0 bytes left) into the word. Returns its bytes; 0 when the word
 * ended before it. A character that is a word of its own closes the word behind it.
 */
static size_t word_take(const struct tok *t, struct word *w, const uint8_t *p, size_t n)
{
	uint32_t cp;
	struct norm_char c;
	size_t k = utf8_get(p, n, &cp);
	if (!k)
		k = 1;
	norm_char(&t->flags, cp, &c);
	if (c.kind == NORM_DROP)
		return k;
	if (c.kind == NORM_SPACE) {
		w->closed = w->n_chars > 0;
		return k;
	}
	if (c.kind == NORM_ALONE && w->n_chars)
		return 0;
	for (unsigned i = 0; i < c.n; i++)
		word_add(t, w, c.cp[i], c.ccc[i]);
	w->closed = c.kind == NORM_ALONE;
	return k;
}

/* Gather the next word from p; returns the bytes taken. No word: n_chars is 0 and all was taken. */
static size_t word_next(const struct tok *t, struct word *w, const uint8_t *p, size_t n)
{
	size_t i = 0;
	word_clear(w);
	while (i < n && !w->closed) {
		uint8_t a = t->ascii[p[i]];
		if (a > TOK_ASCII_WORD && w->n_chars < t->max_word_chars) {
			size_t room = t->max_word_chars - w->n_chars, from = w->n;
			size_t end = n - i < room ? n : i + room;
			do
				w->p[w->n++] = a;
			while (++i < end && (a = t->ascii[p[i]]) > TOK_ASCII_WORD);
			w->n_chars += w->n - from;
			w->run = w->n;
			w->n_run = 0;
			continue;
		}
		if (a > TOK_ASCII_WORD && w->n_chars > t->max_word_chars) {
			i++;		/* [UNK] already */
			continue;
		}
		if (a == TOK_ASCII_SPACE) {
			i++;
			if (w->n_chars)
				return i;
			continue;
		}
		if (a == TOK_ASCII_PUNCT) {
			if (w->n_chars)
				return i;
			w->p[0] = p[i];
			w->n = w->n_chars = 1;
			return i + 1;
		}
		size_t k = word_take(t, w, p + i, n - i);
		if (!k)
			break;
		i += k;
	}
	return i;
}

/*
 * The tokens of a word: greedy longest match (WordPiece). Those that fit in cap are written to
 * ids. Returns their number; a word with no such cut is one [UNK].
 */
static size_t pieces(const struct tok *t, const struct word *w, uint32_t *ids, size_t cap)
{
	size_t n = 0, i = 0;
	uint32_t root = t->trie.root_start;
	if (w->n_chars > t->max_word_chars)
		goto unk;
	while (i < w->n) {
		uint32_t id = t->unk;
		size_t k = trie_longest(&t->trie, root, w->p + i, w->n - i, &id);
		if (!k)
			goto unk;
		if (n < cap)
			ids[n] = id;
		n++;
		i += k;
		root = t->trie.root_cont;
	}
	return n;
unk:
	if (cap)
		ids[0] = t->unk;
	return 1;
}

/* Tokens of a word of n bytes, each of which t->ascii knows; it may be over the limit. */
static size_t pieces_ascii(const struct tok *t, const uint8_t *p, size_t n)
{
	struct word w;
	if (n > t->max_word_chars)
		return 1;	/* [UNK] */
	for (size_t i = 0; i < n; i++)
		w.p[i] = t->ascii[p[i]];
	w.n = w.n_chars = n;
	return pieces(t, &w, NULL, 0);
}

/* Tokens of a word of at most 15 bytes that are key, and at p. */
static size_t count_longer(const struct tok *t, const uint8_t *p, size_t n, const uint64_t key[2])
{
	uint64_t free_place = 0;
	struct tok_seen *s =
		&t->seen[((key[0] ^ key[1] * 31) * 0x9e3779b97f4a7c15 >> 40) % TOK_SEEN];
	if (atomic_load_explicit(&s->first, memory_order_acquire) == key[0]) {
		uint64_t rest = atomic_load_explicit(&s->rest, memory_order_relaxed);
		if (!((rest ^ key[1]) << 8))
			return rest >> 56;
	}
	size_t count = pieces_ascii(t, p, n);
	if (atomic_compare_exchange_strong(&s->first, &free_place, TOK_CLAIMED)) {
		atomic_store_explicit(&s->rest, key[1] | (uint64_t)count << 56,
				      memory_order_relaxed);
		atomic_store_explicit(&s->first, key[0], memory_order_release);
	}
	return count;
}

/* The same; 16 bytes of p may be read. */
static inline size_t count_ascii(const struct tok *t, const uint8_t *p, size_t n)
{
	uint64_t key[2];
	if (n > TOK_SEEN_BYTES)
		return pieces_ascii(t, p, n);
	kinds_key(p, n, key);
	if (n > TOK_SHORT_BYTES)
		return count_longer(t, p, n, key);
	_Atomic uint64_t *s = &t->seen_short[(key[0] * 0x9e3779b97f4a7c15 >> 40) % TOK_SEEN_SHORT];
	uint64_t seen = atomic_load_explicit(s, memory_order_relaxed);
	if (!((seen ^ key[0]) << 8))
		return seen >> 56;
	size_t count = pieces_ascii(t, p, n);
	atomic_store_explicit(s, key[0] | (uint64_t)count << 56, memory_order_relaxed);
	return count;
}

/*
 * The tokens of what p begins with, up to anything but ASCII and the word that touches it, and to a word
 * that is longer than a block. Returns its bytes.
 */
static size_t count_block(const struct tok *t, const uint8_t *p, size_t left, size_t *count)
{
	uint8_t padded[KINDS_BLOCK + 16] = {0};
	if (left < sizeof padded)
		p = memcpy(padded, p, left);
	size_t n = left < KINDS_BLOCK ? left : KINDS_BLOCK - 1;
	struct kinds k = kinds_of(t->kinds, p, n);
	uint64_t words = k.bits[TOK_KIND_WORD], other = k.bits[TOK_KIND_OTHER] & kinds_first(n);
	if (other)
		n = (size_t)__builtin_ctzll(other);
	if (n < left)
		n = kinds_whole(words, n);
	*count += kinds_count(k.bits[TOK_KIND_PUNCT] & kinds_first(n));
	for (words &= kinds_first(n); words;) {
		struct kinds_run r = kinds_run(&words);
		*count += count_ascii(t, p + r.at, r.n);
	}
	return n;
}

/* The same of what count_block() stops at, up to a space: words are gathered. */
static size_t count_odd(const struct tok *t, const uint8_t *p, size_t n, size_t *count)
{
	struct word w;
	size_t i = 0;
	do {
		i += word_next(t, &w, p + i, n - i);
		if (w.n_chars)
			*count += pieces(t, &w, NULL, 0);
	} while (i < n && t->ascii[p[i]] != TOK_ASCII_SPACE);
	return i;
}

/* Words of ASCII are counted where they are. */
size_t tok_count(const struct tok *t, const char *text, size_t n)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t count = 0;
	for (size_t i = 0, k; i < n; i += k) {
		k = count_block(t, p + i, n - i, &count);
		if (!k)
			k = count_odd(t, p + i, n - i, &count);
	}
	return count;
}

int tok_encode(const struct tok *t, const char *text, size_t n, size_t max_tokens,
	       uint32_t *ids, size_t *n_ids, size_t *n_untruncated, struct err *e)
{
	const uint8_t *p = (const uint8_t *)text;
	struct word w;
	size_t count = 0;
	if (max_tokens < 2)
		return err_set(e, ERR_DATA,
			       "tokenizer: limit of %zu tokens: [CLS] and [SEP] need 2",
			       max_tokens);
	size_t cap = max_tokens - 2;
	for (size_t i = 0; i < n;) {
		i += word_next(t, &w, p + i, n - i);
		if (!w.n_chars)
			continue;
		size_t used = count < cap ? count : cap;
		count += pieces(t, &w, ids + 1 + used, cap - used);
	}
	size_t kept = count < cap ? count : cap;
	ids[0] = t->cls;
	ids[kept + 1] = t->sep;
	*n_ids = kept + 2;
	if (n_untruncated)
		*n_untruncated = count + 2;
	return 0;
}

/* Bytes of the longest prefix of one word's text with at most max_tokens tokens; 0: none. */
static size_t fit_word(const struct tok *t, const uint8_t *p, size_t n, size_t max_tokens)
{
	struct word w;
	size_t best = 0, n_tokens = 0, chars = 0;
	word_clear(&w);
	for (size_t i = 0; i < n && !w.closed;) {
		size_t k = word_take(t, &w, p + i, n - i);
		if (!k)
			break;
		i += k;
		if (w.n_chars != chars) {	/* marks that vanish change nothing */
			n_tokens = pieces(t, &w, NULL, 0);
			chars = w.n_chars;
		}
		if (n_tokens <= max_tokens)
			best = i;
	}
	return best;
}

size_t tok_fit(const struct tok *t, const char *text, size_t n, size_t max_tokens)
{
	const uint8_t *p = (const uint8_t *)text;
	struct word w;
	size_t count = 0, i = 0;
	while (i < n) {
		size_t k = word_next(t, &w, p + i, n - i);
		size_t add = w.n_chars ? pieces(t, &w, NULL, 0) : 0;
		if (count + add > max_tokens) {
			i += fit_word(t, p + i, k, max_tokens - count);
			break;
		}
		count += add;
		i += k;
	}
	if (!i && n) {
		uint32_t cp;
		i = utf8_get(p, n, &cp);
		i += !i;
	}
	return i;
}

void tok_free(struct tok *t)
{
	if (!t)
		return;
	trie_release(&t->trie);
	mem_free(t->seen);
	mem_free(t->seen_short);
	mem_free(t);
}

size_t tok_n_vocab(const struct tok *t)
{
	return t->n_vocab;
}

const char *tok_sha256(const struct tok *t)
{
	return t->sha256;
}
