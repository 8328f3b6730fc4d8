"""A server of chat completions that wants requests to be right and answers as told.

    fake_openai.py FOLDER

Listens on a port of its own, which it writes to FOLDER/port; the body of the last request is in FOLDER/body,
its headers in FOLDER/head. The model of a request says how to answer: see STREAMS and do_POST; "echo" streams what
it was asked last. A key, where one comes, has to be "sk-right". It is also the proxy to http://leann.test.
"""
import json, socket, sys, time

import fake_http

folder = sys.argv[1]


def event(**delta):
    return "data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [
        {"index": 0, "delta": delta, "finish_reason": None}]}) + "\n\n"


def end(reason="stop"):
    return "data: " + json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}) + \
        "\n\ndata: " + json.dumps({"choices": [], "usage": {"total_tokens": 3}}) + "\n\ndata: [DONE]\n\n"


GOOD = ": a comment\n\n" + event(role="assistant") + event(content="Let it rise ") + event(content="two hours [1].")
STREAMS = {  # pieces, and seconds between them
    "good": ([GOOD + end()], 0),
    "crlf": ([(GOOD + end()).replace("\n", "\r\n")], 0),
    "bytes": (["\ufeff"] + list(("event: message\nid: 3\nretry: 5\n" + GOOD + event(content="\u00fcber \U0001f35e") + end())), 0),
    "two-lines": (['data: {"choices":\ndata: [{"delta": {"content": "joined"}}]}\n\ndata:[DONE]\n\n'], 0),
    "no-done": ([GOOD + end().replace("data: [DONE]\n\n", "")], 0),
    "length": ([GOOD + end("length")], 0),
    "cut": ([GOOD], 0),
    "half-event": ([GOOD + 'data: {"choi'], 0),
    "slow": ([GOOD] + [": wait\n\n"] * 100, .1),
    "garbage": ([GOOD + "data: not JSON\n\n"], 0),
    "binary": (["\x00\x01\x02\x7f\x80" * 1000], 0),
    "number": (["data: 7\n\n"], 0),
    "odd": (['data: {"choices": [{"delta": {"content": {"a": 1}}, "finish_reason": 4}, 3], "x": []}\n\n' + end()], 0),
    "error-event": ([GOOD + 'data: {"error": {"message": "out of memory", "type": "server_error"}}\n\n'], 0),
    "steering": ([event(content="a\x1b]0;title\x07b\u202ec\u200bd\U000e0041e") + end()], 0),
    "long-line": (["data: " + "x" * (2 << 20)], 0),
    "much": ([event(content="x" * 1000) for _ in range(20000)], 0),
    "nothing": ([end()], 0),
}


class Handler(fake_http.Handler):
    def stream(self, pieces, pause_s, cut=False):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for p in pieces:
            data = p.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
            time.sleep(pause_s)
        if cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        self.reply(405, {"error": {"message": "want POST"}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.keep(folder, body)
        # as a server, or as a proxy to one that is not there
        if self.path not in ("/v1/chat/completions", "http://leann.test/v1/chat/completions"):
            return self.reply(404, {"error": {"message": "no path " + self.path}})
        if self.headers["Content-Type"] != "application/json" or "Expect" in self.headers:
            return self.reply(415, {"error": "want JSON"})
        key = self.headers["Authorization"]
        d = json.loads(body)
        try:
            assert set(d) <= {"model", "messages", "stream", "max_tokens", "temperature"}, set(d)
            assert d["stream"] is True and [m["role"] for m in d["messages"]] == ["system", "user"]
            assert all(set(m) == {"role", "content"} and m["content"] for m in d["messages"])
        except Exception as e:
            return self.reply(400, {"error": {"message": repr(e)}})
        if key is not None and key != "Bearer sk-right":
            return self.reply(401, {"error": {"message": "wrong key: " + key, "type": "invalid_request_error",
                                              "code": "invalid_api_key"}})
        model = d["model"]
        if model == "echo":
            self.stream([event(content=d["messages"][1]["content"]), end()], 0)
        elif model == "401":
            self.reply(401, {"error": {"message": "no key"}})
        elif model == "404":
            self.reply(404, {"error": {"message": "The model `404` does not exist", "code": "model_not_found"}})
        elif model == "429":
            self.reply(429, {"error": {"message": "slow down"}}, Retry_After="7")
        elif model == "500":
            self.reply(500, "<html>\x1b[31mbroken</html>", "text/html")
        elif model == "503":
            self.reply(503, "", Retry_After="soon")
        elif model == "redirect":
            self.reply(307, {}, Location="http://127.0.0.1:1/v1/chat/completions")
        elif model == "html":
            self.reply(200, "<html>hello</html>", "text/html")
        elif model == "whole":
            self.reply(200, {"choices": [{"message": {"role": "assistant", "content": "All of it [1]."},
                                          "finish_reason": "stop"}]})
        elif model == "whole-garbage":
            self.reply(200, "{")
        elif model == "reset":
            self.close_connection = True
            self.connection.close()
        elif model == "cut-body":
            self.stream(STREAMS["cut"][0], 0, cut=True)
        elif model == "silent":
            time.sleep(10)
        elif model in STREAMS:
            try:
                self.stream(*STREAMS[model])
            except OSError:
                self.close_connection = True
        else:
            self.reply(404, {"error": {"message": "no model " + model}})


fake_http.serve(folder, Handler)
