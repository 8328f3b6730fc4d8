load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HOME=$PWD/home XDG_CONFIG_HOME=$PWD/home/.config
	mkdir home
}

list() {
	run leann-chunk --list "$@"
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
