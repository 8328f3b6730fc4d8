#!/usr/bin/env bats
# An index goes to another machine: leann bundle export, leann bundle import.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	need_model
	export XDG_DATA_HOME=$PWD/here/data
	small_tree here/tree
}
json() { # FILE EXPRESSION-OF-d
	"$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); assert eval(sys.argv[2]), d' "$1" "$2"
}
made() {
	leann index create --input here/tree --output here/t.leann "$@"
}
# Another machine: its own home, data, folder and umask; the model is the same.
elsewhere() {
	mkdir -p there/home
	(cd there && umask 077 && HOME=$PWD/home XDG_DATA_HOME=$PWD/home/data LEANN_MODEL='' \
		XDG_CACHE_HOME=${MODEL%/leann/models/*} "$@")
}
answers() { # INDEX: hits by the names of their files
	leann-search --json -k 4 "$1" "how long does the dough rise?" | "$PYTHON" -c '
import json, sys
for i in json.load(sys.stdin)["items"]:
    print(i["item"]["path"].split("/")[-1], round(i["score"], 5), i["item"].get("text", "")[:40])'
}

@test "a self-contained index answers on another machine without the files, as it did here" {
	made
	answers here/t.leann >was
	leann bundle export here/t.leann --self-contained -o out.leann
	mv here/tree here/away
	mv out.leann gone.leann
	mv here/t.leann here/t2.leann
	elsewhere leann bundle import --json ../gone.leann >got
	json got 'd["ready"] and d["model"]["state"] == "ok" and d["sources"]["stored"] == 4 and not d["todo"]'
	[ -f there/home/data/leann/gone.leann ]
	[ "$(stat -c %a there/home/data/leann/gone.leann)" = 600 ]
	answers there/home/data/leann/gone.leann >is
	diff was is
	elsewhere leann search --index gone "send a letter" -k 1 --lines 0 >hit
	grep -q mail.py hit
	elsewhere leann list | grep -q '^gone	'
	leann-bundle verify -q there/home/data/leann/gone.leann
	leann-bundle validate gone.leann >out || [ $? = 1 ]
	grep -q '0 changed, 0 missing' out
}

@test "an index without text follows its files to another folder by --root, and says when they are not there" {
	made
	leann bundle export here/t.leann -o out.leann
	cmp here/t.leann out.leann
	answers here/t.leann >was
	mkdir there
	cp -r here/tree there/copy
	mv here/tree here/away
	r=0 && elsewhere leann bundle import ../out.leann -o lost.leann >said || r=$?
	[ "$r" -eq 1 ]
	grep -q '^to do: none of its 4 files is where it was: say where they are with --root' said
	elsewhere leann bundle import ../out.leann --root copy -o found.leann
	answers there/found.leann >is
	diff was is
	leann-bundle show --json there/found.leann >m
	json m "d['roots'] == ['$PWD/there/copy']"
	rm there/copy/src/mail.py
	echo more >>there/copy/notes/bread.md
	r=0 && elsewhere leann bundle import --json ../out.leann --root copy -o some.leann >got || r=$?
	[ "$r" -eq 1 ]
	json got 'd["sources"]["n_changed"] == 1 and d["sources"]["n_missing"] == 1 and "leann index update" in d["todo"][0]'
	run elsewhere leann bundle import ../out.leann --root nowhere -o no.leann
	[ "$status" -eq 2 ]
	[ ! -e there/no.leann ]
}

@test "several roots move together, below the folder that all are in" {
	leann index create --input here/tree/notes --input here/tree/src --output here/two.leann
	leann-bundle show --json here/two.leann >m
	json m 'len(d["roots"]) == 2'
	mkdir there
	mv here/tree there/new
	elsewhere leann bundle import ../here/two.leann --root new -o two.leann
	leann-bundle show --json there/two.leann >m
	json m "d['roots'] == ['$PWD/there/new/notes', '$PWD/there/new/src']"
	leann-bundle validate there/two.leann >out || [ $? = 1 ]
	grep -q '0 changed, 0 missing' out
}

@test "files of several roots are told apart in a self-contained copy by the names of these" {
	names() { leann-bundle text "$1" | sed -nE 's/^\["file",[0-9]+,[0-9]+,"([^"]*)".*/\1/p' | sort; }
	mkdir -p here/a/src here/b/src here/c
	echo "Bread wants flour." >here/a/src/README.md
	echo "Ships want wind." >here/b/src/README.md
	echo "Birds want worms." >here/c/README.md
	leann index create --input here/a/src --input here/b/src --output here/two.leann
	leann bundle export here/two.leann --self-contained -o two.leann
	leann-bundle verify -q two.leann
	[ "$(names two.leann)" = "$(printf '%s\n' a/src/README.md b/src/README.md)" ]
	leann index create --input here/a/src --input here/c --output here/two.leann
	leann bundle export here/two.leann --self-contained -o two.leann
	[ "$(names two.leann)" = "$(printf '%s\n' c/README.md src/README.md)" ]
	rm -r here/c
	[[ $(leann-search -k 1 two.leann "what do birds eat?") == c/README.md:1-1* ]]
	# of a copy there is another copy, and one root needs no name
	leann bundle export two.leann --self-contained -o again.leann
	[ "$(names again.leann)" = "$(names two.leann)" ]
	leann index create --input here/a/src --output here/one.leann
	leann bundle export here/one.leann --self-contained -o one.leann
	[ "$(names one.leann)" = README.md ]
}

@test "import says that the model is missing, or another one" {
	made
	mkdir -p empty/leann/models
	r=0 && XDG_CACHE_HOME=$PWD/empty HF_HOME=$PWD/empty leann-bundle import here/t.leann -o a.leann >said || r=$?
	[ "$r" -eq 1 ]
	grep -q '^to do: model all-MiniLM-L6-v2 is not here: fetch it (leann model pull)' said
	mkdir other
	cp -rL "$MODEL"/. other
	chmod -R u+w other
	sed -i 's/\[unused1\]/[unusedx]/' other/vocab.txt
	r=0 && leann-bundle import -m ./other here/t.leann -o b.leann --json >got || r=$?
	[ "$r" -eq 1 ]
	json got 'd["model"]["state"] in ("other", "missing") and not d["ready"] and len(d["todo"]) == 1'
	leann-bundle import here/t.leann -o c.leann
	rm -rf other
}

@test "import refuses what is damaged, of another version or in the way, and leaves nothing" {
	made
	cp here/t.leann bad.leann
	printf '\377' | dd of=bad.leann bs=1 seek=4000 conv=notrunc status=none
	run leann bundle import bad.leann -o no.leann
	[ "$status" -eq 2 ]
	[[ $output == *"bad.leann: damaged index"* ]]
	apply-patch "$TOP/tests/golden/index/good/everything.leann" "$TOP/tests/golden/index/bad/future-major.patch" >new.leann
	run leann bundle import new.leann -o no.leann
	[ "$status" -eq 2 ]
	[[ $output == *"use a newer leann"* ]]
	[ ! -e no.leann ]
	leann bundle import here/t.leann
	run leann bundle import here/t.leann
	[ "$status" -eq 2 ]
	[[ $output == *"is there already"* ]]
	run leann bundle import
	[ "$status" -eq 2 ]
	run leann bundle export here/t.leann
	[ "$status" -eq 2 ]
}

@test "export --self-contained refuses a file that changed, naming it; without text it warns" {
	made
	echo more >>here/tree/src/mail.py
	run leann bundle export --self-contained here/t.leann -o out.leann
	[ "$status" -eq 1 ]
	[[ $output == *"mail.py: changed or went away"* ]]
	[ ! -e out.leann ]
	run leann bundle export here/t.leann -o out.leann
	[ "$status" -eq 0 ]
	[[ $output == *"1 files changed and 0 are gone"* ]]
}

@test "self-contained copies of tiny, listed and stored indexes verify and answer alike" {
	printf '%s\n' '{"id":"x","text":"Dough rises for two hours."}' >here/tree/r.jsonl
	leann-chunk -q --structure=none here/tree | leann-embed-client -q >v.stream
	leann-graph -q --tiny -o tiny.leann <v.stream
	leann-graph -q --backend diskann -o lists.leann <v.stream
	leann-chunk -q --jsonl - <here/tree/r.jsonl | leann-embed-client -q | leann-graph -q -o stored.leann
	for i in tiny lists stored; do
		answers $i.leann >$i.was
		leann-bundle export --self-contained -q $i.leann -o $i.out.leann
		leann-bundle export --self-contained -q $i.out.leann -o $i.again.leann
		cmp $i.out.leann $i.again.leann
	done
	rm -r here/tree
	for i in tiny lists stored; do
		leann-bundle verify -q $i.out.leann
		answers $i.out.leann >is
		diff $i.was is
	done
}
