/* Names for the roots of an index whose files lie in it; see tool.h. */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fmt/index.h"
#include "tool.h"

/* The last k components of an absolute path; all it has where they are fewer. */
static const char *last(const char *path, size_t k)
{
	const char *p = path + strlen(path);
	while (p > path && (p[-1] != '/' || --k))
		p--;
	return *p == '/' ? p + 1 : p;
}

/* Do the names of k components tell all roots in use apart? */
static bool tell_apart(char *const *root, const bool *used, size_t n, size_t k)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; used[i] && j < i; j++)
			if (used[j] && !strcmp(last(root[i], k), last(root[j], k)))
				return false;
	return true;
}

static size_t mark_used(const struct index *ix, bool *used)
{
	size_t n = 0;
	for (size_t i = 0; i < ix->n_files; i++) {
		uint64_t flags = column_get(&ix->flags, i);
		struct index_file f;
		if (flags & (FILE_STORED | FILE_REMOVED))
			continue;
		index_file(ix, i, &f);
		n += !used[f.root];
		used[f.root] = true;
	}
	return n;
}

void root_names_free(char **name, size_t n)
{
	for (size_t i = 0; name && i < n; i++)
		mem_free(name[i]);
	mem_free(name);
}

int root_names(const struct index *ix, char ***out, struct err *e)
{
	size_t n = ix->n_roots, k = 1;
	bool *used = mem_calloc(n + 1, sizeof *used);
	char **name = mem_calloc(n + 1, sizeof *name);
	size_t n_used = mark_used(ix, used);
	int r = 0;
	*out = NULL;
	for (size_t i = 0; i < n && !r; i++) {
		struct buf b = BUF_INIT;
		r = index_root(ix, i, &b, e);
		buf_addc(&b, 0);
		name[i] = (char *)buf_detach(&b);
	}
	/* of two that are the same the names are, too: ROOT_NAME_COMPONENTS_MAX ends it */
	while (!r && n_used > 1 && k < ROOT_NAME_COMPONENTS_MAX && !tell_apart(name, used, n, k))
		k++;
	for (size_t i = 0; i < n && !r; i++) {
		char *whole = name[i];
		name[i] = mem_strdup(strcmp(whole, "/") ? last(whole, k) : "root");
		mem_free(whole);
	}
	mem_free(used);
	if (!r && n_used > 1)
		*out = name;
	else
		root_names_free(name, n);
	return r;
}
