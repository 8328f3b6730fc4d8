/* Writing a bundle: lay out, sum up, write, publish. See bundle.h and leann-index(5). */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/tmpfile.h"
#include "fmt/bundle.h"
#include "fmt/bundle_manifest.h"
#include "fmt/tar.h"

static const char zeros[TAR_BLOCK];

static void hex16(uint64_t v, char out[17])
{
	snprintf(out, 17, "%016llx", (unsigned long long)v);
}

/* XXH3-64 of header block, data and padding of every part. */
static int sum_parts(const struct bundle_part *part, size_t n_parts, uint64_t *sum, struct err *e)
{
	for (size_t i = 0; i < n_parts; i++) {
		uint8_t head[TAR_BLOCK];
		if (tar_header(part[i].name, part[i].n, head, e))
			return -1;
		struct hash *h = hash_new();
		hash_add(h, head, sizeof head);
		hash_add(h, part[i].p, part[i].n);
		hash_add(h, zeros, (size_t)(tar_padded(part[i].n) - part[i].n));
		sum[i] = hash_get(h);
		hash_free(h);
	}
	return 0;
}

static int copy_key(const char *key, const struct js *v, void *ctx)
{
	js_set(ctx, key, js_copy(v));
	return 0;
}

struct js *bundle_extra(const struct js *manifest)
{
	static const char *const computed[] = {"xxh3",	"format",   "major",
					       "minor", "build_id", "members"};
	struct js *o = js_copy(manifest);
	for (size_t i = 0; i < sizeof computed / sizeof *computed; i++)
		js_del(o, computed[i]);
	return o;
}

/* The build id names this content: a hash of the other keys and of the members' checksums. */
static uint64_t build_id(const struct js *extra, const uint64_t *sum, size_t n_parts)
{
	struct buf b = BUF_INIT;
	js_dump(extra, 0, &b);
	for (size_t i = 0; i < n_parts; i++) {
		uint8_t le[8];
		put_le64(le, sum[i]);
		buf_add(&b, le, sizeof le);
	}
	uint64_t id = hash64(b.p, b.len);
	buf_release(&b);
	return id;
}

static struct js *member_table(const struct bundle_part *part, const uint64_t *sum, size_t n_parts,
			       uint64_t manifest_bytes)
{
	struct js *list = js_new_arr();
	uint64_t at = TAR_BLOCK + manifest_bytes;
	char hex[17];
	for (size_t i = 0; i < n_parts; i++) {
		struct js *m = js_new_obj();
		hex16(sum[i], hex);
		js_set(m, "name", js_new_str(part[i].name));
		js_set(m, "offset", js_new_int((int64_t)(at + TAR_BLOCK)));
		js_set(m, "length", js_new_int((int64_t)part[i].n));
		js_set(m, "xxh3", js_new_str(hex));
		js_push(list, m);
		at += TAR_BLOCK + tar_padded(part[i].n);
	}
	return list;
}

const struct bundle_part *bundle_find_part(const struct bundle_part *part, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(part[i].name, name))
			return part + i;
	return NULL;
}

/* Does member pq have a flag that 1.2 did not know? */
static bool has_pq_flags(const struct bundle_part *pq)
{
	return pq && pq->n >= 24 && get_le32((const uint8_t *)pq->p + 20);
}

/* The least minor version that has what is here, so that an older index stays what it was. */
static int minor_of(const struct js *extra, const struct bundle_part *part, size_t n)
{
	const struct js *quantization = js_get(js_get(extra, "build"), "quantization");
	const struct js *counts = js_get(extra, "counts");
	if (js_get(js_get(extra, "model"), "provider"))
		return 6;
	if (bundle_find_part(part, n, "meta") || bundle_find_part(part, n, "copies") ||
	    js_get(counts, "extracted_files") || js_get(counts, "decoded_files") ||
	    js_get(js_get(extra, "chunking"), "context"))
		return 5;
	if (js_get(extra, "delta") || js_get(js_get(extra, "chunking"), "args") ||
	    bundle_find_part(part, n, "hashes"))
		return 4;
	if (js_get(quantization, "codeBits") || bundle_find_part(part, n, "lists") ||
	    bundle_find_part(part, n, "postings") ||
	    (bundle_find_part(part, n, "codes") && !bundle_find_part(part, n, "chunks")) ||
	    has_pq_flags(bundle_find_part(part, n, "pq")))
		return 3;
	if (js_get(quantization, "codebook") || bundle_find_part(part, n, "terms"))
		return 2;
	return js_get(js_get(extra, "model"), "precision") ? 1 : 0;
}

/*
 * Text of the manifest for an assumed size of itself, padded with spaces to it; false if it
 * does not fit.
 */
static bool manifest_text(const struct js *extra, const struct bundle_part *part,
			  const uint64_t *sum, size_t n_parts, size_t size, struct buf *out)
{
	struct js *j = js_new_obj();
	char hex[17];
	js_set(j, "xxh3", js_new_str("0000000000000000"));
	js_set(j, "format", js_new_str("leann-index"));
	js_set(j, "major", js_new_int(INDEX_MAJOR));
	js_set(j, "minor", js_new_int(minor_of(extra, part, n_parts)));
	hex16(build_id(extra, sum, n_parts), hex);
	js_set(j, "build_id", js_new_str(hex));
	js_each(extra, copy_key, j);
	js_set(j, "members", member_table(part, sum, n_parts, size));
	buf_clear(out);
	js_dump(j, 1, out);
	js_free(j);
	if (out->len + 1 > size)
		return false;
	while (out->len + 1 < size)
		buf_addc(out, ' ');
	buf_addc(out, '\n');
	return true;
}

int bundle_write(int fd, const char *fd_name, const struct js *extra,
		 const struct bundle_part *part, size_t n_parts, struct err *e)
{
	struct buf text = BUF_INIT;
	struct tar_member m[BUNDLE_MEMBERS_MAX + 1];
	uint64_t sum[BUNDLE_MEMBERS_MAX];
	uint8_t head[TAR_BLOCK];
	char hex[17];
	size_t size = TAR_BLOCK;
	int r = -1;
	if (n_parts > BUNDLE_MEMBERS_MAX)
		return err_set(e, ERR_DATA, "%zu members, the limit is %d", n_parts,
			       BUNDLE_MEMBERS_MAX);
	for (size_t i = 0; i < n_parts; i++)
		if (!bundle_name_ok(part[i].name))
			return err_set(e, ERR_DATA, "%s: %s is no name of a member", fd_name,
				       part[i].name);
	if (sum_parts(part, n_parts, sum, e))
		return -1;
	while (!manifest_text(extra, part, sum, n_parts, size, &text))
		size = (size_t)tar_padded(text.len + 1 > size + 1 ? text.len + 1 : size + 1);
	if (size > MANIFEST_MAX) {
		err_set(e, ERR_DATA, "manifest of %zu bytes: too many roots?", size);
		goto out;
	}
	if (tar_header(MANIFEST_NAME, size, head, e))
		goto out;
	struct hash *h = hash_new();
	hash_add(h, head, sizeof head);
	hash_add(h, text.p, text.len);
	hex16(hash_get(h), hex);
	hash_free(h);
	memcpy(text.p + strlen(MANIFEST_HEAD), hex, 16);
	m[0] = (struct tar_member){MANIFEST_NAME, text.p, text.len};
	for (size_t i = 0; i < n_parts; i++)
		m[i + 1] = (struct tar_member){part[i].name, part[i].p, part[i].n};
	r = tar_write(fd, fd_name, m, n_parts + 1, e);
out:
	buf_release(&text);
	return r;
}

int bundle_publish(const char *path, double wait_s, const struct js *extra,
		   const struct bundle_part *part, size_t n_parts, struct err *e)
{
	struct tmpout t = {.fd = -1, .dirfd = -1};
	int lock = -1, r = -1;
	if (wait_s >= 0 && lock_writer(path, wait_s, &lock, e))
		return -1;
	if (tmpout_open(&t, path, e) == 0 && bundle_write(t.fd, path, extra, part, n_parts, e) == 0)
		r = tmpout_commit(&t, e);
	else
		tmpout_abandon(&t);
	if (lock >= 0)
		close(lock);
	return r;
}
