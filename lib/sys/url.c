/* Addresses, looked at by us alone; see url.h. */
#include "sys/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool url_host_is_loopback(const char *host)
{
	unsigned a, n = 0;
	if (!strcasecmp(host, "localhost") || !strcmp(host, "[::1]"))
		return true;
	if (strncmp(host, "127.", 4) || strspn(host, "0123456789.") != strlen(host))
		return false;
	for (const char *p = host; *p; p += *p == '.') {	/* four numbers, or a name can hide there */
		for (a = 0; *p >= '0' && *p <= '9' && a < 256; p++)
			a = 10 * a + (unsigned)(*p - '0');
		if (a > 255 || (*p && *p != '.'))
			return false;
		n++;
	}
	return n == 4 && host[strlen(host) - 1] != '.';
}

void url_host(const char *url, struct buf *out)
{
	const char *p = strstr(url, "://");
	if (!p)
		return;
	p += 3;
	size_t n = *p == '[' ? strcspn(p, "]/?#\\@") : strcspn(p, ":/?#\\@");
	n += p[n] == ']';
	for (size_t i = 0; i < n; i++)
		buf_addc(out, tolower((unsigned char)p[i]));
}

bool url_is_loopback(const char *url)
{
	struct buf host = BUF_INIT;
	if (!strncmp(url, "ipc://", 6))
		return true;
	/* Readers of URLs do not agree on these. */
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p == '@' || *p == '\\' || (unsigned char)*p >= 0x7f)
			return false;
	url_host(url, &host);
	bool r = host.len && url_host_is_loopback((const char *)host.p);
	/* behind it a port, a path, or nothing */
	const char *rest = r ? strstr(url, "://") + 3 + host.len : "";
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	r = r && (!*rest || *rest == '/');
	buf_release(&host);
	return r;
}

void url_api(const char *base, const char *version, const char *path, struct buf *out)
{
	size_t n = strlen(base), k = strlen(path), at = out->len;
	while (n && base[n - 1] == '/')
		n--;
	buf_add(out, base, n);
	const char *slashes = strstr((const char *)out->p + at, "://");
	if (slashes && !strchr(slashes + 3, '/'))
		buf_adds(out, version);
	if (n < k || strncmp(base + n - k, path, k))
		buf_adds(out, path);
}
