/*
 * ignore: names nobody wants to search: dependencies, build output, caches, lock files, minified
 * code, media. leann-chunk(1) lists them; the table in ignore.c is what counts.
 */
#ifndef LEANN_SYS_IGNORE_H
#define LEANN_SYS_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

/* Version control's own directories: never entered, whatever the options. */
bool ignore_is_vcs(const char *name);
/* A directory of this name is never entered. */
bool ignore_dir(const char *name);
/* ... nor one of this name when a file that ignore_is_build_file() knows is beside it. */
bool ignore_build_dir(const char *name);
bool ignore_is_build_file(const char *name);
/* A directory that holds a file of this name says itself that it is a cache. */
bool ignore_marks_dir(const char *name);
bool ignore_file(const char *name);

#endif
