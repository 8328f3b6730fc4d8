/* Options of programs that import; see import_args.h. */
#include "port/import_args.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/env.h"
#include "base/err.h"

bool import_arg(struct import_args *a, const struct opts *o, int id)
{
	static const char *const words[] = {"auto", "reuse", "recompute", NULL};
	static const char *const precisions[] = {"auto", "fp32", "bf16", "int8", NULL};
	switch (id) {
	case IMPORT_MODEL: a->import.model = o->val; break;
	case IMPORT_NAME:
		if (!import_name_ok(o->val))
			err_usage_die("--name %s: want a name of at most %d bytes without \"/\"", o->val,
				      IMPORT_NAME_MAX);
		a->import.name = o->val;
		break;
	case IMPORT_SKIP_EMPTY: a->import.skip_empty = true; break;
	case IMPORT_LEXICAL: a->import.lexical = true; break;
	case IMPORT_ENDPOINT: a->import.embed.endpoint = o->val; break;
	case IMPORT_PRECISION: a->import.embed.precision = precisions[opts_word(o, precisions)]; break;
	case IMPORT_NO_START: a->import.embed.no_start = true; break;
	case IMPORT_EMBEDDINGS: a->embeddings = (enum embeddings)opts_word(o, words); break;
	case 'j': a->import.n_threads = (size_t)opts_num(o, 1, 1024); break;
	case 'q': a->quiet = true; break;
	case 'v': a->verbose = true; break;
	default: return false;
	}
	return true;
}

void import_args_finish(struct import_args *a, const struct opts *o)
{
	if (!a->import.embed.precision)
		a->import.embed.precision = env_get("LEANN_PRECISION");
	a->import.prog = err_prog();
	a->import.n_args = (size_t)o->argc - 1;
	a->import.args = o->argv + 1;
	if (isatty(1))
		err_usage_die("stdout is a terminal, and the stream is not text");
}

static void line(struct buf *out, uint64_t n, const char *one, const char *more)
{
	if (n)
		buf_printf(out, "%s: %" PRIu64 " %s\n", err_prog(), n, n == 1 ? one : more);
}

void import_tell(const struct import_args *a, const struct import_counts *c, double s, struct buf *out)
{
	if (!a->quiet) {
		line(out, c->n_empty, "record has no text and was left out", "records have no text and were left out");
		line(out, c->n_long, "record is longer than the model takes: its end is not embedded",
		     "records are longer than the model takes: their ends are not embedded");
		line(out, c->n_meta_lost, "record has metadata that is no field to filter by: it is kept as it is",
		     "records have metadata that is no field to filter by: it is kept as it is");
	}
	if (!a->verbose)
		return;
	buf_printf(out, "%s: %" PRIu64 " records, %" PRIu64 " bytes in %" PRIu64 " stored files in %.1f s: %.0f "
		   "records/s\n", err_prog(), c->n, c->n_bytes, c->n_files, s, s > 0 ? (double)c->n / s : 0);
	line(out, c->n_copies, "of them has the text of an earlier one", "of them have the text of an earlier one");
	line(out, c->n_checked, "embedding was compared with that of its text made here",
	     "embeddings were compared with those of their texts made here");
}
