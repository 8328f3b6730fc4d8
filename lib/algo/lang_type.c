/* Kinds of files; see lang_type.h. */
#include "algo/lang_type.h"

#include <string.h>

#include "algo/lang.h"

const char *const lang_type_names[] = {"code", "data", "doc", "mail", "other", NULL};

const char *lang_type(const char *name)
{
	static const char *const data[] = {"bibtex", "csv", "diff", "ini", "json", "log", "sql", "toml", "xml",
					   "yaml"};
	const struct lang *l = lang_by_name(name, strlen(name));
	for (size_t i = 0; i < sizeof data / sizeof *data; i++)
		if (!strcmp(name, data[i]))
			return "data";
	if (!*name)
		return "other";
	if (!strcmp(name, "email"))
		return "mail";
	return l && l->style == STYLE_CODE ? "code" : "doc";
}
