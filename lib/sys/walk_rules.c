/* Rules of ignore files on the way down; see walk_rules.h. */
#include "sys/walk_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "sys/gitconf.h"
#include "sys/readfile.h"

#define RULES_MAX ((size_t)4 << 20)	/* bytes of one file */

static const char *const names[] = {".leannignore", ".ignore", ".gitignore", ".git"};

unsigned rules_has(const char *name)
{
	if (*name != '.')
		return 0;
	for (unsigned i = 0; i < 4; i++)
		if (!strcmp(name, names[i]))
			return 1u << i;
	return 0;
}

/* Left out with a warning: what would be ignored is taken. Not so where it is our own fault. */
static int load(struct rule_dir *d, int kind, int fd, const char *path, const char *name,
		rules_warn *warn, void *ctx, struct err *e)
{
	int r = 0;
	struct buf b = BUF_INIT;
	bool own = kind == RULES_EXCLUDE || kind == RULES_GLOBAL;
	if (!gitconf_slurp(fd, name, own, RULES_MAX, &b)) {
		rules_parse(&d->rules[kind], b.p ? b.p : (const uint8_t *)"", b.len,
			    kind >= RULES_GIT && d->fold);
	} else if (readfile_starved() || errno == EIO) {
		r = err_sys(e, "%s%s", *name == '/' ? "" : path, name);
	} else if (errno != ENOENT && errno != ENOTDIR && !(own && errno == EINVAL)) {
		char *msg = mem_printf("%s%s: %s: its rules do not count", *name == '/' ? "" : path,
				       name, errno == ELOOP ? "a symbolic link" : strerror(errno));
		if (warn)
			warn(ctx, msg);
		mem_free(msg);
	}
	buf_release(&b);
	return r;
}

/* The top of a work tree: what its settings name. */
static int load_git(struct rule_dir *d, const char *path, rules_warn *warn, void *ctx, struct err *e)
{
	struct gitconf g;
	char *top = mem_strndup(path, d->base - 1);
	gitconf_read(&g, top);
	d->fold = g.fold;
	d->file[RULES_EXCLUDE] = mem_strdup(g.exclude);
	int r = load(d, RULES_EXCLUDE, AT_FDCWD, path, g.exclude, warn, ctx, e);
	if (g.global && !r) {
		d->file[RULES_GLOBAL] = mem_strdup(g.global);
		r = load(d, RULES_GLOBAL, AT_FDCWD, path, g.global, warn, ctx, e);
	}
	gitconf_release(&g);
	mem_free(top);
	return r;
}

int rule_dir_open(struct rule_dir *d, const struct rule_dir *up, int fd, const char *path, unsigned has,
		  bool above, rules_warn *warn, void *ctx, struct err *e)
{
	int r = 0;
	struct stat st;
	bool top = has & HAS_GIT && (has != HAS_ALL || !fstatat(fd, names[3], &st, AT_SYMLINK_NOFOLLOW));
	*d = (struct rule_dir){.up = up, .base = strlen(path), .in_git = top || (up && up->in_git),
			       .fold = !top && up && up->fold};
	if (top)
		r = load_git(d, path, warn, ctx, e);
	for (int k = RULES_LEANN; k <= RULES_GIT && !r; k++)
		if (has & 1u << k && (k != RULES_GIT || !above || d->in_git))
			r = load(d, k, fd, path, names[k], warn, ctx, e);
	for (int k = 0; k < RULES_KINDS; k++) {
		bool end = !up || (top && k >= RULES_GIT);
		d->above[k] = end ? NULL : up->here[k];
		d->here[k] = d->rules[k].n ? d : d->above[k];
	}
	return r;
}

void rule_dir_close(struct rule_dir *d)
{
	for (int k = 0; k < RULES_KINDS; k++) {
		rules_release(&d->rules[k]);
		mem_free(d->file[k]);
	}
}

struct rule_hit rule_dir_match(const struct rule_dir *d, const char *path, bool is_dir)
{
	for (int k = 0; k < RULES_KINDS; k++)
		for (const struct rule_dir *x = d->here[k]; x; x = x->above[k]) {
			const struct rule *r = rules_match(&x->rules[k], path + x->base, is_dir);
			if (r)
				return (struct rule_hit){r, x, k};
		}
	return (struct rule_hit){NULL, NULL, 0};
}

void rule_hit_put(const struct rule_hit *hit, const char *path, struct buf *out)
{
	if (hit->dir->file[hit->kind])
		buf_adds(out, hit->dir->file[hit->kind]);
	else
		buf_printf(out, "%.*s%s", (int)hit->dir->base, path, names[hit->kind]);
	buf_printf(out, ":%zu:%s", hit->rule->line, hit->rule->text);
}
