/* The page and its policy; see page.h. */
#include "page.h"

#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "files.h"

/* What a browser hashes: the text of the page's only element of that name. */
static struct file_text part(const char *begin, const char *end)
{
	struct file_text page = file_page();
	const char *from = strstr(page.p, begin), *to = from ? strstr(from, end) : NULL;
	if (!to)
		return (struct file_text){"", 0};
	from += strlen(begin);
	return (struct file_text){from, (size_t)(to - from)};
}

static void put_source(struct buf *out, const char *directive, struct file_text t)
{
	struct sha256 s;
	uint8_t sum[32];
	sha256_init(&s);
	sha256_add(&s, t.p, t.n);
	sha256_bytes(&s, sum);
	buf_printf(out, "%s 'sha256-", directive);
	base64_put(out, sum, sizeof sum);
	buf_printf(out, "'; ");
}

void page_policy(struct buf *out)
{
	buf_printf(out, "default-src 'none'; ");
	put_source(out, "style-src", part("<style>", "</style>"));
	put_source(out, "script-src", part("<script>", "</script>"));
	buf_printf(out, "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
			"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
}

void page_reply(const char *policy, struct reply *rp)
{
	struct file_text t = file_page();
	rp->status = 200;
	rp->type = "text/html; charset=utf-8";
	buf_add(&rp->body, t.p, t.n);
	reply_header(rp, "Content-Security-Policy", policy);
	reply_header(rp, "Referrer-Policy", "no-referrer");
	reply_header(rp, "X-Frame-Options", "DENY");
}
