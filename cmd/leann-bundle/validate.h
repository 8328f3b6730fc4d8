/* validate: what leann-bundle validate found out, and how it says so. */
#ifndef LEANN_BUNDLE_VALIDATE_H
#define LEANN_BUNDLE_VALIDATE_H

#include "fmt/index.h"
#include "sample.h"
#include "tool.h"

struct validation {
	const struct index *ix;
	const struct tool_opts *o;
	struct js *changed, *missing;	/* paths */
	size_t n_files;			/* that were not removed */
	size_t n_changed, n_missing, n_read;
	bool met;			/* targets */
	struct sample sample;		/* n_wanted 0: none was asked for */
};

/* Count, and name, the files that are not as they were indexed. Also for stats. */
int validate_sources(struct validation *v, struct err *e) MUST_CHECK;
bool validate_wants(const struct validation *v, const char *metric);
const char *validate_verdict(const struct validation *v);
void validate_text(const struct validation *v, struct buf *out);
void validate_json(const struct validation *v, struct buf *out);

#endif
