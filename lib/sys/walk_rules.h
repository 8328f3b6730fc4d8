/*
 * walk_rules: which rules of ignore files count in a directory, for walk.c.
 *
 * Of the kinds below the first that has a matching rule decides, and of the files of one kind the one
 * that lies deepest: as in ripgrep. Files above the root count, too: .leannignore and .ignore in all
 * directories, .gitignore those of the work tree that the root lies in. Below the root .gitignore counts
 * whether or not there is a work tree, but none from outside a repository counts inside it.
 */
#ifndef LEANN_SYS_WALK_RULES_H
#define LEANN_SYS_WALK_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sys/gitignore.h"

enum { RULES_LEANN, RULES_IGNORE, RULES_GIT, RULES_EXCLUDE, RULES_GLOBAL, RULES_KINDS };

/* Entries of a directory that matter here, as bits. */
enum { HAS_LEANN = 1, HAS_IGNORE = 2, HAS_GITIGNORE = 4, HAS_GIT = 8, HAS_ALL = 15 };
unsigned rules_has(const char *name);

struct rule_dir {
	const struct rule_dir *up;	/* NULL above the root directory */
	size_t base;			/* bytes of its absolute path, its last slash among them */
	/* The nearest directory with rules that count here, from this one on; and from the next one. */
	const struct rule_dir *here[RULES_KINDS], *above[RULES_KINDS];
	struct rules rules[RULES_KINDS];
	char *file[RULES_KINDS];	/* of EXCLUDE and GLOBAL: where they are; NULL: in this directory */
	bool in_git, fold;
};

/* Where rules come from; msg: a file that cannot be read. */
struct rule_hit {
	const struct rule *rule;	/* NULL: none */
	const struct rule_dir *dir;
	int kind;
};

typedef void rules_warn(void *ctx, const char *msg);

/*
 * The directory path ("/a/b/"), open as fd, that has these entries. above: it is over the root. -1 where
 * rules cannot be had for a reason that is not theirs (readfile_starved()); d is to be closed then, too.
 */
int rule_dir_open(struct rule_dir *d, const struct rule_dir *up, int fd, const char *path, unsigned has,
		  bool above, rules_warn *warn, void *ctx, struct err *e) MUST_CHECK;
void rule_dir_close(struct rule_dir *d);
/* What they say of an entry of d: its absolute path. */
struct rule_hit rule_dir_match(const struct rule_dir *d, const char *path, bool is_dir);
/* "FILE:LINE:PATTERN"; path is any below the directory. */
void rule_hit_put(const struct rule_hit *hit, const char *path, struct buf *out);

#endif
