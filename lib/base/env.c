/* The environment; see env.h. */
#include "base/env.h"

#include <errno.h>
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

char *env_program(const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n > 0) {
		self[n] = 0;
		char *slash = strrchr(self, '/');
		if (slash) {
			*slash = 0;
			char *p = mem_printf("%s/%s", self, name);
			if (access(p, X_OK) == 0)
				return p;
			mem_free(p);
		}
	}
	return mem_strdup(name);
}

size_t env_here(const char *path, size_t n)
{
	char cwd[4096];
	size_t k = getcwd(cwd, sizeof cwd) ? strlen(cwd) : 0;
	return k > 1 && n > k + 1 && !memcmp(path, cwd, k) && path[k] == '/' ? k + 1 : 0;
}
