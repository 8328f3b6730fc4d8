/* Questions' times in a bounded file; see querylog.h. */
#include "sys/querylog.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"

enum { READ_MAX = 1 << 20, BUILD_ID = 16 };

static char *log_path(void)
{
	char *dir = env_state_dir(), *path = NULL;
	if (dir)
		path = mem_printf("%s/queries.log", dir);
	mem_free(dir);
	return path;
}

/* Another file with the latter half of the lines; what is added meanwhile is lost. */
static void halve(const char *path, int fd)
{
	struct stat mine, now;
	struct buf b = BUF_INIT;
	struct tmpout t = {.fd = -1, .dirfd = -1};
	struct err e;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return;	/* another program is at it */
	if (fstat(fd, &mine) || lstat(path, &now) || mine.st_ino != now.st_ino ||
	    mine.st_dev != now.st_dev || file_slurp(path, READ_MAX, &b, &e) ||
	    tmpout_open(&t, path, &e))
		goto out;
	size_t from = b.len > QUERYLOG_MAX / 2 ? b.len - QUERYLOG_MAX / 2 : 0;
	const uint8_t *lf = memchr(b.p + from, '\n', b.len - from);
	size_t at = lf ? (size_t)(lf - b.p) + 1 : b.len;
	if (fchmod(t.fd, 0600) || fd_write(t.fd, path, b.p + at, b.len - at, &e) ||
	    tmpout_commit(&t, &e))
		tmpout_abandon(&t);
out:
	buf_release(&b);
	flock(fd, LOCK_UN);
}

static int open_log(char *path)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags, 0600);
	if (fd >= 0)
		return fd;
	char *slash = strrchr(path, '/');
	*slash = 0;
	env_make_dirs(path);
	*slash = '/';
	return open(path, flags, 0600);
}

void querylog_add(const struct query_entry *q, size_t n)
{
	struct stat st;
	struct buf b = BUF_INIT;
	struct err e;
	char *path = env_true("LEANN_NO_LOG") ? NULL : log_path();
	int fd = path && n ? open_log(path) : -1;
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		goto out;
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%" PRId64 " %.16s %.3f %" PRIu64 "\n", q[i].time_s, q[i].build_id,
			   q[i].ms, q[i].n_recomputed);
	/* one write, so that lines of two programs do not mix */
	if (!fd_write(fd, path, b.p, b.len, &e) && st.st_size + (off_t)b.len > QUERYLOG_MAX)
		halve(path, fd);
out:
	if (fd >= 0)
		close(fd);
	buf_release(&b);
	mem_free(path);
}

/* "TIME BUILD MS RECOMPUTED", all of it; false: another line. */
static bool parse(const char *line, const char *build_id, double *ms, double *n)
{
	char *end;
	strtoll(line, &end, 10);
	if (end == line || *end != ' ' || strncmp(end + 1, build_id, BUILD_ID) ||
	    end[1 + BUILD_ID] != ' ')
		return false;
	const char *at = end + 2 + BUILD_ID;
	*ms = strtod(at, &end);
	if (end == at || *end != ' ' || !(*ms >= 0 && *ms < 1e9))
		return false;
	at = end + 1;
	*n = (double)strtoull(at, &end, 10);
	return end != at && !*end && *n < 1e9;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void fill(double *ms, size_t n, double recomputed, struct querylog_stat *st)
{
	if (!n)
		return;
	qsort(ms, n, sizeof *ms, ascending);
	for (size_t i = 0; i < n; i++)
		st->mean_ms += ms[i] / (double)n;
	st->n = n;
	st->median_ms = ms[n / 2];
	st->p95_ms = ms[n - 1 - n / 20];
	st->mean_recomputed = recomputed / (double)n;
}

/* Milliseconds of an index's questions, oldest first, into ms; how many. */
static size_t collect(const char *build_id, struct buf *ms, double *recomputed)
{
	struct buf b = BUF_INIT;
	struct err e;
	char *path = log_path();
	size_t n = 0;
	*recomputed = 0;
	if (path && strlen(build_id) == BUILD_ID && file_slurp(path, READ_MAX, &b, &e) == 0)
		for (size_t at = 0; at < b.len;) {
			char *line = (char *)b.p + at, *lf = memchr(line, '\n', b.len - at);
			double v, k;
			if (!lf)
				break;	/* not all of it is written yet */
			*lf = 0;
			at += (size_t)(lf - line) + 1;
			if (!parse(line, build_id, &v, &k))
				continue;
			buf_add(ms, &v, sizeof v);
			*recomputed += k;
			n++;
		}
	buf_release(&b);
	mem_free(path);
	return n;
}

void querylog_stat(const char *build_id, struct querylog_stat *st)
{
	struct buf ms = BUF_INIT;
	double recomputed;
	size_t n = collect(build_id, &ms, &recomputed);
	*st = (struct querylog_stat){0};
	fill((double *)(void *)ms.p, n, recomputed, st);
	buf_release(&ms);
}

double querylog_median_ms(const char *build_id, size_t n, bool last)
{
	struct buf ms = BUF_INIT;
	double ignored, median = -1;
	size_t has = collect(build_id, &ms, &ignored);
	if (n && has >= n) {
		double *v = (double *)(void *)ms.p + (last ? has - n : 0);
		qsort(v, n, sizeof *v, ascending);
		median = v[n / 2];
	}
	buf_release(&ms);
	return median;
}
