/* git's settings about ignored files; see gitconf.h. */
#include "sys/gitconf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"

#define CONFIG_MAX ((size_t)1 << 20)	/* bytes of one file of settings */

int gitconf_slurp(int dir, const char *name, bool follow, size_t max, struct buf *b)
{
	struct stat st;
	struct err e;
	size_t got = 0;
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
	int fd = openat(dir, name, flags), r = -1;
	if (fd < 0)
		return -1;
	buf_clear(b);
	if (fstat(fd, &st))
		;
	else if (!S_ISREG(st.st_mode))
		errno = EINVAL;
	else if ((uint64_t)st.st_size > max)
		errno = EFBIG;
	else {
		buf_reserve(b, (size_t)st.st_size);
		r = fd_read(fd, name, b->p, (size_t)st.st_size, &got, &e);
		b->len = got;
		b->p[got] = 0;
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return r;
}

/* A value at *p, to the end of its line: quotes and escapes taken away, comments left. */
static void value(const char **p, struct buf *out)
{
	bool quoted = false;
	size_t end = 0;		/* of what is not white space at the end */
	const char *s = *p;
	buf_clear(out);
	while (*s == ' ' || *s == '\t')
		s++;
	for (; *s && *s != '\n'; s++) {
		char c = *s;
		if (!quoted && (c == '#' || c == ';'))
			break;
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && s[1]) {
			c = *++s;
			if (c == '\n')
				continue;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		buf_addc(out, c);
		if (quoted || (c != ' ' && c != '\t' && c != '\r'))
			end = out->len;
	}
	out->len = end;
	buf_addc(out, 0);
	*p = s + strcspn(s, "\n");
}

/* "~/x" is below the home directory, a relative path below the work tree. */
static char *place(const char *path, const char *top)
{
	const char *home = env_get("HOME");
	if (!strncmp(path, "~/", 2))
		return home && *home == '/' ? mem_printf("%s%s", home, path + 1) : NULL;
	return *path == '/' ? mem_strdup(path) : mem_printf("%s/%s", top, path);
}

static void set(struct gitconf *g, const char *key, size_t n, const char *val, const char *top)
{
	if (n == 12 && !strncasecmp(key, "excludesfile", n)) {
		mem_free(g->global);
		g->global = *val ? place(val, top) : NULL;
	} else if (n == 10 && !strncasecmp(key, "ignorecase", n)) {
		g->fold = !strcasecmp(val, "true") || !strcasecmp(val, "yes") ||
			  !strcasecmp(val, "on") || !strcmp(val, "1");
	}
}

static void parse(struct gitconf *g, const char *p, const char *top)
{
	struct buf val = BUF_INIT;
	bool core = false;
	while (*p) {
		p += strspn(p, " \t\r\n");
		if (*p == '[') {
			core = !strncasecmp(p, "[core]", 6);
			p += strcspn(p, "]\n");
			p += *p == ']';
			continue;
		}
		size_t n = strcspn(p, "= \t\r\n#;");
		const char *key = p;
		p += n;
		p += strspn(p, " \t\r");
		buf_clear(&val);
		if (*p == '=') {
			p++;
			value(&p, &val);
		} else {
			buf_adds(&val, "true");
			buf_addc(&val, 0);
			p += strcspn(p, "\n");
		}
		if (core && n)
			set(g, key, n, (const char *)val.p, top);
	}
	buf_release(&val);
}

static void read_config(struct gitconf *g, const char *path, const char *top)
{
	struct buf b = BUF_INIT;
	if (path && !gitconf_slurp(AT_FDCWD, path, true, CONFIG_MAX, &b) && b.len)
		parse(g, (const char *)b.p, top);
	buf_release(&b);
}

/* name below $XDG_CONFIG_HOME, ~/.config where that is not set; NULL: neither is known. */
static char *xdg(const char *name)
{
	const char *dir = env_get("XDG_CONFIG_HOME"), *home = env_get("HOME");
	if (dir && *dir == '/')
		return mem_printf("%s/%s", dir, name);
	return home && *home == '/' ? mem_printf("%s/.config/%s", home, name) : NULL;
}

static void read_user(struct gitconf *g, const char *top)
{
	const char *system = env_get("GIT_CONFIG_SYSTEM"), *global = env_get("GIT_CONFIG_GLOBAL");
	g->global = xdg("git/ignore");
	if (!env_get("GIT_CONFIG_NOSYSTEM"))
		read_config(g, system ? system : "/etc/gitconfig", top);
	if (global) {
		read_config(g, global, top);
		return;
	}
	char *own = xdg("git/config"), *home = place("~/.gitconfig", top);
	read_config(g, own, top);
	read_config(g, home, top);
	mem_free(own);
	mem_free(home);
}

/* The path that the one line of a file has, after a word; relative to base. NULL: there is none. */
static char *pointer(const char *file, const char *word, const char *base)
{
	struct buf b = BUF_INIT;
	char *path = NULL;
	size_t n = strlen(word);
	if (!gitconf_slurp(AT_FDCWD, file, false, 4096, &b) && b.len > n && !memcmp(b.p, word, n)) {
		char *p = (char *)b.p + n;
		p[strcspn(p, "\r\n")] = 0;
		if (*p)
			path = *p == '/' ? mem_strdup(p) : mem_printf("%s/%s", base, p);
	}
	buf_release(&b);
	return path;
}

/* Where the repository is: .git, or what a work tree or submodule's file says, or that one's own. */
static char *common_dir(const char *top)
{
	char *git = mem_printf("%s/.git", top), *dir = pointer(git, "gitdir: ", top);
	if (!dir)
		return git;
	char *file = mem_printf("%s/commondir", dir), *common = pointer(file, "", dir);
	mem_free(file);
	mem_free(git);
	if (!common)
		return dir;
	mem_free(dir);
	return common;
}

void gitconf_read(struct gitconf *g, const char *top)
{
	char *dir = common_dir(top), *config = mem_printf("%s/config", dir);
	*g = (struct gitconf){.exclude = mem_printf("%s/info/exclude", dir)};
	read_user(g, top);
	read_config(g, config, top);
	mem_free(config);
	mem_free(dir);
}

void gitconf_release(struct gitconf *g)
{
	mem_free(g->exclude);
	mem_free(g->global);
	*g = (struct gitconf){0};
}
