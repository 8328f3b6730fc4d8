/*
 * modeldir: where a model is on this machine, and the SHA-256 of its weights.
 *
 *	char *dir, sha[65];
 *	if (model_find(name, &dir, e) || weights_sha256_cached(dir, sha, e)) return -1;
 *	mem_free(dir);
 *
 * Models are read in place: our cache and the Hugging Face cache have the same files.
 */
#ifndef LEANN_SYS_MODELDIR_H
#define LEANN_SYS_MODELDIR_H

#include "base/err.h"

#define MODEL_DEFAULT "all-MiniLM-L6-v2"
#define MODEL_WEIGHTS "model.safetensors"
#define RERANKER_DEFAULT "ms-marco-MiniLM-L6-v2"	/* on the hub of cross-encoder/ */

/*
 * name NULL: $LEANN_MODEL, else MODEL_DEFAULT. A directory, or anything that starts
 * with "/" or ".", is used in place and must hold config.json. Else NAME or ORG/REPO
 * is looked for in our cache, then in the Hugging Face cache ($HF_HUB_CACHE,
 * $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub). Caller frees *dir.
 */
int model_find(const char *name, char **dir, struct err *e) MUST_CHECK;
/*
 * The same of a reranker: NULL is $LEANN_RERANK_MODEL, else RERANKER_DEFAULT, and a NAME alone is also
 * looked for as cross-encoder/NAME. What kind of model it is is not looked at.
 */
int model_find_reranker(const char *name, char **dir, struct err *e) MUST_CHECK;
/*
 * SHA-256 of dir's weights file, as model_weights_sha256() of nn/model.h. Remembered in our
 * cache directory with the file's path, inode, size, mtime and ctime; computed again (about a
 * second for 90 MB) when any differs.
 */
int weights_sha256_cached(const char *dir, char hex[65], struct err *e) MUST_CHECK;
/* Where packed weights are kept, below our cache directory, whose folders are made; NULL: no such. */
char *model_pack_dir(void);
/* 16 hex digits over the weights' SHA-256 and the small files beside them: names a socket. */
int model_key(const char *dir, char key[17], struct err *e) MUST_CHECK;

#endif
