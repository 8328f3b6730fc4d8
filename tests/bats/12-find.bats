load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null XDG_CONFIG_HOME=$PWD/home/.config
	REAL_HOME=$HOME
	export HOME=$PWD/home
	mkdir home
}

list() {
	run --separate-stderr leann-chunk --list "$@"
}

# Empty text files of these names, and the directories they are in.
files() {
	local f
	for f; do
		mkdir -p -- "$(dirname -- "$f")"
		echo x >"$f"
	done
}

@test ".leannignore wins over .ignore, that over .gitignore, that over what is in .git and for the user" {
	files t/{a,b,c,d,e,f}.txt t/sub/{a,b,c,d,e,f}.txt t/node_modules/x t/sub/node_modules/x home/.config/git/ignore
	mkdir -p t/.git/info
	echo '*.txt' >home/.config/git/ignore
	echo '!b.txt' >t/.git/info/exclude
	printf '!c.txt\nb.txt\n' >t/.gitignore
	printf '!d.txt\nc.txt\n!node_modules\n' >t/.ignore
	printf '!e.txt\nd.txt\n' >t/.leannignore
	list t
	[ "$output" = $'t/e.txt\nt/node_modules/x\nt/sub/e.txt\nt/sub/node_modules/x' ]
	# a file of a kind that wins does so from above, too; of one kind the deepest does
	printf 'e.txt\n!a.txt\n' >t/sub/.gitignore
	list t
	[ "$output" = $'t/e.txt\nt/node_modules/x\nt/sub/a.txt\nt/sub/e.txt\nt/sub/node_modules/x' ]
	list --no-ignore t
	[ "${#lines[@]}" -eq 14 ]
}

@test "rules count outside git work trees, and above the root as far as they should" {
	files up/{.gitignore,.ignore} up/t/{a,b,c,d}.x up/t/sub/{a,b}.y
	echo '*.x' >up/.gitignore
	echo 'b.*' >up/.ignore
	echo 'a.y' >up/t/.gitignore
	list up/t # no work tree: its parents' .gitignore is nobody's
	[ "$output" = $'up/t/a.x\nup/t/c.x\nup/t/d.x' ]
	list up
	[ -z "$output" ]
	mkdir up/.git
	list up/t
	[ -z "$output" ]
	mkdir up/t/.git # a repository of its own inside
	list up
	[ "$output" = $'up/t/a.x\nup/t/c.x\nup/t/d.x' ]
	list up/t/sub
	[ -z "$output" ]
}

@test "git's settings name the user's file, and whether case counts; work trees and submodules have theirs" {
	files t/{A.Q,b.user,c.txt,d.mod} w/{b.mod,d.txt} s/{x.sub,y} home/{mine,.gitconfig} m/info/exclude
	mkdir -p t/.git/worktrees/w t/.git/info t/.git/modules/s/info
	printf '[core]\n\texcludesFile = "~/mine" ; not ~/.config/git/ignore\n' >home/.gitconfig
	echo '*.user' >home/mine
	echo '*.q' >t/.gitignore
	echo '*.mod' >t/.git/info/exclude
	echo "gitdir: $PWD/t/.git/worktrees/w" >w/.git
	echo ../.. >t/.git/worktrees/w/commondir
	echo "gitdir: ../t/.git/modules/s" >s/.git
	echo '*.sub' >t/.git/modules/s/info/exclude
	unset GIT_CONFIG_GLOBAL
	list t w s
	[ "$output" = $'t/A.Q\nt/c.txt\nw/d.txt\ns/y' ]
	printf '[core]\n ignorecase\n' >t/.git/config
	list t
	[ "$output" = t/c.txt ]
}

@test "a rule takes hidden names and those on the ignore list, and below what is left out nothing" {
	files t/.github/ci.yml t/.other/x t/build/{x,keep} t/Makefile t/out/keep t/.git/config
	printf '!.github\n!build\nbuild/x\nout/\n!out/keep\n!.git\n' >t/.ignore
	list t
	[ "$output" = $'t/.github/ci.yml\nt/Makefile\nt/build/keep' ]
}

@test "in a work tree build output is what git is told, elsewhere the list says" {
	files t/Makefile t/build/x t/node_modules/x
	list t
	[ "$output" = t/Makefile ]
	mkdir t/.git
	list t
	[ "$output" = $'t/Makefile\nt/build/x' ]
}

@test "a file of rules that is a link, a FIFO or cannot be read does not count and is one line" {
	files t/a/x t/b/x out
	echo x >out
	ln -s ../../out t/a/.gitignore
	mkfifo t/b/.ignore
	run --separate-stderr timeout 10 leann-chunk --list t
	[ "$status" -eq 0 ]
	[ "$output" = $'t/a/x\nt/b/x' ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ "$stderr" == *"t/a/.gitignore: a symbolic link: its rules do not count"* ]]
}

@test "random trees are listed as git lists what is new in them" {
	command -v git >/dev/null || skip "git is not here"
	awk 'BEGIN { srand(11); split("a b c ab .h x.c x.q foo", w, " ")
		for (i = 0; i < 500; i++) { p = ""; n = int(rand() * 4)
			for (k = 0; k < n; k++) p = p "d" w[1 + int(rand() * 8)] "/"
			print "mkdir -p \"t/" p "\" && : >\"t/" p w[1 + int(rand() * 8)] "\"" } }' | bash
	mapfile -t dirs < <(find t -type d | sort)
	git init -q t
	for seed in {1..8}; do
		find t -name .gitignore -delete
		awk -v seed="$seed" -v n="${#dirs[@]}" 'BEGIN { srand(seed); split("*.q foo /a da/ !foo d*/b **/x.c /dab/** !*.q dfoo/*/a [ab] !b d?/ .h* !/da", w, " ")
			for (i = 0; i < 12; i++) { s = int(rand() * rand() * n) " "
				for (k = 0; k < 3; k++) s = s w[1 + int(rand() * 15)] "\\n"
				print s } }' | while read -r i rules; do
			printf '%b' "$rules" >"${dirs[i]}/.gitignore"
		done
		git -C t ls-files -o --exclude-standard -z | sort -z >want
		(cd t && leann-chunk --list --hidden -0 .) | sed -z 's,^\./,,' | sort -z >got
		cmp want got || { tr '\0' '\n' <want | diff - <(tr '\0' '\n' <got); return 1; }
	done
	[ -s got ]
}

@test "-u, -uu and -uuu take what rules, dots and sizes leave out; version control's own stays out" {
	files t/{a,b.log,.h,.git/config} t/node_modules/x
	echo '*.log' >t/.ignore
	head -c 3000 /dev/zero | tr '\0' a >t/big
	printf 'a\0b' >t/bin
	list --max-filesize=2k t
	[ "$output" = t/a ]
	list --max-filesize=2k -u t
	[ "$output" = $'t/a\nt/b.log\nt/node_modules/x' ]
	list --max-filesize=2k -uu t
	[ "$output" = $'t/.h\nt/.ignore\nt/a\nt/b.log\nt/node_modules/x' ]
	list --max-filesize=2k -uuu t
	[ "$output" = $'t/.h\nt/.ignore\nt/a\nt/b.log\nt/big\nt/node_modules/x' ]
}

@test "no file of over 1G is read, whatever --max-filesize says, and one line says so" {
	export HOME=$REAL_HOME
	need_model
	files t/a
	truncate -s 3G t/huge.txt
	for huge in "--max-filesize=4G t" "--max-filesize=9000000G t" "-uuu t" "t/huge.txt t"; do
		run -0 --separate-stderr bash -c "ulimit -v 2000000; leann-chunk -j1 $huge | leann-bundle text | grep -c '^.1,'"
		[ "$output" = 1 ]
		[[ $stderr == *"warning: t/huge.txt: 3221225472 bytes, over 1G, the most that is read, left out"* ]]
		[[ $stderr == *"1 files over 1G were left out"* && $stderr != *--max-filesize* ]]
	done
	run -0 --separate-stderr leann-chunk --list t
	[ "$output" = t/a ]
	run -2 leann-chunk --max-filesize=4X t
	[[ ${lines[0]} == *"--max-filesize 4X: want a size up to "*" bytes, such as 512k or 16M" ]]
}

@test "-t and -T take and leave out types: languages, short names, groups, by first lines, too" {
	files t/{a.c,b.py,c.md,d.eml,e.json,f.xyz}
	printf '#!/bin/sh\n' >t/tool
	list -t c -t sh t
	[ "$output" = $'t/a.c\nt/tool' ]
	list -t code -T python t
	[ "$output" = $'t/a.c\nt/tool' ]
	list -T code -T docs t
	[ "$output" = $'t/d.eml\nt/e.json\nt/f.xyz' ]
	list -t mail -t md t
	[ "$output" = $'t/c.md\nt/d.eml' ]
	list -t klingon t
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"no such type, see --type-list"* ]]
	run leann-chunk --type-list
	[ "$status" -eq 0 ]
	[[ "$output" == *$'\npython: *.py, *.pyi, *.pyw, SConstruct\n'*$'\npy: python\n'* ]]
}

@test "--follow takes what links lead to under its own name, once; loops are one line" {
	files t/a t/d/b out/x/y out/z other
	ln -s .. t/d/up
	ln -s d t/same
	ln -s ../out t/out
	ln -s ../out t/out2
	ln -s ../../out out/x/again
	ln -s ../other t/file
	ln -s nowhere t/broken
	ln -s self t/self
	list t
	[ "$output" = $'t/a\nt/d/b' ]
	run --separate-stderr leann-chunk --list --follow t
	[ "$status" -eq 0 ]
	[ "$output" = $'t/a\nt/d/b\nt/file\nt/out/x/y\nt/out/z' ]
	[ "${#stderr_lines[@]}" -eq 4 ]
	[[ "$stderr" == *"t/broken: a link to nothing"* && "$stderr" == *"t/d/up: leads back to $PWD/t, which it is in: not followed"* ]]
	[[ "$stderr" == *"t/self: Too many levels"* && "$stderr" == *"t/out/x/again: leads back to"* ]]
	echo 'out*' >t/.ignore # the link's own name counts
	run --separate-stderr leann-chunk --list --follow t
	[ "$output" = $'t/a\nt/d/b\nt/file' ]
}

@test "an index that was made with --follow is updated from what its links lead to now" {
	HOME=$REAL_HOME
	need_model
	files t/a.txt out/b.txt out/c.txt
	ln -s ../out t/out
	echo "Bread wants flour." >out/b.txt
	leann-chunk -q --follow -t text --one-file-system t | leann-embed-client -q | leann-graph -q -o x.leann
	run --separate-stderr leann-chunk --update x.leann --dry-run
	[[ "$output" == *" 0 added, "*" 0 gone"* ]]
	echo "Butter wants milk." >out/c.txt
	echo more >t/b.py
	run --separate-stderr leann-chunk --update x.leann --dry-run
	[[ "$output" == *"~ $PWD/out/c.txt"*" 0 added, "*" 0 gone"* ]]
	rm t/out
	run --separate-stderr leann-chunk --update x.leann --dry-run
	[[ "$output" == *"- $PWD/out/b.txt"*" 2 gone"* ]]
}

@test "--one-file-system enters no other" {
	[ -d /proc/self ] && [ -d /sys ] || skip "no /proc"
	run --separate-stderr timeout 20 leann-chunk --list -v --one-file-system -g '!/[a-oq-z]*' -g '!/.*' /
	[ "$status" -eq 0 ]
	[[ "$output" != */proc/* && "$stderr" == *"1 on other file systems"* ]]
}

@test "names that are odd are shown so that a line is a name, and as they are with -0" {
	mkdir t
	touch t/"$(printf 'a\nb\033[31m')" t/"$(printf '%0255d' 7)" t/"$(printf 'c\377')"
	list t
	[ "${#lines[@]}" -eq 3 ]
	[ "${lines[1]}" = 't/a\x0ab\x1b[31m' ]
	[ "${lines[2]}" = "$(printf 't/c\377')" ]
}

# WORD PATTERN PATH...: --explain says this of the path, and its status is that of the word.
explains() {
	local word=$1 want=$2
	shift 2
	run leann-chunk --explain "$@"
	echo "$output"
	[ "$status" -eq "$([ "$word" = in ] && echo 0 || echo 1)" ]
	# shellcheck disable=SC2254 # it is a pattern
	case $output in "$word"$'\t'"${*: -1}"$'\t'$want) ;; *) return 1 ;; esac
}

@test "--explain names the rule, its file and line, and every other reason" {
	mkdir t
	cd t
	files a.c b.log keep.log out/x/y .h node_modules/x e.png d/.gitignore d/z.tmp d/e .git/config sh ../else
	printf '# logs\n*.log\nout/\n' >.gitignore
	echo '!keep.log' >.ignore
	printf '*.tmp\n' >d/.gitignore
	printf 'a\0b' >bin
	head -c 3000 /dev/zero | tr '\0' a >big
	mkfifo fifo
	ln -s a.c link
	ln -s ../else away
	mkdir cache
	touch cache/CACHEDIR.TAG cache/x $'line\nfeed'
	explains in c a.c
	explains in "a directory" d
	explains in "the working directory" .
	explains out "ignored by $PWD/.gitignore:2:\*.log" b.log
	explains in "text, taken by $PWD/.ignore:1:!keep.log" keep.log || explains in "log, taken by $PWD/.ignore:1:!keep.log" keep.log
	explains out "out: ignored by $PWD/.gitignore:3:out/" out/x/y
	explains out "ignored by $PWD/.gitignore:3:out/" out/
	explains out "ignored by $PWD/d/.gitignore:1:\*.tmp" "$PWD/d/../d/z.tmp"
	explains out "hidden: *" .h
	explains in "text" --hidden .h
	explains out "version control's own" .git
	explains out "node_modules: on the ignore list: node_modules" node_modules/x
	explains out "on the ignore list: .png" e.png
	explains out binary bin
	explains out "3000 bytes, --max-filesize is 2048" --max-filesize=2k big
	truncate -s 3G huge.txt
	explains out "3221225472 bytes, over 1G, the most that is read" --max-filesize=4G huge.txt
	rm huge.txt
	explains out "a FIFO, device or socket" fifo
	explains out "a symbolic link" link
	explains in "a link that is followed" --follow link
	explains out "cache: a cache: *" cache/x
	explains out "left out by pattern d" -g '!d/' d/
	explains out "d: left out by pattern d" -g '!d/' d/e
	explains out "no pattern of -g takes it" -g '*.py' a.c
	explains out "not of a type *" -t py a.c
	explains out "language c is not wanted" --lang=python a.c
	explains out "not there" none
	explains out "outside of $PWD" ../else
	run leann-chunk --explain -0 $'line\nfeed' b.log
	[ "$status" -eq 1 ]
	pipe 'leann-chunk --explain -0 a.c b.log | tr "\0" "|"'
	[[ "$output" == "in|a.c|c|out|b.log|ignored by "*":2:*.log|" ]]
	run leann-chunk --explain
	[ "$status" -eq 2 ]
}

@test "--explain with --update asks about the files of an index, from anywhere" {
	HOME=$REAL_HOME
	need_model
	files t/a.txt t/b.log
	echo "Bread wants flour." >t/a.txt
	leann-chunk -q -g '!*.log' t | leann-embed-client -q | leann-graph -q -o x.leann
	mkdir away
	cd away
	run leann-chunk --update ../x.leann --explain ../t/a.txt ../t/b.log ../t
	[ "$status" -eq 1 ]
	[ "$output" = $'in\t../t/a.txt\ttext\nout\t../t/b.log\tleft out by pattern *.log\nin\t../t\tnamed' ]
}

@test "a directory that is swapped with a link 100,000 times never leads out of the root" {
	files t/d/in away/secret
	ln -s ../away link
	mv link t/l
	mapfile -t many < <(yes t | head -n 400) # each is walked
	swap-loop t/d t/l 100000 3>&- &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		leann-chunk --list "${many[@]}" 2>/dev/null >>seen || :
		leann-chunk --explain t/d/in t/d/secret t/l/secret >>seen 2>/dev/null || :
	done
	wait "$pid"
	run grep -aE '^(in.)?t.*secret' seen
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q '^t/./in' seen
}

@test "leann index create and leann build pass on which files are wanted" {
	HOME=$REAL_HOME
	need_model
	files t/{a.txt,b.py,.h.txt} t/c.min.js
	leann build -q -t text --hidden t
	leann-bundle show t/.leann/index.leann >out
	grep -q "2 files\|files  *2" out || { cat out; return 1; }
	run leann-chunk --update t/.leann/index.leann --explain t/.h.txt t/b.py
	[ "$output" = $'in\tt/.h.txt\ttext\nout\tt/b.py\tnot of a type that -t takes, or of one that -T leaves out' ]
	leann index create --input t --output x.leann -u -T text -g '!*.py'
	run leann-chunk --update x.leann --explain t/c.min.js t/b.py
	[ "${lines[0]}" = $'in\tt/c.min.js\tjavascript' ]
	[[ "${lines[1]}" == *"left out by pattern"* ]]
}
