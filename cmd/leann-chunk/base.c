/* See base.h. */
#include "base.h"

#include <string.h>

#include "base/le.h"
#include "base/mem.h"

char *path_below(const char *root, const char *rel)
{
	return mem_printf("%s/%s", strcmp(root, "/") ? root : "", rel);
}

bool path_inside(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	while (n && dir[n - 1] == '/')
		n--;
	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

static void content_key(uint64_t size, uint64_t hash, uint8_t key[16])
{
	put_le64(key, size);
	put_le64(key + 8, hash);
}

static int add_file(void *ctx, size_t i, const uint8_t *path, size_t n, struct err *e)
{
	struct base *b = ctx;
	struct index_file f;
	uint8_t key[16];
	(void)n;
	(void)e;
	index_file(&b->ix, i, &f);
	b->path[i] = SIZE_MAX;
	if (f.flags & FILE_STORED)
		return 0;
	char *full = path_below(b->root[f.root], (const char *)path);
	if (f.flags & FILE_REMOVED) {
		names_put(&b->removed, full, strlen(full), (uint32_t)i);
		mem_free(full);
		return 0;
	}
	size_t n_before = b->by_path.n;
	names_put(&b->by_path, full, strlen(full), (uint32_t)i);
	mem_free(full);
	if (b->by_path.n == n_before)
		return err_set(e, ERR_DATA, "%s: damaged index: file %zu is there twice", b->ix.b.path, i);
	b->path[i] = n_before;
	content_key(f.size_bytes, f.hash, key);
	names_put(&b->by_content, key, sizeof key, (uint32_t)i);
	return 0;
}

int base_open(struct base *b, const char *path, struct err *e)
{
	*b = (struct base)BASE_INIT;
	if (index_open(&b->ix, path, e) || index_chunk_args(&b->ix, &b->has_args, &b->args, e))
		return -1;
	b->root = mem_calloc(b->ix.n_roots + 1, sizeof *b->root);
	b->path = mem_array(b->ix.n_files + 1, sizeof *b->path);
	for (size_t i = 0; i < b->ix.n_roots; i++) {
		struct buf root = BUF_INIT;
		int r = index_root(&b->ix, i, &root, e);
		buf_addc(&root, 0);
		b->root[i] = (char *)buf_detach(&root);
		if (r)
			return -1;
		if (*b->root[i] != '/')
			return err_set(e, ERR_DATA, "%s: damaged index: root %zu is not absolute", path, i);
	}
	return index_each_path(&b->ix, add_file, b, e);
}

void base_release(struct base *b)
{
	for (size_t i = 0; b->root && i < b->ix.n_roots; i++)
		mem_free(b->root[i]);
	mem_free(b->root);
	mem_free(b->path);
	names_release(&b->by_path);
	names_release(&b->removed);
	names_release(&b->by_content);
	buf_release(&b->args);
	index_close(&b->ix);
}

const char *base_path(const struct base *b, size_t i)
{
	return names_at(&b->by_path, b->path[i]);
}

bool base_same(const struct base *b, size_t i, const struct rec_file *f)
{
	struct index_file g;
	index_file(&b->ix, i, &g);
	const char *lang = index_lang(&b->ix, g.lang);
	return g.size_bytes == f->size_bytes && g.hash == f->hash && g.n_chunks &&
	       strlen(lang) == f->n_lang && !memcmp(lang, f->lang, f->n_lang) &&
	       !((g.flags ^ f->flags) & (FILE_RECORDS | FILE_EXTRACTED | FILE_ENCODING));
}

uint32_t base_content(const struct base *b, const struct rec_file *f)
{
	uint8_t key[16];
	content_key(f->size_bytes, f->hash, key);
	uint32_t i = names_get(&b->by_content, key, sizeof key);
	return i != NAMES_NONE && base_same(b, i, f) ? i : NAMES_NONE;
}
