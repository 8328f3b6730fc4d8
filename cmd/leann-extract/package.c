/* Documents that are zip files; see package.h. */
#include "package.h"

#include <string.h>

#include "base/mem.h"
#include "fmt/unpack.h"

static bool ends_in(const char *name, const char *ends)
{
	size_t n = strlen(name);
	for (const char *p = ends; *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' ')) {
		size_t k = strcspn(p, " ");
		if (k <= n && !memcmp(name + n - k, p, k))
			return true;
	}
	return false;
}

int package_open(struct package *k, struct out *o, const struct doc *d, const char *ends, struct err *e)
{
	struct unpack *u;
	const char *name;
	int r = unpack_open(d->p, d->n, false, &u, e);
	while (!r && (r = unpack_next(u, &name, e)) > 0) {
		r = 0;
		if (!ends_in(name, ends))
			continue;
		k->member = mem_realloc(k->member, (k->n + 1) * sizeof *k->member);
		struct package_member *m = &k->member[k->n++];
		*m = (struct package_member){mem_strdup(name), BUF_INIT};
		for (size_t got = 1; got && !r;) {
			r = unpack_read(u, &m->b, &got, e) || out_unpacked(o, got, e) ? -1 : 0;
		}
	}
	unpack_close(u);
	return r;
}

const struct buf *package_get(const struct package *k, const char *name)
{
	while (*name == '/')
		name++;
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->member[i].name, name))
			return &k->member[i].b;
	return NULL;
}

struct xml *package_xml(const struct package *k, const char *name, enum xml_kind kind)
{
	const struct buf *b = package_get(k, name);
	return b ? xml_open(b->p, b->len, kind) : NULL;
}

void package_release(struct package *k)
{
	for (size_t i = 0; i < k->n; i++) {
		mem_free(k->member[i].name);
		buf_release(&k->member[i].b);
	}
	mem_free(k->member);
	*k = (struct package){0};
}

int package_meta(struct out *o, const struct xml_node *top, struct err *e)
{
	static const char *const keys[][2] = {{"title", "title"}, {"creator", "author"},
					      {"initial-creator", "author"}, {"modified", "date"},
					      {"date", "date"}};
	struct buf b = BUF_INIT;
	unsigned seen = 0;
	int r = 0;
	for (const struct xml_node *n = top; n && !r; n = xml_step(n, top))
		for (size_t i = 0; i < sizeof keys / sizeof *keys && !r; i++) {
			unsigned bit = 1u << (keys[i][1][0] % 31);
			if (!xml_is(n, keys[i][0]) || (seen & bit))
				continue;
			seen |= bit;
			buf_clear(&b);
			xml_all_text(n, &b);
			r = out_meta(o, keys[i][1], (char *)b.p, b.len, e);
		}
	buf_release(&b);
	return r;
}
