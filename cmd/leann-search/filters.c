/* Which passages may be hits; see filters.h. */
#include "filters.h"

#include <string.h>

#include "base/mem.h"
#include "search/why.h"

void filters_add(struct settings *s, char *expr, const char *option)
{
	s->filters = mem_realloc(s->filters, (s->n_filters + 1) * sizeof *s->filters);
	s->filters[s->n_filters++] = (struct filter_option){expr, option};
}

void filters_langs(struct settings *s, const char *list)
{
	js_free(s->langs);
	s->langs = js_new_arr();
	for (;; list++) {
		size_t n = strcspn(list, ",");
		if (n)
			js_push(s->langs, js_new_strn(list, n));
		list += n;
		if (!*list)
			return;
	}
}

/* A list of types as an expression; what is none of them is told by that. */
void filters_type(struct settings *s, const char *list)
{
	struct buf b = BUF_INIT;
	buf_adds(&b, "type in (\"");
	for (; *list; list++)
		if (*list == ',')
			buf_adds(&b, "\", \"");
		else if (!strchr("\"\\", *list))
			buf_addc(&b, *list);
	buf_adds(&b, "\")");
	filters_add(s, (char *)buf_detach(&b), "--type");
}

void filters_release(struct settings *s)
{
	for (size_t i = 0; i < s->n_filters; i++)
		mem_free(s->filters[i].expr);
	mem_free(s->filters);
}

/* The strings of an array, NULL at the end; NULL for NULL. Caller: mem_free. */
static const char **strings(const struct js *a)
{
	size_t n = js_len(a);
	const char **s = a ? mem_array(n + 1, sizeof *s) : NULL;
	for (size_t i = 0; i < n; i++)
		s[i] = js_str(js_at(a, i), NULL);
	if (s)
		s[n] = NULL;
	return s;
}

/* Takes f over, and *out, which becomes both; f NULL: an error, in why. */
static int join(struct leann_filter **out, struct leann_filter *f, const char *option,
		const struct leann_error *why, struct err *e)
{
	struct leann_filter *both = NULL;
	struct leann_error ignored;
	if (!f) {
		leann_why(why, e);
		return why->status == LEANN_USAGE ? err_prefix(e, "%s", option) : -1;
	}
	if (*out && leann_filter_and(*out, f, &both, &ignored))
		return leann_why(&ignored, e);
	if (both) {
		leann_filter_free(*out);
		leann_filter_free(f);
	}
	*out = both ? both : f;
	return 0;
}

int filters_make(const struct settings *s, const struct leann_index *ix, struct leann_filter **out,
		 struct err *e)
{
	struct leann_error why;
	struct leann_filter *f = NULL;
	const char **langs = strings(s->langs);
	int r = 0;
	if (langs || s->paths) {
		(void)leann_filter_new(ix, langs, s->paths, &f, &why);	/* f NULL: it failed */
		r = join(out, f, "--lang", &why, e);
	}
	mem_free(langs);
	for (size_t i = 0; i < s->n_filters && !r; i++) {
		(void)leann_filter_parse(ix, s->filters[i].expr, &f, &why);
		r = join(out, f, s->filters[i].option, &why, e);
	}
	return r;
}
