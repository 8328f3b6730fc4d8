/*
 * leann: questions to an index of leann, from C or C++. See leann(3), which has a whole program.
 *
 *	struct leann_error e;
 *	struct leann_index *ix;
 *	struct leann_searcher *s;
 *	struct leann_results *r;
 *	struct leann_text q = {"where is the configuration parsed?", 34};
 *
 *	if (leann_open("src.leann", 0, &ix, &e) || leann_searcher_new(ix, NULL, &s, &e) ||
 *	    leann_search(s, &q, 1, NULL, &r, &e))
 *		fprintf(stderr, "%s\n", e.message);
 *	... r->answers[0].hits[0].chunk, leann_passage_get() ...
 *	leann_results_free(r); leann_searcher_free(s); leann_close(ix);
 *
 * Functions that can fail return 0, or -1 with *e filled; e may be NULL. On failure nothing is
 * made and the pointer for the result is set to NULL. Functions that free take NULL.
 *
 * Threads: an index and a filter never change once made, and any number of threads may use them.
 * A searcher, and what leann_passage_get() gave, is for one thread at a time; make one for each.
 * Results belong to the caller. No handle survives fork() into the child.
 *
 * Two things end the process, with a line on stderr and status 2: no more memory, and an index
 * file that another program cuts short while it is mapped (the first leann_open() takes the
 * signal SIGBUS for that; a fault elsewhere is passed on to the default action).
 */
#ifndef LEANN_LEANN_H
#define LEANN_LEANN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LEANN_API __attribute__((visibility("default")))
#else
#define LEANN_API
#endif

/* Of struct leann_error; as the exit statuses of the programs, but for 1 and 3. */
enum leann_status {
	LEANN_OK = 0,
	LEANN_USAGE = 1,	/* wrong use: an unknown language, another root where there are several */
	LEANN_DATA = 2,		/* a damaged index, another model, a failed system call */
	LEANN_NOT_FOUND = 3,	/* leann_find(): the index has no such file or line */
	LEANN_TEMPORARY = 75,	/* try again later: the embedding server could not be reached in time */
};

struct leann_error {
	int status;		/* enum leann_status */
	char message[1000];	/* where, what, the numbers; NUL-terminated, no LF but in names of files */
};

/* Bytes that are borrowed for a call, or for as long as what they came from says. */
struct leann_text {
	const char *p;		/* UTF-8, unless said otherwise */
	size_t n_bytes;
};

/* The version of the library, "0.1.0"; static. */
LEANN_API const char *leann_version(void);

/* ---- an index ---- */

struct leann_index;

enum { LEANN_OPEN_GRAPH = 1 };	/* also unpack the graph over chunks, for ef_search below */

/*
 * Map the index file. flags: 0 or LEANN_OPEN_GRAPH (LEANN_USAGE where the index has no graph).
 * The caller closes it, after every searcher and filter made from it was freed.
 */
LEANN_API int leann_open(const char *path, unsigned flags, struct leann_index **out,
			 struct leann_error *e);
LEANN_API void leann_close(struct leann_index *ix);

struct leann_info {
	const char *path;	/* as given to leann_open() */
	const char *model;	/* name of the embedding model, NULL: the index does not say */
	const char *precision;	/* of its embeddings: "fp32", "bf16" or "int8"; NULL: a provider's */
	size_t n_files, n_chunks;
	size_t dim;		/* of embeddings */
	size_t code_bytes;	/* a chunk; 0 for an index without chunks */
	int has_words;		/* can rank by words beside meaning */
	int has_graph;		/* over chunks */
	size_t n_lists;		/* that codes lie in, 0: none; leann_params.n_probe */
	const char *provider;	/* server of others that embeds: "openai", "ollama", "tei", "leann";
				   NULL: a model of this machine */
	const char *provider_url;	/* where it is, or NULL */
	int remote;		/* not 0: on another machine, which gets questions and passages */
};

/* What is known of the index; lives as long as it. */
LEANN_API const struct leann_info *leann_index_info(const struct leann_index *ix);

/*
 * Do scores of hits from a and b compare? 0: they do. LEANN_USAGE: their passages were embedded by
 * different models, or in different precisions, and the message names both.
 */
LEANN_API int leann_comparable(const struct leann_index *a, const struct leann_index *b,
			       struct leann_error *e);

enum leann_type {
	LEANN_TEXT = 0,
	LEANN_INTEGER = 1,
	LEANN_NUMBER = 2,
	LEANN_BOOL = 3,
	LEANN_TIME = 4,		/* seconds since 1970, UTC */
};

/* A field that filters can compare. A name whose values have several types is there with each. */
struct leann_field {
	const char *name;
	int type;		/* enum leann_type */
	size_t n_values;	/* distinct ones; 0 for those that every file has */
	size_t n_bytes;		/* that they take in the index */
};

/* Fields of files first, then metadata by name; they live as the index. Returns how many. */
LEANN_API size_t leann_index_fields(const struct leann_index *ix, const struct leann_field **fields);

/* ---- a filter: which passages may be hits ---- */

struct leann_filter;

/*
 * languages: names as leann-chunk(1) has them, NULL at the end; a file in any of them is taken.
 * NULL: all are. A name that no file could have is LEANN_USAGE.
 * paths: patterns over paths relative to their root as in .gitignore, "!" before one excludes, the
 * last that matches decides, NULL at the end. NULL or none: all are taken.
 * Nothing given is kept. One bit a chunk, made here once; use it for as many searches as you like.
 * The caller frees it, before the index is closed.
 */
LEANN_API int leann_filter_new(const struct leann_index *ix, const char *const *languages,
			       const char *const *paths, struct leann_filter **out,
			       struct leann_error *e);
/*
 * An expression over fields of files and metadata of passages, leann-search(1), FILTERS. What is wrong
 * with it is LEANN_USAGE: the message has the column, and for an unknown field those that there are.
 * Times such as 7d count back from now. Otherwise as leann_filter_new().
 */
LEANN_API int leann_filter_parse(const struct leann_index *ix, const char *expression,
				 struct leann_filter **out, struct leann_error *e);
/* Those n chunks, in any order, also twice; one that the index does not have is LEANN_USAGE. */
LEANN_API int leann_filter_chunks(const struct leann_index *ix, const uint32_t *chunks, size_t n,
				  struct leann_filter **out, struct leann_error *e);
/* What both let through; they stay the caller's. LEANN_USAGE: they are of two indexes. */
LEANN_API int leann_filter_and(const struct leann_filter *a, const struct leann_filter *b,
			       struct leann_filter **out, struct leann_error *e);
LEANN_API void leann_filter_free(struct leann_filter *f);
/* Chunks it lets through. */
LEANN_API size_t leann_filter_n_chunks(const struct leann_filter *f);
/* Does it let chunk through? Of leann_filter_new() with nothing given: is it there, its file not removed? */
LEANN_API int leann_filter_has(const struct leann_filter *f, uint32_t chunk);

/* ---- a searcher: a connection to the embedding server, the files, threads, the cache ---- */

struct leann_searcher;

/* Strings are not kept. */
struct leann_options {
	const char *root;	/* the files are below this folder now; NULL: where they were */
	const char *model;	/* name or folder of the model; NULL: the index's name for it */
	const char *endpoint;	/* embedding server, leann-embed(7); NULL: $LEANN_ENDPOINT, else
				   the user's own server, which is started where none runs */
	double timeout_s;	/* give up on the server after; 0: 60 */
	int no_start;		/* not 0: do not start a server; none there is LEANN_TEMPORARY */
	unsigned threads;	/* for the scan, the caller's included; 0: one a processor */
	int no_cache;		/* not 0: keep no answers and embeddings, use none: leann-cache(5) */
	const char *reranker;	/* name or folder, for leann_params.rerank; NULL: $LEANN_RERANK_MODEL,
				   else ms-marco-MiniLM-L6-v2 */
	const char *rerank_endpoint;	/* server that has it; NULL: $LEANN_RERANK_ENDPOINT, else the
				   user's own, which is started where none runs */
	int allow_remote;	/* not 0: the provider of the index may be another machine; 0: only
				   where $LEANN_ALLOW_REMOTE names it, else LEANN_USAGE */
};
/* In the order above. */
#define LEANN_OPTIONS_INIT {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, 0}

/*
 * o NULL: all defaults. The first search that needs it connects to an embedding server that has
 * the model and the precision of the index, or fails; one whose answer is in the cache needs none.
 * A server is started by running leann-embed-server from the folder of libleann.so or the folder bin
 * beside that, else of the running program, else from $PATH; it outlives the searcher. The caller
 * frees the searcher; ix outlives it.
 */
LEANN_API int leann_searcher_new(const struct leann_index *ix, const struct leann_options *o,
				 struct leann_searcher **out, struct leann_error *e);
LEANN_API void leann_searcher_free(struct leann_searcher *s);

/* ---- searching ---- */

struct leann_params {
	size_t top_k;		/* hits wanted, at most 10,000; 0: 10 */
	size_t recompute;	/* exact embeddings a question, raised to top_k; 0: leann-search(1) */
	int codes_only;		/* not 0: recompute nothing; cosines come from the codes */
	size_t shortlist;	/* passages whose words are looked at, at most 10,000; 0: 500 */
	double word_weight;	/* how much words count, 0 to 4; 1 is the default's */
	int dense;		/* not 0: rank by meaning alone, shortlist and word_weight unused */
	size_t ef_search;	/* breadth of a walk over the graph, at most 1,000,000, wants
				   LEANN_OPEN_GRAPH; 0: scan every code */
	const struct leann_filter *filter;	/* of the same index; NULL: all files */
	size_t per_file;	/* hits of one file at most; 0: any number */
	int all_copies;		/* not 0: a text that is there again is a hit of its own */
	double recall_target;	/* .90, .95 or .99: sets recompute where that is 0; 0: the default */
	double confidence;	/* above 0, at most 10: stop recomputing by margin, leann-search(1) */
	size_t n_probe;		/* lists to look into where there are lists, more than those: scan every
				   code; 0: leann-search(1) */
	double promote;		/* above 0, at most 1: two-level search over the graph, recomputing that
				   share of what a step met; ef_search 0 is 64 then, at most 10,000 */
	size_t recompute_batch;	/* with promote: so many at a time, at most 10,000; 0: 16 */
	int rerank;		/* not 0: hits are those of rerank_depth that a reranker, which reads
				   question and passage together, puts first, in its order */
	size_t rerank_depth;	/* at most 1,000, raised to top_k; 0: 50 */
};
/* In the order above. */
#define LEANN_PARAMS_INIT {0, 0, 0, 0, 1, 0, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0}

struct leann_hit {
	uint32_t chunk;		/* 0 to n_chunks - 1 */
	float score;		/* hits are in its order: cosine plus a bonus for words, or see reranked */
	float cosine;		/* to the question: of its embedding where exact, else approx */
	float approx;		/* the same by the chunk's code */
	float words;		/* how well words match, 0 to 1 for the best on the shortlist */
	int exact;		/* 0: not computed again, or its source changed */
	const uint32_t *also;	/* n_also chunks, ascending, of the same text but for white space */
	size_t n_also;
	int by_word;		/* not 0: a rare word brought it up, its code was not on the shortlist */
	int reranked;		/* not 0: score is the reranker's, a logit, any finite number; of a hit
				   without, its source changed: it comes after those with */
};

struct leann_answer {
	const struct leann_hit *hits;	/* n_hits, best first */
	size_t n_hits;
	size_t n_recomputed;	/* embeddings computed now, those shared with other questions included */
	int cached;		/* not 0: the answer was in the cache, and its files are as they were */
	size_t n_round_trips;	/* batches of n_recomputed, one after the other */
};

struct leann_results {
	const struct leann_answer *answers;	/* n_answers, in the order of the questions */
	size_t n_answers;
	/* milliseconds of the whole call, and of its steps: embedding the questions, finding
	   candidates, their words, embedding the best of them */
	double total_ms, embed_ms, search_ms, words_ms, recompute_ms;
	double rerank_ms;	/* with leann_params.rerank: reading, scoring, exact cosines of the hits */
};

/*
 * Answer n questions at once: their embeddings are one batch, the chunks to recompute for all of
 * them another, so that 64 questions together are faster than one after the other. p NULL: all
 * defaults. Nothing given is kept. After a failure the searcher can be used again.
 * The caller frees *out; it needs neither the searcher nor the index.
 */
LEANN_API int leann_search(struct leann_searcher *s, const struct leann_text *questions, size_t n,
			   const struct leann_params *p, struct leann_results **out,
			   struct leann_error *e);
LEANN_API void leann_results_free(struct leann_results *r);

/*
 * The passages nearest in meaning to chunk, which is none of them: one answer. The passage is
 * embedded as it is now; a source that changed or went away is LEANN_DATA. Words do not count.
 */
LEANN_API int leann_related(struct leann_searcher *s, uint32_t chunk, const struct leann_params *p,
			    struct leann_results **out, struct leann_error *e);

/* ---- passages ---- */

enum leann_source {
	LEANN_FRESH = 0,	/* the file is what was indexed, byte for byte */
	LEANN_CHANGED = 1,	/* it has other bytes now: no text is given */
	LEANN_MISSING = 2,	/* it is gone */
	LEANN_RECUT = 3,	/* it is, but cut again it gives other passages: leann-index(5), chunks */
	LEANN_UNREADABLE = 4,	/* it is there and may not be read */
};

/* Every p below is NUL-terminated and never NULL; NUL may also be inside. */
struct leann_passage {
	int source;		/* enum leann_source */
	struct leann_text path;	/* root, "/", path below it, any bytes; of a stored file its name */
	struct leann_text id;	/* of the record in a file of records, else empty */
	const char *language;	/* of the file, as leann-chunk(1) names it; lives as the index */
	/* where LEANN_FRESH, else empty and 0 */
	struct leann_text text;	/* as it was embedded */
	uint64_t first_line, last_line;	/* of the file, from 1; the last one with text */
	struct leann_text heading;	/* the heading or definition it is under, empty: none */
};

/*
 * Read chunk's passage from its file into *out, which points into s until the next call with s.
 * Ascending chunks are quickest: the last few files stay in memory.
 */
LEANN_API int leann_passage_get(struct leann_searcher *s, uint32_t chunk,
				struct leann_passage *out, struct leann_error *e);

/*
 * Those n_lines lines (0: 3) of the passage read last by leann_passage_get() that have most different
 * words of the question, the first ones where none has any, into *out, which points into s until the
 * next call with s. Empty where the passage has no text.
 */
LEANN_API void leann_passage_preview(struct leann_searcher *s, struct leann_text question,
				     size_t n_lines, struct leann_text *out);

/* Metadata of a passage: leann-stream(5). */
struct leann_meta {
	const char *key;
	int type;		/* enum leann_type */
	struct leann_text text;	/* LEANN_TEXT; NUL-terminated */
	int64_t integer;	/* LEANN_INTEGER, LEANN_TIME; LEANN_BOOL: 0 or 1 */
	double number;		/* LEANN_NUMBER */
};

/* chunk's, *n of them by key, into *meta, which belongs to s until the next such call. */
LEANN_API int leann_passage_meta(struct leann_searcher *s, uint32_t chunk,
				 const struct leann_meta **meta, size_t *n, struct leann_error *e);

/*
 * How many files may not be read, of those that were to be since the last leann_search(),
 * leann_related() or leann_find(): their passages are scored by codes alone. *why: "PATH: Permission
 * denied" of the first, lives until the next of these; "" where there is none.
 */
LEANN_API size_t leann_unreadable(const struct leann_searcher *s, const char **why);

/*
 * The chunk that line, from 1, of a file is in; line 0: the file's first. path is absolute or
 * relative to the working directory, symbolic links are followed; or the name of a stored file. Of
 * JSON Lines a line is a record. LEANN_NOT_FOUND: there is none; LEANN_DATA: the file changed.
 */
LEANN_API int leann_find(struct leann_searcher *s, const char *path, uint64_t line,
			 uint32_t *chunk, struct leann_error *e);

/* ---- before the first question ---- */

struct leann_warm_part {
	const char *name;	/* of a member of the index, leann-index(5); lives as the index */
	uint64_t bytes;		/* what it has */
	uint64_t read_bytes;	/* what was read of it now; the rest, but for left_bytes, was in memory */
	uint64_t left_bytes;	/* over the limit, or not what every question touches */
};

struct leann_warmth {
	const struct leann_warm_part *parts;	/* n_parts, in the order they are read in */
	size_t n_parts;
	uint64_t max_bytes;	/* the limit that held */
	double read_ms, embed_ms;
};

enum { LEANN_WARM_INDEX_ONLY = 1 };	/* leave the embedding server alone */

/*
 * Read into the system's cache what every question touches of the index, at most max_bytes that are
 * not there yet (0: an eighth of the memory that is available), and embed one word, which connects s
 * to the server, started where none runs, and has it touch its model. flags: 0 or
 * LEANN_WARM_INDEX_ONLY. The caller frees *out, before the index is closed.
 */
LEANN_API int leann_warm(struct leann_searcher *s, uint64_t max_bytes, unsigned flags,
			 struct leann_warmth **out, struct leann_error *e);
LEANN_API void leann_warmth_free(struct leann_warmth *w);

#ifdef __cplusplus
}
#endif

#endif
