/* The environment; see env.h. */
#define _GNU_SOURCE	/* dladdr */
#include "base/env.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

const char *env_get(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/* Our directory below that of the variable, else below sub of the home directory. */
static char *xdg_dir(const char *name, const char *sub)
{
	const char *xdg = env_get(name), *home = env_get("HOME");
	if (xdg && *xdg == '/')
		return mem_printf("%s/leann", xdg);
	return home ? mem_printf("%s/%s/leann", home, sub) : NULL;
}

char *env_cache_dir(void)
{
	return xdg_dir("XDG_CACHE_HOME", ".cache");
}

char *env_state_dir(void)
{
	return xdg_dir("XDG_STATE_HOME", ".local/state");
}

char *env_data_dir(void)
{
	return xdg_dir("XDG_DATA_HOME", ".local/share");
}

bool env_true(const char *name)
{
	const char *v = env_get(name);
	return v && strcmp(v, "0");
}

void env_make_dirs(const char *dir)
{
	char *path = mem_strdup(dir);
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(path, 0777);
		*p = '/';
	}
	mkdir(path, 0777);
	mem_free(path);
}

int env_runtime_dir(char **out, struct err *e)
{
	const char *xdg = env_get("XDG_RUNTIME_DIR");
	struct stat st;
	char *dir = xdg && *xdg == '/' ? mem_printf("%s/leann", xdg)
				       : mem_printf("/tmp/leann-%ld", (long)getuid());
	int r = -1;
	if (mkdir(dir, 0700) && errno != EEXIST)
		err_sys(e, "%s: mkdir", dir);
	else if (lstat(dir, &st))
		err_sys(e, "%s: stat", dir);
	else if (!S_ISDIR(st.st_mode) || st.st_uid != getuid() || (st.st_mode & 077))
		err_set(e, ERR_DATA,
			"%s: want a directory of uid %ld with mode 0700, found uid %ld mode %04o",
			dir, (long)getuid(), (long)st.st_uid, (unsigned)st.st_mode & 07777);
	else
		r = 0;
	if (r)
		mem_free(dir);
	else
		*out = dir;
	return r;
}

/* name in the folder of file, or in sub of that, when it can be run. */
static char *program_in(const char *file, const char *sub, const char *name)
{
	const char *slash = strrchr(file, '/');
	if (!slash)
		return NULL;
	char *p = mem_printf("%.*s/%s%s", (int)(slash - file), file, sub, name);
	if (access(p, X_OK) == 0)
		return p;
	mem_free(p);
	return NULL;
}

char *env_program(const char *name)
{
	char self[4096] = "", *p = NULL;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = 0;
	Dl_info at;
	/* Where this code is: in libleann.so, which came with its programs, or in the program itself. */
	char *file = dladdr((void *)(uintptr_t)env_program, &at) ? realpath(at.dli_fname, NULL) : NULL;
	if (file && strcmp(file, self)) {
		p = program_in(file, "", name);
		p = p ? p : program_in(file, "../bin/", name);
	}
	free(file);	/* realpath's own */
	p = p ? p : program_in(self, "", name);
	return p ? p : mem_strdup(name);
}

size_t env_here(const char *path, size_t n)
{
	char cwd[4096];
	size_t k = getcwd(cwd, sizeof cwd) ? strlen(cwd) : 0;
	return k > 1 && n > k + 1 && !memcmp(path, cwd, k) && path[k] == '/' ? k + 1 : 0;
}
