/* env: the environment and the directories it names; the only reader of it in lib/. */
#ifndef LEANN_BASE_ENV_H
#define LEANN_BASE_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The variable's value, NULL when unset or empty. */
const char *env_get(const char *name);
/* $XDG_CACHE_HOME/leann, else ~/.cache/leann; NULL when neither is known. Caller frees. */
char *env_cache_dir(void);
/* The same of $XDG_STATE_HOME, else ~/.local/state; of $XDG_DATA_HOME, else ~/.local/share. */
char *env_state_dir(void);
char *env_data_dir(void);
/* Is the variable set to anything but "" and "0"? */
bool env_true(const char *name);
/* How many bytes at the start of the path say no more than the working directory does, "/" included. */
size_t env_here(const char *path, size_t n);
/* Make the directory and its parents. Whoever writes there sees whether it worked. */
void env_make_dirs(const char *dir);
/*
 * The per-user socket directory, made 0700: $XDG_RUNTIME_DIR/leann, else
 * /tmp/leann-UID. Refused (ERR_DATA) if it belongs to another user or others may
 * enter it. Caller frees *out.
 */
int env_runtime_dir(char **out, struct err *e) MUST_CHECK;
/*
 * Path of a sibling program: beside libleann.so, or in the folder bin beside its folder, where this
 * is called in that; else beside the running one; else the bare name (found on PATH). Caller frees.
 */
char *env_program(const char *name);

#endif
