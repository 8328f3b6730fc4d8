/* One key's value: reading it from text, showing it, saying what is allowed; see config_keys.h. */
#include "sys/config_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void config_value_clear(struct config_value *v)
{
	for (size_t i = 0; i < v->n_list; i++)
		mem_free(v->list[i]);
	mem_free(v->list);
	mem_free(v->text);
	*v = (struct config_value){0};
}

void config_list_add(struct config_value *v, const char *p, size_t n)
{
	v->list = mem_realloc(v->list, (v->n_list + 1) * sizeof *v->list);
	v->list[v->n_list++] = mem_strndup(p, n);
}

void config_key_allowed(struct buf *b, const struct config_key *k)
{
	switch (k->type) {
	case CONFIG_BOOL:
		buf_adds(b, "true or false");
		break;
	case CONFIG_INT:
		buf_printf(b, "a whole number from %.0f to %.0f", k->min, k->max);
		break;
	case CONFIG_REAL:
		buf_printf(b, "a number from %g to %g", k->min, k->max);
		break;
	case CONFIG_WORD:
		for (size_t i = 0; k->words[i]; i++)
			buf_printf(b, "%s%s",
				   !i		     ? ""
				   : k->words[i + 1] ? ", "
						     : " or ",
				   k->words[i]);
		break;
	case CONFIG_STR:
		buf_adds(b, "a string that is not empty");
		break;
	case CONFIG_LIST:
		buf_adds(b, "a list of strings that are not empty");
		break;
	}
	if (k->may_auto)
		buf_adds(b, ", or \"auto\"");
}

bool config_parse(const struct config_key *k, const char *text, struct config_value *v)
{
	char *end;
	if (k->may_auto && strcmp(text, "auto") == 0) {
		v->is_auto = true;
		return true;
	}
	switch (k->type) {
	case CONFIG_BOOL:
		v->yes = strcmp(text, "true") == 0;
		return v->yes || strcmp(text, "false") == 0;
	case CONFIG_INT:
		errno = 0;
		v->num = strtoll(text, &end, 10);
		return strchr("-0123456789", *text) && *text && !*end && !errno &&
		       (double)v->num >= k->min && (double)v->num <= k->max;
	case CONFIG_REAL:
		v->real = strtod(text, &end);
		return strchr("-.0123456789", *text) && *text && !*end && isfinite(v->real) &&
		       v->real >= k->min && v->real <= k->max;
	case CONFIG_WORD:
		v->text = mem_strdup(text);
		for (size_t i = 0; k->words[i]; i++)
			if (strcmp(k->words[i], text) == 0)
				return true;
		return false;
	case CONFIG_STR:
		v->text = mem_strdup(text);
		return *text != 0;
	case CONFIG_LIST:
		for (const char *p = text; *text;) {
			size_t n = strcspn(p, ",");
			if (!n)
				return false;
			config_list_add(v, p, n);
			if (!p[n])
				return true;
			p += n + 1;
		}
		return true;
	}
	return false;
}

void config_value_show(const struct config_key *k, const struct config_value *v, struct buf *out)
{
	if (v->is_auto) {
		buf_adds(out, "auto");
		return;
	}
	switch (k->type) {
	case CONFIG_BOOL:
		buf_adds(out, v->yes ? "true" : "false");
		break;
	case CONFIG_INT:
		buf_printf(out, "%" PRId64, v->num);
		break;
	case CONFIG_REAL:
		buf_printf(out, "%g", v->real);
		break;
	case CONFIG_WORD:
	case CONFIG_STR:
		buf_adds(out, v->text);
		break;
	case CONFIG_LIST:
		for (size_t i = 0; i < v->n_list; i++)
			buf_printf(out, "%s%s", i ? "," : "", v->list[i]);
		break;
	}
}
