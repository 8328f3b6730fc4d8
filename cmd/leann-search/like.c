/* Where a passage is; see like.h. */
#include "like.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* The line number that ends where, whose path has *n_path bytes; 0: there is none. */
static uint64_t line_of(const char *where, size_t *n_path)
{
	const char *colon = strrchr(where, ':');
	*n_path = strlen(where);
	if (!colon || colon == where || !access(where, F_OK))
		return 0;
	size_t n = strspn(colon + 1, "0123456789");
	const char *rest = colon + 1 + n;
	if (*rest == '-' && rest[1])
		rest += 1 + strspn(rest + 1, "0123456789");
	if (!n || n > 18 || *rest)
		return 0;
	*n_path = (size_t)(colon - where);
	return strtoull(colon + 1, NULL, 10);
}

int like_find(struct leann_searcher *s, const char *where, uint32_t *chunk, struct leann_error *e)
{
	size_t n;
	uint64_t line = line_of(where, &n);
	char *path = mem_strdup(where);
	path[n] = 0;
	int r = leann_find(s, path, line, chunk, e);
	mem_free(path);
	return r;
}
