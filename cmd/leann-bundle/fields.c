/* Metadata of an index in leann-bundle show and stats: fields, types, how many values, bytes. */
#include <stdio.h>

#include "fmt/index.h"
#include "fmt/meta_typed.h"
#include "tool.h"

static const char *type_of(const struct meta_field *f)
{
	return f->type == META_INT && meta_key_is_date(f->name) ? "time" : meta_type_names[f->type];
}

struct js *fields_json(const struct index *ix)
{
	struct js *a = js_new_arr();
	for (size_t i = 0; ix->meta && i < ix->meta->n_fields; i++) {
		const struct meta_field *f = &ix->meta->field[i];
		struct js *o = js_new_obj();
		js_set(o, "name", js_new_str(f->name));
		js_set(o, "type", js_new_str(type_of(f)));
		js_set(o, "values", js_new_int(f->n_values));
		js_set(o, "bytes", js_new_int((int64_t)f->n_bytes));
		js_push(a, o);
	}
	return a;
}

void fields_report(const struct index *ix)
{
	if (!ix->meta)
		return;
	printf("\n%-24s %-8s %12s %12s\n", "field", "type", "values", "bytes");
	for (size_t i = 0; i < ix->meta->n_fields; i++) {	/* names are plain: meta_key_ok() */
		const struct meta_field *f = &ix->meta->field[i];
		printf("%-24s %-8s %12u %12llu\n", f->name, type_of(f), f->n_values,
		       (unsigned long long)f->n_bytes);
	}
}
