/*
 * ctags: universal-ctags as a child process that is told bytes and tells definitions.
 *
 *	struct ctags c = CTAGS_INIT;
 *	if (ctags_open(&c, e)) ... not installed, or another ctags ...
 *	if (ctags_file(&c, "x.py", text, n, put, ctx)) ... what put() was given does not count ...
 *	ctags_close(&c);
 *
 * One child serves many files, in its sandbox where it has one: it sees the bytes that it is sent and
 * opens nothing (ctags --_interactive=sandbox, seccomp). What it says depends on them and the name
 * alone: no configuration is read. It has a limit of memory and, for each file, of time and output;
 * one that dies or goes beyond is replaced before the next file. One thread at a time.
 */
#ifndef LEANN_SYS_CTAGS_H
#define LEANN_SYS_CTAGS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	CTAGS_TAGS_MAX = 100000,		/* definitions of a file */
	CTAGS_TEXT_MAX = 16 << 20,		/* bytes of a file */
};

struct ctags {
	pid_t pid;			/* 0: none */
	int fd;				/* both ways */
	const char *prog, *mode;	/* those that worked */
	char version[32];		/* "5.9.0" */
	struct buf in;			/* what it said, from at on not looked at */
	size_t at;
};
#define CTAGS_INIT {0, -1, NULL, NULL, "", BUF_INIT, 0}

/* Strings are UTF-8, not empty (scope may be), and valid during the call only. */
struct ctag {
	size_t line, end_line;		/* from 1; end_line 0: not known */
	const char *name, *kind, *scope, *scope_kind;
};

/* ERR_SYS: there is no universal-ctags that talks JSON. */
int ctags_open(struct ctags *c, struct err *e) MUST_CHECK;
/* -1: no answer, or no whole one: too long, too late, or ctags died. */
int ctags_file(struct ctags *c, const char *name, const void *text, size_t n,
	       void (*put)(void *ctx, const struct ctag *t), void *ctx) MUST_CHECK;
void ctags_close(struct ctags *c);

#endif
