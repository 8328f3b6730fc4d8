/* Making member "meta"; see meta_build.h and leann-index(5). */
#include "fmt/meta_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"
#include "fmt/bits.h"
#include "fmt/zst.h"

/* Byte strings and their numbers, in order of appearance. */
struct table {
	struct buf bytes;
	size_t *end;			/* (n) of each in bytes */
	uint32_t n;
	size_t cap;
	uint32_t *slot;			/* (n_slots) number + 1; 0: empty */
	size_t n_slots;
};

struct run {
	uint32_t first, value;		/* value META_NONE: none */
};

struct field {
	char name[META_KEY_MAX + 1];
	enum meta_type type;
	struct table values;		/* strings; 8 bytes of a number; 1 of a bool */
	struct run *run;
	size_t n_runs, cap_runs;
	uint64_t seen;			/* by which set it was mentioned last */
};

struct meta_build {
	struct field **col;
	size_t n_cols;
	uint32_t n;			/* chunks */
	uint64_t set;
};

static const uint8_t *table_at(const struct table *t, uint32_t i, size_t *n)
{
	size_t from = i ? t->end[i - 1] : 0;
	*n = t->end[i] - from;
	return t->bytes.p + from;
}

static size_t slot_of(const struct table *t, const void *p, size_t n)
{
	size_t i = hash64(p, n) & (t->n_slots - 1), len;
	while (t->slot[i]) {
		const uint8_t *q = table_at(t, t->slot[i] - 1, &len);
		if (len == n && !memcmp(p, q, n))
			break;
		i = (i + 1) & (t->n_slots - 1);
	}
	return i;
}

static void table_grow(struct table *t)
{
	size_t n;
	t->n_slots = t->n_slots ? 2 * t->n_slots : 16;
	mem_free(t->slot);
	t->slot = mem_calloc(t->n_slots, sizeof *t->slot);
	for (uint32_t i = 0; i < t->n; i++) {
		const uint8_t *p = table_at(t, i, &n);
		t->slot[slot_of(t, p, n)] = i + 1;
	}
}

static uint32_t table_number(struct table *t, const void *p, size_t n)
{
	if (2 * ((size_t)t->n + 1) > t->n_slots)
		table_grow(t);
	size_t i = slot_of(t, p, n);
	if (t->slot[i])
		return t->slot[i] - 1;
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->end = mem_realloc(t->end, t->cap * sizeof *t->end);
	}
	buf_add(&t->bytes, p, n);
	t->end[t->n++] = t->bytes.len;
	t->slot[i] = t->n;
	return t->n - 1;
}

struct meta_build *meta_build_new(void)
{
	return mem_calloc(1, sizeof(struct meta_build));
}

void meta_build_free(struct meta_build *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n_cols; i++) {
		buf_release(&b->col[i]->values.bytes);
		mem_free(b->col[i]->values.end);
		mem_free(b->col[i]->values.slot);
		mem_free(b->col[i]->run);
		mem_free(b->col[i]);
	}
	mem_free(b->col);
	mem_free(b);
}

/* From chunk first on the column has this value. */
static void add_run(struct field *c, uint32_t first, uint32_t value)
{
	if (c->n_runs && c->run[c->n_runs - 1].first == first)
		c->n_runs--;
	if ((c->n_runs ? c->run[c->n_runs - 1].value : META_NONE) == value)
		return;
	if (c->n_runs == c->cap_runs) {
		c->cap_runs = c->cap_runs ? 2 * c->cap_runs : 16;
		c->run = mem_realloc(c->run, c->cap_runs * sizeof *c->run);
	}
	c->run[c->n_runs++] = (struct run){first, value};
}

/* Columns are in order, so that a member does not depend on what came first. */
static int column_for(struct meta_build *b, const char *name, enum meta_type type,
		      struct field **out, struct err *e)
{
	size_t i = 0;
	int d = 1;
	for (; i < b->n_cols; i++) {
		d = strcmp(b->col[i]->name, name);
		if (!d)
			d = (int)b->col[i]->type - (int)type;
		if (d >= 0)
			break;
	}
	if (i == b->n_cols || d) {
		if (b->n_cols == META_FIELDS_MAX)
			return err_set(e, ERR_DATA, "more than %d fields of metadata", META_FIELDS_MAX);
		b->col = mem_realloc(b->col, (b->n_cols + 1) * sizeof *b->col);
		memmove(b->col + i + 1, b->col + i, (b->n_cols - i) * sizeof *b->col);
		b->col[i] = mem_calloc(1, sizeof **b->col);
		memcpy(b->col[i]->name, name, strlen(name) + 1);
		b->col[i]->type = type;
		b->n_cols++;
	}
	*out = b->col[i];
	return 0;
}

static uint32_t number_of(struct field *c, const struct meta_value *v)
{
	uint8_t le[8];
	switch (v->type) {
	case META_STR: return table_number(&c->values, v->s, v->n);
	case META_INT: put_le64(le, (uint64_t)v->i); break;
	case META_REAL: put_lef64(le, v->d); break;
	default:
		le[0] = v->b;
		return table_number(&c->values, le, 1);
	}
	return table_number(&c->values, le, 8);
}

int meta_build_set(struct meta_build *b, const struct meta *m, struct err *e)
{
	struct meta_value v;
	struct field *c;
	b->set++;
	for (size_t i = 0; m && i < m->n; i++) {
		meta_at(m, i, &v);
		if (column_for(b, meta_key(m, i), v.type, &c, e))
			return -1;
		c->seen = b->set;
		add_run(c, b->n, number_of(c, &v));
	}
	for (size_t i = 0; i < b->n_cols; i++)
		if (b->col[i]->seen != b->set)
			add_run(b->col[i], b->n, META_NONE);
	return 0;
}

void meta_build_next(struct meta_build *b)
{
	b->n++;
}

static int copy_value(void *ctx, uint32_t i, const struct meta_value *v, struct err *e)
{
	struct field *c = ctx;
	return number_of(c, v) == i ? 0 : err_set(e, ERR_DATA, "member meta: %s has value %u twice",
						  c->name, i);
}

static int copy_run(void *ctx, uint32_t first, uint32_t n, uint32_t value, struct err *e)
{
	(void)n;
	(void)e;
	add_run(ctx, first, value);
	return 0;
}

int meta_build_copy(struct meta_build *b, const struct meta_cols *base, size_t n, struct err *e)
{
	struct field *c;
	for (size_t i = 0; base && i < base->n_fields; i++) {
		const struct meta_field *f = &base->field[i];
		if (column_for(b, f->name, f->type, &c, e) ||
		    meta_cols_values(base, f, NULL, copy_value, c, e) ||
		    meta_cols_runs(base, f, NULL, copy_run, c, e))
			return -1;
	}
	b->n = (uint32_t)n;
	return meta_build_set(b, NULL, e);
}

static void put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (int)(v & 0x7f) | 0x80);
	buf_addc(b, (int)v);
}

/* raw as a frame behind data; its sizes into the directory. */
static void put_block(struct buf *raw, struct buf *dir, struct buf *data)
{
	size_t at = data->len;
	zst_pack(raw->p, raw->len, data);
	put_varint(dir, raw->len);
	put_varint(dir, data->len - at);
	buf_clear(raw);
}

/* The runs of a column as they are written: all chunks are in one, those of none, too. */
static size_t whole_runs(struct field *c, struct run **out)
{
	struct run *r = mem_array(c->n_runs + 1, sizeof *r);
	size_t n = 0;
	if (!c->n_runs || c->run[0].first)
		r[n++] = (struct run){0, META_NONE};
	if (c->n_runs)
		memcpy(r + n, c->run, c->n_runs * sizeof *r);
	*out = r;
	return n + c->n_runs;
}

static void pack_runs(struct field *c, uint32_t n_chunks, struct buf *dir, struct buf *data)
{
	struct run *r;
	struct buf raw = BUF_INIT;
	size_t n = whole_runs(c, &r);
	uint32_t next = 0;
	put_varint(dir, (n + META_RUNS - 1) / META_RUNS);
	for (size_t at = 0; at < n; at += META_RUNS) {
		size_t to = n - at < META_RUNS ? n : at + META_RUNS;
		uint32_t end = to < n ? r[to].first : n_chunks, was = next;
		for (size_t i = at; i < to; i++)
			put_varint(&raw, (i + 1 < to ? r[i + 1].first : end) - r[i].first - 1);
		for (size_t i = at; i < to; i++) {
			if (r[i].value == META_NONE)
				put_varint(&raw, 0);
			else
				put_varint(&raw, r[i].value == next ? 1 : 1 + (uint64_t)(next - r[i].value));
			next += r[i].value == next;
		}
		put_varint(dir, end - r[at].first);
		put_varint(dir, to - at);
		put_varint(dir, next - was);
		put_block(&raw, dir, data);
	}
	mem_free(r);
	buf_release(&raw);
}

/* Values as runs meet them; *order has what they were. Returns how many there are. */
static uint32_t renumber(struct field *c, uint32_t **order)
{
	uint32_t *now = mem_array((size_t)c->values.n + 1, sizeof *now), n = 0;
	*order = mem_array((size_t)c->values.n + 1, sizeof **order);
	for (uint32_t i = 0; i < c->values.n; i++)
		now[i] = META_NONE;
	for (size_t i = 0; i < c->n_runs; i++) {
		uint32_t v = c->run[i].value;
		if (v == META_NONE)
			continue;
		if (now[v] == META_NONE) {
			now[v] = n;
			(*order)[n++] = v;
		}
		c->run[i].value = now[v];
	}
	mem_free(now);
	return n;
}

static void put_value(const struct field *c, uint32_t i, int64_t *before, struct buf *raw)
{
	size_t n;
	const uint8_t *p = table_at(&c->values, i, &n);
	if (c->type != META_INT) {
		buf_add(raw, p, n);
		if (c->type == META_STR)
			buf_addc(raw, 0);
		return;
	}
	int64_t v = (int64_t)get_le64(p);
	put_varint(raw, zigzag((int64_t)((uint64_t)v - (uint64_t)*before)));
	*before = v;
}

static void pack_values(const struct field *c, const uint32_t *order, uint32_t n_values,
			struct buf *dir, struct buf *data)
{
	struct buf raw = BUF_INIT, blocks = BUF_INIT;
	uint32_t n_blocks = 0, n = 0;
	int64_t before = 0;
	for (uint32_t i = 0; i < n_values; i++) {
		put_value(c, order[i], &before, &raw);
		n++;
		if (i + 1 < n_values && raw.len < META_VALUES_BYTES)
			continue;
		put_varint(&blocks, n);
		put_block(&raw, &blocks, data);
		n_blocks++;
		n = 0;
		before = 0;
	}
	put_varint(dir, n_blocks);
	buf_add(dir, blocks.p, blocks.len);
	buf_release(&raw);
	buf_release(&blocks);
}

int meta_build_pack(struct meta_build *b, struct buf *out, struct err *e)
{
	struct buf dir = BUF_INIT, data = BUF_INIT, packed = BUF_INIT;
	uint32_t n_fields = 0;
	int r = 0;
	for (size_t i = 0; i < b->n_cols; i++) {
		struct field *c = b->col[i];
		while (c->n_runs && c->run[c->n_runs - 1].first >= b->n)	/* no chunk came */
			c->n_runs--;
		uint32_t *order, n_values = renumber(c, &order);
		if (!n_values) {
			mem_free(order);
			continue;
		}
		n_fields++;
		put_varint(&dir, strlen(c->name));
		buf_adds(&dir, c->name);
		put_varint(&dir, c->type);
		put_varint(&dir, n_values);
		pack_runs(c, b->n, &dir, &data);
		pack_values(c, order, n_values, &dir, &data);
		mem_free(order);
	}
	if (n_fields) {
		zst_pack(dir.p, dir.len, &packed);
		size_t at = out->len;
		buf_zero(out, META_HEAD);
		put_le32(out->p + at, n_fields);
		put_le32(out->p + at + 4, (uint32_t)dir.len);
		put_le32(out->p + at + 8, (uint32_t)packed.len);
		buf_add(out, packed.p, packed.len);
		buf_add(out, data.p, data.len);
	}
	if (dir.len > META_DIR_MAX)
		r = err_set(e, ERR_DATA, "directory of metadata of %zu bytes, the limit is %d", dir.len,
			    META_DIR_MAX);
	buf_release(&dir);
	buf_release(&data);
	buf_release(&packed);
	return r;
}
