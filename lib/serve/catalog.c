/* Indexes and their editions; see catalog.h. */
#define _GNU_SOURCE	/* memrchr */
#include "serve/catalog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "search/why.h"

/* Which file a path leads to. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct held {
	struct edition pub;		/* the first member */
	atomic_uint n_holders;
};

struct shelf {
	char *name, *path;
	pthread_mutex_t lock;		/* of now, trouble */
	struct held *now;
	char *trouble;			/* of seen, or NULL */
	pthread_mutex_t opening;	/* of seen; held by the one who opens an edition */
	struct identity seen;		/* opened last, well or not */
	atomic_ullong n_questions, sum_us;
};

struct catalog {
	struct shelf *shelf[CATALOG_MAX];
	atomic_size_t n;		/* grows once shelf[n] is there */
	pthread_mutex_t adding;
};

struct catalog *catalog_new(void)
{
	struct catalog *c = mem_calloc(1, sizeof *c);
	pthread_mutex_init(&c->adding, NULL);
	return c;
}

static void shelf_free(struct shelf *s)
{
	edition_drop(s->now ? &s->now->pub : NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->opening);
	mem_free(s->trouble);
	mem_free(s->name);
	mem_free(s->path);
	mem_free(s);
}

void catalog_free(struct catalog *c)
{
	for (size_t i = 0; c && i < c->n; i++)
		shelf_free(c->shelf[i]);
	if (c)
		pthread_mutex_destroy(&c->adding);
	mem_free(c);
}

static bool identify(const char *path, struct identity *id)
{
	struct stat st;
	if (stat(path, &st))
		return false;
	*id = (struct identity){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
	return true;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

static struct held *open_edition(const struct shelf *s, unsigned number, struct err *e)
{
	struct leann_error why;
	struct leann_index *ix;
	if (leann_open(s->path, 0, &ix, &why)) {
		leann_why(&why, e);
		return NULL;
	}
	struct held *h = mem_calloc(1, sizeof *h);
	h->pub = (struct edition){ix, s->name, s->path, number};
	atomic_init(&h->n_holders, 1);
	return h;
}

/* "DIR/notes.leann" is notes, "DIR/.leann/index.leann" the last part of DIR. */
static char *name_of(const char *path)
{
	static const char usual[] = "/.leann/index.leann", suffix[] = ".leann";
	size_t n = strlen(path), k = sizeof usual - 1;
	if (n > k && !strcmp(path + n - k, usual))
		n -= k;
	const char *from = memrchr(path, '/', n);
	from = from ? from + 1 : path;
	n -= (size_t)(from - path);
	k = sizeof suffix - 1;
	if (n > k && !memcmp(from + n - k, suffix, k))
		n -= k;
	return n ? mem_strndup(from, n) : mem_strdup("index");
}

size_t catalog_n(const struct catalog *c)
{
	return c->n;
}

const char *catalog_name(const struct catalog *c, size_t i)
{
	return c->shelf[i]->name;
}

size_t catalog_find(const struct catalog *c, const char *name, size_t n_name)
{
	size_t i = 0, n = c->n;
	while (i < n && (strlen(c->shelf[i]->name) != n_name || memcmp(c->shelf[i]->name, name, n_name)))
		i++;
	return i < n ? i : CATALOG_MAX;
}

static char *free_name(const struct catalog *c, const char *path)
{
	char *base = name_of(path), *name = mem_strdup(base);
	for (unsigned k = 2; catalog_find(c, name, strlen(name)) < c->n; k++) {
		mem_free(name);
		name = mem_printf("%s-%u", base, k);
	}
	mem_free(base);
	return name;
}

/* c->adding is held. */
static int add(struct catalog *c, const char *name, const char *path, struct err *e)
{
	if (c->n == CATALOG_MAX)
		return err_set(e, ERR_USAGE, "%s: the limit is %d indexes", path, CATALOG_MAX);
	if (name && catalog_find(c, name, strlen(name)) < c->n)
		return err_set(e, ERR_USAGE, "%s: another index is called %s", path, name);
	struct shelf *s = mem_calloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->opening, NULL);
	s->name = name ? mem_strdup(name) : free_name(c, path);
	s->path = mem_strdup(path);
	if (!identify(path, &s->seen))	/* opening says why */
		s->seen = (struct identity){0};
	s->now = open_edition(s, 1, e);
	if (!s->now) {
		shelf_free(s);
		return -1;
	}
	c->shelf[c->n] = s;
	c->n++;
	return 0;
}

int catalog_add(struct catalog *c, const char *name, const char *path, struct err *e)
{
	pthread_mutex_lock(&c->adding);
	int r = add(c, name, path, e);
	pthread_mutex_unlock(&c->adding);
	return r;
}

/* s->opening is held. */
static void open_anew(struct shelf *s)
{
	struct identity now;
	struct err e;
	if (!identify(s->path, &now) || same(&now, &s->seen))
		return;
	s->seen = now;
	struct held *h = open_edition(s, s->now->pub.number + 1, &e), *old = NULL;
	pthread_mutex_lock(&s->lock);
	mem_free(s->trouble);
	s->trouble = h ? NULL : mem_strdup(e.msg);
	if (h) {
		old = s->now;
		s->now = h;
	}
	pthread_mutex_unlock(&s->lock);
	edition_drop(old ? &old->pub : NULL);
}

struct edition *catalog_take(struct catalog *c, size_t i)
{
	struct shelf *s = c->shelf[i];
	if (!pthread_mutex_trylock(&s->opening)) {
		open_anew(s);
		pthread_mutex_unlock(&s->opening);
	}
	pthread_mutex_lock(&s->lock);
	struct held *h = s->now;
	atomic_fetch_add(&h->n_holders, 1);
	pthread_mutex_unlock(&s->lock);
	return &h->pub;
}

void edition_drop(struct edition *ed)
{
	struct held *h = (struct held *)ed;
	if (!h || atomic_fetch_sub(&h->n_holders, 1) > 1)
		return;
	leann_close(h->pub.ix);
	mem_free(h);
}

void catalog_trouble(struct catalog *c, size_t i, struct buf *out)
{
	struct shelf *s = c->shelf[i];
	pthread_mutex_lock(&s->lock);
	if (s->trouble)
		buf_adds(out, s->trouble);
	pthread_mutex_unlock(&s->lock);
}

void catalog_timed(struct catalog *c, size_t i, double ms)
{
	atomic_fetch_add(&c->shelf[i]->n_questions, 1);
	atomic_fetch_add(&c->shelf[i]->sum_us, (unsigned long long)(ms * 1e3));
}

double catalog_mean_ms(const struct catalog *c, size_t i)
{
	unsigned long long n = atomic_load(&c->shelf[i]->n_questions);
	return n ? (double)atomic_load(&c->shelf[i]->sum_us) / 1e3 / (double)n : -1;
}
