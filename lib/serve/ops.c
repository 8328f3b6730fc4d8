/* Which index, and what an error means; see ops.h. */
#include "serve/ops.h"

#include <string.h>

enum op_result op_result(const struct err *e)
{
	return e->code == ERR_USAGE ? OP_WRONG : e->code == ERR_TEMP ? OP_LATER : OP_FAILED;
}

enum op_result op_index(struct desk *d, const char *name, size_t *i, struct err *e)
{
	struct catalog *c = desk_catalog(d);
	*i = 0;
	if (!name && catalog_n(c) == 1)
		return OP_OK;
	if (name) {
		*i = catalog_find(c, name, strlen(name));
		if (*i < catalog_n(c))
			return OP_OK;
	}
	struct buf all = BUF_INIT;
	for (size_t k = 0; k < catalog_n(c); k++)
		buf_printf(&all, "%s%s", k ? ", " : "", catalog_name(c, k));
	if (name)
		err_set(e, ERR_USAGE, "no index is called \"%.100s\": there are %s", name, (const char *)all.p);
	else
		err_set(e, ERR_USAGE, "which index? there are %s", (const char *)all.p);
	buf_release(&all);
	return name ? OP_NONE : OP_WRONG;
}
