"""The clients that people have: openai and ollama of PyPI, against leann-serve.

    faces_clients.py URL

URL ends with "/". Says nothing; fails by an assertion.
"""
import sys

import ollama, openai

url = sys.argv[1]
texts = ["letting dough rise", "tomatoes want sun", "\u00fcber die W\u00f6lbung"]
o = openai.OpenAI(base_url=url + "v1", api_key="none", max_retries=0)
r = o.embeddings.create(model="all-MiniLM-L6-v2", input=texts)        # asks for base64 by itself
f = o.embeddings.create(model="all-MiniLM-L6-v2", input=texts, encoding_format="float")
assert len(r.data) == 3 and len(r.data[0].embedding) == 384 and r.usage.prompt_tokens > 6
for a, b in zip(r.data, f.data):
    assert max(abs(x - y) for x, y in zip(a.embedding, b.embedding)) < 1e-7
assert [m.id for m in o.models.list()] == ["all-MiniLM-L6-v2"]
assert o.models.retrieve("all-minilm").id == "all-MiniLM-L6-v2"
for wrong, kind in [(dict(model="gpt-4", input="a"), openai.NotFoundError),
                    (dict(model="all-minilm", input=""), openai.BadRequestError)]:
    try:
        o.embeddings.create(**wrong)
        raise AssertionError(wrong)
    except kind as e:
        assert e.body["message"] and e.type == "invalid_request_error", e.body

c = ollama.Client(host=url)
g = c.embed(model="all-minilm", input=texts)
assert len(g.embeddings) == 3 and g.prompt_eval_count == r.usage.prompt_tokens
assert max(abs(x - y) for x, y in zip(g.embeddings[0], f.data[0].embedding)) < 1e-7
assert [m.model for m in c.list().models] == ["all-MiniLM-L6-v2:latest"]
try:
    c.embed(model="llama3", input="a")
    raise AssertionError("llama3")
except ollama.ResponseError as e:
    assert e.status_code == 404 and "llama3" in e.error, e
