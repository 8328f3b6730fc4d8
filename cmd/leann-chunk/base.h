/* base: the index that --update goes out from: its live files by path and by content. */
#ifndef LEANN_CMD_BASE_H
#define LEANN_CMD_BASE_H

#include <stdbool.h>

#include "base/names.h"
#include "fmt/index.h"
#include "fmt/record.h"

struct base {
	struct index ix;
	struct names by_path;		/* absolute path -> file; stored files are not there */
	struct names removed;		/* of those that are not live any more */
	struct names by_content;	/* size and hash -> file */
	char **root;			/* (ix.n_roots) absolute */
	size_t *path;			/* (ix.n_files) of by_path's item; SIZE_MAX: none */
	struct buf args;		/* chunking.args, each ended by NUL */
	bool has_args;
};
#define BASE_INIT {.ix.b.fd = -1, .by_path = NAMES_INIT, .removed = NAMES_INIT, \
		    .by_content = NAMES_INIT}

int base_open(struct base *b, const char *path, struct err *e) MUST_CHECK;
void base_release(struct base *b);
/* Absolute path of a live file that is not stored. */
const char *base_path(const struct base *b, size_t i);
/* root and rel of a path: "/a" and "b/c" are "/a/b/c". Caller frees. */
char *path_below(const char *root, const char *rel);
/* Is path dir, or below it? */
bool path_inside(const char *path, const char *dir);
/* A live file with these bytes, cut the same way; NAMES_NONE: none. */
uint32_t base_content(const struct base *b, const struct rec_file *f);
/* Are these the bytes of file i, cut the same way? */
bool base_same(const struct base *b, size_t i, const struct rec_file *f);

#endif
