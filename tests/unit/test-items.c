/* Items: ids that nobody else has, metadata to the byte, numbers that come back, damaged streams. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/js.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/tmpfile.h"
#include "port/items.h"

static void test_ids(void)
{
	static const char *const given[] = {"a:1-1", "a:1-1", "a:1-1 2", "a:1-1", "b", ""};
	static const char *const want[] = {"a:1-1", "a:1-1 2", "a:1-1 2 2", "a:1-1 3", "b", ""};
	struct item_ids s = {0};
	size_t n_bad = 0;
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < 6; i++) {
		buf_clear(&b);
		buf_adds(&b, given[i]);
		buf_add(&b, "", 0);
		item_ids_make(&s, &b);
		n_bad += b.len != strlen(want[i]) || memcmp(b.p, want[i], b.len);
	}
	ok(!n_bad, "an id that is there already gets a number that makes it another");
	for (int i = 0; i < 20000; i++) {
		buf_clear(&b);
		buf_printf(&b, "%d", i);
		item_ids_make(&s, &b);
		n_bad += atoll((char *)b.p) != i || strchr((char *)b.p, ' ');
	}
	ok(!n_bad && s.n == 20006, "20000 that differ stay as they are");
	for (int i = 2; i < 300000; i++) {	/* hours, were each tried from 2 on */
		buf_clear(&b);
		buf_adds(&b, "b");
		item_ids_make(&s, &b);
		n_bad += b.len < 3 || atoi((char *)b.p + 2) != i;
	}
	ok(!n_bad, "300000 of one id are numbered one after the other, soon");
	item_ids_release(&s);
	buf_release(&b);
}

static void test_numbers(void)
{
	static const double v[] = {0, 1, -2.5, .1, 1e300, 5e-324, 1.0 / 3, 123456789012345680.0, 1e22};
	size_t n_bad = 0;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct meta m = META_INIT;
		struct buf b = BUF_INIT;
		struct js *j;
		struct err e;
		n_bad += !meta_set_real(&m, "x", v[i]) || !meta_set_int(&m, "y", INT64_MIN);
		item_meta_json(&m, &b);
		if (js_parse(b.p, b.len, "t", &j, &e)) {
			n_bad++;
		} else {
			n_bad += js_type(js_get(j, "x")) != JS_REAL || js_num(js_get(j, "x")) != v[i] ||
				 js_int(js_get(j, "y")) != INT64_MIN;
			js_free(j);
		}
		meta_release(&m);
		buf_release(&b);
	}
	ok(!n_bad, "numbers of metadata come back as they were, of the same type");
}

static const char LINES[] = "{\"id\":\"x\",\"text\":\"Bread\\n rises\",\"metadata\":{\"n\":1.250,\"K\":null}}\n"
			    "{\"id\":\"y\",\"text\":\"Sun\"}\n";

/* Two stored records and a passage of a file, with vectors and texts, in a scratch file. */
static int make_stream(struct buf *out, struct err *e)
{
	static const float v[2] = {.6f, .8f};
	struct shead h = SHEAD_INIT;
	struct stream_out s;
	struct buf b = BUF_INIT;
	struct meta m = META_INIT;
	size_t first = strcspn(LINES, "\n");
	int fd, r;
	if (tmpspool_open(&fd, e))
		return -1;
	memcpy(h.kind, "vectors", sizeof "vectors");
	shead_set_u64(&h, "dim", 2);
	shead_set_bool(&h, "texts", true);
	mp_put_arr(&b, 1);
	mp_put_bin(&b, "/r", 2);
	shead_set_packed(&h, "roots", &b);
	stream_out_open(&s, fd, "t");
	r = stream_out_head(&s, &h, e);
	struct rec_file f = {.path = (const uint8_t *)"c", .n_path = 1, .size_bytes = sizeof LINES - 1,
			     .lang = "", .flags = FILE_STORED | FILE_RECORDS};
	put_file(&b, &f);
	r |= stream_out_buf(&s, &b, e);
	put_text(&b, 0, LINES, sizeof LINES - 1);
	r |= stream_out_buf(&s, &b, e);
	meta_set_real(&m, "n", 1.25);
	put_meta(&b, 0, 0, 0, &m);
	r |= stream_out_buf(&s, &b, e);
	struct rec_chunk k = {.len_bytes = first, .first_line = 1, .last_line = 1, .ext_id = "x", .n_ext_id = 1,
			      .text = "Bread rises", .n_text = 11};
	put_chunk(&b, &k);
	r |= stream_out_buf(&s, &b, e);
	put_vec(&b, 0, v, 2);
	r |= stream_out_buf(&s, &b, e);
	k = (struct rec_chunk){.id = 1, .off_bytes = first + 1, .len_bytes = sizeof LINES - first - 3, .first_line = 2,
			       .last_line = 2, .ext_id = "x", .n_ext_id = 1, .text = "Sun", .n_text = 3};
	put_chunk(&b, &k);
	r |= stream_out_buf(&s, &b, e);
	put_vec(&b, 1, v, 2);
	r |= stream_out_buf(&s, &b, e);
	f = (struct rec_file){.id = 1, .path = (const uint8_t *)"d\xff", .n_path = 2, .size_bytes = 9, .lang = ""};
	put_file(&b, &f);
	r |= stream_out_buf(&s, &b, e);
	k = (struct rec_chunk){.id = 2, .file = 1, .len_bytes = 9, .first_line = 3, .last_line = 4, .text = "x\n", .n_text = 2};
	put_chunk(&b, &k);
	r |= stream_out_buf(&s, &b, e);
	put_vec(&b, 2, v, 2);
	r |= stream_out_buf(&s, &b, e) || stream_out_end(&s, e);
	if (!r && lseek(fd, 0, SEEK_SET) == 0)
		r = fd_slurp(fd, "t", 1 << 20, out, e);
	stream_out_release(&s);
	shead_release(&h);
	meta_release(&m);
	buf_release(&b);
	close(fd);
	return r;
}

/* Lines of the stream, or -1. */
static int read_all(const struct buf *stream, struct buf *lines, struct err *e)
{
	static struct items s;
	struct item it;
	int fd, k;
	if (tmpspool_open(&fd, e) || fd_pwrite(fd, "t", stream->p, stream->len, 0, e))
		return -1;
	k = items_open(&s, fd, "t", true, e);
	while (!k && (k = items_next(&s, &it, e)) > 0) {
		item_json(&it, ITEM_VEC_LIST, lines);
		buf_addc(lines, '\n');
		k = 0;
	}
	items_release(&s);
	close(fd);
	return k;
}

static void test_stream(void)
{
	struct buf stream = BUF_INIT, lines = BUF_INIT;
	struct rng g = {3};
	struct err e;
	size_t n_refused = 0, n_read = 0;
	ok(!make_stream(&stream, &e) && !read_all(&stream, &lines, &e), "a stream is read to its end");
	ok(lines.p && !strcmp((char *)lines.p,
	   "{\"id\":\"x\",\"text\":\"Bread\\n rises\",\"metadata\":{\"n\":1.250,\"K\":null},\"embedding\":[0.600000024,0.800000012]}\n"
	   "{\"id\":\"x 2\",\"text\":\"Sun\",\"metadata\":{\"n\":1.25},\"embedding\":[0.600000024,0.800000012]}\n"
	   "{\"id\":\"d\xef\xbf\xbd:3-4\",\"text\":\"x\\n\",\"metadata\":{},\"path\":{\"bytes\":\"ZP8=\"},\"lines\":[3,4],"
	   "\"embedding\":[0.600000024,0.800000012]}\n"),
	   "a stored record gives back its bytes, a passage says where it is");
	for (int trial = 0; trial < 3000; trial++) {
		struct buf hurt = BUF_INIT;
		buf_add(&hurt, stream.p, stream.len);
		for (int k = 0; k < 2; k++)
			hurt.p[rng_below(&g, hurt.len)] = (uint8_t)rng_u64(&g);
		if (trial % 8 == 0)
			hurt.len = (size_t)rng_below(&g, hurt.len);
		buf_clear(&lines);
		if (read_all(&hurt, &lines, &e))
			n_refused++;
		else
			n_read++;
		buf_release(&hurt);
	}
	ok(n_refused > 2900, "of 3000 damaged streams %zu are refused, %zu read", n_refused, n_read);
	buf_release(&stream);
	buf_release(&lines);
}

int main(void)
{
	test_ids();
	test_numbers();
	test_stream();
	return done();
}
