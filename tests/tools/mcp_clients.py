#!/usr/bin/env python3
"""mcp_clients.py mcp|fastmcp URL INDEX: ask leann-mcp (stdio, from PATH) and leann-serve (POST /mcp at
URL) as the client of that Python package does, in both eras of the protocol; with mcp also check results
against the schema of every version. scripts/bench-setup --mcp installs them. Prints a line a
conversation; the status is 1 if one of them went wrong.

mcp_clients.py --time N INDEX: how long a tools/call of leann_search takes on a warm server, N of them."""
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time

import mcp
from mcp_types import methods

NAMES = ["leann_search", "leann_read", "leann_list", "leann_status"]


def check(good, what):
    if not good:
        raise AssertionError(what)


def text_of(result):
    return "".join(c.text for c in result.content if c.type == "text")


def check_search(r):
    check(not r.is_error, "a search succeeds")
    hit = r.structured_content["results"][0]
    check(hit["path"].endswith("bread.md"), "the best hit comes first")
    links = [c for c in r.content if c.type == "resource_link"]
    check(str(links[0].uri) == "file://%s#L%d-L%d" % (hit["path"], hit["startLine"], hit["endLine"]),
          "a hit has a link with its lines")
    check("[leann-" in text_of(r) and hit["path"] in text_of(r), "its text is in a fence that says where it is from")
    return hit


def check_wrong(r, word):
    check(r.is_error and word in text_of(r), "bad arguments are an answer that says %s: %s" % (word, text_of(r)))


async def converse(client, call, version):
    """client: connected; call(name, arguments): the result as the protocol has it."""
    check(client.protocol_version == version, "negotiated %s, not %s" % (client.protocol_version, version))
    tools = await client.list_tools()
    tools = getattr(tools, "tools", tools)
    check([t.name for t in tools] == NAMES, "the tools come in their order")
    check(all(t.annotations.read_only_hint for t in tools), "none of them writes")
    hit = check_search(await call("leann_search", {"query": "letting dough rise", "top_k": 2}))
    r = await call("leann_read", {"path": hit["path"], "start": hit["startLine"], "end": hit["endLine"]})
    check("dough" in r.structured_content["text"], "a hit's lines can be read")
    r = await call("leann_list", {})
    check(r.structured_content["indexes"][0]["name"] == "notes", "indexes are listed")
    r = await call("leann_status", {"index": "notes"})
    check(r.structured_content["indexes"][0]["changed"] == 0, "their state is known")
    check_wrong(await call("leann_search", {"query": "x", "topk": 1}), "top_k")
    check_wrong(await call("leann_read", {"path": "/etc/passwd"}), "/etc/passwd")
    for name in "leann_build", "leann_nothing":
        try:
            await call(name, {"path": "."})
            check(False, "%s is not there" % name)
        except mcp.MCPError as e:
            check(e.error.code == -32602, "an unknown tool is -32602")


def stdio(index):
    return mcp.StdioServerParameters(command="leann-mcp", args=["--index", index], env=dict(os.environ))


async def with_mcp(target, mode, version):
    async with mcp.Client(target, mode=mode) as client:
        await converse(client, client.call_tool, version)
        await asyncio.gather(*(client.call_tool("leann_search", {"query": "dough %d" % i}) for i in range(8)))
        if version < "2026":
            await client.session.send_ping()


async def with_fastmcp(target, mode, version):
    import fastmcp
    async with fastmcp.Client(target, mode=mode) as client:
        await converse(client, client.call_tool_mcp, version)
        r = await client.call_tool("leann_search", {"query": "letting dough rise"})
        check(r.data is not None, "structured content becomes an object")


def lost(sent, kept):
    """A member of sent that the schema's own form of it has not, or None."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        return next((k if k not in kept else k + "." + l for k in sent
                     for l in [k not in kept or lost(sent[k], kept[k])] if l), None)
    if isinstance(sent, list) and isinstance(kept, list):
        return next((l for a, b in zip(sent, kept) for l in [lost(a, b)] if l), None)
    return None


def raw(index, version):
    """One session of that version, every result checked against the version's own schema."""
    asked = [("initialize", {"protocolVersion": version, "capabilities": {},
                             "clientInfo": {"name": "test", "version": "1"}}), ("ping", {})]
    if version == "2026-07-28":
        asked = [("server/discover", {})]
    asked += [("tools/list", {})] + [("tools/call", {"name": name, "arguments": a}) for name, a in (
        ("leann_search", {"query": "letting dough rise"}), ("leann_read", {"path": "notes/bread.md"}),
        ("leann_list", {}), ("leann_status", {}), ("leann_search", {}))]
    for _, params in asked:
        if version == "2026-07-28":
            params["_meta"] = {"io.modelcontextprotocol/protocolVersion": version,
                               "io.modelcontextprotocol/clientCapabilities": {}}
    lines = [json.dumps({"jsonrpc": "2.0", "id": i, "method": m, "params": p}) + "\n"
             for i, (m, p) in enumerate(asked)]
    out = subprocess.run(["leann-mcp", "--index", index], input="".join(lines), text=True, timeout=30,
                         stdout=subprocess.PIPE, check=True).stdout.splitlines()
    check(len(out) == len(asked), "every request has its answer")
    for o in map(json.loads, out):
        method = asked[o["id"]][0]
        check(method != "initialize" or o["result"]["protocolVersion"] == version, "the version is " + version)
        kept = methods.serialize_server_result(method, version, o["result"])
        more = lost(o["result"], kept)
        check(not more, "%s of %s has no %s" % (method, version, more))


async def with_raw(index, version):
    raw(index, version)


def conversations(package, url, index):
    if package == "mcp":
        for version in "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28":
            yield "schema of " + version, with_raw(index, version)
    for mode, version in ("auto", "2026-07-28"), ("2026-07-28", "2026-07-28"), ("legacy", "2025-11-25"):
        if package == "mcp":
            yield "mcp stdio " + mode, with_mcp(stdio(index), mode, version)
            yield "mcp http " + mode, with_mcp(url, mode, version)
        else:
            from fastmcp.client.transports import StdioTransport
            transport = StdioTransport("leann-mcp", ["--index", index], env=dict(os.environ), keep_alive=False)
            yield "fastmcp stdio " + mode, with_fastmcp(transport, mode, version)
            yield "fastmcp http " + mode, with_fastmcp(url, mode, version)


async def all_conversations(package, url, index):
    bad = 0
    for name, talk in conversations(package, url, index):
        try:
            await asyncio.wait_for(talk, 30)
            print("good:", name)
        except Exception as e:  # noqa: BLE001 one line each, whatever it is
            while isinstance(e, BaseExceptionGroup):
                e = e.exceptions[0]
            bad += 1
            print("bad: %s: %s: %s" % (name, type(e).__name__, e))
    return bad


async def timed(n, index):
    questions = ["how is item number %d kept apart from the others" % i for i in range(n)]
    async with mcp.Client(stdio(index)) as client:
        for q in questions[:3]:
            await client.call_tool("leann_search", {"query": "warm " + q})
        took = []
        for q in questions:
            t = time.perf_counter()
            r = await client.call_tool("leann_search", {"query": q})
            took.append(1000 * (time.perf_counter() - t))
            check(not r.is_error, text_of(r))
    took.sort()
    print("%d tools/call leann_search: median %.1f ms, 95%% %.1f ms, slowest %.1f ms" %
          (n, statistics.median(took), took[int(.95 * n)], took[-1]))
    return took[int(.95 * n)] > 150


def main():
    if sys.argv[1] == "--time":
        sys.exit(asyncio.run(timed(int(sys.argv[2]), sys.argv[3])))
    sys.exit(asyncio.run(all_conversations(*sys.argv[1:4])) > 0)


main()
