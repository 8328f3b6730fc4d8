/* querylog: times of questions in a bounded file, written by several programs at once. */
#include "sys/querylog.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "unit.h"

enum { N_WRITERS = 4, N_LINES = 1500 };
static const char A[] = "0123456789abcdef", B[] = "fedcba9876543210";

static size_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) ? 0 : (size_t)st.st_size;
}

static void test_writers(const char *path)
{
	struct querylog_stat a, b;
	bool ended = true;
	for (int w = 0; w < N_WRITERS; w++)
		if (!fork()) {
			for (int i = 0; i < N_LINES; i++) {
				struct query_entry q = {1795644000 + i, w % 2 ? A : B,
							10, 16};
				querylog_add(&q, 1);
			}
			_exit(0);
		}
	for (int status; wait(&status) > 0;)
		ended &= WIFEXITED(status);
	struct query_entry last[2] = {{1795644000, A, 10, 16}, {1795644000, B, 10, 16}};
	querylog_add(last, 2);	/* who comes next cuts what two that wrote at once left long */
	querylog_stat(A, &a);
	querylog_stat(B, &b);
	ok(ended && size_of(path) <= QUERYLOG_MAX,
	   "four writers leave a file of bounded size: %zu bytes", size_of(path));
	ok(a.n && b.n && a.n + b.n > 100 && a.mean_ms > 9.99 && a.mean_ms < 10.01 &&
	   a.mean_recomputed == 16,
	   "no line of theirs is mixed with another: %zu and %zu left", a.n, b.n);
	size_t line = strlen("1795644000 0123456789abcdef 10.000 16\n");
	ok((a.n + b.n) * line == size_of(path), "every byte left belongs to a whole line");
}

static void test_ends(const char *path)
{
	unlink(path);
	for (int i = 0; i < 30; i++) {
		struct query_entry q[2] = {{1795644000, A, 10 + i, 0}, {1795644000, B, 500, 0}};
		querylog_add(q, 2);
	}
	double first = querylog_median_ms(A, 20, false), last = querylog_median_ms(A, 20, true);
	ok(first > 19.99 && first < 20.01 && last > 29.99 && last < 30.01,
	   "the median of the first twenty is %.1f, of the last %.1f", first, last);
	ok(querylog_median_ms(A, 31, true) < 0 && querylog_median_ms("0", 1, true) < 0,
	   "of fewer than were asked for there is none");
}

int main(void)
{
	char dir[] = "/tmp/leann-unit-XXXXXX", path[100], cmd[120];
	struct querylog_stat st;
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/a/leann/queries.log", dir);
	snprintf(cmd, sizeof cmd, "%s/a", dir);
	setenv("XDG_STATE_HOME", cmd, 1);
	setenv("LEANN_NO_LOG", "1", 1);
	struct query_entry q[20];
	for (int i = 0; i < 20; i++)
		q[i] = (struct query_entry){1, A, i + 1, 3};
	querylog_add(q, 20);
	ok(access(path, F_OK) != 0, "LEANN_NO_LOG: nothing is written");
	setenv("LEANN_NO_LOG", "0", 1);
	querylog_stat(A, &st);
	ok(st.n == 0 && st.mean_ms == 0, "no file is no questions");
	querylog_add(q, 20);
	querylog_stat(A, &st);
	ok(st.n == 20 && st.mean_ms > 10.49 && st.mean_ms < 10.51 && st.median_ms == 11 &&
	   st.p95_ms == 19 && st.mean_recomputed == 3,
	   "mean, median and 95 %% of 1 to 20 ms: %g, %g, %g", st.mean_ms, st.median_ms, st.p95_ms);
	querylog_stat(B, &st);
	ok(st.n == 0, "another index has had none");
	struct stat s;
	ok(!stat(path, &s) && (s.st_mode & 0777) == 0600, "the file is its owner's alone");
	FILE *f = fopen(path, "a");
	fputs("x\n 0123456789abcdef 1 1\n1 0123456789abcdef\n1 0123456789abcdef nan 1\n"
	      "1 0123456789abcdef 1e300 1\n1 0123456789abcdef 5 7 9\n\n1 0123456789abcdef 1 1", f);
	fclose(f);
	querylog_stat(A, &st);
	ok(st.n == 20, "lines of another form, and one without an end, are passed over: %zu", st.n);
	test_writers(path);
	test_ends(path);
	unlink(path);
	mkdir(path, 0700);
	querylog_add(q, 1);
	querylog_stat(A, &st);
	ok(st.n == 0 && !rmdir(path), "a folder of that name is no log, and is left alone");
	snprintf(cmd, sizeof cmd, "%s/a/leann", dir);
	rmdir(cmd);
	cmd[strlen(cmd) - 6] = 0;
	ok(!rmdir(cmd) && !rmdir(dir), "nothing else is left");
	return done();
}
