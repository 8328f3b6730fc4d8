/* The small files of a model directory; see model_file.h. */
#include "nn/model_file.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/mem.h"

enum { JSON_BYTES_MAX = 4 << 20 };

char *model_file_path(const char *dir, const char *name)
{
	return mem_printf("%s/%s", dir, name);
}

bool model_file_exists(const char *dir, const char *name)
{
	char *path = model_file_path(dir, name);
	bool there = !access(path, F_OK);
	mem_free(path);
	return there;
}

int model_file_json(const char *dir, const char *name, bool needed, struct js **out, struct err *e)
{
	struct buf b = BUF_INIT;
	char *path = model_file_path(dir, name);
	int r = -1;
	*out = NULL;
	if (!needed && access(path, F_OK)) {
		r = 0;
		goto out;
	}
	if (file_slurp(path, JSON_BYTES_MAX, &b, e) || js_parse(b.p, b.len, path, out, e))
		goto out;
	r = 0;
out:
	buf_release(&b);
	mem_free(path);
	return r;
}
