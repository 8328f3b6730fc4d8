/* The tokenizer on a small vocabulary: normalisation, pieces, counts, cuts, its files. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "nn/tok.h"
#include "unit.h"

static char dir[] = "/tmp/leann-test-tok-XXXXXX";

/* ids: the line numbers from 0 */
static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"		/* 0-4 */
			    "a\nb\nc\nhello\nhell\n##o\n##a\n##b\n##c\nworld\n" /* 5-14 */
			    "resume\n\xe6\x9d\xb1\n,\n.\n[\n]\nsep\n"		/* 15-21 */
			    "##lo\nhel\n=\nx\n##x\n\xce\xb1\xcf\x83\n\xe1\x84\x92\n\xe1\x85\xa1\n##"
			    "\xe1\x85\xa1\n"	      /* 22-30
						       */
			    "un\n##aff\n##able\n!\n"; /* 31-34 */

static void put(const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(2);
}

static void drop(const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
}

/* Do the n bytes give these ids (ended by -1), [CLS] and [SEP] aside, and the right count? */
static bool gives_n(const struct tok *t, const char *s, size_t n, const int *want)
{
	uint32_t ids[512];
	size_t n_ids, n_all, k = 0;
	struct err e;
	if (tok_encode(t, s, n, 512, ids, &n_ids, &n_all, &e) || n_ids < 2 || ids[0] != 2 ||
	    ids[n_ids - 1] != 3 || n_all != n_ids || tok_count(t, s, n) != n_ids - 2)
		return false;
	while (want[k] >= 0 && k + 2 < n_ids && ids[k + 1] == (uint32_t)want[k])
		k++;
	return want[k] < 0 && k + 2 == n_ids;
}

#define GIVES(t, s, ...) gives_n(t, s, strlen(s), (const int[]){__VA_ARGS__, -1})

static void normalisation(const struct tok *t)
{
	ok(GIVES(t, "hello, WORLD.", 8, 17, 14, 18),
	   "words are lowered and punctuation stands alone");
	ok(GIVES(t, "R\xc3\xa9sum\xc3\xa9", 15), "accents vanish");
	ok(GIVES(t, "re\xcc\x81sume\xcc\x81", 15), "decomposed accents vanish");
	ok(GIVES(t, "\xe6\x9d\xb1\xe6\x9d\xb1" "a", 16, 16, 5), "every ideograph is a word");
	ok(GIVES(t, "he\x01l\xe2\x80\x8blo\x0b", 8),
	   "controls and format characters join what is beside them");
	ok(GIVES(t,
		 "a\xc2\xa0"
		 "b\xe3\x80\x80"
		 "c\t\r\na",
		 5, 6, 7, 5),
	   "every kind of white space separates");
	ok(GIVES(t, "he\xffl\xc3lo\xf0\x9f", 8), "bytes that are not UTF-8 vanish as U+FFFD does");
	ok(GIVES(t,
		 "a\xe2\x89\xa0"
		 "b",
		 5, 24, 6),
	   "a sign that decomposes to punctuation is punctuation");
	ok(GIVES(t, "\xce\x91\xce\xa3", 27), "a final sigma is lowered like any other");
	ok(GIVES(t, "\xed\x95\x98", 28, 30), "a Hangul syllable becomes its letters");
	ok(gives_n(t, "he\0llo", 6, (const int[]){8, -1}), "a NUL vanishes");
	ok(gives_n(t, "", 0, (const int[]){-1}), "no text is no token");
	ok(gives_n(t, " \n\xcc\x81 ", 5, (const int[]){-1}), "a stray accent is no token");
}

static void pieces(const struct tok *t)
{
	char word[400];
	ok(GIVES(t, "unaffable", 31, 32, 33), "a word is cut greedily, longest first");
	ok(GIVES(t, "helo", 23, 10), "a later piece carries the continuation mark");
	ok(GIVES(t, "helloz abc", 1, 5, 12, 13), "a word that cannot be cut is one [UNK]");
	ok(GIVES(t, "[SEP]", 19, 21, 20), "a special token's name is plain text");
	memset(word, 'x', sizeof word);
	word[100] = 0;
	ok(tok_count(t, word, 100) == 100, "100 characters are still a word");
	word[100] = 'x';
	ok(gives_n(t, word, 101, (const int[]){1, -1}), "101 characters are [UNK]");
	ok(gives_n(t, word, 400, (const int[]){1, -1}), "400 characters are [UNK]");
	memcpy(word + 150, "\xc3\xa9,", 3);
	ok(gives_n(t, word, 153, (const int[]){1, 17, -1}), "an overlong word ends at punctuation");
}

static void limits(const struct tok *t)
{
	uint32_t ids[8];
	size_t n_ids, n_all;
	struct err e;
	const char *s = "a b c a b c";
	ok(!tok_encode(t, s, strlen(s), 5, ids, &n_ids, &n_all, &e) && n_ids == 5 && n_all == 8 &&
		   ids[0] == 2 && ids[1] == 5 && ids[3] == 7 && ids[4] == 3,
	   "a cut keeps [SEP] and tells the whole length");
	ok(!tok_encode(t, "z", 1, 2, ids, &n_ids, &n_all, &e) && n_ids == 2 && n_all == 3,
	   "a limit of two leaves [CLS] and [SEP]");
	ok(tok_encode(t, "a", 1, 1, ids, &n_ids, &n_all, &e) == -1, "a limit of one is an error");
}

static size_t random_text(struct rng *r, char *p, size_t cap)
{
	static const char *const parts[] = {"a",
					    "b",
					    "c",
					    "hello",
					    "hell",
					    "o",
					    " ",
					    " ",
					    "\n",
					    ",",
					    "x",
					    "xx",
					    "xxxxxxxxxxxxxxxxxxxxxxx",
					    "\xc3\xa9",
					    "\xcc\x81",
					    "\xed\x95\x98",
					    "\xe6\x9d\xb1",
					    "\xff",
					    "\x01",
					    "z",
					    "\xe2\x89\xa0",
					    "unaffable",
					    "\xe3\x80\xae",
					    "\xf0\x9f\x91\xa8",
					    "abc"};
	size_t n = 0, want = rng_below(r, 40);
	while (want--) {
		const char *s = parts[rng_below(r, sizeof parts / sizeof *parts)];
		if (n + strlen(s) > cap)
			break;
		memcpy(p + n, s, strlen(s));
		n += strlen(s);
	}
	return n;
}

/* The longest prefix by trying them all. */
static size_t slow_fit(const struct tok *t, const char *p, size_t n, size_t max)
{
	size_t best = 0, first = 0;
	uint32_t cp;
	for (size_t i = 0; i < n;) {
		size_t k = utf8_get(p + i, n - i, &cp);
		i += k ? k : 1;
		first = first ? first : i;
		if (tok_count(t, p, i) <= max)
			best = i;
	}
	return best ? best : first;
}

static void properties(const struct tok *t)
{
	struct rng r = {3};
	char p[1024];
	uint32_t ids[2048];
	size_t n_ids, n_bad_fit = 0, n_bad_sum = 0, n_bad_enc = 0;
	struct err e;
	for (int round = 0; round < 4000; round++) {
		size_t n = random_text(&r, p, sizeof p), max = rng_below(&r, 12), sum = 0, from = 0;
		for (size_t i = 0; i <= n; i++)
			if (i == n || p[i] == ' ' || p[i] == '\n') {
				sum += tok_count(t, p + from, i - from);
				from = i;
			}
		n_bad_sum += sum != tok_count(t, p, n);
		n_bad_fit += n && tok_fit(t, p, n, max) != slow_fit(t, p, n, max);
		n_bad_enc += tok_encode(t, p, n, 2048, ids, &n_ids, NULL, &e) || n_ids != sum + 2;
	}
	ok(!n_bad_sum, "counts add up over pieces cut beside white space");
	ok(!n_bad_enc, "counting and encoding agree");
	ok(!n_bad_fit, "tok_fit finds the longest prefix (%zu differ)", n_bad_fit);
	ok(tok_fit(t, "", 0, 5) == 0 && tok_fit(t, "a", 1, 0) == 1,
	   "tok_fit takes one character at least");
}

static void files(void)
{
	struct tok *t = NULL, *u = NULL;
	struct err e;
	put("tokenizer_config.json", "{\"do_lower_case\": false}");
	ok(!tok_open(dir, &t, &e) && GIVES(t, "hello Hello r\xc3\xa9sum\xc3\xa9", 8, 1, 1),
	   "do_lower_case false keeps case and accents");
	put("tokenizer_config.json", "{\"do_lower_case\": true, \"strip_accents\": false}");
	ok(!tok_open(dir, &u, &e) && GIVES(u, "Hello r\xc3\xa9sum\xc3\xa9", 8, 1) &&
		   strcmp(tok_sha256(t), tok_sha256(u)),
	   "strip_accents is heeded and part of the identity");
	tok_free(t);
	tok_free(u);
	put("tokenizer_config.json", "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}");
	ok(tok_open(dir, &t, &e) == -1 && strstr(e.msg, "BertJapaneseTokenizer"),
	   "another tokenizer is refused by name");
	put("tokenizer_config.json", "{\"do_lower_case\": 1}");
	ok(tok_open(dir, &t, &e) == -1 && strstr(e.msg, "do_lower_case"),
	   "a flag of the wrong type is refused");
	drop("tokenizer_config.json");
	put("vocab.txt", "a\nb\n");
	ok(tok_open(dir, &t, &e) == -1 && strstr(e.msg, "[UNK]"),
	   "a vocabulary without [UNK] is refused");
	drop("vocab.txt");
	ok(tok_open(dir, &t, &e) == -1 && strstr(e.msg, "tokenizer.json"),
	   "no vocabulary is an error that names the file");
	put("tokenizer.json",
	    "{\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,"
	    "\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true},"
	    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"model\":{\"type\":\"WordPiece\","
	    "\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_"
	    "word\":5,"
	    "\"vocab\":{\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"a\":5,\"##b\":9}}}");
	ok(!tok_open(dir, &t, &e) && GIVES(t, "Ab abbbb abbbbb", 5, 9, 5, 9, 9, 9, 9, 1),
	   "tokenizer.json serves where there is no vocab.txt");
	tok_free(t);
	put("tokenizer.json", "{\"model\":{\"type\":\"BPE\"}}");
	ok(tok_open(dir, &t, &e) == -1, "a tokenizer.json of another kind is refused");
	drop("tokenizer.json");
}

int main(void)
{
	struct tok *t = NULL;
	struct err e;
	if (!mkdtemp(dir))
		return 2;
	put("vocab.txt", vocab);
	if (!ok(!tok_open(dir, &t, &e), "a vocabulary opens"))
		return done();
	normalisation(t);
	pieces(t);
	limits(t);
	properties(t);
	tok_free(t);
	files();
	rmdir(dir);
	return done();
}
