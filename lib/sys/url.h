/*
 * url: is a host this machine, and where an API is below the address that people give. No library is
 * asked: what is not plainly this machine is another one.
 *
 *	if (!url_is_loopback("http://127.0.0.1:11434")) ...	want consent
 */
#ifndef LEANN_SYS_URL_H
#define LEANN_SYS_URL_H

#include <stdbool.h>

#include "base/buf.h"

/* localhost, 127.x.y.z, [::1], nothing around it. */
bool url_host_is_loopback(const char *host);
/*
 * SCHEME://HOST[:PORT][/...] with a host of this machine, or ipc://; a URL with anything unusual in
 * it, as a user, is not.
 */
bool url_is_loopback(const char *url);
/* Append HOST as it is in SCHEME://HOST[:PORT][/...], lower case; nothing where it has none. */
void url_host(const char *url, struct buf *out);
/*
 * Append base without slashes at its end, version if it has no path of its own, and path unless it
 * ends so: "http://h:1/", "/v1", "/embeddings" give "http://h:1/v1/embeddings".
 */
void url_api(const char *base, const char *version, const char *path, struct buf *out);

#endif
