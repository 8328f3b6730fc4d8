/* Lines for the log of questions; see log.h. */
#include "log.h"

#include <time.h>

#include "base/mem.h"
#include "search/leann_impl.h"
#include "sys/querylog.h"

void log_results(const struct leann_index *ix, const struct leann_results *r)
{
	const char *id = js_str(index_key(&ix->g.ix, "build_id"), NULL);
	struct query_entry *q = mem_array(r->n_answers, sizeof *q);
	size_t n = 0;
	for (size_t i = 0; id && i < r->n_answers; i++)
		if (!r->answers[i].cached)
			q[n++] = (struct query_entry){time(NULL), id,
						      r->total_ms / (double)r->n_answers,
						      r->answers[i].n_recomputed};
	querylog_add(q, n);
	mem_free(q);
}
