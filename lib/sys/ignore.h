/*
 * ignore: names nobody wants to search: dependencies, build output, caches, lock files, minified
 * code, media. leann-chunk(1) lists them; the table in ignore.c is what counts.
 */
#ifndef LEANN_SYS_IGNORE_H
#define LEANN_SYS_IGNORE_H

#include <stdbool.h>

/* Version control's own names: never taken or entered, whatever the options. */
bool ignore_is_vcs(const char *name);
/* The list's entry for a directory of this name, NULL: there is none. */
const char *ignore_dir(const char *name);
/* ... and where a file that ignore_is_build_file() knows is beside it. */
const char *ignore_build_dir(const char *name);
bool ignore_is_build_file(const char *name);
/* A directory that holds a file of this name says itself that it is a cache. */
bool ignore_marks_dir(const char *name);
/* The list's entry for a file of this name; for extensions the one of the name. */
const char *ignore_file(const char *name);

#endif
