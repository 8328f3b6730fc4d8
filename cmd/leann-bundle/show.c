/* leann-bundle show: what is in an index, for people and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "fmt/index.h"
#include "fmt/tar.h"
#include "tool.h"

static const char *str_of(const struct index *ix, const char *key)
{
	const char *s = js_str(index_key(ix, key), NULL);
	return s && *s ? s : "?";
}

static int64_t int_of(const struct index *ix, const char *key)
{
	return js_int(index_key(ix, key));
}

static double per_chunk(const struct index *ix, uint64_t bytes)
{
	return ix->n_chunks ? (double)bytes / (double)ix->n_chunks : 0;
}

static double share(const struct index *ix, uint64_t bytes)
{
	int64_t source = int_of(ix, "counts.source_bytes");
	return source > 0 ? (double)bytes / (double)source : 0;
}

/* A member's bytes in the file: header block, data, padding. */
static uint64_t on_disk(const struct bundle_member *m)
{
	return TAR_BLOCK + tar_padded(m->n);
}

/* What belongs to no member: the manifest with its header, and the tail. */
static uint64_t rest_of(const struct index *ix)
{
	uint64_t n = ix->b.n_map;
	for (size_t i = 0; i < ix->b.n_members; i++)
		n -= on_disk(&ix->b.member[i]);
	return n;
}

static struct js *sizes_of(const struct index *ix, uint64_t bytes)
{
	struct js *o = js_new_obj();
	js_set(o, "bytes", js_new_int((int64_t)bytes));
	js_set(o, "bytes_per_chunk", js_new_real(per_chunk(ix, bytes)));
	js_set(o, "share_of_source", js_new_real(share(ix, bytes)));
	return o;
}

struct js *show_object(const struct index *ix)
{
	struct js *o = js_copy(ix->b.manifest), *sizes = js_new_obj(), *members = js_new_obj();
	js_set(sizes, "file", sizes_of(ix, ix->b.n_map));
	js_set(members, "leann.json", sizes_of(ix, rest_of(ix)));
	for (size_t i = 0; i < ix->b.n_members; i++)
		js_set(members, ix->b.member[i].name, sizes_of(ix, on_disk(&ix->b.member[i])));
	js_set(sizes, "members", members);
	js_set(o, "sizes", sizes);
	js_set(o, "text_leaves_machine", js_new_bool(text_leaves(ix)));
	if (ix->copies.n)
		js_set(o, "copies", js_new_int((int64_t)ix->copies.n));
	if (ix->meta)
		js_set(o, "fields", fields_json(ix));
	return o;
}

/* Manifest texts may come from a stranger: what drives a terminal is shown as '?'. */
void show_safe(const char *s)
{
	size_t n = strlen(s), k;
	for (uint32_t cp; n; s += k, n -= k) {
		k = utf8_get(s, n, &cp);
		if (!k || is_control(cp))
			putchar('?');
		else
			fwrite(s, 1, k, stdout);
		k += !k;
	}
}

static void row(const char *name, const char *text)
{
	printf("%-10s", name);
	show_safe(text);
	putchar('\n');
}

static void show_head(const struct index *ix)
{
	printf("index     ");
	show_safe(ix->b.path);
	printf("\nformat    leann-index %" PRId64 ".%" PRId64 "\n", int_of(ix, "major"),
	       int_of(ix, "minor"));
	row("build", str_of(ix, "build_id"));
	row("writer", str_of(ix, "writer"));
	row("model", str_of(ix, "model.name"));
	printf("          %zu dimensions, up to %" PRId64 " tokens, sha256 %.16s...\n", ix->dim,
	       int_of(ix, "model.max_tokens"), str_of(ix, "model.sha256"));
	if (index_key(ix, "model.provider"))
		show_provider(ix);
	else
		row("precision", index_key(ix, "model.precision") ? str_of(ix, "model.precision") : "fp32");
	if (index_key(ix, "model.kernels"))
		row("kernels", str_of(ix, "model.kernels"));
	printf("chunking  up to %" PRId64 " tokens, overlap %" PRId64 "\n",
	       int_of(ix, "chunking.max_tokens"), int_of(ix, "chunking.overlap"));
	for (size_t i = 0; i < ix->n_roots; i++) {
		struct buf root = BUF_INIT;
		struct err ignored;
		if (index_root(ix, i, &root, &ignored) == 0 && root.len)
			row(i ? "" : "roots", (const char *)root.p);
		buf_release(&root);
	}
}

/* What updates did, as "leann index update" reads it: appended to, rewritten by or impossible. */
static void show_delta(const struct index *ix)
{
	const struct js *d = index_key(ix, "delta");
	static const char *const kinds[] = {"appended", "rewritten", "impossible"};
	const char *why;
	printf("updates   %s\n", kinds[index_update_kind(ix, &why)]);
	if (!d)
		return;
	int64_t main_chunks = js_int(js_get(d, "chunks")),
		added = (int64_t)ix->n_chunks - main_chunks,
		removed = js_int(js_get(d, "removed_chunks"));
	printf("delta     %" PRId64 " updates: %" PRId64 " chunks added, %" PRId64 " removed, %.1f%%\n",
	       js_int(js_get(d, "updates")), added, removed,
	       main_chunks ? 100 * (double)(added + removed) / (double)main_chunks : 100);
}

/* Documents; *n_refused: those from which no text could be taken. */
static size_t n_documents(const struct index *ix, size_t *n_refused)
{
	size_t n = 0;
	*n_refused = 0;
	for (size_t i = 0; i < ix->n_files; i++) {
		struct index_file f;
		index_file(ix, i, &f);
		bool there = (f.flags & FILE_EXTRACTED) && !(f.flags & FILE_REMOVED);
		n += there;
		*n_refused += there && file_is_refused(f.flags, f.text_bytes);
	}
	return n;
}

static void show_counts(const struct index *ix)
{
	printf("source    %zu files, %" PRId64 " bytes; %" PRId64 " of them stored here\n",
	       ix->n_files - (size_t)int_of(ix, "delta.removed_files"),
	       int_of(ix, "counts.source_bytes"), int_of(ix, "counts.stored_bytes"));
	size_t n_refused, n = n_documents(ix, &n_refused);
	if (int_of(ix, "counts.extracted_files"))
		printf("documents %zu documents, %zu without text, %" PRId64 " bytes of text, with that "
		       "of stored files %zu here, %.1f%% of the index\n",
		       n, n_refused, int_of(ix, "counts.extracted_bytes"), ix->text ? ix->text->n : 0,
		       100 * (double)(ix->text ? ix->text->n : 0) / (double)ix->b.n_map);
	printf("chunks    %zu, %" PRId64 " bytes of passages\n",
	       ix->n_chunks - (size_t)int_of(ix, "delta.removed_chunks"),
	       int_of(ix, "counts.passage_bytes"));
	if (!ix->n_chunks)
		return;
	if (ix->copies.n)
		printf("copies    %zu chunks have the text of an earlier one, whose code is theirs: %zu bytes "
		       "less\n", ix->copies.n, ix->copies.n * ix->pq.m);
	if (!ix->chunks)
		printf("spans     none: files are cut again\n");
	printf("codes     %zu bytes: %zu sub-vectors of %zu dimensions, %s%zu values%s\n", ix->pq.m,
	       ix->pq.m, ix->pq.dsub, ix->pq.nibbles ? "halves of " : "",
	       ix->pq.nibbles ? (size_t)16 : ix->pq.ksub, ix->pq.residual ? ", residual" : "");
	if (index_key(ix, "build.quantization.codebook"))
		row("codebook", str_of(ix, "build.quantization.codebook"));
	printf("anchors   %zu, ", ix->anchors.m);
	show_safe(str_of(ix, "build.anchorSelection.type"));
	printf("; graph: ");
	show_safe(str_of(ix, "build.graph.kind"));
	printf("\nquality   coverage %.3f (over .80 is good), quantisation error %.4f (under .05), "
	       "balance %.3f (over .70)",
	       js_num(index_key(ix, "quality.coverage")),
	       js_num(index_key(ix, "quality.quantizationError")),
	       js_num(index_key(ix, "quality.balance")));
	if (index_key(ix, "quality.reconstruction"))
		printf(", reconstruction %.3f", js_num(index_key(ix, "quality.reconstruction")));
	putchar('\n');
	show_delta(ix);
}

static void size_row(const struct index *ix, const char *name, uint64_t bytes)
{
	printf("%-14s %12" PRIu64 " %12.2f %9.2f%%\n", name, bytes, per_chunk(ix, bytes),
	       100 * share(ix, bytes));
}

void show_report(const struct index *ix)
{
	show_head(ix);
	show_counts(ix);
	printf("\n%-14s %12s %12s %10s\n", "member", "bytes", "bytes/chunk", "of source");
	size_row(ix, "leann.json", rest_of(ix));
	for (size_t i = 0; i < ix->b.n_members; i++)
		size_row(ix, ix->b.member[i].name, on_disk(&ix->b.member[i]));
	size_row(ix, "whole file", ix->b.n_map);
	fields_report(ix);
}

void show_js(struct js *o)
{
	struct buf b = BUF_INIT;
	js_dump(o, 0, &b);
	puts((const char *)b.p);
	buf_release(&b);
	js_free(o);
}

int cmd_show(const struct tool_opts *o, char **args, struct err *e)
{
	struct index ix;
	if (index_open(&ix, args[0], e))
		return -1;
	if (o->json)
		show_js(show_object(&ix));
	else
		show_report(&ix);
	index_close(&ix);
	return 0;
}
