/* Snippets for the settings of MCP clients; see config.h. */
#include "config.h"

#include <string.h>

#include "base/js.h"

static const struct {
	const char *client, *where, *servers;	/* servers NULL: TOML */
	bool type;
} clients[] = {
	{"claude", ".mcp.json of the project, or claude_desktop_config.json", "mcpServers", false},
	{"codex", "~/.codex/config.toml", NULL, false},
	{"vscode", ".vscode/mcp.json of the project", "servers", true},
	{"cursor", ".cursor/mcp.json of the project, or ~/.cursor/mcp.json", "mcpServers", false},
};

static struct js *arguments(const char *const *argv, size_t n)
{
	struct js *a = js_new_arr();
	for (size_t i = 1; i < n; i++)
		js_push(a, js_new_str(argv[i]));
	return a;
}

static void json(const char *servers, bool type, const char *const *argv, size_t n, struct buf *out)
{
	struct js *o = js_new_obj(), *all = js_new_obj(), *one = js_new_obj();
	if (type)
		js_set(one, "type", js_new_str("stdio"));
	js_set(one, "command", js_new_str(argv[0]));
	js_set(one, "args", arguments(argv, n));
	js_set(all, "leann", one);
	js_set(o, servers, all);
	js_dump(o, 2, out);
	buf_addc(out, '\n');
	js_free(o);
}

/* Basic strings of TOML are escaped as those of JSON. */
static void toml(const char *const *argv, size_t n, struct buf *out)
{
	struct js *command = js_new_str(argv[0]), *args = arguments(argv, n);
	buf_adds(out, "[mcp_servers.leann]\ncommand = ");
	js_dump(command, 0, out);
	buf_adds(out, "\nargs = ");
	js_dump(args, 0, out);
	buf_addc(out, '\n');
	js_free(command);
	js_free(args);
}

int config_print(const char *client, const char *const *argv, size_t n, struct buf *out, const char **where,
		 struct err *e)
{
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		if (strcmp(client, clients[i].client))
			continue;
		*where = clients[i].where;
		if (clients[i].servers)
			json(clients[i].servers, clients[i].type, argv, n, out);
		else
			toml(argv, n, out);
		return 0;
	}
	return err_set(e, ERR_USAGE, "--print-config: \"%s\", want claude, codex, vscode or cursor", client);
}
