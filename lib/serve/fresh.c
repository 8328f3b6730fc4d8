/* How many files changed; see fresh.h. */
#include "serve/fresh.h"

#include "sys/stale.h"

int fresh_look(const struct index *ix, size_t n_max, struct fresh *f, struct err *e)
{
	struct stale s = STALE_INIT;
	size_t step = ix->n_files / n_max + 1;
	int r = 0;
	*f = (struct fresh){0};
	s.ix = ix;
	for (size_t i = 0; i < ix->n_files && !r; i += step) {
		enum source_status st = SOURCE_FRESH;
		if (column_get(&ix->flags, i) & FILE_REMOVED)
			continue;
		r = stale_file(&s, i, &st, e);
		f->n_looked++;
		f->n_changed += st == SOURCE_CHANGED;
		f->n_missing += st != SOURCE_FRESH && st != SOURCE_CHANGED;
	}
	stale_release(&s);
	return r;
}

void fresh_set(struct js *o, const struct fresh *f)
{
	js_set(o, "looked", js_new_int((int64_t)f->n_looked));
	js_set(o, "changed", js_new_int((int64_t)f->n_changed));
	js_set(o, "missing", js_new_int((int64_t)f->n_missing));
}
