/*
 * bundle: the one-file container of leann-index(5): a plain tar whose first member
 * is the manifest leann.json, mapped and used in place. This file knows members,
 * offsets and checksums; index.h knows what is in them.
 *
 *	struct bundle b;
 *	if (bundle_open(&b, "idx.leann", e)) ...	manifest and structure checked
 *	if (bundle_verify(&b, e)) ...			every byte against its checksum
 *	const struct bundle_member *m = bundle_find(&b, "codes");
 *	bundle_close(&b);
 *
 * bundle_write() makes the file and bundle_publish() puts it in place atomically.
 */
#ifndef LEANN_FMT_BUNDLE_H
#define LEANN_FMT_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/js.h"

enum {
	INDEX_MAJOR = 1,
	INDEX_MINOR = 6,
	BUNDLE_MEMBERS_MAX = 64,
};

struct bundle_member {
	char name[64];
	uint64_t off_bytes;		/* of its data in the file; a multiple of 512 */
	size_t n;
	uint64_t xxh3;			/* of header block, data and padding */
	const uint8_t *p;		/* mapped */
};

struct bundle {
	char *path;
	int fd;
	const uint8_t *map;
	size_t n_map;
	struct js *manifest;
	struct bundle_member member[BUNDLE_MEMBERS_MAX];	/* the manifest itself is not among them */
	size_t n_members;
};

int bundle_open(struct bundle *b, const char *path, struct err *e) MUST_CHECK;
/* The bundle open for reading as fd (taken over, closed on failure too); path is for messages. */
int bundle_open_fd(struct bundle *b, int fd, const char *path, struct err *e) MUST_CHECK;
/* A member's name: 1 to 63 of [a-z0-9.-], the first a letter or digit, and not the manifest's. */
bool bundle_name_ok(const char *name);
/* NULL when there is no such member. */
const struct bundle_member *bundle_find(const struct bundle *b, const char *name);
int bundle_verify(const struct bundle *b, struct err *e) MUST_CHECK;
void bundle_close(struct bundle *b);

/*
 * A manifest without the keys that bundle_write() computes: what it takes as extra. Caller
 * frees.
 */
struct js *bundle_extra(const struct js *manifest);

struct bundle_part {			/* a member to be written */
	const char *name;		/* see bundle_name_ok() */
	const void *p;			/* borrowed */
	size_t n;
};
/* The part of that name, or NULL. */
const struct bundle_part *bundle_find_part(const struct bundle_part *part, size_t n, const char *name);
/*
 * Write parts as members behind a manifest made of the keys of extra (an object,
 * borrowed) plus checksum, format, version, build id and member table. Same input,
 * same bytes.
 */
int bundle_write(int fd, const char *fd_name, const struct js *extra,
		 const struct bundle_part *part, size_t n_parts, struct err *e) MUST_CHECK;
/*
 * Lock, write beside path, fsync, rename, fsync directory. wait_s as lock_writer();
 * below 0: the caller holds the lock already.
 */
int bundle_publish(const char *path, double wait_s, const struct js *extra,
		   const struct bundle_part *part, size_t n_parts, struct err *e) MUST_CHECK;

#endif
