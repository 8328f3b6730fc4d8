/* lang: languages by name and first line; text or not. */
#include "unit.h"

#include <string.h>

#include "algo/lang.h"

static const char *lang(const char *path, const char *first)
{
	return lang_find(path, strlen(path), first, strlen(first))->name;
}

static void is(const char *path, const char *first, const char *want)
{
	const char *got = lang(path, first);
	ok(!strcmp(got, want), "%s%s%.20s is %s (got %s)", path, *first ? " " : "", first,
	   *want ? want : "unknown", got);
}

int main(void)
{
	is("a.c", "", "c");
	is("src/x.H", "", "c");
	is("deep/dir.py/name", "", "");
	is("b.tar.py", "", "python");
	is("README", "", "text");
	is("README.fr", "", "text");
	is("README.md", "", "markdown");
	is("Makefile", "", "makefile");
	is("Makefile.in", "", "makefile");
	is("CMakeLists.txt", "", "cmake");
	is(".bashrc", "", "");
	is("tool", "#!/bin/sh\n", "shell");
	is("tool", "#!/usr/bin/env python3\n", "python");
	is("tool", "#! /usr/bin/env -S FOO=1 python3.11 -u\n", "python");
	is("tool", "#!/usr/bin/perl -w", "perl");
	is("tool", "#!\n", "");
	is("tool", "#!/usr/bin/env", "");
	is("t.unknownext", "#!/usr/bin/lua5.4\n", "lua");
	is("x.hpp", "", "c++");
	is("", "", "");
	is(".", "", "");
	is("a.", "", "");
	ok(lang_by_name("c++", 3) == lang_find("x.cc", 4, "", 0), "a language is found by its name");
	ok(!lang_by_name("klingon", 7) && !lang_by_name("", 0), "an unknown name is none");
	ok(lang_find("a.md", 4, "", 0)->style == STYLE_MARKDOWN &&
	   lang_find("a.go", 4, "", 0)->style == STYLE_CODE, "styles follow languages");
	ok(lang_find("a.c\xff", 4, "", 0)->style == STYLE_TEXT, "names need not be UTF-8");

	ok(lang_is_text((const uint8_t *)"", 0), "an empty file is text");
	ok(lang_is_text((const uint8_t *)"caf\xe9 cr\xe8me, na\xefve d\xe9j\xe0 vu", sizeof "caf\xe9 cr\xe8me, na\xefve d\xe9j\xe0 vu" - 1), "Latin-1 is text");
	ok(!lang_is_text((const uint8_t *)"ab\0c", 4), "a NUL makes it binary");
	ok(lang_is_text((const uint8_t *)"\033[1mbold\033[0m\tx\r\n", sizeof "\033[1mbold\033[0m\tx\r\n" - 1), "terminal sequences are text");
	uint8_t all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)(i ? i : 1);
	ok(!lang_is_text(all, 256), "bytes of every value are binary");
	uint8_t late[LANG_HEAD_BYTES + 10];
	memset(late, 'a', sizeof late);
	late[LANG_HEAD_BYTES + 5] = 0;
	ok(lang_is_text(late, sizeof late), "only the first 8 KiB are looked at");
	return done();
}
