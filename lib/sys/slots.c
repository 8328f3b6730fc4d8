/* A cache in a file; see slots.h and leann-cache(5). */
#include "sys/slots.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/hash.h"
#include "base/le.h"
#include "base/mem.h"

enum {
	HEAD = 64,
	COUNTERS = 1 << 16,
	SLOT_HEAD = 32,
	WAYS = 4,
	VERSION = 1,
};
static const char magic[8] = "LEANNCCH";

struct slots {
	int fd;
	size_t n_slots, slot_bytes;
	uint64_t n_hits, n_misses;	/* of this program */
	uint8_t *set;			/* (WAYS, slot_bytes): scratch */
};

static bool read_at(int fd, void *p, size_t n, uint64_t at)
{
	struct err ignored;
	size_t got;
	return !fd_pread(fd, "cache", p, n, at, &got, &ignored) && got == n;
}

static bool write_at(int fd, const void *p, size_t n, uint64_t at)
{
	struct err ignored;
	return !fd_pwrite(fd, "cache", p, n, at, &ignored);
}

static uint64_t place(const struct slots *s, size_t i)
{
	return HEAD + COUNTERS + (uint64_t)i * s->slot_bytes;
}

/* Header and size are as they must be, for the shape if one is wanted (slots not 0). */
static bool check_head(struct slots *s, size_t n_slots, size_t slot_bytes)
{
	uint8_t h[HEAD];
	struct stat st;
	if (fstat(s->fd, &st) || !S_ISREG(st.st_mode) || !read_at(s->fd, h, HEAD, 0) ||
	    memcmp(h, magic, sizeof magic) || get_le32(h + 8) != VERSION)
		return false;
	s->slot_bytes = get_le32(h + 12);
	s->n_slots = get_le32(h + 16);
	if (s->slot_bytes <= SLOT_HEAD || s->slot_bytes > SLOT_HEAD + SLOTS_VALUE_MAX ||
	    !s->n_slots || s->n_slots % WAYS || s->n_slots > SLOTS_MAX ||
	    (uint64_t)st.st_size != place(s, s->n_slots))
		return false;
	return !n_slots || (s->n_slots == n_slots && s->slot_bytes == slot_bytes);
}

/* A new file appears whole: made beside, then renamed. */
static bool make(struct slots *s, const char *path, size_t n_slots, size_t slot_bytes)
{
	uint8_t h[HEAD] = {0};
	char *temp = mem_printf("%s.%ld-%zx", path, (long)getpid(), (size_t)s);
	s->n_slots = n_slots;
	s->slot_bytes = slot_bytes;
	memcpy(h, magic, sizeof magic);
	put_le32(h + 8, VERSION);
	put_le32(h + 12, (uint32_t)slot_bytes);
	put_le32(h + 16, (uint32_t)n_slots);
	s->fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = s->fd >= 0 && write_at(s->fd, h, HEAD, 0) &&
		    !ftruncate(s->fd, (off_t)place(s, n_slots)) && !rename(temp, path);
	if (s->fd >= 0 && !good)
		unlink(temp);
	mem_free(temp);
	return good;
}

struct slots *slots_open(const char *path, size_t n_slots, size_t value_max)
{
	struct slots *s = mem_calloc(1, sizeof *s);
	size_t slot_bytes = SLOT_HEAD + value_max;
	s->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (s->fd < 0 || !check_head(s, n_slots, slot_bytes)) {
		if (s->fd >= 0)
			close(s->fd);
		if (!make(s, path, n_slots, slot_bytes)) {
			if (s->fd >= 0)
				close(s->fd);
			mem_free(s);
			return NULL;
		}
	}
	s->set = mem_array(WAYS, s->slot_bytes);
	return s;
}

void slots_close(struct slots *s)
{
	uint8_t c[16];
	if (!s)
		return;
	if ((s->n_hits || s->n_misses) && read_at(s->fd, c, sizeof c, 24)) {
		put_le64(c, get_le64(c) + s->n_hits);
		put_le64(c + 8, get_le64(c + 8) + s->n_misses);
		if (!write_at(s->fd, c, sizeof c, 24))
			s->n_hits = 0;	/* a count that is lost hurts nobody */
	}
	close(s->fd);
	mem_free(s->set);
	mem_free(s);
}

static size_t first_way(const struct slots *s, const struct slots_key *k)
{
	return (size_t)(k->h[0] % (s->n_slots / WAYS)) * WAYS;
}

static bool is_whole(const struct slots *s, const uint8_t *slot)
{
	size_t n = get_le32(slot + 28);
	return n <= s->slot_bytes - SLOT_HEAD &&
	       get_le64(slot) == hash64(slot + 8, SLOT_HEAD - 8 + n);
}

static bool is_of(const uint8_t *slot, const struct slots_key *k)
{
	return get_le64(slot + 8) == k->h[0] && get_le64(slot + 16) == k->h[1];
}

bool slots_get(struct slots *s, const struct slots_key *k, void *value, size_t *n)
{
	if (!s)
		return false;
	if (!read_at(s->fd, s->set, WAYS * s->slot_bytes, place(s, first_way(s, k))))
		return false;
	for (size_t i = 0; i < WAYS; i++) {
		const uint8_t *slot = s->set + i * s->slot_bytes;
		if (!is_of(slot, k) || !is_whole(s, slot))
			continue;
		*n = get_le32(slot + 28);
		memcpy(value, slot + SLOT_HEAD, *n);
		s->n_hits++;
		return true;
	}
	s->n_misses++;
	return false;
}

void slots_put(struct slots *s, const struct slots_key *k, const void *value, size_t n)
{
	size_t best = 0;
	uint32_t oldest = UINT32_MAX;
	if (!s || n > s->slot_bytes - SLOT_HEAD)
		return;
	if (!read_at(s->fd, s->set, WAYS * s->slot_bytes, place(s, first_way(s, k))))
		return;
	for (size_t i = 0; i < WAYS; i++) {
		const uint8_t *slot = s->set + i * s->slot_bytes;
		if (is_of(slot, k)) {
			best = i;
			break;
		}
		uint32_t when = is_whole(s, slot) ? get_le32(slot + 24) : 0;
		if (when < oldest) {
			oldest = when;
			best = i;
		}
	}
	uint8_t *slot = s->set;
	put_le64(slot + 8, k->h[0]);
	put_le64(slot + 16, k->h[1]);
	put_le32(slot + 24, (uint32_t)time(NULL));
	put_le32(slot + 28, (uint32_t)n);
	memcpy(slot + SLOT_HEAD, value, n);
	put_le64(slot, hash64(slot + 8, SLOT_HEAD - 8 + n));
	if (!write_at(s->fd, slot, SLOT_HEAD + n, place(s, first_way(s, k) + best)))
		s->n_misses++;
}

bool slots_again(struct slots *s, const struct slots_key *k)
{
	uint8_t c;
	if (!s)
		return false;
	uint64_t at = HEAD + k->h[1] % COUNTERS;
	if (!read_at(s->fd, &c, 1, at))
		return false;
	uint8_t next = (uint8_t)(c < 255 ? c + 1 : 255);
	return write_at(s->fd, &next, 1, at) && c > 0;
}

bool slots_stat(const char *path, struct slots_stat *st)
{
	struct slots s = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
	uint8_t c[16];
	bool good = s.fd >= 0 && check_head(&s, 0, 0) && read_at(s.fd, c, sizeof c, 24);
	*st = (struct slots_stat){0};
	if (good) {
		uint8_t *slot = mem_alloc(s.slot_bytes);
		st->n_slots = s.n_slots;
		st->max_bytes = place(&s, s.n_slots);
		st->n_hits = get_le64(c);
		st->n_misses = get_le64(c + 8);
		for (size_t i = 0; i < s.n_slots; i++) {
			if (!read_at(s.fd, slot, s.slot_bytes, place(&s, i)) ||
			    !get_le64(slot) || !is_whole(&s, slot))
				continue;
			st->n_used++;
			st->used_bytes += SLOT_HEAD + get_le32(slot + 28);
		}
		mem_free(slot);
	}
	if (s.fd >= 0)
		close(s.fd);
	return good;
}
