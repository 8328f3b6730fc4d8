/* Metadata of the file at hand: what passages from a place on have; see chunk.h. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "chunk.h"
#include "fmt/meta_typed.h"
#include "front.h"
#include "update.h"

void meta_option(struct chunk_opts *c, const char *s)
{
	size_t n = strcspn(s, "=");
	char *key = mem_strndup(s, n);
	if (!s[n])
		err_usage_die("--meta %s: want KEY=VALUE", s);
	if (!meta_key_ok(key, n) || meta_key_of_file(key) || !strcmp(key, "lang"))
		err_usage_die("--meta %s: want a key of 1 to %d of a-z, 0-9, _, . and -, a letter first, that is not "
			      "path, lang, type, size, mtime or id", s, META_KEY_MAX);
	if (strlen(s + n + 1) > META_STR_MAX || !utf8_valid(s + n + 1, strlen(s + n + 1)))
		err_usage_die("--meta %s: want a value of UTF-8, at most %d bytes", key, META_STR_MAX);
	mem_free(key);
	buf_add(&c->metas, s, strlen(s) + 1);
}

void meta_run(struct chunker *k)
{
	const struct buf *b = &k->c->metas;
	for (size_t at = 0; at < b->len;) {
		const char *s = (const char *)b->p + at;
		size_t n = strlen(s), n_key = strcspn(s, "=");
		char *key = mem_strndup(s, n_key);
		if (!meta_set_word(&k->meta.run, key, s + n_key + 1, n - n_key - 1))
			err_usage_die("--meta %s: more than %d of them", s, META_KEYS_MAX);
		mem_free(key);
		at += n + 1;
	}
}

void meta_state_release(struct meta_state *s)
{
	meta_release(&s->run);
	meta_release(&s->file);
	meta_release(&s->written);
	meta_release(&s->next);
}

void meta_file(struct chunker *k, const struct rec_file *f, const struct buf *raw)
{
	struct meta_state *s = &k->meta;
	struct meta front = META_INIT;
	bool all = front_read(f->lang, f->n_lang, (const char *)raw->p, raw->len, &front);
	meta_copy(&s->file, &s->run);
	k->counts.n_meta_lost += !meta_merge(&s->file, &front) || !all;
	meta_release(&front);
	meta_clear(&s->written);
	meta_copy(&s->next, &s->file);
	s->off = s->sub_off = 0;
}

int emit_meta(struct chunker *k, uint64_t off, uint64_t sub_off, const struct meta *m, struct err *e)
{
	struct meta_state *s = &k->meta;
	if (off < s->off || (off == s->off && sub_off < s->sub_off))
		return err_set(e, ERR_DATA, "metadata from byte %llu on, after that from byte %llu on",
			       (unsigned long long)off, (unsigned long long)s->off);
	meta_copy(&s->next, &s->file);
	if (!meta_merge(&s->next, m))
		k->counts.n_meta_lost++;
	s->off = off;
	s->sub_off = sub_off;
	return 0;
}

int write_meta(struct chunker *k, uint64_t off, uint64_t sub_off, const struct meta *m, struct err *e)
{
	put_meta(&k->body, k->counts.n_files - 1, off, sub_off, m);
	return stream_out_buf(k->to, &k->body, e);
}

int meta_before(struct chunker *k, const struct rec_chunk *c, struct err *e)
{
	struct meta_state *s = &k->meta;
	if (c->off_bytes < s->off || (c->off_bytes == s->off && c->sub_off_bytes < s->sub_off) ||
	    meta_equal(&s->next, &s->written))
		return 0;
	meta_copy(&s->written, &s->next);
	if (!k->up)
		return write_meta(k, s->off, s->sub_off, &s->written, e);
	struct meta m = META_INIT;
	meta_copy(&m, &s->written);
	meta_places_add(&k->up->metas, s->off, s->sub_off, &m);
	return 0;
}
