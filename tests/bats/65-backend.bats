#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2164	# run sets stderr; bats stops where cd fails
# leann backend: the same passages in several stores, and what an index takes.
load helper

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
}

@test "compare asks leann, exact search and where it is Chroma the same, and tells what each takes and finds" {
	PY=${LEANN_CHROMA_PYTHON:-$HOME/.cache/leann/chroma-venv/bin/python}
	[ -x "$PY" ] || PY=$HOME/.cache/leann/bench-venv/bin/python
	"$PY" -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("chromadb"))' 2>/dev/null ||
		skip "no Python with chromadb: leann-to-chroma --setup"
	small_tree tree
	printf 'How long does the dough rise?\nparse a configuration file\n' >questions
	leann backend compare --docs tree --queries questions --python "$PY" --work kept --json >report
	jsonq 'd["passages"] >= 4 and d["questions"] == 2 and [s["store"].split()[0] for s in d["stores"]] == ["leann", "leann,", "Chroma", "flat"]' report
	jsonq 'all(s["bytes"] > 0 and s["query_ms"]["median"] > 0 for s in d["stores"]) and [s["recall"] for s in d["stores"][1:]] == [1, 1, 1]' report
	jsonq '"relevant" not in d["stores"][0] and d["stores"][0]["of_chroma"] < .5' report
	printf 'q\td\ts\n2\tsrc/config.c:1-9\t1\n' >judged
	leann backend compare --docs tree --queries questions --relevant judged --python "$PY" --work kept >table
	grep -q '1 questions; all embeddings' table
	grep -Eq '^leann +[0-9,]+ +[0-9.]+ % .* 1.000$' table
	printf 'q\td\ts\n9\tsrc/config.c:1-9\t1\n' >judged
	run -2 leann backend compare --docs tree --queries questions --relevant judged --python "$PY" --work kept
	[[ $output == *"leann backend: no question has a relevant passage: do their ids agree?"* ]]
	run -2 leann backend compare --docs nowhere --queries questions
	[[ $output == *"nowhere: no such file or folder"* ]]
}

@test "stats says what an index takes beside its embeddings and texts" {
	small_tree tree
	leann index create --input tree --output t.leann
	leann backend stats --json t.leann >report
	jsonq "d['bytes'] == $(stat -c %s t.leann) and d['embeddings_bytes'] == 1536 * d['passages'] and d['flat_bytes'] == d['embeddings_bytes'] + d['text_bytes'] and d['dim'] == 384 and d['graph'] == 'none'" report
	leann backend stats t.leann | grep -Eq "^this index +$(stat -c %s t.leann) bytes"
	run -2 leann backend stats missing.leann
}
