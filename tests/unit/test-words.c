/* Words as search compares them, document frequencies, BM25. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "algo/lexical.h"
#include "base/hash.h"
#include "base/rng.h"
#include "unit.h"

/* want: the words, space-separated, as they are compared. */
static void cut(const char *text, const char *want)
{
	struct words w = WORDS_INIT;
	size_t k = 0;
	bool good = true;
	words_of(text, strlen(text), &w);
	for (const char *p = want; *p; k++) {
		size_t n = strcspn(p, " ");
		good &= k < w.n && w.p[k].hash == hash64(p, n);
		p += n + (p[n] == ' ');
	}
	ok(good && k == w.n, "\"%s\" is the words \"%s\" (%zu of %zu)", text, want, w.n, k);
	words_release(&w);
}

static void cutting(void)
{
	cut("", "");
	cut(" .,-- \n", "");
	cut("The quick, brown-fox.", "the quick brown fox");
	cut("docs classes glass bus parties is gas", "doc classe glass bus party is gas");
	cut("read_file", "read file readfile");
	cut("readFile2", "read file2 readfile2");
	cut("HTTPServer parseJSON", "http server httpserver parse json parsejson");
	cut("_private __init__", "private init");
	cut("utf8Names x86_64", "utf8 name utf8names x86 64 x8664");
	cut("\303\234ber \303\234BER caf\303\251", "\303\274ber \303\274ber caf\303\251");
	cut("\320\234\320\276\321\201\320\272\320\262\320\260",
	    "\320\274\320\276\321\201\320\272\320\262\320\260");
	cut("\316\221\316\233\316\246\316\221", "\316\261\316\273\317\206\316\261");
	cut("\342\200\234quoted\342\200\235 a\302\240b", "quoted a b");
	cut("\346\274\242\345\255\227kana", "\346\274\242 \345\255\227 kana");
	cut("broken \303 \377x", "broken \303 \377x");
	char text[400];
	memset(text, 'a', sizeof text);
	memcpy(text + 300, " short_", 7);
	text[sizeof text - 1] = 0;
	cut(text, "short");
	text[307 + 64] = 0;
	cut(text + 301, "short aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	cut("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb_c_dd",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb c dd");
}

static void places(void)
{
	static const char text[] = "x openFile(2)";
	struct words w = WORDS_INIT;
	words_of(text, strlen(text), &w);
	ok(w.n == 5 && w.p[1].at == 2 && w.p[1].len == 4 && w.p[2].at == 6 && w.p[2].len == 4 &&
		   w.p[3].at == 2 && w.p[3].len == 8,
	   "words know where they stand in the text");
	words_release(&w);
}

static size_t random_text(struct rng *r, char *p, size_t cap)
{
	static const char *const parts[] = {"a", "b", "Ab", "XMLHttp", "_", "__", "9", "s", "ies", "parties",
					    " ", " ", " ", "\n", ", ", "(", "reader", "very_long_name_of",
					    "\303\251", "\303\234", "\342\200\224", "\346\274\242", "\377"};
	size_t n = 0;
	for (uint64_t want = rng_below(r, 60); want--;) {
		const char *s = parts[rng_below(r, sizeof parts / sizeof *parts)];
		if (n + strlen(s) > cap)
			break;
		memcpy(p + n, s, strlen(s));
		n += strlen(s);
	}
	return n;
}

static bool same(const struct word *a, const struct word *b, size_t n, size_t by)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].hash != b[i].hash || a[i].at != b[i].at + by || a[i].len != b[i].len)
			return false;
	return true;
}

/* Whatever the place in a block of 64 bytes, and whatever was remembered. */
static void anywhere(void)
{
	struct rng r = {7};
	struct words all = WORDS_INIT, piece = WORDS_INIT;
	struct words_seen *seen = words_seen_new();
	size_t n_bad = 0, n_bad_seen = 0;
	char p[1024];
	for (int round = 0; round < 4000; round++) {
		size_t n = random_text(&r, p, sizeof p), from = 0, k = 0;
		words_of(p, n, &all);
		words_find(p, n, &piece, seen);
		n_bad_seen += piece.n != all.n || !same(piece.p, all.p, all.n, 0);
		for (size_t i = 0; i <= n; i++)
			if (i == n || p[i] == ' ' || p[i] == '\n') {
				words_of(p + from, i - from, &piece);
				n_bad += k + piece.n > all.n || !same(all.p + k, piece.p, piece.n, from);
				k += piece.n;
				from = i;
			}
		n_bad += k != all.n;
	}
	ok(!n_bad, "words of a text are those of its pieces between white space (%zu differ)", n_bad);
	ok(!n_bad_seen, "what is remembered of other texts changes nothing (%zu differ)", n_bad_seen);
	words_seen_free(seen);
	words_release(&all);
	words_release(&piece);
}

static double df_of(const struct terms *t, const char *word)
{
	return terms_df(t, hash64(word, strlen(word)));
}

/* 200 passages: all have "common", every tenth "seldom", one "once"; and many others. */
static void frequencies(void)
{
	struct terms_count *c = terms_count_new();
	struct buf level = BUF_INIT;
	for (int i = 0; i < 200; i++) {
		char text[100];
		snprintf(text, sizeof text, "common common w%d%s%s", i, i % 10 ? "" : " seldom",
			 i == 77 ? " once" : "");
		terms_add(c, text, strlen(text));
	}
	terms_pack(c, &level);
	struct terms t = {level.p, level.len, terms_n_words(c), 200};
	ok(terms_n_words(c) == 200 * 3 + 20 + 1, "all words are counted");
	ok(terms_buckets_ok(level.len) && level.len == 256, "200 words take 256 buckets");
	double common = df_of(&t, "common"), seldom = df_of(&t, "seldom"), once = df_of(&t, "once");
	ok(common > 180 && common <= 200, "a word of all 200 passages counts %.1f", common);
	ok(seldom > 18 && seldom < 30, "a word of 20 counts %.1f", seldom);
	ok(once >= 1 && once < 6, "a word of one counts %.1f", once);
	buf_release(&level);
	terms_count_free(c);
}

static double score(const char *question, const char *text, const struct terms *t)
{
	struct lexical *q = malloc(sizeof *q);
	lexical_init(q, question, strlen(question), t);
	double s = lexical_score(q, text, strlen(text));
	lexical_release(q);
	free(q);
	return s;
}

static void ranking(void)
{
	struct terms_count *c = terms_count_new();
	struct buf level = BUF_INIT;
	for (int i = 0; i < 100; i++)
		terms_add(c, i ? "the common word stands here" : "the mutex word stands here", 26);
	terms_pack(c, &level);
	struct terms t = {level.p, level.len, terms_n_words(c), 100};
	ok(score("mutex", "nothing of it", &t) == 0, "no word in common: 0");
	ok(score("common mutex", "a mutex here now", &t) >
		   score("common mutex", "in common here now", &t),
	   "a rare word counts more than a frequent one");
	ok(score("this is the word for that", "this is the other for that", &t) == 0,
	   "the commonest words of English do not count");
	ok(score("mutex mutex", "a mutex", &t) == score("mutex", "a mutex", &t),
	   "a word of the question counts once");
	ok(score("mutex", "mutex mutex", &t) > score("mutex", "mutex other", &t) &&
		   score("mutex", "mutex mutex", &t) < 2 * score("mutex", "mutex other", &t),
	   "a word twice in a passage counts more, but less than twice");
	ok(score("mutex", "mutex", &t) > score("mutex", "mutex and many words more than that", &t),
	   "a short passage counts more than a long one");
	double k1 = 1.2, b = .75, idf = log(1 + (100 - 1.0443) / 1.5443);
	double want = idf * (k1 + 1) / (1 + k1 * (1 - b + b * 2 / 5));
	double got = score("mutex", "mutex lock", &t);
	ok(fabs(got - want) < .02 * want, "BM25 by hand: %.4f, want %.4f", got, want);
	buf_release(&level);
	terms_count_free(c);
}

int main(void)
{
	cutting();
	places();
	anywhere();
	frequencies();
	ranking();
	return done();
}
