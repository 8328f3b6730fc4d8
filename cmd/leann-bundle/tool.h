/* tool: the commands of leann-bundle; each gets the operands behind its name. */
#ifndef LEANN_BUNDLE_TOOL_H
#define LEANN_BUNDLE_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "fmt/bundle.h"

struct index;

struct tool_opts {
	const char *out, *root, *model;	/* NULL: not given */
	const char *metric;		/* of validate_metrics; NULL: all */
	double wait_s;
	size_t n_sample;		/* passages that validate embeds again; 0: none */
	bool json, quiet, reverse, skip_stale, verbose, checksum, self_contained;
	char **argv;			/* all of the program's arguments, for the provenance */
	size_t n_argv;
};

/* Each returns the exit status, or -1 with e filled. */
int cmd_show(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;
int cmd_stats(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;
int cmd_verify(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;
int cmd_validate(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;	/* 1: stale or not good */
int cmd_due(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;	/* 1: it is not */
int cmd_unpack(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;
int cmd_pack(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;
int cmd_cat(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;
int cmd_export(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;	/* 1: a source is stale */
int cmd_import(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;	/* 1: not ready */
int cmd_text(const struct tool_opts *o, char **args, struct err *e) MUST_CHECK;

/*
 * A name for each of the n_roots of an index, by which its files are told apart when they have no root
 * any more: as many last components, of all of them, as it takes. *out NULL: one root at most has
 * files that are not stored. Caller: root_names_free().
 */
enum { ROOT_NAME_COMPONENTS_MAX = 64 };
int root_names(const struct index *ix, char ***out, struct err *e) MUST_CHECK;
void root_names_free(char **name, size_t n);

/* What show says: the manifest with its sizes (caller owns), or lines for people. */
struct js *show_object(const struct index *ix);
void show_report(const struct index *ix);
/* show_provider.c: two lines about who embeds; does text leave this machine for it? */
void show_provider(const struct index *ix);
bool text_leaves(const struct index *ix);
/* Text of a stranger on stdout: what drives a terminal is shown as "?". */
void show_safe(const char *s);
/* One line of JSON on stdout; frees it. */
void show_js(struct js *o);
/* The lines of path, or of stdin when NULL, back to bytes. */
int text_reverse(const struct tool_opts *o, const char *path, struct err *e) MUST_CHECK;
/* As bundle_publish(), but what was written is opened and verified before it gets its name. */
int publish_checked(const char *path, double wait_s, const struct js *extra,
		    const struct bundle_part *part, size_t n_parts, struct err *e) MUST_CHECK;

/* A character that a terminal may act on: control, DEL, C1, direction. */
static inline bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e ||
	       cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* fields.c: metadata; an array, and lines. */
struct js *fields_json(const struct index *ix);
void fields_report(const struct index *ix);

#endif
