/* Filters: a bit a chunk, from the languages and paths of files. See engine.h. */
#include <string.h>

#include "algo/lang.h"
#include "base/mem.h"
#include "search/engine.h"
#include "search/filter.h"
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

/* Does some passage say a language of its own? */
static bool has_own_langs(const struct index *ix)
{
	for (size_t i = 0; ix->meta && i < ix->meta->n_fields; i++)
		if (!strcmp(ix->meta->field[i].name, "lang"))
			return true;
	return false;
}

/* Chunks in one of the languages, of which passages may say their own. */
static int own_langs(const struct engine *g, const char *const *languages, uint64_t *bits, struct err *e)
{
	struct buf b = BUF_INIT;
	struct filter *f = NULL;
	buf_adds(&b, "lang in (");
	for (size_t i = 0; languages[i]; i++) {
		buf_adds(&b, i ? ",\"" : "\"");
		for (const char *p = languages[i]; *p; p++)
			buf_printf(&b, "%s%c", strchr("\"\\", *p) ? "\\" : "", *p);
		buf_addc(&b, '"');
	}
	buf_addc(&b, ')');
	int r = filter_parse((const char *)b.p, &f, e) || filter_eval(f, g, 0, bits, e) ? -1 : 0;
	filter_free(f);
	buf_release(&b);
	return r;
}

/* Of a's files only those chunks. */
static int keep_own_langs(struct allow *a, const char *const *languages, struct err *e)
{
	size_t words = a->g->ix.n_chunks / 64 + 1;
	uint64_t *bits = mem_calloc(words, sizeof *bits);
	int r = own_langs(a->g, languages, bits, e);
	a->n = 0;
	for (size_t i = 0; i < words && !r; i++)
		a->n += (size_t)__builtin_popcountll(a->bits[i] &= bits[i]);
	mem_free(bits);
	return r;
}

int allow_make(const struct engine *g, const char *const *languages, const char *const *paths,
	       uint64_t **allow, size_t *n, struct err *e)
{
	bool own = languages && languages[0] && has_own_langs(&g->ix);
	struct allow a = {.g = g, .languages = own ? NULL : languages, .globs = GLOBS_INIT};
	int r = own ? 0 : check_languages(&g->ix, languages, e);
	for (size_t i = 0; !r && paths && paths[i]; i++)
		r = globs_add(&a.globs, paths[i], e);
	a.bits = mem_calloc(g->ix.n_chunks / 64 + 1, sizeof *a.bits);
	if (!r)
		r = add_files(&a, e);
	if (!r && own)
		r = keep_own_langs(&a, languages, e);
	globs_release(&a.globs);
	if (r) {
		mem_free(a.bits);
		return -1;
	}
	*allow = a.bits;
	*n = a.n;
	return 0;
}
