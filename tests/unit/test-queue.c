/* The order of work of leann-embed-server, with a clock and an encoder that are made up. */
#include <string.h>

#include "base/rng.h"
#include "unit.h"
/* A program's file: no library has it. */
#include "../../cmd/leann-embed-server/queue.c"

enum { N_THREADS = 2, TEXT_MAX = 1280, JOBS = 1000, TEXTS = 4096 };
#define S_PER_COST 1e-5		/* a text of 1280 bytes takes 13 ms */
#define CALL_S 2e-4

static const char bytes[1 << 16];
static struct wire_text one_kb[TEXTS], short_ones[TEXTS];
static struct queue_job job[JOBS];

static struct queue fresh(void)
{
	return (struct queue){.alone = true, .n_threads = N_THREADS, .text_bytes_max = TEXT_MAX,
			      .call_s = CALL_S, .s_per_cost = S_PER_COST, .scale = 1};
}

/* A request of n texts of 1 KB, or of 40 bytes. */
static struct queue_job *ask(struct queue *q, size_t i, uint64_t peer, size_t n, bool is_short)
{
	struct err e;
	job[i] = (struct queue_job){.peer = peer, .texts = is_short ? short_ones : one_kb,
				    .n_texts = n, .kind = 2, .n_bytes = n * 2600};
	return queue_add(q, &job[i], &e) ? NULL : &job[i];
}

static struct queue_job *ask_query(struct queue *q, size_t i, uint64_t peer)
{
	struct err e;
	job[i] = (struct queue_job){.peer = peer, .texts = short_ones, .n_texts = 1, .query = true,
				    .kind = 1, .n_bytes = 1600};
	return queue_add(q, &job[i], &e) ? NULL : &job[i];
}

/* Encode a slice on a machine that many times slower: the time it takes. Jobs that are ready leave. */
static double turn_slow(struct queue *q, double *now_s, double slower)
{
	struct queue_part part[QUEUE_SLICE_TEXTS];
	size_t n = queue_slice(q, *now_s, part);
	double took_s = q->call_s;
	for (size_t i = 0; i < n; i++)
		took_s += part[i].cost * S_PER_COST;
	took_s *= slower;
	*now_s += took_s;
	queue_done(q, part, n, *now_s, took_s);
	for (size_t i = 0; i < n; i++)
		if (part[i].job->n_done == part[i].job->n_texts)
			queue_remove(q, part[i].job);
	return took_s;
}

static double turn(struct queue *q, double *now_s)
{
	return turn_slow(q, now_s, 1);
}

static void bounds(void)
{
	struct queue q = fresh();
	struct err e;
	size_t n = 0, peer = 0, n_small;
	while (ask(&q, n, 1, 64, true))
		n++;
	ok(n == QUEUE_PEER_JOBS_MAX, "a peer may have %d requests waiting", QUEUE_PEER_JOBS_MAX);
	ok(ask(&q, n++, 2, 64, true) != NULL, "then another peer is still taken in");
	ok(q.n_busy == 1, "what was refused is counted");
	for (peer = 2; q.n_jobs < QUEUE_OPEN_MAX; peer++)
		while (q.n_jobs < QUEUE_OPEN_MAX && ask(&q, n, peer, 64, true))
			n++;
	ok(n == QUEUE_OPEN_MAX && peer == 4 && !ask(&q, n, 3, 64, true) && !ask(&q, n, 4, 65, true),
	   "%d requests may wait of peers that have several waiting, or large ones", QUEUE_OPEN_MAX);
	for (n_small = n; ask_query(&q, n_small, 1000 + n_small / QUEUE_FEW); n_small++)
		;
	ok(n_small == QUEUE_JOBS_MAX, "for small ones of peers that have fewer than %d there are %d "
	   "places more", QUEUE_FEW, QUEUE_JOBS_MAX - QUEUE_OPEN_MAX);
	job[n_small].peer = 5000;
	ok(queue_add(&q, &job[n_small], &e) == -1 && e.code == ERR_TEMP &&
	   strstr(e.msg, "busy: 256 requests, ") && strstr(e.msg, "ask again later"),
	   "who comes then is told: %s", e.msg);
	q = fresh();
	job[0] = (struct queue_job){.peer = 1, .texts = one_kb, .n_texts = 1,
				    .n_bytes = 2 * (size_t)QUEUE_BYTES_MAX};
	ok(queue_add(&q, &job[0], &e) == 0, "a request of any size is taken in when none waits");
	ok(!ask(&q, 1, 2, 1, true), "but not a second one beside it");
	queue_remove(&q, &job[0]);
	ok(ask(&q, 1, 2, 1, true) && q.n_bytes == 2600, "until it is gone");
}

static void order(void)
{
	struct queue q = fresh();
	struct queue_part part[QUEUE_SLICE_TEXTS];
	struct queue_job *bulk = ask(&q, 0, 1, 64, false), *small = ask(&q, 1, 2, 8, false);
	struct queue_job *query = ask_query(&q, 2, 3);
	size_t n = queue_slice(&q, 0, part);
	ok(n == 1 && part[0].job == query && part[0].n == 1, "a question goes first, alone");
	queue_done(&q, part, n, 0, .001);
	queue_remove(&q, query);
	n = queue_slice(&q, 0, part);
	ok(n == 1 && part[0].job == small, "then a small request, although a large one is older");
	ok(part[0].n == N_THREADS, "one text a thread where a text takes longer than a slice");
	queue_remove(&q, small);
	n = queue_slice(&q, 0, part);
	ok(n == 1 && part[0].job == bulk, "then the large one");
	bulk->n_done = 63;
	n = queue_slice(&q, 0, part);
	ok(n == 1 && part[0].n == 1 && part[0].first == 63, "of which the last text is the last slice");
}

static void merging(void)
{
	struct queue q = fresh();
	struct queue_part part[QUEUE_SLICE_TEXTS];
	for (size_t i = 0; i < 8; i++)
		ask_query(&q, i, i);
	struct queue_job *doc = ask(&q, 8, 8, 2, true);
	struct queue_job *bulk = ask(&q, 9, 9, 100, true);
	size_t n = queue_slice(&q, 0, part), n_docs;
	ok(n == 8 && part[7].n == 1, "questions of eight peers go together, not with documents");
	queue_done(&q, part, n, .003, .003);
	ok(q.n_batches == 1 && q.n_merged == 8, "which is counted");
	for (size_t i = 0; i < 8; i++)
		queue_remove(&q, &job[i]);
	n_docs = queue_slice(&q, .003, part);
	ok(n_docs == 1 && part[0].job == doc && part[0].n == 2, "urgent texts wait for no bulk beside them");
	queue_remove(&q, doc);
	struct queue_job *more = ask(&q, 10, 10, 100, true);
	size_t n_texts = 0;
	n = queue_slice(&q, .003, part);
	for (size_t i = 0; i < n; i++)
		n_texts += part[i].n;
	double want = (QUEUE_SLICE_S - CALL_S * q.scale) / (q.s_per_cost * q.scale) / 48;
	ok(n == 1 && part[0].job == bulk && (double)n_texts > want - 1 && (double)n_texts <= want,
	   "a slice of bulk holds what takes about %g ms: %zu texts", QUEUE_SLICE_S * 1e3, n_texts);
	bulk->n_done = 96;
	bulk->cost_left = 4 * 48;
	n = queue_slice(&q, .003, part);
	ok(n == 2 && part[0].job == bulk && part[0].n == 4 && part[1].job == more &&
	   part[1].first == 0, "the end of one request and the beginning of the next share a slice");
}

/* A question that goes with every text is part of what the text takes. */
static void pairs(void)
{
	struct queue q = fresh();
	struct queue_part part[QUEUE_SLICE_TEXTS];
	struct queue_job *plain = ask(&q, 11, 1, 100, true);
	struct err e;
	queue_slice(&q, 0, part);
	size_t n_plain = part[0].n;
	queue_remove(&q, plain);
	job[12] = (struct queue_job){.peer = 1, .texts = short_ones, .n_texts = 100, .query = true,
				     .pair_bytes = 440};
	ok(!queue_add(&q, &job[12], &e), "pairs wait as texts do");
	queue_slice(&q, 0, part);
	ok(part[0].n * 9 < n_plain && part[0].n * 12 > n_plain,
	   "with a question of 440 bytes a tenth as many texts are in a slice: %zu of %zu",
	   part[0].n, n_plain);
}

/* Questions without end: what is left for a large request. */
static void never_starved(void)
{
	struct queue q = fresh();
	double now_s = 0, share;
	bool first = true;
	struct queue_job *bulk = ask(&q, 0, 1, 64, false);
	for (; bulk->n_done < 64 && now_s < 10; first = false) {
		for (size_t i = 1; i <= 4; i++)
			if (job[i].n_done == 1 || first)
				ask_query(&q, i, 1 + i);
		turn(&q, &now_s);
	}
	share = 64 * 1032 * S_PER_COST / now_s;
	ok(share > .23 && share < .27,
	   "beside questions without end a quarter of the time is the oldest request's: %.3f", share);
}

/* Two builds: one holds all the requests it may, the other one at a time. */
static void fair(void)
{
	struct queue q = fresh();
	double now_s = 0, of_b = 0, sum = 0;
	for (size_t i = 0; i < QUEUE_PEER_JOBS_MAX; i++)
		ask(&q, i, 1, 64, false);
	ask(&q, 99, 2, 128, false);
	for (size_t k = 0; k < 1000; k++) {
		size_t was = job[99].n_done;
		double t = turn(&q, &now_s);
		sum += t;
		of_b += job[99].n_done > was ? t : 0;
		if (job[99].n_done == 64)
			ask(&q, 99, 2, 128, false);
	}
	ok(of_b > .45 * sum && of_b < .55 * sum,
	   "one request at a time gets half of the encoder beside 64 that wait: %.3f", of_b / sum);
}

/* How long a question waits behind three builds, wherever in a slice it comes. */
static void waiting(void)
{
	struct queue q = fresh();
	struct rng rng = {1};
	double now_s = 0, worst_s = 0, sum_s = 0;
	enum { N = 200 };
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < 30; k++) {	/* builds whose requests look small, too */
			if (!job[k].n_texts || job[k].n_done == job[k].n_texts || !i)
				ask(&q, k, 1 + k % 3, 16, false);
		}
		for (size_t k = rng_below(&rng, 20); k; k--)
			if (q.n_jobs > 4)
				turn(&q, &now_s);
		double took_s = turn(&q, &now_s), asked_s = now_s - rng_unit(&rng) * took_s;
		struct queue_job *j = ask_query(&q, 99, 100 + i);
		turn(&q, &now_s);
		while (j->n_done == 0)
			turn(&q, &now_s);
		sum_s += now_s - asked_s;
		worst_s = now_s - asked_s > worst_s ? now_s - asked_s : worst_s;
	}
	double slice_s = CALL_S + 2 * 1032 * S_PER_COST;
	ok(worst_s < 2 * slice_s + .001, "a question waits for two slices at most: %.1f ms, of three "
	   "builds' %.1f each", worst_s * 1e3, slice_s * 1e3);
	ok(sum_s / N < .7 * slice_s, "and for half of one on average: %.1f ms", sum_s / N * 1e3);
}

/* A peer that sends small requests and never stops does not hold up those of others. */
static void greedy(void)
{
	struct queue q = fresh();
	double now_s = 0;
	size_t worst = 0;
	for (size_t i = 0; i < 300; i++) {
		for (size_t k = 0; k < 8; k++)
			if (!job[k].n_texts || job[k].n_done == job[k].n_texts || !i)
				ask(&q, k, 1, 16, false);
		turn(&q, &now_s);
	}
	for (size_t i = 0; i < 50; i++) {
		size_t n = 0;
		struct queue_job *j = ask(&q, 99, 10 + i, 4, false);
		for (; j->n_done < 4; n++) {
			for (size_t k = 0; k < 8; k++)
				if (job[k].n_done == job[k].n_texts)
					ask(&q, k, 1, 16, false);
			turn(&q, &now_s);
		}
		worst = n > worst ? n : worst;
	}
	ok(worst <= 3, "small requests of others go before those of one that never stops: %zu slices, "
	   "2 of them their own", worst);
}

/* Any mix of requests: every text once, in order, in the slices' bounds. */
static void every_text_once(bool alone)
{
	struct queue q = fresh();
	struct rng rng = {7};
	struct queue_part part[QUEUE_SLICE_TEXTS];
	double now_s = 0;
	size_t n_bad = 0, n_asked = 0, n_ready = 0, n_cut_elsewhere = 0;
	q.alone = alone;
	while (n_ready < JOBS) {
		if (n_asked < JOBS && rng_below(&rng, 3)) {
			size_t i = n_asked, n = 1 + rng_below(&rng, rng_below(&rng, 4) ? 16 : 200);
			bool taken = rng_below(&rng, 2) ? ask(&q, i, rng_below(&rng, 9), n, true)
							: ask_query(&q, i, rng_below(&rng, 9));
			n_asked += taken;
			continue;
		}
		size_t n = queue_slice(&q, now_s, part), n_texts = 0;
		for (size_t i = 0; i < n; i++) {
			n_bad += !part[i].n || part[i].first != part[i].job->n_done ||
				 part[i].first + part[i].n > part[i].job->n_texts ||
				 part[i].job->kind != part[0].job->kind;
			n_cut_elsewhere += part[i].first % QUEUE_FIXED_TEXTS != 0;
			n_texts += part[i].n;
		}
		n_bad += n_texts > QUEUE_SLICE_TEXTS || (!alone && n > 1);
		now_s += .005;
		if (n)
			queue_done(&q, part, n, now_s, .005);
		for (size_t i = 0; i < n; i++)
			if (part[i].job->n_done == part[i].job->n_texts) {
				queue_remove(&q, part[i].job);
				n_ready++;
			}
		if (!n && n_asked == JOBS)
			break;
	}
	ok(n_ready == JOBS && !n_bad && q.n_jobs == 0 && q.n_bytes == 0,
	   "of %d requests every text is encoded once and in order%s", JOBS,
	   alone ? "" : ", one request at a time");
	if (!alone)
		ok(!n_cut_elsewhere, "and requests are always cut at the same places");
}

/* The machine gets slower or faster than it was when the server started. */
static void speed(void)
{
	static const double slower[] = {1, .1, 7};
	for (size_t i = 0; i < sizeof slower / sizeof *slower; i++) {
		struct queue q = fresh();
		double now_s = 0, t = 0;
		ask(&q, 0, 1, TEXTS, true);
		for (size_t k = 0; k < 15; k++)
			t = turn_slow(&q, &now_s, slower[i]);
		ok(t > .6 * QUEUE_SLICE_S && t <= QUEUE_SLICE_S,
		   "on a machine %g times slower than it was slices take %.2f ms", slower[i], t * 1e3);
	}
	struct queue q = fresh();
	double now_s = 0, t, sum = 0;
	ask(&q, 0, 1, TEXTS, true);
	for (size_t k = 0; k < 15; k++)
		turn(&q, &now_s);
	t = turn_slow(&q, &now_s, 1000);
	double after = turn(&q, &now_s);
	ok(t > 9 && after > .4 * QUEUE_SLICE_S, "a slice that was held up once changes little: %.2f ms",
	   after * 1e3);
	q = fresh();
	q.call_s = .02;
	ask(&q, 0, 1, TEXTS, true);
	for (size_t k = 0; k < 15; k++)
		sum += turn(&q, &now_s);
	ok(sum > 15 * .05 && sum <= 15 * .0601, "where a call costs 20 ms by itself slices take three times "
	   "that: %.1f ms", sum / 15 * 1e3);
}

/* More peers than are remembered: those with requests keep what is known of them. */
static void many_peers(void)
{
	struct queue q = fresh();
	double now_s = 0;
	ask(&q, 0, 1, TEXTS, false);
	turn(&q, &now_s);
	for (uint64_t i = 0; i < 3 * QUEUE_PEERS_MAX; i++) {
		ask_query(&q, 1, 100 + i);
		while (!job[1].n_done)
			turn(&q, &now_s);
	}
	ok(q.n_peers == QUEUE_PEERS_MAX && job[0].p->key == 1 && job[0].p->n_jobs == 1 &&
	   job[0].p->lately_s > 0, "peers that wait are not forgotten for new ones");
}

int main(void)
{
	for (size_t i = 0; i < TEXTS; i++) {
		one_kb[i] = (struct wire_text){bytes, 1024};
		short_ones[i] = (struct wire_text){bytes, 40};
	}
	bounds();
	order();
	merging();
	pairs();
	memset(job, 0, sizeof job);
	never_starved();
	fair();
	waiting();
	memset(job, 0, sizeof job);
	greedy();
	every_text_once(true);
	every_text_once(false);
	speed();
	many_peers();
	return done();
}
