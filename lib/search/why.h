/* why: what leann.h says of a failure, as the programs say it. */
#ifndef LEANN_SEARCH_WHY_H
#define LEANN_SEARCH_WHY_H

#include "base/err.h"
#include "leann.h"

/* The message of from with its code into to; -1. The other way round: leann_fail(). */
static inline int leann_why(const struct leann_error *from, struct err *to)
{
	return err_set(to,
		       from->status == LEANN_USAGE	 ? ERR_USAGE
		       : from->status == LEANN_TEMPORARY ? ERR_TEMP
							 : ERR_DATA,
		       "%s", from->message);
}

#endif
