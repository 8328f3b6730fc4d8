#!/usr/bin/env bats
# What an index says of its health: validate, stats.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}
json() { # FILE EXPRESSION-OF-d
	"$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); assert eval(sys.argv[2]), d' "$1" "$2"
}
# A tree and its index, t.leann.
made() {
	need_model
	small_tree tree
	leann index create --input tree --output t.leann
}

@test "validate reads only files whose time differs, all of them with --checksum" {
	made
	run leann-bundle validate -v t.leann
	[[ $output == *"read again: 0,"* ]]
	touch tree/src/mail.py
	run leann-bundle validate -v t.leann
	[[ $output == *"0 changed, 0 missing"*"read again: 1,"* ]]
	run leann-bundle validate -v --checksum t.leann
	[[ $output == *"0 changed, 0 missing"*"read again: 4,"* ]]
	# the same size and time, other bytes: only its hash tells
	touch -r tree/src/mail.py was
	sed -i s/letter/lettre/ tree/src/mail.py
	touch -r was tree/src/mail.py
	leann-bundle validate --checksum t.leann | grep -q 'changed "src/mail.py"'
}

@test "validate --verbose names every file that changed, without it twenty, and JSON counts them" {
	need_model
	mkdir tree
	for i in $(seq 25); do echo "words of file $i" >"tree/$i.txt"; done
	leann index create --input tree --output t.leann
	for i in $(seq 24); do echo more >>"tree/$i.txt"; done
	rm tree/25.txt
	run leann index validate t.leann
	[ "$status" -eq 1 ]
	[ "$(grep -c '^  changed "' <<<"$output")" -eq 20 ]
	[[ $output == *"24 changed, 1 missing"*"and 4 more"* ]]
	run leann index validate --verbose t.leann
	[ "$status" -eq 1 ]
	[ "$(grep -c '^  changed "' <<<"$output")" -eq 24 ]
	leann index validate --json t.leann >out || true
	json out 'd["sources"]["n_changed"] == 24 and d["sources"]["missing"] == ["25.txt"]'
}

@test "validate --root looks for the files elsewhere" {
	made
	mv tree moved
	run leann-bundle validate t.leann
	[[ $output == *"4 missing"* ]]
	run leann-bundle validate --root moved t.leann
	[[ $output == *"0 changed, 0 missing"* ]]
	run leann-bundle validate --root nowhere t.leann
	[ "$status" -eq 2 ]
}

@test "validate --recall embeds passages again: what is measured of all of them is what the index says" {
	made
	leann index validate --recall 100 --json t.leann >out || [ $? = 1 ]
	json out 'abs(d["sample"]["coverage"] - d["metrics"]["coverage"]["value"]) < 1e-6'
	json out 'd["sample"]["passages"] >= 4 and d["sample"]["recall"]["at3"] == 1.0 and d["sample"]["stale"] == 0'
	leann index validate --recall 100 --json t.leann >again || [ $? = 1 ]
	cmp out again
	rm tree/src/mail.py
	leann index validate --recall 100 --json t.leann >out || [ $? = 1 ]
	json out 'd["sample"]["stale"] >= 1 and d["verdict"] == "stale"'
	run leann index validate --recall 1 t.leann
	[ "$status" -eq 2 ]
}

@test "validate --recall sees codes that are of other passages" {
	need_model
	mkdir tree
	cp "$TOP"/lib/algo/*.c tree
	leann index create --input tree --output t.leann
	leann index validate --recall 60 --json t.leann >good || [ $? = 1 ]
	leann-bundle unpack t.leann parts
	# full blocks of 64 codes, column-wise: each column turned round
	"$PYTHON" -c '
import json
m = json.load(open("parts/leann.json"))["build"]["quantization"]["subVectors"]
c = bytearray(open("parts/codes", "rb").read())
assert len(c) > 128 * m
for at in range(0, len(c) - 64 * m, 64):
    c[at:at + 64] = c[at:at + 64][::-1]
open("parts/codes", "wb").write(c)'
	leann-bundle pack parts wrong.leann
	run leann-bundle validate --recall 60 --json wrong.leann
	[ "$status" -eq 1 ]
	printf '%s' "$output" >wrong
	json wrong 'd["sample"]["reconstruction"] < json.load(open("good"))["sample"]["reconstruction"] - .3'
}

@test "stats: chunks of main part and delta, bytes, a score by the formula of the page, JSON for programs" {
	made
	leann index stats --json t.leann >out
	json out 'd["mainIndexSize"] == d["counts"]["chunks"] and d["deltaIndexSize"] == 0 and d["deltaRatio"] == 0'
	json out 'd["sizes"]["members"]["codes"]["bytes_per_chunk"] > 0 and d["model"]["name"] and d["build"]["seed"] >= 0'
	cat >score.py <<-'END'
		import json, sys
		d = json.load(open(sys.argv[1]))
		q, s = d["quality"], d["sources"]
		err = q["quantizationError"]
		parts = {"coverage": (.25, min(1, q["coverage"] / .80)), "quantization": (.25, min(1, .05 / err) if err else 1),
			"balance": (.10, min(1, q["balance"] / .70)), "delta": (.15, 1),
			"fresh": (.25, 1 - (s["n_changed"] + s["n_missing"]) / s["files"])}
		score = 100 * sum(w * v for w, v in parts.values())
		assert abs(d["health"]["score"] - score) <= .5 + 1e-6, (score, d["health"])
		assert all(abs(d["health"]["parts"][k] - v) < 1e-6 for k, (w, v) in parts.items()), d["health"]
	END
	"$PYTHON" score.py out
	rm tree/src/mail.py
	leann index stats --json t.leann >less
	"$PYTHON" score.py less
	json less 'd["sources"]["n_missing"] == 1 and d["health"]["parts"]["fresh"] == .75'
	run leann index stats t.leann
	[[ $output == *"whole file"*"health     "*" of 100:"* ]]
}

@test "stats of an index without chunks has no metrics and no broken numbers" {
	need_model
	mkdir empty
	leann index create --input empty --output e.leann 2>/dev/null || skip "an empty folder gives no index"
	leann index stats --json e.leann >out
	json out 'd["mainIndexSize"] == 0 and "coverage" not in d["health"]["parts"]'
}

@test "a search leaves a line with time, index, milliseconds and recomputes, never the question; stats reads it" {
	made
	export LEANN_NO_LOG=0 XDG_STATE_HOME=$PWD/state
	leann-search --no-log t.leann "secret question" >/dev/null
	LEANN_NO_LOG=1 leann-search t.leann "secret question" >/dev/null
	[ ! -e state ]
	leann-search t.leann "secret question" >/dev/null
	printf 'one\ntwo\n' | leann-search --batch - t.leann >/dev/null
	leann-search --like tree/src/mail.py:1 t.leann >/dev/null
	[ "$(wc -l <state/leann/queries.log)" -eq 4 ]
	[ "$(stat -c %a state/leann/queries.log)" = 600 ]
	id=$(leann-bundle show --json t.leann | sed -n 's/.*"build_id":"\([0-9a-f]*\)".*/\1/p')
	[ "$(grep -cE "^[0-9]{10,} $id [0-9]+\.[0-9]{3} [0-9]+\$" state/leann/queries.log)" -eq 4 ]
	run ! grep -r secret state
	leann index stats --json t.leann >out
	json out 'd["latency"]["queries"] == 4 and 0 < d["latency"]["median_ms"] <= d["latency"]["p95_ms"]'
	leann index stats t.leann | grep -q '^latency  .* of 4 questions'
	chmod 500 state/leann
	rm -f state/leann/queries.log || true
	mkdir ro && chmod 500 ro
	XDG_STATE_HOME=$PWD/ro/x leann-search t.leann "secret question" >/dev/null
	chmod 700 ro state/leann
}

@test "index-validator.sh prints metrics, delta and what to do, with the status of validate" {
	need_model
	mkdir tree
	cp "$TOP"/lib/algo/[a-h]*.c tree
	leann index create --input tree --output t.leann
	r=0 && leann index validate t.leann >/dev/null || r=$?
	run "$TOP/scripts/index-validator.sh" t.leann
	[ "$status" -eq "$r" ]
	for name in coverage "quantization error" balance "delta ratio" "stale files" health recommendation; do
		grep -q "^$name  " <<<"$output"
	done
	echo more >>tree/anchors.c
	run "$TOP/scripts/index-validator.sh" --recall=20 t.leann
	[ "$status" -eq 1 ]
	[[ $output == *"stale files"*"1 of"*missed* && $output == *"recommendation"*"leann index update"* ]]
	grep -q '^recall  ' <<<"$output"
	printf '\377' | dd of=t.leann bs=1 seek=3000 conv=notrunc status=none
	run "$TOP/scripts/index-validator.sh" t.leann
	[ "$status" -eq 2 ]
	[[ $output == *damaged* ]]
	run "$TOP/scripts/index-validator.sh" nowhere.leann
	[ "$status" -eq 2 ]
	"$TOP/scripts/index-validator.sh" --help | grep -q '^usage: '
}

@test "after an update stats, validate and export know what was added and what was removed" {
	made
	rm tree/notes/garden.md
	printf '# Bees\n\nA hive needs water nearby and a quiet place.\n' >tree/notes/bees.md
	leann-chunk -q --update t.leann | leann-embed-client -q | leann-graph -q --update t.leann
	leann index stats --json t.leann >out
	json out 'd["deltaIndexSize"] > 0 and d["removedSize"] > 0 and d["sources"] == {"files": 4, "n_changed": 0, "n_missing": 0}'
	json out 'd["deltaRatio"] == (d["deltaIndexSize"] + d["removedSize"]) / d["mainIndexSize"] and d["health"]["parts"]["delta"] < 1'
	leann index validate --recall 100 --json t.leann >out || [ $? = 1 ]
	json out 'd["sample"]["stale"] == 0 and d["sample"]["passages"] >= 4 and d["verdict"] != "stale"'
	leann bundle export --self-contained -q -o all.leann t.leann
	rm -r tree
	leann-bundle verify -q all.leann
	leann-search all.leann "what do honey makers need?" -k 1 | grep -q bees.md
	run leann-search all.leann "tomatoes in the garden" -k 5
	[[ $output != *garden.md* ]]
}
