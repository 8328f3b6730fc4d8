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

bool is_index(const char *path)
{
	char head[TAR_BLOCK + sizeof MANIFEST_HEAD];
	size_t got = 0;
	struct stat st;
	struct err ignored;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool good = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
		    !fd_read(fd, path, head, sizeof head, &got, &ignored) && got == sizeof head &&
		    !strncmp(head, MANIFEST_NAME, sizeof MANIFEST_NAME) &&
		    !memcmp(head + TAR_BLOCK, MANIFEST_HEAD, sizeof MANIFEST_HEAD - 1);
	if (fd >= 0)
		close(fd);
	return good;
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

int remove_index(const char *path, double wait_s, bool *gone, struct err *e)
{
	struct stat st;
	int lock;
	int r = lstat(path, &st);
	*gone = r && (errno == ENOENT || errno == ENOTDIR);
	if (r)
		return *gone ? 0 : err_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode) || !is_index(path))
		return err_set(e, ERR_DATA, "%s: not an index, or it cannot be read: not removed", path);
	if (lock_writer(path, wait_s, &lock, e))
		return -1;
	char *name = mem_printf("%s.lock", path);
	int bad = unlink(path) && errno != ENOENT ? err_sys(e, "%s", path) : 0;
	if (!bad)
		unlink(name);	/* whoever waits for it sees that it has gone: lock_writer() */
	close(lock);
	if (!bad)
		clear_folder(path);
	mem_free(name);
	return bad;
}
