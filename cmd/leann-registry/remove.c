/* Removing an index; see remove.h. */
#include "remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"
#include "fmt/bundle_manifest.h"
#include "fmt/tar.h"

int is_index(const char *path, struct err *e)
{
	char head[TAR_BLOCK + sizeof MANIFEST_HEAD];
	size_t got = 0;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) || (S_ISREG(st.st_mode) && fd_read(fd, path, head, sizeof head, &got, e))) {
		err_sys(e, "%s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return got == sizeof head && !strncmp(head, MANIFEST_NAME, sizeof MANIFEST_NAME) &&
	       !memcmp(head + TAR_BLOCK, MANIFEST_HEAD, sizeof MANIFEST_HEAD - 1);
}

/* Files that leann build puts beside an index. */
static bool is_ours(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, ".gitignore") ||
	       !strcmp(name, "CACHEDIR.TAG");
}

/* A folder .leann with nothing in it but what came with it goes, too. */
static void clear_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = mem_strndup(path, (size_t)(slash - path)), *name = strrchr(dir, '/');
	bool only = name && !strcmp(name, "/.leann");
	DIR *d = only ? opendir(dir) : NULL;
	for (struct dirent *de; d && (de = readdir(d));)
		only &= is_ours(de->d_name);
	if (d && only) {
		unlinkat(dirfd(d), ".gitignore", 0);
		unlinkat(dirfd(d), "CACHEDIR.TAG", 0);
		rmdir(dir);	/* what somebody puts there now stays */
	}
	if (d)
		closedir(d);
	mem_free(dir);
}

/* The lock of an index that is gone; whoever waits for it sees that it has gone, too: lock_writer(). */
static int clear_lock(const char *name, struct err *e)
{
	return unlink(name) && errno != ENOENT ? err_sys(e, "%s", name) : 0;
}

/* What stays when a removal is killed in its midst. */
static int clear_rest(const char *path, const char *name, struct err *e)
{
	int lock, r = 0;
	if (access(name, F_OK))
		return 0;
	if (lock_writer(path, 0, &lock, e))
		return e->code == ERR_TEMP ? 0 : -1;	/* a new one is written */
	if (access(path, F_OK))
		r = clear_lock(name, e);
	close(lock);
	return r;
}

int remove_index(const char *path, double wait_s, bool *gone, struct err *e)
{
	struct stat st;
	char *name = mem_printf("%s.lock", path);
	int lock, bad, r = lstat(path, &st);
	*gone = r && (errno == ENOENT || errno == ENOTDIR);
	if (*gone) {
		bad = clear_rest(path, name, e);
	} else if (r) {
		bad = err_sys(e, "%s", path);
	} else if ((bad = S_ISREG(st.st_mode) ? is_index(path, e) : 0) <= 0) {
		bad = bad ? bad : err_set(e, ERR_DATA, "%s: not an index: not removed", path);
	} else if ((bad = lock_writer(path, wait_s, &lock, e)) == 0) {
		bad = unlink(path) && errno != ENOENT ? err_sys(e, "%s", path) : 0;
		if (!bad)
			bad = clear_lock(name, e);
		close(lock);
	}
	if (!bad)
		clear_folder(path);
	mem_free(name);
	return bad;
}
