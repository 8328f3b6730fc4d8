#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2103,SC2154,SC2164	# each test is a subshell; run sets stderr; bats stops where cd fails
# What changes below folders, in batches: nothing missed, nothing said twice, whatever is lost on the way.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tree/a/b
	echo one >tree/one.txt
	echo two >tree/a/two.txt
	touch -d '1 minute ago' tree/*.txt tree/a/*.txt
}
teardown() {
	[ -z "${PID:-}" ] || ! kill -KILL "$PID" 2>/dev/null || wait "$PID" 2>/dev/null || :
}
# watch ARG ...: leann-watch in the background; its lines come one by one by next().
watch() {
	mkfifo lines
	leann-watch --debounce=60 "$@" >lines 2>said 3>&- &
	PID=$!
	exec 7<lines
	next
	[[ $line == "watching "* ]]
}
next() { read -r -t 8 line <&7 || { echo "no line: $(cat said)"; return 1; }; }
quiet() { ! read -r -t "${1:-.4}" line <&7 || { echo "a line: $line"; return 1; }; }
# changed N: the next line says so; N-M where writing took long enough for a line of its own, summed up
changed() {
	local n=0
	while [ "$n" -lt "$1" ]; do
		next
		[[ $line =~ ^changed\ [0-9]+$ ]]
		n=$((n + ${line#changed }))
	done
	[ "$n" -eq "$1" ] || { echo "$n, want $1"; return 1; }
}

@test "files that are added, changed, removed and renamed are counted, and then there is quiet" {
	watch tree
	[ "$line" = "watching 2" ]
	echo three >tree/a/three.txt
	changed 1
	echo more >>tree/one.txt
	changed 1
	rm tree/a/two.txt
	changed 1
	mv tree/one.txt tree/uno.txt
	changed 2
	chmod 600 tree/uno.txt
	changed 1
	quiet
}

@test "-0 names the files as the folder was named, and ends a batch by an empty name" {
	leann-watch -0 --debounce=60 --once tree/ tree/one.txt >out 3>&- &
	PID=$!
	for _ in $(seq 100); do [ ! -s out ] || break; sleep .05; done
	echo x >tree/a/x.txt
	echo more >>tree/one.txt
	wait $PID
	[ "$(tr '\0' '|' <out)" = "|tree/a/x.txt|tree/one.txt|tree/one.txt||" ]
}

@test "SIGTERM and SIGINT end it with 0, a reader that left with 141, a missing root with 2" {
	watch tree
	kill -TERM $PID
	wait $PID
	rm lines
	watch tree
	kill -INT $PID
	wait $PID
	{ leann-watch tree || echo $? >status; } | head -n 1
	[ "$(cat status)" = 141 ]
	run -2 --separate-stderr leann-watch tree nowhere
	[[ $stderr == "leann-watch: "*"/nowhere: No such file or directory" ]]
}

@test "an editor that writes a temporary file and renames it over changes one file" {
	watch tree
	echo edited >tree/.one.txt.swp
	echo edited >tree/one.txt~
	mv tree/one.txt tree/one.txt.bak
	mv tree/one.txt~ tree/one.txt
	rm tree/one.txt.bak tree/.one.txt.swp
	changed 1
	quiet
}

@test "new folders are watched, however deep and empty, and so is what they have when they come" {
	watch tree
	mkdir -p tree/c/d/e
	quiet .3
	echo x >tree/c/d/e/x.txt
	changed 1
	mkdir -p ready/f/g
	echo y >ready/f/g/y.txt
	mv ready tree/
	changed 1
	echo z >tree/ready/f/g/z.txt
	changed 1
	quiet
}

@test "a folder moved away and back: its files go and come, and are watched again" {
	watch tree
	mv tree/a away
	changed 1
	echo unseen >away/unseen.txt
	quiet .3
	mv away tree/a
	changed 2
	echo seen >tree/a/b/seen.txt
	changed 1
	mv tree/a tree/z
	changed 6
	echo again >>tree/z/b/seen.txt
	changed 1
	quiet
}

@test "a root that is deleted is waited for, and its files do not count as removed" {
	watch tree
	cp -a tree copy
	rm -r tree
	quiet .3
	grep -q "warning: tree: not there any more: waiting for it" said
	echo new >copy/new.txt
	mv copy tree
	changed 3
	grep -q "warning: tree: there again" said
	echo more >tree/a/b/more.txt
	changed 1
	quiet
}

@test "what is ignored wakes nobody: build output, hidden names, an index and its lock" {
	command -v git >/dev/null || skip "no git"
	git -C tree -c init.defaultBranch=main init -q
	echo out/ >tree/.gitignore
	mkdir -p tree/out/deep tree/node_modules/x tree/.leann
	watch --exclude tree/docs.idx tree
	echo x >tree/out/deep/x.txt
	echo x >tree/.leann/x.txt
	echo x >tree/.hidden
	for i in 1 2 3; do
		echo "$i" >tree/docs.idx.new.leann
		mv tree/docs.idx.new.leann tree/docs.idx
		: >tree/docs.idx.lock
	done
	quiet
	echo x >tree/a/b/x.txt
	changed 1
	: >tree/.gitignore # out/deep/x.txt is no longer ignored
	changed 1
	echo y >tree/out/deep/y.txt
	changed 1
	quiet
}

@test "rules that change are obeyed, and hidden names that they take are seen" {
	mkdir -p tree/.github
	echo 'late.txt' >tree/.leannignore
	echo x >tree/late.txt
	watch tree
	echo y >tree/late.txt
	echo x >tree/.github/a.yml
	quiet
	: >tree/.leannignore
	changed 1
	echo '!.github' >tree/.ignore
	changed 1
	echo y >tree/.github/a.yml
	changed 1
	quiet
}

# names FROM N: what out has of batches behind byte FROM names N files in the end, and no more; sets at.
# A file that was looked at when half of it was written is in two of them.
names() {
	local n
	for _ in $(seq 160); do
		n=$(tail -c +$(($1 + 1)) out | tr '\0' '\n' | sort -u | grep -c . || :)
		[ "$n" -lt "$2" ] || break
		sleep .05
	done
	sleep .3
	n=$(tail -c +$(($1 + 1)) out | tr '\0' '\n' | sort -u | grep -c . || :)
	at=$(stat -c %s out)
	[ "$n" -eq "$2" ] || { echo "$n names, want $2"; return 1; }
}

@test "a checkout of 2,000 files is few batches that name each" {
	command -v git >/dev/null || skip "no git"
	cd tree
	git -c init.defaultBranch=main init -q
	git add .
	git -c user.name=t -c user.email=t@t commit -qm one
	git checkout -q -b other
	bash -c 'for d in $(seq 40); do mkdir d$d; for f in $(seq 50); do echo "$d $f" >d$d/$f.txt; done; done'
	git add .
	git -c user.name=t -c user.email=t@t commit -qm two
	git checkout -q main
	cd ..
	leann-watch -0 --debounce=60 tree >out 3>&- &
	PID=$!
	for _ in $(seq 160); do [ ! -s out ] || break; sleep .05; done
	git -C tree checkout -q other
	names 0 2000
	echo more >>tree/d40/50.txt
	names "$at" 1
	git -C tree checkout -q -f main
	names "$at" 2000
}

@test "more events than the kernel keeps: it says so, looks at everything, and misses nothing" {
	local max
	max=$(cat /proc/sys/fs/inotify/max_queued_events 2>/dev/null) || skip "no inotify"
	[ "$max" -le 20000 ] || skip "a queue of $max events is long to fill"
	watch tree
	kill -STOP $PID
	bash -c "for ((i = 0; i < $max / 4 + 1; i++)); do : >tree/one.txt; : >tree/a/two.txt; done"
	mkdir tree/late
	echo late >tree/late/late.txt
	kill -CONT $PID
	changed 3
	grep -q "more changes than the kernel keeps" said
	echo more >>tree/late/late.txt
	changed 1
}

@test "without watches for all folders it says so, looks every --interval, and gets them back" {
	mkdir tree/f
	watch --max-watches=3 --interval=.3 tree
	grep -q "warning: only 3 folders are watched: looking every 0.3 s" said
	echo deep >tree/f/deep.txt
	echo deep >tree/a/b/deep.txt
	changed 2
	rm -r tree/a/b
	changed 1
	for _ in $(seq 40); do ! grep -q "watched again" said || break; sleep .05; done
	grep -q "warning: all 3 folders are watched again" said
}

@test "with --poll nothing is watched and everything found" {
	watch --poll --interval=.2 tree
	echo x >tree/a/b/x.txt
	changed 1
	rm -r tree/a
	changed 2
	quiet
}

@test "changes that never stop are told after --longest" {
	watch --longest=.5 tree
	(while sleep .02; do echo x >>tree/one.txt; done) 3>&- 7<&- &
	local writer=$!
	changed 1
	next
	kill $writer
	[[ $line == "changed 1" ]]
}

# ---- leann index update --watch ----

# loop ARG ...: it in the background, with a leann in PATH whose "index update" writes a line of its
# arguments into calls, and ends with the first status in the file statuses, else 0.
loop() {
	mkdir fake
	for p in "$BIN"/*; do ln -s "$(readlink -f "$p")" "fake/${p##*/}"; done
	rm fake/leann fake/leann-bundle
	cat >fake/leann <<-'END'
		#!/bin/bash
		echo "$*" >>calls
		r=$(head -n 1 statuses 2>/dev/null) && sed -i 1d statuses
		[ "${r:-0}" = 0 ] || echo "leann index update: no good today" >&2
		[ "${r:-0}" != hang ] || exec sleep 60
		exit "${r:-0}"
	END
	printf '#!/bin/bash\nprintf "model     x\\nroots     %%s\\n          %%s\\nsource    2 files\\n" tree more\necho '\''%s'\''\n' "${ARGS:-}" >fake/leann-bundle
	chmod +x fake/leann fake/leann-bundle
	mkdir -p more
	: >docs.leann
	fake/leann-watch-loop --index docs.leann --debounce 60 "$@" 2>said 3>&- &
	PID=$!
}
calls() { # N: so many within 8 s
	for _ in $(seq 160); do
		[ "$(wc -l <calls 2>/dev/null || echo 0)" -lt "$1" ] || break
		sleep .05
	done
	[ "$(wc -l <calls)" -eq "$1" ] || { cat calls said; return 1; }
}

@test "update --watch: one update at the start, one a batch, in all folders of the index" {
	loop --auto-rebuild
	calls 1
	echo x >tree/a/b/x.txt
	calls 2
	echo y >more/y.txt
	calls 3
	echo z >>docs.leann
	sleep .3
	calls 3
	[ "$(sort -u calls)" = "index update --index docs.leann --auto-rebuild --" ]
	[ ! -s said ]
	kill -TERM $PID
	wait $PID
	run ! pgrep -P $PID
}

@test "update --watch: hidden files count for an index that was made with them" {
	ARGS='{"args":["--hidden","--","/x"]}' loop
	calls 1
	echo x >tree/.hidden
	calls 2
	kill -TERM $PID
	wait $PID
}

@test "update --watch: links, file systems and globs are those that the index was made with" {
	mkdir -p out/deep && echo o >out/deep/o.txt && ln -s "$PWD/out" tree/link
	ARGS='{"args":["--glob=*.txt","--follow","--one-file-system","--type=text","--","/x"]}' loop
	calls 1
	tr '\0' ' ' </proc/"$(pgrep -P $PID leann-watch)"/cmdline >cmdline
	grep -q -- '--follow --one-file-system --glob=\*.txt --exclude' cmdline
	echo more >>out/deep/o.txt
	calls 2
	echo x >tree/x.c
	sleep .5
	calls 2
	kill -TERM $PID
	wait $PID
}

@test "--follow: what links lead to counts once, comes and goes with its link, and a loop is none" {
	mkdir -p out/deep && echo o >out/deep/o.txt && echo p >out/p.txt
	touch -d '1 minute ago' out/p.txt out/deep/o.txt
	ln -s .. tree/a/up
	ln -s b tree/a/same
	ln -s "$PWD/out/deep" tree/deep
	ln -s "$PWD/out/p.txt" tree/other-name
	watch --follow tree
	[ "$line" = "watching 4" ]
	echo more >>out/deep/o.txt
	changed 1
	echo more >>out/p.txt
	changed 1
	echo new >out/deep/new.txt
	changed 1
	echo more >>tree/one.txt
	changed 1
	rm tree/deep
	changed 2
	ln -s "$PWD/out/deep" tree/a/deep
	changed 2
	echo more >>out/deep/o.txt
	changed 1
	rm out/p.txt
	changed 1
	quiet
}

@test "update --watch: an update that fails is a line, tried again with growing pauses, and it goes on" {
	printf '75\n2\n0\n' >statuses
	loop
	calls 3
	echo x >tree/x.txt
	calls 4
	[ "$(cat said)" = "leann-watch-loop: leann index update: no good today (status 75): again in 1 s
leann-watch-loop: leann index update: no good today (status 2): again in 2 s" ]
	kill -INT $PID || :
	kill -TERM $PID || :
	wait $PID
}

@test "update --watch: a signal ends an update that is under way, and the watcher with it" {
	echo hang >statuses
	loop
	calls 1
	local watcher
	watcher=$(pgrep -P $PID -f leann-watch)
	kill -TERM $PID
	wait $PID
	run ! kill -0 "$watcher"
}

@test "update --watch: wrong use is refused, an index without folders too" {
	need_model
	run -2 leann index update --watch --dry-run
	[[ $output == *"--dry-run does not go with --watch"* ]]
	echo words | leann-chunk -q - | leann-embed-client -q | leann-graph -q -o stored.leann
	run -2 leann index update --watch --index stored.leann
	[[ $output == *"stored.leann: no folders to watch"* ]]
	[ "$(leann index update --watch --help | head -n 1)" = "usage: leann index update --watch [options] [PATH ...]" ]
}

@test "update --watch: a file that is written is found by the next question" {
	need_model
	leann-chunk --help | grep -q -- --update= || skip "leann-chunk has no --update"
	small_tree docs
	leann index create --input docs --output real.leann
	leann index update --watch --index real.leann --debounce=60 2>said 3>&- &
	PID=$!
	for _ in $(seq 100); do pgrep -P $PID >/dev/null && break; sleep .05; done
	printf '# Bees\n\nA hive needs water nearby and a quiet place.\n' >docs/notes/bees.md
	for _ in $(seq 100); do
		! leann-search real.leann "what do honey makers need?" -k 1 | grep -q bees.md || break
		sleep .1
	done
	leann-search real.leann "what do honey makers need?" -k 1 | grep bees.md
	kill -TERM $PID
	wait $PID
}

@test "the journal of an update in the folder wakes nobody, where hidden names count" {
	watch --hidden --exclude tree/docs.idx tree
	echo x >tree/.docs.idx.journal
	rm tree/.docs.idx.journal
	quiet
	echo x >tree/.hidden
	changed 1
}
