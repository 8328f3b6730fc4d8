#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2164	# run sets stderr; bats stops where cd fails
# Into Chroma: what its own client finds afterwards, and what is there when something fails.
load helper

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	export T=$BATS_FILE_TMPDIR
	small_tree "$T/tree"
	printf '%s\n' '{"id":"a","text":"Bread rises.","metadata":{"year":1990,"x":2.0,"ok":true,"n":null,"s":"t","o":{"p":[1]}}}' \
		'{"id":"b","text":"A second line: caf\u00e9.","metadata":{}}' >"$T/records"
	leann-chunk -q --jsonl - <"$T/records" >"$T/chunks"
	leann-embed-client -q --texts <"$T/chunks" >"$T/records.stream"
	leann-chunk -q "$T/tree" | leann-embed-client -q --texts >"$T/tree.stream"
}
setup() {
	need_model
	need_chroma
	cd "$BATS_TEST_TMPDIR"
}
# Python with c, a client of the folder $1.
ask() { "$CHROMA" -c "import chromadb; c = chromadb.PersistentClient('$1', settings=chromadb.Settings(anonymized_telemetry=False)); $2"; }

@test "a collection has the ids, texts, embeddings and typed metadata of the stream, and is replaced as a whole" {
	run leann-to-chroma --collection recs --path db --json -q <"$T/records.stream"
	[ "$status" -eq 0 ]
	[[ $output == *'1 values of metadata are of no type that Chroma has: kept as JSON'*'"passages": 2, "found": 0,'* ]]
	run -2 leann-to-chroma --collection recs --path db <"$T/tree.stream"
	[[ $output == *"collection recs is there already: --replace puts another in its place"* ]]
	leann-to-chroma -q --collection tree --path db --model all-MiniLM-L6-v2 --space l2 <"$T/tree.stream"
	leann-to-jsonl <"$T/tree.stream" >tree.lines
	ask db "
import json, math
r = c.get_collection('recs', embedding_function=None).get(include=['metadatas', 'documents'])
at = dict(zip(r['ids'], zip(r['documents'], r['metadatas'])))
assert at == {'a': ('Bread rises.', {'year': 1990, 'x': 2.0, 'ok': True, 's': 't', 'o': '{\"p\": [1]}'}), 'b': ('A second line: café.', None)}, at
assert [type(at['a'][1][k]) for k in ('year', 'x', 'ok')] == [int, float, bool]
t = c.get_collection('tree')
want = [json.loads(x) for x in open('tree.lines')]
got = t.get(ids=[x['id'] for x in want], include=['documents', 'embeddings', 'metadatas'])
assert t.count() == len(want) > 3 and t.configuration['hnsw']['space'] == 'l2'
k = {i: n for n, i in enumerate(got['ids'])}
for x in want:
    n = k[x['id']]
    assert got['documents'][n] == x['text']
    assert got['metadatas'][n] == {**x['metadata'], 'path': x['path'], 'first_line': x['lines'][0], 'last_line': x['lines'][1]}
    assert max(abs(a - b) for a, b in zip(got['embeddings'][n], x['embedding'])) < 1e-7
assert t.query(query_embeddings=[want[0]['embedding']], n_results=1)['ids'] == [[want[0]['id']]]
"
	leann-to-chroma -q --collection recs --path db --replace <"$T/tree.stream"
	ask db "assert sorted(x.name for x in c.list_collections()) == ['recs', 'tree'] and c.get_collection('recs', embedding_function=None).count() > 3"
	[ "$(find db -mindepth 1 -type d | wc -l)" -eq 2 ]	# folders of vectors: the replaced one's is gone
}

@test "keys that Chroma does not have, and metadata that is no object, are kept under others, and said" {
	printf '%s\n' '{"id":"a","text":"Bread rises.","metadata":{"":1,"#a":2,"$b":[3],"chroma:document":"c","_":4,"n":null}}' \
		'{"id":"b","text":"Tomatoes.","metadata":[1,"x"]}' >odd
	leann-chunk -q --jsonl - <odd | leann-embed-client -q --texts >odd.stream
	run leann-to-chroma -q --collection odd --path db <odd.stream
	[ "$status" -eq 0 ]
	[[ $output == *'4 keys of metadata are none that Chroma has: kept with "_" before them'* ]]
	ask db "
r = c.get_collection('odd', embedding_function=None).get()
at = dict(zip(r['ids'], r['metadatas']))
assert at == {'a': {'__': 1, '_#a': 2, '_\$b': [3], '_chroma:document': 'c', '_': 4}, 'b': {'metadata': '[1, \"x\"]'}}, at"
	leann-to-jsonl --no-embedding <odd.stream >lines
	"$CHROMA" "$TOP/scripts/chroma.py" verify --path db --collection odd <lines
}

@test "a stream that fails leaves the earlier collection, and a folder that was not there is not made" {
	leann-to-chroma -q --collection recs --path db <"$T/records.stream"
	head -c $(($(stat -c %s "$T/tree.stream") * 3 / 4)) "$T/tree.stream" >cut
	run -2 leann-to-chroma --collection recs --path db --replace <cut
	[[ $output == *"leann-to-jsonl: stdin: "* ]] # cut in a record or between two
	ask db "assert [(x.name, x.count()) for x in c.list_collections()] == [('recs', 2)]"
	run -2 leann-to-chroma --collection recs --path new <cut
	[ ! -e new ]
	run -2 leann-to-chroma --collection 'no name' --path new <"$T/tree.stream"
	[ ! -e new ]
}

@test "what an interrupted run with the same token wrote is not written again" {
	head -c $(($(stat -c %s "$T/tree.stream") * 3 / 4)) "$T/tree.stream" >cut
	run -2 leann-to-chroma --collection tree --path db --token one --batch-size 1 <cut
	run leann-to-chroma --collection tree --path db --token one --batch-size 1 --json <"$T/tree.stream"
	[ "$status" -eq 0 ]
	[[ $output =~ '"found": '[1-9] ]]
	leann-to-jsonl --no-embedding <"$T/tree.stream" >lines
	"$CHROMA" "$TOP/scripts/chroma.py" verify --path db --collection tree <lines
	sed '2s/"text":"/&x/' lines >other
	run -1 "$CHROMA" "$TOP/scripts/chroma.py" verify --path db --collection tree <other
	[[ $output == *'"equal": false'*'"texts": 1'* ]]
	sed 's/"lines":\[1,/"lines":[2,/' lines >other
	run -1 "$CHROMA" "$TOP/scripts/chroma.py" verify --path db --collection tree <other
	sed 1d lines >other
	run -1 "$CHROMA" "$TOP/scripts/chroma.py" verify --path db --collection tree <other
}

@test "a Python without chromadb is named, with what to run" {
	printf '#!/bin/sh\nexit 1\n' >python && chmod +x python
	run -2 leann-to-chroma --collection tree --path db --python ./python <"$T/tree.stream"
	[[ $output == "leann-to-chroma: ./python: no Python with the module chromadb" ]]
	[ ! -e db ]
}
