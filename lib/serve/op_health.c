/* How the indexes are: what they hold, how well, how fresh. See ops.h. */
#include <string.h>

#include "base/le.h"
#include "fmt/condition.h"
#include "search/leann_impl.h"
#include "serve/fresh.h"
#include "serve/ops.h"
#include "sys/querylog.h"

#define HEALTHY .8	/* of the score, and of the files that were looked at */

/* Of an index without passages and files nothing is known, and nothing is wrong. */
static double score(const struct index *ix, const struct fresh *f, bool *healthy)
{
	struct condition c;
	condition_of(ix, f->n_looked, f->n_changed + f->n_missing, &c);
	double x = c.score < 0 ? 1 : c.score;
	*healthy = x >= HEALTHY && (c.part[PART_FRESH] < 0 || c.part[PART_FRESH] >= HEALTHY);
	return x;
}

static struct js *files_json(const struct fresh *f)
{
	struct js *o = js_new_obj();
	fresh_set(o, f);
	return o;
}

static struct js *health_of(struct catalog *c, size_t i, double *mean_ms, struct err *e)
{
	struct edition *ed = catalog_take(c, i);
	const struct index *ix = &ed->ix->g.ix;
	const char *id = js_str(index_key(ix, "build_id"), NULL);
	struct querylog_stat log = {0};
	struct fresh f;
	struct buf trouble = BUF_INIT;
	struct js *o = NULL;
	if (!fresh_look(ix, FRESH_SOME, &f, e)) {
		bool healthy;
		double x = score(ix, &f, &healthy);
		catalog_trouble(c, i, &trouble);
		*mean_ms = catalog_mean_ms(c, i);
		if (*mean_ms < 0) {
			if (id)
				querylog_stat(id, &log);
			*mean_ms = log.mean_ms;
		}
		o = js_new_obj();
		js_set(o, "name", js_new_str(ed->name));
		js_set(o, "status", js_new_str(healthy && !trouble.len ? "healthy" : "degraded"));
		js_set(o, "healthScore", js_new_real(x));
		js_set(o, "indexSize", js_new_int((int64_t)ix->b.n_map));
		js_set(o, "avgLatency", js_new_real(*mean_ms));
		js_set(o, "files", files_json(&f));
		if (trouble.len)
			js_set(o, "trouble", js_new_strn((const char *)trouble.p, trouble.len));
	}
	buf_release(&trouble);
	edition_drop(ed);
	return o;
}

enum op_result op_health(struct catalog *c, struct js **reply, struct err *e)
{
	struct js *all = js_new_arr(), *o = js_new_obj();
	double worst = 1, sum_ms = 0;
	int64_t bytes = 0;
	size_t n_timed = 0;
	bool healthy = true;
	*reply = NULL;
	for (size_t i = 0; i < catalog_n(c); i++) {
		double ms = 0;
		struct js *one = health_of(c, i, &ms, e);
		if (!one) {
			js_free(all);
			js_free(o);
			return op_result(e);
		}
		double x = js_num(js_get(one, "healthScore"));
		worst = x < worst ? x : worst;
		bytes += js_int(js_get(one, "indexSize"));
		sum_ms += ms;
		n_timed += ms > 0;
		healthy = healthy && !strcmp(js_str(js_get(one, "status"), NULL), "healthy");
		js_push(all, one);
	}
	js_set(o, "status", js_new_str(healthy ? "healthy" : "degraded"));
	js_set(o, "healthScore", js_new_real(worst));
	js_set(o, "indexSize", js_new_int(bytes));
	js_set(o, "avgLatency", js_new_real(n_timed ? sum_ms / (double)n_timed : 0));
	js_set(o, "indexes", all);
	*reply = o;
	return OP_OK;
}

static struct js *members_json(const struct index *ix)
{
	struct js *o = js_new_obj();
	for (size_t i = 0; i < ix->b.n_members; i++)
		js_set(o, ix->b.member[i].name, js_new_int((int64_t)ix->b.member[i].n));
	return o;
}

static struct js *anchors_json(const struct index *ix)
{
	struct js *a = js_new_arr();
	for (size_t i = 0; i < ix->anchors.m && ix->anchor_size; i++)
		js_push(a, js_new_int((int64_t)get_le32(ix->anchor_size + 4 * i)));
	return a;
}

static struct js *languages_json(const struct index *ix)
{
	const struct js *names = js_get(ix->b.manifest, "languages");
	struct js *a = js_new_arr();
	for (size_t i = 0; i < js_len(names); i++)
		if (js_str(js_at(names, i), NULL)[0])
			js_push(a, js_copy(js_at(names, i)));
	return a;
}

static const char *const kept[] = {"build_id", "model", "roots", "counts", "quality", NULL};

enum op_result op_index_detail(struct catalog *c, size_t i, struct js **reply, struct err *e)
{
	struct edition *ed = catalog_take(c, i);
	const struct index *ix = &ed->ix->g.ix;
	struct fresh f;
	*reply = NULL;
	if (fresh_look(ix, FRESH_MANY, &f, e)) {
		edition_drop(ed);
		return op_result(e);
	}
	struct js *o = js_new_obj();
	js_set(o, "name", js_new_str(ed->name));
	js_set(o, "path", js_new_path(ed->path, strlen(ed->path)));
	js_set(o, "edition", js_new_int(ed->number));
	js_set(o, "bytes", js_new_int((int64_t)ix->b.n_map));
	bool healthy;
	js_set(o, "healthScore", js_new_real(score(ix, &f, &healthy)));
	for (size_t k = 0; kept[k]; k++)
		if (js_get(ix->b.manifest, kept[k]))
			js_set(o, kept[k], js_copy(js_get(ix->b.manifest, kept[k])));
	js_set(o, "languages", languages_json(ix));
	js_set(o, "members", members_json(ix));
	js_set(o, "anchorSizes", anchors_json(ix));
	js_set(o, "files", files_json(&f));
	*reply = o;
	edition_drop(ed);
	return OP_OK;
}
