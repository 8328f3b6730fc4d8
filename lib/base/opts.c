/* Options from a table; see opts.h. */
#include "base/opts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/mem.h"

static const struct opt builtin[] = {
	{'h', "help", NULL, "show this and exit"},
	{'V', "version", NULL, "show the version and exit"},
	{0},
};

static void help_one(const struct opt *p)
{
	char left[80];
	char shown[8] = "    ";
	if (p->id < 256)
		snprintf(shown, sizeof shown, "-%c%s", p->id, p->name ? ", " : "");
	snprintf(left, sizeof left, "%s%s%s%s%s", shown, p->name ? "--" : "",
		 p->name ? p->name : "", p->arg ? (p->name ? "=" : " ") : "", p->arg ? p->arg : "");
	printf("  %-30s %s\n", left, p->help);
}

static _Noreturn void help(const struct opts *o)
{
	printf("usage: %s %s\n%s\n\n", err_prog(), o->usage, o->summary);
	for (const struct opt *p = o->table; p->id; p++)
		help_one(p);
	for (const struct opt *p = builtin; p->id; p++)
		help_one(p);
	if (o->more)
		printf("\n%s\n", o->more);
	close_stdout_die();
	exit(0);
}

static _Noreturn void version(void)
{
	printf("%s " LEANN_VERSION "\n", err_prog());
	close_stdout_die();
	exit(0);
}

void opts_init(struct opts *o, int argc, char **argv)
{
	o->argc = argc;
	o->argv = argv;
	o->i = 1;
	o->args = mem_calloc((size_t)argc + 1, sizeof *o->args);
	o->n_args = 0;
	o->cluster = NULL;
	o->only_args = 0;
}

static const struct opt *find(const struct opts *o, int id, const char *name, size_t n)
{
	const struct opt *tables[] = {o->table, builtin};
	for (int t = 0; t < 2; t++)
		for (const struct opt *p = tables[t]; p->id; p++)
			if (name ? p->name && strlen(p->name) == n && !memcmp(p->name, name, n)
				 : p->id == id)
				return p;
	return NULL;
}

static int found(struct opts *o, const struct opt *p, const char *val)
{
	if (p == &builtin[0])
		help(o);
	if (p == &builtin[1])
		version();
	o->opt = p;
	o->val = val;
	return p->id;
}

static const char *next_word(struct opts *o, const struct opt *p)
{
	if (o->i >= o->argc) {
		if (p->name)
			err_usage_die("--%s needs a value: %s", p->name, p->arg);
		err_usage_die("-%c needs a value: %s", p->id, p->arg);
	}
	return o->argv[o->i++];
}

static int long_opt(struct opts *o, const char *word)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : strlen(word);
	const struct opt *p = find(o, 0, word, n);
	if (!p)
		err_usage_die("unknown option --%.*s", (int)n, word);
	if (!p->arg && eq)
		err_usage_die("--%s takes no value", p->name);
	return found(o, p, p->arg ? (eq ? eq + 1 : next_word(o, p)) : NULL);
}

static int short_opt(struct opts *o)
{
	int c = (unsigned char)*o->cluster++;
	const struct opt *p = find(o, c, NULL, 0);
	const char *val = NULL;
	if (!p)
		err_usage_die("unknown option -%c", c);
	if (p->arg) {
		val = *o->cluster ? o->cluster : next_word(o, p);
		o->cluster = NULL;
	} else if (!*o->cluster) {
		o->cluster = NULL;
	}
	return found(o, p, val);
}

int opts_next(struct opts *o)
{
	if (o->cluster)
		return short_opt(o);
	while (o->i < o->argc) {
		char *a = o->argv[o->i++];
		if (o->only_args || a[0] != '-' || !a[1]) {
			o->args[o->n_args++] = a;
		} else if (!strcmp(a, "--")) {
			o->only_args = 1;
		} else if (a[1] == '-') {
			return long_opt(o, a + 2);
		} else {
			o->cluster = a + 1;
			return short_opt(o);
		}
	}
	return 0;
}

/* "--top-k" or "-k", for messages. */
static const char *shown(const struct opts *o)
{
	static char s[60];
	if (o->opt->name)
		snprintf(s, sizeof s, "--%s", o->opt->name);
	else
		snprintf(s, sizeof s, "-%c", o->opt->id);
	return s;
}

int64_t opts_num(const struct opts *o, int64_t min, int64_t max)
{
	char *end;
	errno = 0;
	long long v = strtoll(o->val, &end, 10);
	if (!*o->val || *end || errno || v < min || v > max)
		err_usage_die("%s %s: want a whole number from %lld to %lld", shown(o), o->val,
			      (long long)min, (long long)max);
	return v;
}

double opts_real(const struct opts *o, double min, double max)
{
	char *end;
	double v = strtod(o->val, &end);
	if (!*o->val || *end || !isfinite(v) || v < min || v > max)
		err_usage_die("%s %s: want a number from %g to %g", shown(o), o->val, min, max);
	return v;
}

uint64_t opts_size(const struct opts *o, uint64_t max)
{
	char *end;
	errno = 0;
	unsigned long long v = strtoull(o->val, &end, 10);
	int shift = *end == 'k' || *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if (shift)
		end++;
	if (!*o->val || *o->val == '-' || *end || errno || v > max >> shift)
		err_usage_die("%s %s: want a size up to %llu bytes, such as 512k or 16M", shown(o),
			      o->val, (unsigned long long)max);
	return (uint64_t)v << shift;
}

size_t opts_word(const struct opts *o, const char *const *list)
{
	char words[300] = "";
	size_t n = 0;
	for (size_t i = 0; list[i]; i++) {
		if (!strcmp(o->val, list[i]))
			return i;
		n += (size_t)snprintf(words + n, n < sizeof words ? sizeof words - n : 0, " %s",
				      list[i]);
		if (n >= sizeof words)
			n = sizeof words - 1;
	}
	err_usage_die("%s %s: want one of:%s", shown(o), o->val, words);
}
