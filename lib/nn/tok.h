/*
 * tok: WordPiece tokens as Hugging Face's BertTokenizer makes them (BertNormalizer,
 * BertPreTokenizer, WordPiece; [CLS] and [SEP] added by tok_encode alone).
 *
 *	struct tok *t; if (tok_open(model_dir, &t, e)) return -1;
 *	n = tok_count(t, text, n_bytes);		special tokens not counted
 *	tok_free(t);
 *
 * Text is UTF-8; a byte that is not is U+FFFD. "[SEP]" in a text is plain text. A
 * struct tok is read-only after tok_open: any number of threads may use it at once.
 */
#ifndef LEANN_NN_TOK_H
#define LEANN_NN_TOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tok;

/*
 * Read vocab.txt (else tokenizer.json), tokenizer_config.json, special_tokens_map.json and
 * sentence_bert_config.json of a model directory. *out: caller frees with tok_free.
 */
int tok_open(const char *model_dir, struct tok **out, struct err *e) MUST_CHECK;
void tok_free(struct tok *t);

/*
 * Tokens of n bytes of text, special tokens not counted; no allocation. Additive: the count of
 * a text is the sum of the counts of its pieces when every cut is beside a space, tab, LF or CR
 * (not VT, FF or NEL: those vanish and join what is around them).
 */
size_t tok_count(const struct tok *t, const char *text, size_t n);

/*
 * [CLS] tokens [SEP] into ids (room for max_tokens >= 2), cut to max_tokens with [SEP] kept.
 * *n_ids: ids written; *n_untruncated (may be NULL): what it would have been without the cut.
 */
int tok_encode(const struct tok *t, const char *text, size_t n, size_t max_tokens,
	       uint32_t *ids, size_t *n_ids, size_t *n_untruncated, struct err *e) MUST_CHECK;

/*
 * A pair, [CLS] first [SEP] second [SEP], of at most max_tokens >= 3: where it has more, the longer
 * one is cut, from its end, then both to the same length, the second one longer when that is odd and
 * the first one was no longer (longest_first, as Hugging Face's tokenizers library does it).
 */
struct tok_pair {
	size_t n_first, n_second;	/* tokens that are left of each, special ones not counted */
	size_t n_untruncated;		/* of the pair before the cut, special tokens included */
};
void tok_pair_cut(size_t n_first, size_t n_second, size_t max_tokens, struct tok_pair *out);
struct tok_text {
	const char *p;			/* n bytes */
	size_t n;
};
/* ids: room for cut's tokens and 3; cut: of these texts' tok_count(). */
int tok_encode_pair(const struct tok *t, struct tok_text first, struct tok_text second,
		    const struct tok_pair *cut, uint32_t *ids, struct err *e) MUST_CHECK;

/*
 * Bytes of the longest prefix of text, ending between characters, that has at most max_tokens
 * tokens (special tokens not counted). At least one character when n > 0, even if that one
 * character is over the limit (a Hangul syllable can be 3 tokens, none is more than 4).
 */
size_t tok_fit(const struct tok *t, const char *text, size_t n, size_t max_tokens);

size_t tok_n_vocab(const struct tok *t);		/* highest id + 1 */
/* SHA-256, hex, over the vocabulary file's own SHA-256 and every flag that changes tokens. */
const char *tok_sha256(const struct tok *t);

#endif
