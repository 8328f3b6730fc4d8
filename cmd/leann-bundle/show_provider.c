/* leann-bundle show: who embeds, and whether text goes to another machine for it. */
#include <stdio.h>

#include "fmt/index.h"
#include "sys/url.h"
#include "tool.h"

static const char *url_of(const struct index *ix)
{
	const char *url = js_str(index_key(ix, "model.provider.url"), NULL);
	return url ? url : "?";
}

bool text_leaves(const struct index *ix)
{
	return index_key(ix, "model.provider") && !url_is_loopback(url_of(ix));
}

void show_provider(const struct index *ix)
{
	const char *api = js_str(index_key(ix, "model.provider.api"), NULL);
	struct buf host = BUF_INIT;
	printf("provider  ");
	show_safe(api ? api : "?");
	printf(" at ");
	show_safe(url_of(ix));
	printf("\ntext      ");
	url_host(url_of(ix), &host);
	if (text_leaves(ix)) {
		printf("leaves this machine: questions and passages go to ");
		show_safe(host.len ? (const char *)host.p : url_of(ix));
		putchar('\n');
	} else {
		puts("stays on this machine");
	}
	buf_release(&host);
}
