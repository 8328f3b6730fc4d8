/* Two texts as one input; see tok.h. */
#include "nn/tok.h"
#include "nn/tok_impl.h"

void tok_pair_cut(size_t n_first, size_t n_second, size_t max_tokens, struct tok_pair *out)
{
	size_t room = max_tokens - 3;
	size_t less = n_first > n_second ? n_second : n_first, more = n_first + n_second - less;
	out->n_untruncated = n_first + n_second + 3;
	if (less + more > room) {
		more = less > room || room - less < less ? less : room - less;
		if (less + more > room) {
			less = room / 2;
			more = room - less;
		}
	}
	out->n_first = n_first > n_second ? more : less;
	out->n_second = n_first > n_second ? less : more;
}

int tok_encode_pair(const struct tok *t, struct tok_text first, struct tok_text second,
		    const struct tok_pair *cut, uint32_t *ids, struct err *e)
{
	size_t n_a, n_b;
	uint32_t *second_ids = ids + cut->n_first + 1;
	if (tok_encode(t, first.p, first.n, cut->n_first + 2, ids, &n_a, NULL, e) ||
	    tok_encode(t, second.p, second.n, cut->n_second + 2, second_ids, &n_b, NULL, e))
		return -1;
	*second_ids = t->sep;	/* it was the first's, then the second's [CLS] */
	if (n_a != cut->n_first + 2 || n_b != cut->n_second + 2)
		return err_set(e, ERR_DATA, "tokenizer: a pair of %zu and %zu tokens, counted %zu and %zu",
			       n_a - 2, n_b - 2, cut->n_first, cut->n_second);
	return 0;
}
