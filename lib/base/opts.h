/*
 * opts: command-line options from a table, which also makes --help.
 *
 *	static const struct opt table[] = {
 *		{'k', "top-k", "N", "hits to show (10)"},
 *		{ID_JSON, "json", NULL, "JSON Lines"}, {0}};
 *	struct opts o = {.table = table, .usage = "IDX QUERY", .summary = "search"};
 *	opts_init(&o, argc, argv);
 *	for (int c; (c = opts_next(&o));) switch (c) { case 'k': k = opts_num(&o, 1, 1000); ... }
 *	operands: o.args[0..o.n_args-1]
 *
 * Options and operands mix; "--" ends options; a later flag wins. -h/--help and
 * -V/--version are built in. Wrong use ends the program with 2.
 */
#ifndef LEANN_BASE_OPTS_H
#define LEANN_BASE_OPTS_H

#include <stddef.h>
#include <stdint.h>

struct opt {
	int id;			/* a letter, or >= 256 for a long option alone; 0 ends the table */
	const char *name;	/* long name, NULL: letter alone */
	const char *arg;	/* name of its value, NULL: none */
	const char *help;
};

struct opts {
	const struct opt *table;
	const char *usage;	/* after the program's name */
	const char *summary;	/* one line for --help */
	const char *more;	/* text after the options in --help, or NULL */
	char **args;		/* operands, filled as they are met */
	size_t n_args;
	/* the current option */
	const struct opt *opt;
	const char *val;
	/* private */
	char **argv;
	int argc, i;
	const char *cluster;
	int only_args;
};

void opts_init(struct opts *o, int argc, char **argv);
/* The id of the next option, 0 at the end; o->val is its value. */
int opts_next(struct opts *o);
/* o->val as a number in [min, max]; anything else ends the program, naming option and range. */
int64_t opts_num(const struct opts *o, int64_t min, int64_t max);
double opts_real(const struct opts *o, double min, double max);
/* o->val as a size: digits with k, M or G (powers of 1024). */
uint64_t opts_size(const struct opts *o, uint64_t max);
/* o->val as one of the words of list, NULL-terminated: its index. */
size_t opts_word(const struct opts *o, const char *const *list);

#define LEANN_VERSION "0.1.0"

#endif
