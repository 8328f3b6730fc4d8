#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2164	# run sets stderr; bats stops where cd fails
# Chroma and leann: a collection becomes an index, an index a collection, and nothing is lost on the way.
load helper

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	export T=$BATS_FILE_TMPDIR
	local i
	for i in $(seq 40); do
		printf '{"id":"doc %d","text":"Passage %d of a book about bread, in its chapter %d.","metadata":{"page":%d,"x":%d.5,"new":%s}}\n' \
			"$i" "$i" $((i % 7)) "$i" "$i" "$([ $((i % 2)) = 0 ] && echo true || echo false)"
	done >"$T/docs.jsonl"
	leann-from-jsonl -q "$T/docs.jsonl" | leann-embed-client -q | leann-graph -q -o "$T/docs.leann"
}
setup() {
	need_model
	need_chroma
	cd "$BATS_TEST_TMPDIR"
}
lines() { leann-bundle cat "$1" | leann-to-jsonl --no-embedding | "$CHROMA" -c 'import json, sys
for x in sys.stdin: print(json.dumps(json.loads(x), sort_keys=True))'; }

@test "an index becomes a collection and an index again, verified both ways, with the source as it was" {
	run --separate-stderr leann migrate leann-to-chromadb "$T/docs.leann" --collection docs --path db --verify --sample 5 --json
	[ "$status" -eq 0 ]
	echo "$output" >report
	jsonq 'd["passages"] == 40 and d["embeddings"] == "computed" and d["verified"]["equal"] and d["verified"]["wrong"] == {"ids": 0, "texts": 0, "metadata": 0} and d["verified"]["overlap"] >= .8' report
	[[ $stderr == *"both are equal, and 5 questions find the same to "* ]]
	[ -z "$(find . -maxdepth 1 -name '.*journal')" ]
	find db -type f -exec sha256sum {} + >before
	run --separate-stderr leann migrate chromadb-to-leann --collection docs --path db -o back.leann --verify --sample 5 --json
	[ "$status" -eq 0 ]
	echo "$output" >report
	jsonq 'd["passages"] == 40 and d["embeddings"] == "reused" and d["verified"]["equal"]' report
	sha256sum --check --quiet before
	[ "$(find db -type f | wc -l)" -eq "$(wc -l <before)" ]
	leann-bundle verify -q back.leann
	diff <(lines "$T/docs.leann") <(lines back.leann)
	[ -z "$(find . -maxdepth 1 -name '.*' ! -name .)" ]
	leann list | grep -q back.leann
}

@test "a target that is there is kept, replaced only when asked, and a dry run changes nothing" {
	leann migrate leann-to-chromadb "$T/docs.leann" --collection docs --path db -q
	run -2 leann migrate leann-to-chromadb "$T/docs.leann" --collection docs --path db
	[[ $output == *"collection docs is there already: --replace puts another in its place"* ]]
	find db -type f -exec sha256sum {} + >before
	echo other >other.leann
	run -2 leann migrate chromadb-to-leann --collection docs --path db -o other.leann
	[[ $output == *"other.leann: is there already: --replace puts another in its place"* ]]
	mkdir folder
	run -2 leann migrate chromadb-to-leann --collection docs --path db -o folder --replace
	[[ $output == *"folder: a folder, want the name of a file" ]]
	[ -z "$(ls folder)" ]
	run leann migrate chromadb-to-leann --collection docs --path db -o new.leann --dry-run
	[[ $output == *"db, collection docs: 40 passages, embeddings reused -> new.leann (not there)"* ]]
	[ ! -e new.leann ]
	sha256sum --check --quiet before
	leann migrate chromadb-to-leann --collection docs --path db -o other.leann --replace -q
	leann-bundle verify -q other.leann
}

@test "what differs is said, given up, and the earlier target stays" {
	leann-from-jsonl -q <(head -n 3 "$T/docs.jsonl") | leann-embed-client -q | leann-graph -q -o few.leann
	leann migrate leann-to-chromadb few.leann --collection docs --path db -q
	# no two searches agree on more than all
	mkdir fake && printf '#!/bin/bash\n%s "$@" | sed "s/chapter 3/chapter 4/"\n' "$BIN/leann-to-jsonl" >fake/leann-to-jsonl
	chmod +x fake/leann-to-jsonl
	for p in "$BIN"/*; do [ -e "fake/${p##*/}" ] || ln -s "$p" fake; done
	cat >python <<-END
		#!/bin/bash
		PATH=$BIN:\$PATH exec $CHROMA "\$@"
	END
	chmod +x python
	PATH=$PWD/fake:$PATH LEANN_PROG='leann migrate' run -1 "$TOP/scripts/leann-migrate" leann-to-chromadb "$T/docs.leann" \
		--collection docs --path db --replace --verify --sample 0 --python ./python
	echo "$output"
	[[ $output == *"not equal, and given up: 40 passages in leann, 40 in Chroma; ids: 0, texts: 6, metadata: 0 differ; first: doc 3: texts differ"* ]]
	run "$CHROMA" "$TOP/scripts/chroma.py" state --path db --collection docs
	[[ $output == *'"there": 3, "part": null'* ]]
}

@test "embeddings of another model are made anew, and questions of ours are not asked of those" {
	"$CHROMA" - <<-'END'
		import chromadb
		c = chromadb.PersistentClient("db").create_collection("docs", embedding_function=None)
		c.add(ids=[f"d{i}" for i in range(30)], documents=[f"Text {i * 7 % 30} of a letter about apples." for i in range(30)],
		      embeddings=[[1.0, i * i % 11, i % 3] for i in range(30)])
	END
	run leann migrate chromadb-to-leann --collection docs --path db -o new.leann --verify
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"30 passages, embeddings computed,"*"both are equal" ]]
	leann-bundle verify -q new.leann
}

@test "killed at random moments both ways, nothing is lost and the next run goes on" {
	[ -n "${LEANN_SLOW_TESTS:-}" ] || skip "a minute of starting Chroma: LEANN_SLOW_TESTS=1, or make check-faults"
	[ -f "$SHARED/data/scifact/corpus.jsonl" ] || skip "no ../shared/data"
	unset XDG_RUNTIME_DIR
	N=60 KILLS=1 DATA=$SHARED/data run "$TOP/tests/faults/migrate"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"2 passed, 0 failed" ]]
}
