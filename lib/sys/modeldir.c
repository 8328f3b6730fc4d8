/* Finding models, hashing weights once; see modeldir.h. */
#define _GNU_SOURCE
#include "sys/modeldir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>	/* realpath */
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fdio.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/tmpfile.h"

enum {
	SMALL_FILE_MAX = 64 << 20,	/* tokenizer.json of a large vocabulary: 17 MB */
	REF_MAX = 200,			/* bytes of refs/main, a commit id */
	/* A file this young may change again within its time stamp's tick: not remembered. */
	RACY_S = 2,
};

static bool has_config(const char *dir)
{
	char *p = mem_printf("%s/config.json", dir);
	bool there = access(p, R_OK) == 0;
	mem_free(p);
	return there;
}

static bool is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *hub_dir(void)
{
	const char *cache = env_get("HF_HUB_CACHE"), *hf = env_get("HF_HOME");
	const char *xdg = env_get("XDG_CACHE_HOME"), *home = env_get("HOME");
	if (cache)
		return mem_strdup(cache);
	if (hf)
		return mem_printf("%s/hub", hf);
	if (xdg)
		return mem_printf("%s/huggingface/hub", xdg);
	return home ? mem_printf("%s/.cache/huggingface/hub", home) : NULL;
}

/* hub/models--ORG--REPO: refs/main names the commit, snapshots/COMMIT has the files. */
static char *find_in_hub(const char *org, const char *repo)
{
	char *hub = hub_dir(), *dir = NULL;
	struct buf ref = BUF_INIT;
	if (!hub)
		return NULL;
	char *base = mem_printf("%s/models--%s--%s", hub, org, repo);
	char *ref_path = mem_printf("%s/refs/main", base);
	if (file_slurp(ref_path, REF_MAX, &ref, NULL) == 0 && ref.len) {
		char *commit = (char *)ref.p;
		commit[strcspn(commit, " \r\n")] = 0;
		if (*commit && !strchr(commit, '/') && *commit != '.') {
			dir = mem_printf("%s/snapshots/%s", base, commit);
			if (!has_config(dir)) {
				mem_free(dir);
				dir = NULL;
			}
		}
	}
	buf_release(&ref);
	mem_free(ref_path);
	mem_free(base);
	mem_free(hub);
	return dir;
}

/* $(cache)/models/NAME, NAME being one component. */
static char *find_in_cache(const char *name)
{
	char *cache = env_cache_dir();
	if (!cache)
		return NULL;
	char *dir = mem_printf("%s/models/%s", cache, name);
	mem_free(cache);
	if (has_config(dir))
		return dir;
	mem_free(dir);
	return NULL;
}

/* NAME or ORG/REPO, by name alone; a NAME alone, and what our cache has, is one of org. */
static char *find_named(const char *name, const char *org)
{
	const char *slash = strchr(name, '/'), *repo = slash ? slash + 1 : name;
	if (!*repo || strchr(repo, '/') || strstr(name, "..") || strlen(name) > 200)
		return NULL;
	char *given = slash ? mem_strndup(name, (size_t)(slash - name)) : mem_strdup(org);
	char *dir = NULL;
	if (strcmp(given, org) == 0)
		dir = find_in_cache(repo);
	if (!dir)
		dir = find_in_hub(given, repo);
	mem_free(given);
	return dir;
}

/* 1: name is one to look for. */
static int find_in_place(const char *name, char **dir, struct err *e)
{
	if (!is_dir(name) && *name != '/' && *name != '.')
		return 1;
	if (!has_config(name))
		return err_set(e, ERR_DATA, "%s: no config.json there: not a model directory", name);
	*dir = mem_strdup(name);
	return 0;
}

int model_find(const char *name, char **dir, struct err *e)
{
	if (!name || !*name)
		name = env_get("LEANN_MODEL");
	if (!name)
		name = MODEL_DEFAULT;
	int r = find_in_place(name, dir, e);
	if (r <= 0)
		return r;
	*dir = find_named(name, "sentence-transformers");
	if (!*dir)
		return err_set(e, ERR_DATA, "model %s is not here: run leann-model %s", name,
			       strcmp(name, MODEL_DEFAULT) ? "import DIR" : "pull");
	return 0;
}

int model_find_reranker(const char *name, char **dir, struct err *e)
{
	if (!name || !*name)
		name = env_get("LEANN_RERANK_MODEL");
	if (!name)
		name = RERANKER_DEFAULT;
	int r = find_in_place(name, dir, e);
	if (r <= 0)
		return r;
	*dir = find_named(name, "cross-encoder");
	if (!*dir)
		*dir = find_named(name, "sentence-transformers");
	if (!*dir)
		return err_set(e, ERR_DATA, "reranker %s is not here: fetch %s%s from the model hub, then "
			       "run leann model import DIR %s", name,
			       strchr(name, '/') ? "" : "cross-encoder/", name,
			       strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	return 0;
}

/* What identifies the state of a file; any change of bytes changes at least ctime. */
static char *file_stamp(const char *real, const struct stat *st)
{
	return mem_printf("%ju %jd %jd.%09ld %jd.%09ld %s", (uintmax_t)st->st_ino,
			  (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			  (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec, real);
}

char *model_pack_dir(void)
{
	char *cache = env_cache_dir();
	if (!cache)
		return NULL;
	char *dir = mem_printf("%s/packed", cache);
	env_make_dirs(dir);
	mem_free(cache);
	return dir;
}

/* Path of the note about a weights file: hashes/HASH-OF-PATH. NULL: no cache directory known. */
static char *note_path(const char *real, bool make_dirs)
{
	char *cache = env_cache_dir();
	if (!cache)
		return NULL;
	if (make_dirs) {
		char *dir = mem_printf("%s/hashes", cache);
		env_make_dirs(dir);
		mem_free(dir);
	}
	char *path = mem_printf("%s/hashes/%016" PRIx64, cache, hash64(real, strlen(real)));
	mem_free(cache);
	return path;
}

/* The note is "SHA256 STAMP\n"; used only when the stamp is exactly the file's. */
static bool note_read(const char *real, const char *stamp, char hex[65])
{
	char *path = note_path(real, false);
	struct buf b = BUF_INIT;
	bool hit = false;
	if (path && file_slurp(path, 2 * PATH_MAX, &b, NULL) == 0 &&
	    b.len == 64 + 1 + strlen(stamp) + 1 && b.p[64] == ' ' && b.p[b.len - 1] == '\n' &&
	    memcmp(b.p + 65, stamp, strlen(stamp)) == 0) {
		memcpy(hex, b.p, 64);
		hex[64] = 0;
		hit = strspn(hex, "0123456789abcdef") == 64;
	}
	buf_release(&b);
	mem_free(path);
	return hit;
}

/* A note that cannot be written costs time later, nothing else: no error. */
static void note_write(const char *real, const char *stamp, const char *hex)
{
	char *path = note_path(real, true), *line = mem_printf("%s %s\n", hex, stamp);
	struct tmpout t;
	if (path && tmpout_open(&t, path, NULL) == 0) {
		int bad = fd_write(t.fd, path, line, strlen(line), NULL) || tmpout_commit(&t, NULL);
		if (bad)
			tmpout_abandon(&t);
	}
	mem_free(line);
	mem_free(path);
}

static int hash_fd(int fd, const char *name, char hex[65], struct err *e)
{
	enum { PIECE = 1 << 20 };
	uint8_t *p = mem_alloc(PIECE);
	struct sha256 s;
	size_t got;
	int r = -1;
	sha256_init(&s);
	do {
		if (fd_read(fd, name, p, PIECE, &got, e))
			goto out;
		sha256_add(&s, p, got);
	} while (got == PIECE);
	sha256_hex(&s, hex);
	r = 0;
out:
	mem_free(p);
	return r;
}

/* Hash the open file; the stamp before and after must agree for the note to be kept. */
static int hash_and_note(int fd, const char *real, const struct stat *st, char hex[65],
			 struct err *e)
{
	struct stat after;
	if (hash_fd(fd, real, hex, e))
		return -1;
	if (fstat(fd, &after))
		return err_sys(e, "%s: stat", real);
	char *was = file_stamp(real, st), *is = file_stamp(real, &after);
	int r = 0;
	if (strcmp(was, is))
		r = err_set(e, ERR_DATA, "%s: changed while it was read", real);
	else if (time(NULL) - st->st_ctim.tv_sec > RACY_S)
		note_write(real, was, hex);
	mem_free(was);
	mem_free(is);
	return r;
}

int weights_sha256_cached(const char *dir, char hex[65], struct err *e)
{
	char *path = mem_printf("%s/%s", dir, MODEL_WEIGHTS), *real = realpath(path, NULL);
	struct stat st;
	int r = -1, fd = -1;
	if (!real) {
		err_sys(e, "%s", path);
		goto out;
	}
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		err_sys(e, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_DATA, "%s: not a regular file", path);
		goto out;
	}
	char *stamp = file_stamp(real, &st);
	r = note_read(real, stamp, hex) ? 0 : hash_and_note(fd, real, &st, hex, e);
	mem_free(stamp);
out:
	if (fd >= 0)
		close(fd);
	mem_free(real);
	mem_free(path);
	return r;
}

int model_key(const char *dir, char key[17], struct err *e)
{
	static const char *const files[] = {
		"config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json",
		"modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
		"config_sentence_transformers.json", NULL};
	char hex[65];
	struct buf b = BUF_INIT;
	int r = -1;
	if (weights_sha256_cached(dir, hex, e))
		return -1;
	struct hash *h = hash_new();
	hash_add(h, hex, 64);
	for (size_t i = 0; files[i]; i++) {
		char *path = mem_printf("%s/%s", dir, files[i]);
		buf_clear(&b);
		int bad = access(path, F_OK) == 0 ? file_slurp(path, SMALL_FILE_MAX, &b, e) : 0;
		mem_free(path);
		if (bad)
			goto out;
		hash_add(h, files[i], strlen(files[i]) + 1);
		uint64_t n = b.len;
		hash_add(h, &n, sizeof n);
		hash_add(h, b.p, b.len);
	}
	snprintf(key, 17, "%016" PRIx64, hash_get(h));
	r = 0;
out:
	hash_free(h);
	buf_release(&b);
	return r;
}
