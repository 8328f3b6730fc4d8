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
