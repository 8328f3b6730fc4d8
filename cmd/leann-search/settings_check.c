/* What goes with what on the command line; see settings.h. */
#include "base/opts.h"
#include "settings.h"

void settings_check(struct settings *s)
{
	if (s->confidence > 0 && !s->early)
		err_usage_die("--confidence-threshold goes with --early-terminate");
	if (s->source != SOURCE_TWO_LEVEL && (s->promote > 0 || s->recompute_batch))
		err_usage_die("--promote and --recompute-batch go with --candidates two-level");
	if (s->source == SOURCE_TWO_LEVEL && !(s->promote > 0))
		s->promote = PROMOTE_DEFAULT;
	if (s->early && !(s->confidence > 0))
		s->confidence = CONFIDENCE_DEFAULT;
	if (s->n_probe && s->source != SOURCE_AUTO && s->source != SOURCE_LISTS)
		err_usage_die("--nprobe goes with --candidates lists");
	if (s->rerank && (s->like || s->early))
		err_usage_die("--mode rerank does not go with %s",
			      s->like ? "--like, which has no question" : "--early-terminate");
	if (s->like && (s->batch || s->question.len))
		err_usage_die("--like and %s: only one of them",
			      s->batch ? "--batch" : "a question");
	if (s->n_more && (s->like || s->root))
		err_usage_die("--with does not go with %s, which is of one index", s->like ? "--like" : "--root");
	if (!s->like && !s->batch == !s->question.len)
		err_usage_die(s->batch ? "a question and --batch: only one of them"
				       : "what is the question?");
}
