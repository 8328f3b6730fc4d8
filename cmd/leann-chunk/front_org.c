/* What Org files say of themselves: lines #+KEY: value; see front.h. */
#include <string.h>

#include "fmt/meta_typed.h"
#include "front.h"

/* One line without its end. */
static bool add_line(const char *p, size_t n, struct meta *m)
{
	char key[META_KEY_MAX + 1];
	const char *colon = n > 2 && p[1] == '+' ? memchr(p, ':', n) : NULL;
	if (!colon)
		return true;
	const char *v = colon + 1;
	size_t left = (size_t)(p + n - v);
	while (left && strchr(" \t\r", v[left - 1]))
		left--;
	while (left && (*v == ' ' || *v == '\t'))
		v++, left--;
	if (left > 11 && (*v == '<' || *v == '['))	/* <2026-01-31 Sat> */
		v++, left = 10;
	return !left || (meta_key_make(key, p + 2, (size_t)(colon - p) - 2) && meta_set_word(m, key, v, left));
}

bool front_org(const char *p, size_t n, struct meta *m)
{
	bool all = true;
	while (n && strchr("#\r\n", *p)) {	/* as long as nothing but these, comments and empty lines came */
		const char *lf = memchr(p, '\n', n);
		size_t len = lf ? (size_t)(lf - p) : n;
		all &= add_line(p, len, m);
		p += len + (lf != NULL);
		n -= len + (lf != NULL);
	}
	return all;
}
