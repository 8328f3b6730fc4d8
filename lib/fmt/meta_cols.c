/* Reading member "meta"; see meta_cols.h and leann-index(5). */
#define _GNU_SOURCE	/* memmem */
#include "fmt/meta_cols.h"

#include <math.h>
#include <string.h>

#include "base/bitset.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fmt/bits.h"
#include "fmt/zst.h"

static int bad(struct err *e, const struct meta_field *f, const char *what)
{
	return err_set(e, ERR_DATA, "member meta: %s%s%s", f ? f->name : "", f ? ": " : "", what);
}

struct in {
	const uint8_t *p, *end;
	bool short_of;			/* something was cut short or too large */
};

static uint64_t long_varint(struct in *in, uint64_t max)
{
	uint64_t v = 0;
	for (unsigned shift = 0; in->p < in->end && shift < 64; shift += 7) {
		uint8_t c = *in->p++;
		if (shift == 63 && c > 1)
			break;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c & 0x80)
			continue;
		if (v > max)
			break;
		return v;
	}
	in->short_of = true;
	return 0;
}

/* Most are of one byte or two. */
static inline uint64_t varint(struct in *in, uint64_t max)
{
	const uint8_t *p = in->p;
	if (p < in->end && p[0] < 0x80 && p[0] <= max) {
		in->p++;
		return p[0];
	}
	if (in->end - p >= 2 && p[0] >= 0x80 && p[1] < 0x80) {
		uint64_t v = (p[0] & 0x7fu) | (uint64_t)p[1] << 7;
		if (v <= max) {
			in->p += 2;
			return v;
		}
	}
	return long_varint(in, max);
}

/* ---- the directory ---- */

struct opening {
	struct in in;
	uint64_t at, n_data;		/* where the next block is; all of them */
};

/* raw bytes and packed bytes of the next block. */
static bool open_block(struct opening *o, struct meta_block *b)
{
	b->n_raw = (uint32_t)varint(&o->in, META_RAW_MAX);
	b->n_packed = (uint32_t)varint(&o->in, UINT32_MAX);
	if (o->in.short_of || !b->n_raw || b->n_packed > o->n_data - o->at)
		return false;
	b->at = o->at;
	o->at += b->n_packed;
	return true;
}

/* Every block of the directory takes bytes there: their number is bounded before memory is taken. */
static bool block_count(struct opening *o, size_t *n)
{
	*n = (size_t)varint(&o->in, UINT32_MAX);
	return !o->in.short_of && *n <= (size_t)(o->in.end - o->in.p) / 3;
}

static int open_runs(struct opening *o, struct meta_field *f, size_t n_chunks, struct err *e)
{
	uint32_t chunk = 0, value = 0;
	if (!block_count(o, &f->n_runs))
		return bad(e, f, "number of runs");
	f->runs = mem_calloc(f->n_runs + 1, sizeof *f->runs);
	for (size_t i = 0; i < f->n_runs; i++) {
		struct meta_block *b = &f->runs[i];
		b->first = chunk;
		b->first_value = value;
		b->n_chunks = (uint32_t)varint(&o->in, n_chunks - chunk);
		b->n = (uint32_t)varint(&o->in, META_RUNS);
		b->n_new = (uint32_t)varint(&o->in, b->n);
		if (!open_block(o, b) || !b->n || b->n > b->n_chunks || b->n_new > f->n_values - value)
			return bad(e, f, "a block of runs");
		chunk += b->n_chunks;
		value += b->n_new;
	}
	return chunk == n_chunks && value == f->n_values ? 0 : bad(e, f, "runs of other chunks");
}

static int open_values(struct opening *o, struct meta_field *f, struct err *e)
{
	uint32_t value = 0;
	if (!block_count(o, &f->n_value_blocks))
		return bad(e, f, "number of values");
	f->values = mem_calloc(f->n_value_blocks + 1, sizeof *f->values);
	for (size_t i = 0; i < f->n_value_blocks; i++) {
		struct meta_block *b = &f->values[i];
		b->first_value = value;
		b->n = (uint32_t)varint(&o->in, f->n_values - value);
		if (!open_block(o, b) || !b->n || b->n > b->n_raw)
			return bad(e, f, "a block of values");
		value += b->n;
	}
	return value == f->n_values ? 0 : bad(e, f, "values of another number");
}

static int open_field(struct opening *o, struct meta_field *f, size_t n_chunks, struct err *e)
{
	size_t n = (size_t)varint(&o->in, META_KEY_MAX);
	if (o->in.short_of || n > (size_t)(o->in.end - o->in.p) ||
	    !meta_key_ok((const char *)o->in.p, n))
		return bad(e, NULL, "name of a field");
	memcpy(f->name, o->in.p, n);
	o->in.p += n;
	f->type = (enum meta_type)varint(&o->in, META_N_TYPES - 1);
	f->n_values = (uint32_t)varint(&o->in, n_chunks);
	if (o->in.short_of || !f->n_values || meta_key_of_file(f->name))
		return bad(e, f, "type or number of values");
	uint64_t from = o->at;
	if (open_runs(o, f, n_chunks, e) || open_values(o, f, e))
		return -1;
	f->n_bytes = o->at - from;
	return 0;
}

static int open_fields(struct meta_cols *c, const struct buf *dir, uint64_t n_data, struct err *e)
{
	struct opening o = {{dir->p, dir->p + dir->len, false}, 0, n_data};
	for (size_t i = 0; i < c->n_fields; i++) {
		struct meta_field *f = &c->field[i];
		if (open_field(&o, f, c->n_chunks, e))
			return -1;
		int d = i ? strcmp(f[-1].name, f->name) : -1;
		if (d > 0 || (!d && f[-1].type >= f->type))
			return bad(e, f, "fields are not in order");
	}
	if (o.in.p != o.in.end || o.at != n_data)
		return bad(e, NULL, "bytes too many");
	return 0;
}

int meta_cols_open(struct meta_cols **out, const uint8_t *p, size_t n, size_t n_chunks, struct err *e)
{
	struct meta_cols *c = mem_calloc(1, sizeof *c);
	struct buf dir = BUF_INIT;
	size_t n_dir = n < META_HEAD ? 0 : get_le32(p + 4), n_packed = n < META_HEAD ? 0 : get_le32(p + 8);
	int r = -1;
	*out = NULL;
	c->n_chunks = n_chunks;
	c->n_fields = n < META_HEAD ? 0 : get_le32(p);
	if (!c->n_fields || c->n_fields > META_FIELDS_MAX || n_dir > META_DIR_MAX ||
	    n_packed > n - META_HEAD || get_le32(p + 12))
		bad(e, NULL, "its head");
	else if (!zst_unpack(p + META_HEAD, n_packed, n_dir, "member meta", &dir, e)) {
		c->data = p + META_HEAD + n_packed;
		c->field = mem_calloc(c->n_fields, sizeof *c->field);
		r = open_fields(c, &dir, n - META_HEAD - n_packed, e);
	}
	buf_release(&dir);
	if (r)
		meta_cols_free(c);
	else
		*out = c;
	return r;
}

void meta_cols_free(struct meta_cols *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->field && i < c->n_fields; i++) {
		mem_free(c->field[i].runs);
		mem_free(c->field[i].values);
	}
	mem_free(c->field);
	mem_free(c);
}

/* ---- blocks ---- */

static int unpack(const struct meta_cols *c, const struct meta_block *b, struct buf *raw, struct err *e)
{
	buf_clear(raw);
	return zst_unpack(c->data + b->at, b->n_packed, b->n_raw, "member meta", raw, e);
}

/*
 * Values, too: texts are checked all at once. A NUL ends a text but no sequence of bytes goes beyond
 * one, so all are UTF-8 when the block is.
 */
static int unpack_values(const struct meta_cols *c, const struct meta_field *f, const struct meta_block *b,
			 struct buf *raw, struct err *e)
{
	if (unpack(c, b, raw, e))
		return -1;
	return f->type == META_STR && !utf8_valid(raw->p, raw->len) ? bad(e, f, "texts that are no UTF-8") : 0;
}

struct run {
	uint32_t n, value;
};

/* The b->n runs of a block. */
static int get_runs(const struct meta_field *f, const struct meta_block *b, const struct buf *raw,
		    struct run *run, struct err *e)
{
	struct in in = {raw->p, raw->p + raw->len, false};
	uint64_t sum = 0;
	uint32_t next = b->first_value;
	for (uint32_t i = 0; i < b->n; i++)
		sum += run[i].n = (uint32_t)varint(&in, b->n_chunks - 1) + 1;
	for (uint32_t i = 0; i < b->n; i++) {
		uint64_t code = varint(&in, (uint64_t)next + 1);
		run[i].value = !code ? META_NONE : code == 1 ? next : next - (uint32_t)(code - 1);
		if (code == 1 && next++ - b->first_value == b->n_new)
			return bad(e, f, "more values than it has");
	}
	if (in.short_of || in.p != in.end || sum != b->n_chunks || next - b->first_value != b->n_new)
		return bad(e, f, "runs that are none");
	return 0;
}

/* The next value of an unpacked block, after *v, before the first {0}. */
static bool get_value(const struct meta_field *f, struct in *in, struct meta_value *v)
{
	size_t left = (size_t)(in->end - in->p);
	const uint8_t *nul;
	v->type = f->type;
	switch (f->type) {
	case META_STR:
		nul = left ? memchr(in->p, 0, left) : NULL;
		if (!nul || nul - in->p > META_STR_MAX)
			return false;
		v->s = (const char *)in->p;
		v->n = (size_t)(nul - in->p);
		in->p = nul + 1;
		return true;
	case META_INT:
		v->i = (int64_t)((uint64_t)v->i + (uint64_t)unzigzag(varint(in, UINT64_MAX)));
		return !in->short_of;
	case META_REAL:
		if (left < 8)
			return false;
		v->d = get_lef64(in->p);
		in->p += 8;
		return isfinite(v->d);
	default:
		v->b = left && *in->p == 1;
		return left && *in->p++ <= 1;
	}
}

int meta_cols_values(const struct meta_cols *c, const struct meta_field *f, const struct meta_wanted *w,
		     int (*each)(void *ctx, uint32_t i, const struct meta_value *v, struct err *e),
		     void *ctx, struct err *e)
{
	const bool *wanted = w ? w->values : NULL;
	const char *ending = w && f->type == META_STR ? w->ending : NULL;
	struct buf raw = BUF_INIT;
	int r = 0;
	for (size_t k = 0; k < f->n_value_blocks && !r; k++) {
		const struct meta_block *b = &f->values[k];
		struct meta_value v = {0};
		if (wanted && !memchr(wanted + b->first_value, true, b->n))
			continue;
		if ((r = unpack_values(c, f, b, &raw, e)))
			break;
		if (ending && !memmem(raw.p, raw.len, ending, strlen(ending) + 1))
			continue;
		struct in in = {raw.p, raw.p + raw.len, false};
		for (uint32_t i = 0; i < b->n && !r; i++)
			r = !get_value(f, &in, &v) ? bad(e, f, "a value that is none")
			    : wanted && !wanted[b->first_value + i]
				    ? 0 : each(ctx, b->first_value + i, &v, e);
		if (!r && in.p != in.end)
			r = bad(e, f, "bytes behind the values");
	}
	buf_release(&raw);
	return r;
}

size_t meta_cols_blocks(const struct meta_field *f, const uint64_t *within)
{
	size_t n = 0;
	for (size_t k = 0; k < f->n_runs; k++)
		n += bitset_any(within, f->runs[k].first, f->runs[k].n_chunks);
	return n;
}

/* The first value wanted, and with it the first block of runs that may have one: there it is new. */
static uint32_t first_wanted(const struct meta_field *f, const bool *wanted)
{
	const bool *one = wanted ? memchr(wanted, true, f->n_values) : wanted;
	return one ? (uint32_t)(one - wanted) : f->n_values;
}

int meta_cols_runs(const struct meta_cols *c, const struct meta_field *f, const struct meta_wanted *w,
		   int (*each)(void *ctx, uint32_t first, uint32_t n, uint32_t value, struct err *e),
		   void *ctx, struct err *e)
{
	struct buf raw = BUF_INIT;
	struct run *run = mem_array(META_RUNS, sizeof *run);
	const bool *wanted = w ? w->values : NULL;
	uint32_t least = first_wanted(f, wanted);
	int r = 0;
	for (size_t k = 0; k < f->n_runs && !r; k++) {
		const struct meta_block *b = &f->runs[k];
		uint32_t chunk = b->first;
		if ((wanted && least >= b->first_value + b->n_new) ||
		    (w && w->within && !bitset_any(w->within, b->first, b->n_chunks)))
			continue;
		r = unpack(c, b, &raw, e) || get_runs(f, b, &raw, run, e) ? -1 : 0;
		for (uint32_t i = 0; i < b->n && !r; chunk += run[i++].n)
			if (!wanted || (run[i].value != META_NONE && wanted[run[i].value]))
				r = each(ctx, chunk, run[i].n, run[i].value, e);
	}
	mem_free(run);
	buf_release(&raw);
	return r;
}

static int no_value(void *ctx, uint32_t i, const struct meta_value *v, struct err *e)
{
	(void)ctx, (void)i, (void)v, (void)e;
	return 0;
}

static int no_run(void *ctx, uint32_t first, uint32_t n, uint32_t value, struct err *e)
{
	(void)ctx, (void)first, (void)n, (void)value, (void)e;
	return 0;
}

int meta_cols_verify(const struct meta_cols *c, struct err *e)
{
	for (size_t i = 0; i < c->n_fields; i++)
		if (meta_cols_values(c, &c->field[i], NULL, no_value, NULL, e) ||
		    meta_cols_runs(c, &c->field[i], NULL, no_run, NULL, e))
			return -1;
	return 0;
}

/* ---- one chunk ---- */

/* Of a field: the block of runs, and that of values, that were read last. */
struct seen {
	const struct meta_block *runs, *values;
	struct run *run;		/* (runs->n) */
	struct buf raw;			/* of values */
};

struct meta_reader {
	const struct meta_cols *c;
	struct seen *seen;		/* (c->n_fields) */
	struct buf scratch;
};

struct meta_reader *meta_reader_new(const struct meta_cols *c)
{
	struct meta_reader *r = mem_calloc(1, sizeof *r);
	r->c = c;
	r->seen = mem_calloc(c->n_fields, sizeof *r->seen);
	return r;
}

void meta_reader_free(struct meta_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->c->n_fields; i++) {
		mem_free(r->seen[i].run);
		buf_release(&r->seen[i].raw);
	}
	mem_free(r->seen);
	buf_release(&r->scratch);
	mem_free(r);
}

/* The last block that begins at or before i; blocks begin with 0 and are none empty. */
static const struct meta_block *block_of(const struct meta_block *b, size_t n, uint32_t i, bool values)
{
	size_t lo = 0;
	while (n > 1) {
		size_t half = n / 2;
		uint32_t first = values ? b[lo + half].first_value : b[lo + half].first;
		lo += first <= i ? half : 0;
		n = first <= i ? n - half : half;
	}
	return b + lo;
}

static int value_number(struct meta_reader *r, size_t i, uint32_t chunk, uint32_t *value, struct err *e)
{
	const struct meta_field *f = &r->c->field[i];
	struct seen *s = &r->seen[i];
	const struct meta_block *b = block_of(f->runs, f->n_runs, chunk, false);
	if (s->runs != b) {
		s->runs = NULL;
		mem_free(s->run);
		s->run = mem_array(b->n, sizeof *s->run);
		if (unpack(r->c, b, &r->scratch, e) || get_runs(f, b, &r->scratch, s->run, e))
			return -1;
		s->runs = b;
	}
	uint32_t at = b->first, k = 0;
	while (chunk - at >= s->run[k].n)	/* they add up to the block's chunks */
		at += s->run[k++].n;
	*value = s->run[k].value;
	return 0;
}

static int value_at(struct meta_reader *r, size_t i, uint32_t value, struct meta_value *v, struct err *e)
{
	const struct meta_field *f = &r->c->field[i];
	struct seen *s = &r->seen[i];
	const struct meta_block *b = block_of(f->values, f->n_value_blocks, value, true);
	if (s->values != b) {
		s->values = NULL;
		if (unpack_values(r->c, f, b, &s->raw, e))
			return -1;
		s->values = b;
	}
	struct in in = {s->raw.p, s->raw.p + s->raw.len, false};
	*v = (struct meta_value){0};
	for (uint32_t k = b->first_value; k <= value; k++)
		if (!get_value(f, &in, v))
			return bad(e, f, "a value that is none");
	return 0;
}

int meta_reader_get(struct meta_reader *r, uint32_t chunk, struct meta *m, struct err *e)
{
	struct meta_value v;
	uint32_t value;
	meta_clear(m);
	for (size_t i = 0; chunk < r->c->n_chunks && i < r->c->n_fields; i++) {
		if (value_number(r, i, chunk, &value, e))
			return -1;
		if (value == META_NONE)
			continue;
		if (value_at(r, i, value, &v, e))
			return -1;
		(void)meta_set(m, r->c->field[i].name, &v);	/* more than fit: a hostile index */
	}
	return 0;
}
