/* leann-bundle export: an index for another machine, with its files' bytes or without. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "fmt/index_build.h"
#include "fmt/index_verify.h"
#include "sys/readfile.h"
#include "tool.h"
#include "validate.h"

struct export {
	const struct index *ix;
	struct index_build *ib;
	struct readfile rf;
	struct index_paths paths;
	struct buf bytes, root, name;
	char **names;		/* of roots; NULL: not needed */
	uint64_t n_bytes;	/* stored now */
};

/* The bytes of file i as they were indexed, into x->bytes. 1: it has others by now, or is gone. */
static int file_bytes(struct export *x, size_t i, const struct index_file *f, struct err *e)
{
	struct file_meta meta;
	buf_clear(&x->bytes);
	if (file_keeps_text(f->flags))
		return index_text(x->ix, i, 0, (size_t)f->text_bytes, &x->bytes, e);
	buf_clear(&x->root);
	if (index_root(x->ix, f->root, &x->root, e))
		return -1;
	buf_addc(&x->root, 0);
	enum read_result r = readfile(&x->rf, (const char *)x->root.p,
				      (const char *)x->paths.path.p, f->size_bytes, &x->bytes,
				      &meta, e);
	if (r < READ_OK)
		return -1;
	if (r == READ_OK && x->bytes.len == f->size_bytes &&
	    hash64(x->bytes.p, x->bytes.len) == f->hash)
		return 0;
	err_set(e, ERR_DATA, "%s/%s: changed or went away since it was indexed: index it again",
		(const char *)x->root.p, (const char *)x->paths.path.p);
	return 1;
}

static int add_file(struct export *x, size_t i, struct err *e)
{
	struct index_file f;
	index_file(x->ix, i, &f);
	if (index_paths_get(x->ix, &x->paths, i, e))
		return -1;
	/* kept text goes along, that of removed files, too: what spans are in */
	bool store = !(f.flags & FILE_REMOVED) || file_keeps_text(f.flags);
	int r = store ? file_bytes(x, i, &f, e) : 0;
	if (r)
		return r;
	const char *lang = index_lang(x->ix, f.lang);
	buf_clear(&x->name);
	if (x->names && store && !(f.flags & FILE_STORED))
		buf_printf(&x->name, "%s/", x->names[f.root]);
	buf_add(&x->name, x->paths.path.p, x->paths.path.len);
	struct rec_file rec = {.id = i, .root = f.root, .path = x->name.p,
			       .n_path = x->name.len, .size_bytes = f.size_bytes,
			       .mtime_ns = f.mtime_ns, .hash = f.hash, .lang = lang,
			       .n_lang = strlen(lang),
			       .flags = f.flags | (store ? FILE_STORED : 0),
			       .text_bytes = f.text_bytes};
	if (index_build_file(x->ib, &rec, e))
		return -1;
	if (store && x->bytes.len)
		index_build_text(x->ib, x->bytes.p, x->bytes.len);
	x->n_bytes += store ? x->bytes.len : 0;
	for (uint64_t k = 0; k < f.n_chunks; k++) {	/* counted; spans are copied as a member */
		struct rec_chunk c = {.file = i, .len_bytes = 1};
		index_build_chunk(x->ib, &c);
	}
	return 0;
}

/* The index's members in their order, those of files and text as they are in made; text may be new. */
static size_t merge(const struct index *ix, const struct bundle_part *made, size_t n_made,
		    struct bundle_part *out)
{
	const struct bundle_part *text = bundle_find_part(made, n_made, "text"), *p;
	size_t n = 0;
	for (size_t i = 0; i < ix->b.n_members; i++) {
		const struct bundle_member *m = &ix->b.member[i];
		bool new = !strcmp(m->name, "files") || !strcmp(m->name, "paths") || !strcmp(m->name, "text");
		p = new ? bundle_find_part(made, n_made, m->name) : NULL;
		if (p)
			out[n++] = *p;
		else if (!new)
			out[n++] = (struct bundle_part){m->name, m->p, m->n};
	}
	if (text && !ix->text && n < BUNDLE_MEMBERS_MAX)
		out[n++] = *text;
	return n;
}

static int self_contained(struct export *x, struct js *extra, struct bundle_part *part, size_t *n,
			  struct err *e)
{
	struct bundle_part made[8];
	struct index_counts counts;
	size_t n_made;
	if (root_names(x->ix, &x->names, e))
		return -1;
	x->ib = index_build_new();
	for (size_t i = 0; i < x->ix->n_files; i++) {
		int r = add_file(x, i, e);
		if (r)
			return r;
	}
	if (index_build_parts(x->ib, made, &n_made, e))
		return -1;
	*n = merge(x->ix, made, n_made, part);
	index_build_counts(x->ib, &counts);
	struct js *c = js_copy(js_get(extra, "counts"));
	js_set(c, "stored_bytes", js_new_int((int64_t)counts.stored_bytes));
	js_set(extra, "counts", c);
	js_set(extra, "languages", index_build_langs(x->ib));
	struct js *chunking = js_copy(js_get(extra, "chunking"));
	js_del(chunking, "args");	/* its files are in it: nothing is there to be followed */
	js_set(extra, "chunking", chunking);
	return 0;
}

/* 1: a source changed, said in *e. */
static int export(struct export *x, const struct tool_opts *o, struct err *e)
{
	struct bundle_part part[BUNDLE_MEMBERS_MAX];
	struct js *extra = bundle_extra(x->ix->b.manifest);
	size_t n = 0;
	int r = 0;
	if (o->self_contained)
		r = self_contained(x, extra, part, &n, e);
	for (; !o->self_contained && n < x->ix->b.n_members; n++)
		part[n] = (struct bundle_part){x->ix->b.member[n].name, x->ix->b.member[n].p,
					       x->ix->b.member[n].n};
	if (!r)
		r = publish_checked(o->out, o->wait_s, extra, part, n, e);
	js_free(extra);
	return r;
}

static int warn_stale(const struct index *ix, const struct tool_opts *o, struct err *e)
{
	struct validation v = {.ix = ix, .o = o, .changed = js_new_arr(), .missing = js_new_arr()};
	int r = validate_sources(&v, e);
	if (!r && v.n_changed + v.n_missing)
		err_warn("%s: %zu files changed and %zu are gone since they were indexed: their "
			 "passages are stale there, too", ix->b.path, v.n_changed, v.n_missing);
	js_free(v.changed);
	js_free(v.missing);
	return r;
}

int cmd_export(const struct tool_opts *o, char **args, struct err *e)
{
	struct index ix;
	if (!o->out)
		return err_set(e, ERR_USAGE, "export: which file? -o FILE");
	if (index_open(&ix, args[0], e))
		return -1;
	struct export x = {.ix = &ix, .rf = READFILE_INIT, .paths = INDEX_PATHS_INIT};
	int r = index_verify(&ix, e);
	if (!r && !o->self_contained)
		r = warn_stale(&ix, o, e);
	if (!r)
		r = export(&x, o, e);
	if (!r && !o->quiet && o->self_contained)
		printf("%s: %zu files, %" PRIu64 " bytes of text in it\n", o->out, ix.n_files, x.n_bytes);
	else if (!r && !o->quiet)
		printf("%s: %zu files, without their text\n", o->out, ix.n_files);
	if (r > 0)
		err_print(e);
	index_build_free(x.ib);
	readfile_release(&x.rf);
	index_paths_release(&x.paths);
	buf_release(&x.bytes);
	buf_release(&x.root);
	buf_release(&x.name);
	root_names_free(x.names, ix.n_roots);
	index_close(&ix);
	return r;
}
