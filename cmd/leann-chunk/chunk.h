/* chunk: what the files of leann-chunk share: options, the list of inputs, the way out. */
#ifndef LEANN_CMD_CHUNK_H
#define LEANN_CMD_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/lang.h"
#include "algo/passages.h"
#include "algo/sums.h"
#include "base/opts.h"
#include "base/par.h"
#include "base/progress.h"
#include "fmt/context.h"
#include "fmt/meta.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "port/tail.h"
#include "sys/config.h"
#include "sys/glob.h"
#include "sys/jsonl.h"
#include "sys/modeldir.h"
#include "sys/readfile.h"
#include "types.h"

#include "structure.h"

enum {
	TOKENS_MIN = 16,
	OVERLAP_NONE = -1,			/* not given: see overlap_of() */
	NAMED_FILE_MAX = 1 << 30,		/* bytes: any file, and standard input: they are read whole */
	EXTRACT_TIMEOUT_S = 60,			/* --extract-timeout when it is not given */
	SUMS_BYTES_MAX = 2 << 20,		/* words of larger files are found when they are written */
	MAX_FILESIZE = 16 << 20,		/* bytes: --max-filesize when it is not given */
};

struct chunk_opts {
	const char *model, *stdin_name, *files_from, *config_path;
	const char *update, *git_from, *git_to;	/* --update INDEX, --git-diff; NULL: none */
	const char *decided;			/* name of the first option given that decides passages */
	bool checksum, full, reembed, dry_run, model_given, lang_given, out_null;
	bool generated;				/* --include-generated */
	bool no_structure;			/* --structure=none: no ctags */
	enum context context;			/* CONTEXT_N: not given */
	bool from_index;			/* what decides passages is from chunking.args */
	struct config config;
	size_t max_tokens;			/* special tokens included; 0: the model's limit */
	int overlap;
	struct globs globs;			/* those of the settings, then those of the options */
	struct buf option_globs;		/* NUL-terminated, in order */
	struct buf metas;			/* of --meta, likewise */
	bool lexical, hidden, no_ignore, null, jsonl, truncate, list, show_config, verbose, quiet;
	uint64_t max_bytes;
	bool follow, one_fs, explain, type_list;
	unsigned n_unrestricted;		/* how often -u */
	struct types types;			/* -t and -T */
	bool no_extract, archives;
	unsigned extract_timeout_s;
	const struct lang **langs;		/* (n_langs); none: all */
	size_t n_langs, n_threads;
};

/* options.c */
extern const struct opt chunk_table[];
void options_parse(struct chunk_opts *c, struct opts *o);
void options_check(const struct chunk_opts *c, const struct opts *o);
/* An option that decides what passages there are, taken into c; false: another one. */
bool options_decide(struct chunk_opts *c, const struct opts *o, int id);

/* settings.c: what options and leann-config(5) both say. Wrong use ends the program. */
void settings_glob(struct chunk_opts *c, const char *pattern, bool exclude);
void settings_set(struct chunk_opts *c, const char *key, const struct opts *o);
void settings_finish(struct chunk_opts *c);	/* file and environment read, everything in place */
int settings_show(struct chunk_opts *c);	/* prints and releases; 0 */
void settings_release(struct chunk_opts *c);

/*
 * args.c: the arguments for the header's chunk_args, each ended by NUL; false where there are none to
 * give: something comes from standard input, or they are too many.
 */
bool args_put(struct buf *out, const struct chunk_opts *c, char **operand, size_t n_operands);
/* What such arguments say into c and o, which keep args; options of the command line stay. */
int options_from_index(struct chunk_opts *c, struct opts *o, char *args, size_t n_bytes,
		       struct err *e) MUST_CHECK;
/* As seen from the root directory, without "." components; caller frees. */
char *absolute(const char *name);

/* Left out, and why; printed by summary(). */
struct counts {
	uint64_t n_files, n_chunks, n_tokens, n_bytes, n_empty, n_binary, n_too_big, n_unreadable,
		n_changed, n_symlinks, n_special, n_ignored, n_repaired, n_split_words, n_truncated,
		n_twice, n_gone, n_meta_lost, n_decoded, n_other_fs, n_unstructured, n_no_text,
		n_extracted, n_generated, n_refused,
		n_over_most;
};

/* One input. rel is below roots[root]; named: given by itself, not found in a directory. */
struct source {
	size_t root;
	char *rel, *shown;			/* shown NULL: the root's shown and rel */
	bool named, is_stdin;
	/* --update */
	uint32_t old1, was1;			/* its file in the index, + 1; where git says it was */
	bool unasked;				/* with --full: read for its words; what it had stays */
};

struct root {
	char *path, *shown;			/* absolute; as the user wrote it, ending in "/" */
	bool walked;				/* a directory that was read from here on */
};

struct sources {
	struct source *p;
	size_t n, cap;
	struct root *roots;
	size_t n_roots, n_known;		/* the first are those of the index of --update */
	struct id_set seen;			/* absolute paths */
	struct id_set followed;			/* device and inode of directories that links led to */
	struct buf unsure;			/* as in struct walk */
};

struct update;

/* Roots of an index, before sources_collect(). */
void sources_known(struct sources *s, char *const *root, size_t n);
/*
 * Fills s from operands and --files-from; a missing operand is an error, unless it is a file that up
 * (may be NULL) knows; a missing line is a warning.
 */
int sources_collect(struct sources *s, const struct chunk_opts *c, struct update *up, char **args,
		    size_t n_args, struct counts *counts, struct err *e) MUST_CHECK;
/* A name for messages and --list. Caller frees. */
char *source_shown(const struct sources *s, const struct source *src);
void sources_release(struct sources *s);

/* meta.c: metadata of the run, of the file at hand, and of its passages from a place on. */
struct meta_state {
	struct meta run;			/* --meta */
	struct meta file;			/* that, and what the file says of itself */
	struct meta written;			/* the latest record's */
	struct meta next;			/* of passages from off, sub_off on */
	uint64_t off, sub_off;
};

/* Everything below reading and writing. */
struct chunker {
	const struct chunk_opts *c;
	struct sources *src;
	struct counts counts;
	struct passages_params prose, code;
	size_t n_special;			/* tokens added to every passage: [CLS], [SEP], the prefix */
	size_t max_tokens;			/* of a passage with these, and with the line before it */
	enum context context;
	struct buf path, embedded;		/* of the file being written; the line and a passage's text */
	unsigned file_flags;
	struct structure *structure;
	struct par *par;
	struct progress progress;
	struct stream_out out, *to;		/* to: where files and chunks go */
	struct update *up;			/* with --update, else NULL */
	struct buf body;			/* of the record being written */
	struct tail tail;			/* no copies where one text is embedded in several ways */
	const uint64_t *found;			/* words' hashes of the next chunk; NULL: not found yet */
	size_t n_found;
	struct meta_state meta;
	struct id_set ids;			/* of JSON Lines records, over all inputs */
};

/* By --lang, -t and -T. path is the file's, its name counts. */
bool lang_wanted(const struct chunk_opts *c, const char *path, const struct lang *l);
/*
 * A regular file's bytes, or standard input's; 0 with *skip set when it is left out (and
 * counted).
 */
int source_read(struct chunker *k, struct readfile *rf, const struct source *s, struct buf *b,
		struct file_meta *m, enum read_result *res, struct err *e) MUST_CHECK;
/* Warn about and count a source that was not READ_OK. */
void source_skipped(struct chunker *k, const struct source *s, enum read_result res,
		    const struct file_meta *m, const struct err *why);

int chunk_files(struct chunker *k, struct err *e) MUST_CHECK;		/* files.c */
int chunk_records(struct chunker *k, struct err *e) MUST_CHECK;		/* records.c */
int list_files(struct chunker *k, struct err *e) MUST_CHECK;		/* list.c */
/*
 * explain.c: what becomes of each operand of o below the roots that are from's operands, NULL: the working
 * directory. *all_in: nothing is left out.
 */
int explain_paths(struct chunker *k, const struct opts *o, const struct opts *from, bool *all_in,
		  struct err *e) MUST_CHECK;
/* To stdout. null: as it is; else control characters are \xNN, on a terminal odd bytes, too. */
void put_name(const char *s, bool null);

/* A file, and text records of what is kept of it, its bytes or its text; then its chunks. */
int emit_file(struct chunker *k, const struct source *s, const struct rec_file *f,
	      const struct buf *kept, struct err *e) MUST_CHECK;
/*
 * Metadata of the passages of the latest emit_file() that begin at or after this place (bytes of the
 * file, bytes of the record's text), until the next call: m, and what --meta and the file itself say
 * where m has no such key. In ascending order, before the emit_chunk()s concerned; again at one
 * place: the last counts. Nothing is written where nothing changes, so calls are cheap: one before
 * every chunk is fine.
 */
int emit_meta(struct chunker *k, uint64_t off, uint64_t sub_off, const struct meta *m,
	      struct err *e) MUST_CHECK;
/* A new file begins; what emit_meta() said last is written before the first chunk that it is for. */
void meta_file(struct chunker *k, const struct rec_file *f, const struct buf *kept);
int meta_before(struct chunker *k, const struct rec_chunk *c, struct err *e) MUST_CHECK;
int write_meta(struct chunker *k, uint64_t off, uint64_t sub_off, const struct meta *m,
	       struct err *e) MUST_CHECK;
/* --meta; wrong use ends the program. */
void meta_option(struct chunk_opts *c, const char *key_value);
void meta_run(struct chunker *k);		/* all of --meta into k->meta */
void meta_state_release(struct meta_state *s);
/* After the last chunk of a file. */
int emit_file_end(struct chunker *k, struct err *e) MUST_CHECK;
/* The same without --update's choice; words: they count. */
int write_file(struct chunker *k, const struct rec_file *f, const struct buf *stored,
	       struct err *e) MUST_CHECK;
/* m: its metadata, for the line before its text; c's text and tokens are without it, and borrowed. */
int write_chunk(struct chunker *k, struct rec_chunk *c, const struct meta *m, bool words,
		struct err *e) MUST_CHECK;
int emit_chunk(struct chunker *k, struct rec_chunk *c, struct err *e) MUST_CHECK;

/*
 * tally.c: a thread finds the words of a file's passages into out; w and seen are its own. Whoever writes them
 * begins at tally_first() and calls tally_next() before each chunk; count_words() then has them.
 */
void tally_find(struct buf *out, const struct passages *ps, struct sums *s);
const uint64_t *tally_first(const struct buf *found);
void tally_next(struct chunker *k, const uint64_t **at);
/* Words of the passage at hand, which may have been found already; number as in tail.h. */
void count_words(struct chunker *k, const char *text, size_t n, uint64_t number);
/* In how many passages words occur, with --lexical where, hashes and copies; after the last chunk. */
int emit_tail(struct chunker *k, struct err *e) MUST_CHECK;
/* A file that generated_why() is about. */
void count_generated(struct chunker *k, const struct source *s, const char *why);
void summary(const struct chunker *k);

#endif
