/* recall: what a search by codes finds of what exact search does. */
#include "algo/recall.h"

#include <string.h>

#include "algo/enrich.h"
#include "synth.h"
#include "unit.h"

enum { N = 300, DIM = 32 };

static struct recall of_codes(const float *x, const struct pq *pq, const uint8_t *codes,
			      size_t n_recompute, size_t n)
{
	uint8_t *packed = mem_calloc(pq_packed_bytes(N, pq->m), 1);
	struct search_codes c = {.pq = pq, .packed = packed, .n = n};
	struct recall_params p = {.dim = DIM, .n_recompute = n_recompute, .n_queries = 64};
	struct par *par = par_new(2);
	struct recall r;
	pq_pack(codes, n, pq->m, packed);
	recall_measure(x, &c, &p, par, &r);
	par_free(par);
	mem_free(packed);
	return r;
}

int main(void)
{
	float *x = synth_rows(N, DIM, 5, 9);
	struct rows_array a = {x, DIM};
	struct rows rows = rows_from_array(&a, N);
	struct enrich_params p = ENRICH_PARAMS_DEFAULT;
	struct enrich e = ENRICH_INIT;
	struct par *par = par_new(1);
	struct err why;
	p.pq.m = 8;
	p.pq.ksub = 16;
	if (!ok(enrich_pq(&rows, NULL, &p, par, &e, &why) == 0, "codes are made"))
		return done();
	struct recall all = of_codes(x, &e.pq, e.codes, N, N), some = of_codes(x, &e.pq, e.codes, 20, N),
		      none = of_codes(x, &e.pq, e.codes, 0, N);
	ok(all.at_3 == 1 && all.at_10 == 1 && all.n_queries == 64,
	   "who recomputes everything finds everything");
	ok(some.at_3 <= 1 && some.at_3 >= some.codes_at_3 && some.at_10 >= some.codes_at_10 &&
	   some.codes_at_3 == all.codes_at_3,
	   "recomputing the best 20 finds more than codes alone: %.3f, %.3f", some.at_3,
	   some.codes_at_3);
	ok(none.at_3 == none.codes_at_3 && none.at_10 == none.codes_at_10 && none.at_3 > .2,
	   "recomputing none is codes alone: %.3f", none.at_3);
	for (size_t i = 0; i < N / 2; i++) {	/* codes of others */
		uint8_t t[8];
		memcpy(t, e.codes + i * 8, 8);
		memcpy(e.codes + i * 8, e.codes + (N - 1 - i) * 8, 8);
		memcpy(e.codes + (N - 1 - i) * 8, t, 8);
	}
	struct recall wrong = of_codes(x, &e.pq, e.codes, 10, N);
	ok(wrong.at_3 < some.at_3 - .3, "codes of other rows show: %.3f", wrong.at_3);
	for (size_t i = 0; i < N; i++)
		memcpy(x + i * DIM, x, DIM * sizeof *x);
	struct recall same = of_codes(x, &e.pq, e.codes, 10, N);
	ok(same.at_3 == 1 && same.at_10 == 1, "copies of a text stand for each other");
	struct recall two = of_codes(x, &e.pq, e.codes, 10, 2), one = of_codes(x, &e.pq, e.codes, 10, 1);
	ok(two.n_queries == 2 && two.at_10 == 1 && one.n_queries == 0,
	   "two rows are enough for a question, one is not");
	enrich_release(&e);
	par_free(par);
	mem_free(x);
	return done();
}
