/* Making indexes; see op_build.h. */
#define _GNU_SOURCE	/* realpath */
#include "serve/op_build.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/tmpfile.h"
#include "search/leann_impl.h"
#include "search/why.h"
#include "serve/want.h"
#include "sys/spawn.h"

enum { LOG_BYTES = 2000 };	/* of what the child said last, in messages */

struct builder {
	pthread_mutex_t lock;		/* of pid, stop, cancelled */
	pid_t pid;			/* 0: none runs */
	bool stop, cancelled;
};

struct builder *builder_new(void)
{
	struct builder *b = mem_calloc(1, sizeof *b);
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

void builder_free(struct builder *b)
{
	if (b)
		pthread_mutex_destroy(&b->lock);
	mem_free(b);
}

static void end(struct builder *b, bool for_good)
{
	pthread_mutex_lock(&b->lock);
	b->stop |= for_good;
	b->cancelled = true;
	if (b->pid)
		kill(-b->pid, SIGTERM);
	pthread_mutex_unlock(&b->lock);
}

void builder_begin(struct builder *b)
{
	pthread_mutex_lock(&b->lock);
	b->cancelled = b->stop;
	pthread_mutex_unlock(&b->lock);
}

void builder_cancel(struct builder *b)
{
	end(b, false);
}

void builder_stop(struct builder *b)
{
	end(b, true);
}

/* What the child wrote last, in one line's place of a message. */
static void last_words(int fd, char *out, size_t cap)
{
	struct stat st;
	size_t got = 0, want = cap - 1;
	uint64_t from = !fstat(fd, &st) && (size_t)st.st_size > want ? (uint64_t)st.st_size - want : 0;
	if (fd_pread(fd, "scratch file", out, want, from, &got, NULL))
		got = 0;
	while (got && out[got - 1] == '\n')
		got--;
	out[got] = 0;
}

static int start(struct builder *b, char **argv, int fd, struct err *e)
{
	struct spawn s = {.argv = argv, .in = SPAWN_NULL, .out = fd, .err = fd, .group = true};
	pid_t pid;
	int r = 0;
	pthread_mutex_lock(&b->lock);
	if (b->cancelled)
		r = err_set(e, ERR_TEMP, "cancelled");
	else if (spawn_start(&s, &pid))
		r = err_sys(e, "cannot start %s", argv[0]);
	else
		b->pid = pid;
	pthread_mutex_unlock(&b->lock);
	return r;
}

/* Its status; from then on no signal is sent to its number. */
static int wait_for(struct builder *b, bool *cancelled)
{
	siginfo_t info;
	while (waitid(P_PID, (id_t)b->pid, &info, WEXITED | WNOWAIT) && errno == EINTR)
		;
	pthread_mutex_lock(&b->lock);
	int status = spawn_wait(b->pid);
	*cancelled = b->cancelled;
	b->pid = 0;
	pthread_mutex_unlock(&b->lock);
	return status;
}

static int run(struct builder *b, char **argv, struct err *e)
{
	char log[LOG_BYTES / 2];
	bool cancelled;
	int fd, r = 0;
	if (tmpspool_open(&fd, e))
		return -1;
	if (start(b, argv, fd, e)) {
		close(fd);
		return -1;
	}
	int status = wait_for(b, &cancelled);
	last_words(fd, log, sizeof log);
	close(fd);
	if (cancelled)
		r = err_set(e, ERR_TEMP, "cancelled");
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		r = err_set(e, WIFEXITED(status) && WEXITSTATUS(status) == 75 ? ERR_TEMP : ERR_DATA, "%.900s",
			    *log ? log : "leann failed and said nothing");
	return r;
}

struct building {
	char path[PATH_MAX], output[PATH_MAX];	/* absolute */
	bool given;				/* output was */
	bool update;
};

/* Absolute, and a name that an index may have, so that nothing else is ever written over. */
static int name_output(const char *output, struct building *g, struct err *e)
{
	static const char suffix[] = ".leann";
	char cwd[PATH_MAX];
	if (output && *output != '/' && !getcwd(cwd, sizeof cwd))
		return err_sys(e, "working directory");
	char *full = !output ? mem_printf("%s/.leann/index.leann", g->path)
		     : *output == '/' ? mem_strdup(output) : mem_printf("%s/%s", cwd, output);
	size_t n = strlen(full), k = sizeof suffix - 1;
	int r = n < sizeof g->output ? 0 : err_set(e, ERR_USAGE, "output: its name is too long");
	if (!r && (n <= k || strcmp(full + n - k, suffix) || full[n - k - 1] == '/'))
		r = err_set(e, ERR_USAGE, "output: %.200s: want a name that ends in .leann", output);
	if (!r)
		memcpy(g->output, full, n + 1);
	mem_free(full);
	return r;
}

static int parse(const struct js *request, struct building *g, struct err *e)
{
	static const char *const known[] = {"path", "output", NULL};
	const char *path, *output;
	struct stat st;
	if (want_members(request, "the request", known, e) || want_str(request, "path", &path, e) ||
	    want_str(request, "output", &output, e))
		return -1;
	if (!path)
		return err_set(e, ERR_USAGE, "path: want a folder or file to index");
	if (!realpath(path, g->path) || stat(g->path, &st))
		return err_set(e, ERR_USAGE, "path: %.200s: %s", path, strerror(errno));
	if (!output && !S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE, "path: %.200s is no folder: say output, too", path);
	g->given = output;
	if (name_output(output, g, e))
		return -1;
	g->update = !lstat(g->output, &st);
	return 0;
}

/* An index is updated only for the folder that it is of. */
static int check_same(const struct building *g, struct err *e)
{
	struct leann_index *ix;
	struct leann_error why;
	struct buf root = BUF_INIT;
	struct stat st;
	bool same = false;
	if (leann_open(g->output, 0, &ix, &why))
		return err_set(e, ERR_USAGE, "output: %.300s: there is such a file, and it is no index that can be "
			       "updated: %.400s", g->output, why.message);
	bool file = !stat(g->path, &st) && !S_ISDIR(st.st_mode);
	for (size_t i = 0; i < ix->g.ix.n_roots && !same; i++) {
		buf_clear(&root);
		if (index_root(&ix->g.ix, i, &root, e))
			break;
		buf_addc(&root, 0);
		size_t n = strlen((const char *)root.p);
		same = file ? !strncmp(g->path, (const char *)root.p, n) && g->path[n] == '/'
			    : !strcmp(g->path, (const char *)root.p);
	}
	buf_release(&root);
	leann_close(ix);
	return same ? 0 : err_set(e, ERR_USAGE, "output: %.300s is an index of something else: say another name",
				  g->output);
}

/* Its place in the catalog, where it is put unless it is there. */
static int shelve(struct catalog *c, const char *path, size_t *i, struct err *e)
{
	struct stat want, st;
	if (stat(path, &want))
		return err_sys(e, "%s", path);
	for (*i = 0; *i < catalog_n(c); ++*i) {
		struct edition *ed = catalog_take(c, *i);
		bool same = !stat(ed->path, &st) && st.st_dev == want.st_dev && st.st_ino == want.st_ino;
		edition_drop(ed);
		if (same)
			return 0;
	}
	return catalog_add(c, NULL, path, e);
}

static struct js *compose(struct catalog *c, const struct building *g, size_t i)
{
	struct edition *ed = catalog_take(c, i);
	const struct leann_info *info = leann_index_info(ed->ix);
	struct js *o = js_new_obj();
	js_set(o, "index", js_new_str(ed->name));
	js_set(o, "path", js_new_path(g->output, strlen(g->output)));
	js_set(o, "files", js_new_int((int64_t)info->n_files));
	js_set(o, "chunks", js_new_int((int64_t)info->n_chunks));
	js_set(o, "updated", js_new_bool(g->update));
	edition_drop(ed);
	return o;
}

enum op_result op_build(struct builder *b, struct desk *d, const struct js *request, struct js **reply,
			struct err *e)
{
	struct building g;
	size_t i = 0;
	*reply = NULL;
	if (parse(request, &g, e) || (g.update && check_same(&g, e)))
		return op_result(e);
	char *leann = env_program("leann");
	char *in = mem_printf("--input=%s", g.path), *out = mem_printf("--output=%s", g.output),
	     *index = mem_printf("--index=%s", g.output);
	char *create[] = {leann, (char *)"index", (char *)"create", in, out, NULL};
	char *build[] = {leann, (char *)"build", (char *)"--quiet", g.path, NULL};
	char *update[] = {leann, (char *)"index", (char *)"update", (char *)"--quiet", index, NULL};
	int r = run(b, g.update ? update : g.given ? create : build, e);
	mem_free(leann);
	mem_free(in);
	mem_free(out);
	mem_free(index);
	if (r || shelve(desk_catalog(d), g.output, &i, e))
		return op_result(e);
	*reply = compose(desk_catalog(d), &g, i);
	return OP_OK;
}
