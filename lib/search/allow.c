/* Filters: a bit a chunk, from the languages and paths of files. See engine.h. */
#include <string.h>

#include "algo/lang.h"
#include "base/mem.h"
#include "search/engine.h"
#include "sys/glob.h"

/* The filter as it goes over the files. */
struct allow {
	const struct engine *g;
	const char *const *languages;
	struct globs globs;
	uint64_t *bits;
	size_t n;			/* bits set */
};

static bool wanted(const char *const *languages, const char *name)
{
	for (size_t i = 0; languages && languages[i]; i++)
		if (!strcmp(languages[i], name))
			return true;
	return !languages;
}

/* A name that no file could have is a slip of the pen, not a question without hits. */
static int check_languages(const struct index *ix, const char *const *languages, struct err *e)
{
	for (size_t i = 0; languages && languages[i]; i++) {
		size_t k = 0;
		while (k < ix->n_langs && strcmp(index_lang(ix, k), languages[i]))
			k++;
		if (k == ix->n_langs && !lang_by_name(languages[i], strlen(languages[i])))
			return err_set(e, ERR_USAGE, "no language \"%s\"", languages[i]);
	}
	return 0;
}

/* One file; path is not looked at without globs. */
static int add_file(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	struct allow *a = ctx;
	struct index_file f;
	(void)n;
	(void)e;
	index_file(&a->g->ix, i, &f);
	if (f.flags & FILE_REMOVED || !wanted(a->languages, index_lang(&a->g->ix, f.lang)) ||
	    (a->globs.n && !globs_take(&a->globs, (const char *)path)))
		return 0;
	for (uint64_t c = f.first_chunk; c < f.first_chunk + f.n_chunks; c++)
		a->bits[c / 64] |= (uint64_t)1 << c % 64;
	a->n += f.n_chunks;
	return 0;
}

static int add_files(struct allow *a, struct err *e)
{
	if (a->globs.n)
		return index_each_path(&a->g->ix, add_file, a, e);
	for (size_t i = 0; i < a->g->ix.n_files; i++)
		if (add_file(a, i, NULL, 0, e))
			return -1;
	return 0;
}

int allow_make(const struct engine *g, const char *const *languages, const char *const *paths,
	       uint64_t **allow, size_t *n, struct err *e)
{
	struct allow a = {.g = g, .languages = languages, .globs = GLOBS_INIT};
	int r = check_languages(&g->ix, languages, e);
	for (size_t i = 0; !r && paths && paths[i]; i++)
		r = globs_add(&a.globs, paths[i], e);
	a.bits = mem_calloc(g->ix.n_chunks / 64 + 1, sizeof *a.bits);
	if (!r)
		r = add_files(&a, e);
	globs_release(&a.globs);
	if (r) {
		mem_free(a.bits);
		return -1;
	}
	*allow = a.bits;
	*n = a.n;
	return 0;
}
