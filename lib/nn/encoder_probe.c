/* Built-in texts, their embeddings in fp32 and in int8; see encoder_probe.h. */
#include "nn/encoder_probe.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/encoder_impl.h"

/* Prose, code, logs, queries, other scripts, long and short: what people have in their files. */
static const char *const texts[] = {
	"where is the configuration file read?",
	"def parse_header(line):\n    name, _, value = line.partition(':')\n    return "
	"name.strip().lower(), value.strip()",
	"The committee met on 14 March 2019 and postponed the vote by three weeks.",
	"static int cmp(const void *a, const void *b)\n{\n\treturn *(const int *)a "
	"- *(const int *)b;\n}",
	"ERROR 2024-02-11T08:15:42Z worker-3: connection reset by peer (errno 104), "
	"retrying in 250 ms",
	"Preheat the oven to 180 degrees, then beat the eggs with the sugar until "
	"pale.",
	"SELECT name, COUNT(*) FROM orders WHERE total > 100 GROUP BY name ORDER "
	"BY 2 DESC;",
	"Mitochondria produce most of the adenosine triphosphate that a eukaryotic "
	"cell uses as a source of chemical energy.",
	"how do I undo the last commit but keep my changes",
	"git reset --soft HEAD~1",
	"Dear Anna, thank you for the photographs; the one of the lighthouse hangs "
	"above my desk now.",
	"The gradient of the loss with respect to the weights is accumulated over "
	"micro-batches before the optimiser takes a step.",
	"a",
	"",
	"0x7f 1e-9 3.14159 -42",
	"https://example.org/a/b?c=d#e",
	"Reads at most n bytes into the buffer. Returns the number of bytes read, "
	"zero at the end of the file, or -1 with errno set when the descriptor is "
	"not open for reading. A signal that arrives before any byte was read makes "
	"the call fail with EINTR; one that arrives later makes it return early.",
	"Der schnelle braune Fuchs springt \303\274ber den faulen Hund.",
	"{\"id\": 17, \"tags\": [\"red\", \"green\"], \"size\": null}",
	"Hypertension is a risk factor for stroke; lowering systolic pressure by "
	"10 mmHg reduced events in the treated group by about a quarter.",
	"for i in range(10): print(i * i)",
	"memory leak when the window is closed twice",
	"The lease may be ended by either party with two months' notice in writing. "
	"The deposit is returned within thirty days, less the cost of repairs that "
	"go beyond ordinary wear.",
	"class Queue<T> { private final Deque<T> items = new ArrayDeque<>(); void "
	"push(T t) { items.addLast(t); } }",
	"\346\274\242\345\255\227 \320\272\320\270\321\200\320\270\320\273\320\273\320\270\321\206\320\260 "
	"\316\261\316\262\316\263",
	"The river rose during the night and by morning the lower road was under "
	"water as far as the mill.",
	"## Installation\n\nRun `make install` as root. Set PREFIX to install elsewhere.\n\n## "
	"Usage\n\n    tool [-v] FILE...",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbb zzzzzzzzzzzzzz",
	"What is the boiling point of water at an altitude of two thousand metres?",
	"Sparse attention reduces the quadratic cost of long sequences by letting "
	"each token look at a fixed number of others.",
	"Invoice 2023-118: 4 x desk lamp, 39.90 each; shipping 7.50; total 167.10, "
	"payable within 14 days.",
	"assert len(xs) == len(set(xs)), 'duplicate keys'",
};

/* Those that are questions, for a reranker. */
static const size_t questions[] = {0, 8, 21, 28};

enum {
	N_TEXTS = sizeof texts / sizeof *texts,
	N_QUESTIONS = sizeof questions / sizeof *questions,
	N_PAIRS = N_QUESTIONS * N_TEXTS
};

static bool is_reranker(const struct encoder *enc)
{
	return enc->info.kind == MODEL_RERANKER;
}

static size_t n_floats(const struct encoder *enc)
{
	return is_reranker(enc) ? N_PAIRS : N_TEXTS * enc->info.dim;
}

static struct encoder_text text_at(size_t i)
{
	return (struct encoder_text){texts[i], strlen(texts[i])};
}

static int embed(struct encoder *enc, float *out, struct err *e)
{
	struct encoder_text t[N_PAIRS], q[N_PAIRS];
	bool pairs = is_reranker(enc);
	for (size_t i = 0; i < N_PAIRS; i++) {
		t[i] = text_at(i % N_TEXTS);
		q[i] = text_at(questions[i / N_TEXTS]);
	}
	struct encoder_batch b = {t, pairs ? N_PAIRS : N_TEXTS, ENCODER_RAW, out, NULL,
				  pairs ? q : NULL};
	return encoder_embed(enc, NULL, &b, e);
}

/*
 * What the layers are given, into seen: of a reranker by a text with one question, since rounding takes
 * time by the token, 4 s for those of the default model's size on one core.
 */
static int collect(struct encoder *enc, struct buf *seen, float *out, struct err *e)
{
	struct encoder_text t[N_TEXTS], q[N_TEXTS];
	enc->seen = seen;
	if (!is_reranker(enc))
		return embed(enc, out, e);
	for (size_t i = 0; i < N_TEXTS; i++) {
		t[i] = text_at(i);
		q[i] = text_at(questions[i % N_QUESTIONS]);
	}
	struct encoder_batch b = {t, N_TEXTS, ENCODER_RAW, out, NULL, q};
	int r = encoder_embed(enc, NULL, &b, e);
	enc->seen = NULL;
	return r ? r : embed(enc, out, e);
}

static double cosine(const float *a, const float *b, size_t dim)
{
	double ab = 0, aa = 0, bb = 0;
	for (size_t d = 0; d < dim; d++) {
		ab += (double)a[d] * b[d];
		aa += (double)a[d] * a[d];
		bb += (double)b[d] * b[d];
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* How far b has the order of the scores a; both (N_TEXTS). */
static double same_order(const float *a, const float *b)
{
	double same = 0, all = 0;
	for (size_t i = 0; i < N_TEXTS; i++)
		for (size_t k = 0; k < i; k++) {
			double d = (double)a[i] - (double)a[k], w = fabs(d);
			all += w;
			same += (d > 0) == (b[i] > b[k]) ? w : 0;
		}
	return all > 0 ? same / all : 1;
}

static void compare_scores(struct encoder *enc, const float *a, const float *b)
{
	double sum = 0, min = 1;
	for (size_t i = 0; i < N_QUESTIONS; i++) {
		double s = same_order(a + i * N_TEXTS, b + i * N_TEXTS);
		sum += s;
		min = s < min ? s : min;
	}
	enc->w.cos_mean = sum / N_QUESTIONS;
	enc->w.cos_min = min;
}

static void compare(struct encoder *enc, const float *a, const float *b)
{
	size_t dim = enc->info.dim;
	double sum = 0, min = 1;
	for (size_t i = 0; i < N_TEXTS; i++) {
		double c = cosine(a + i * dim, b + i * dim, dim);
		sum += c;
		min = c < min ? c : min;
	}
	enc->w.cos_mean = sum / N_TEXTS;
	enc->w.cos_min = min;
}

/*
 * A level that nearly all machines of an architecture have: what is seen, and so the weights, come
 * out the same on them.
 */
static int common_level(enum simd *s, struct err *e)
{
	if (simd_pick(s, e))
		return -1;
	while (*s != SIMD_AVX2 && *s != SIMD_NEON && *s != SIMD_BLAS && *s != SIMD_SCALAR)
		*s = simd_below(*s);
	return 0;
}

int encoder_probe_fp32(struct encoder_probe *p, const char *model_dir, struct err *e)
{
	struct encoder_opts o = {.model_dir = model_dir, .precision = PRECISION_FP32};
	struct encoder *enc;
	enum simd s;
	if (common_level(&s, e) || encoder_open_at(&o, s, &enc, e))
		return -1;
	p->truth = mem_array(n_floats(enc), sizeof *p->truth);
	p->n_seen = enc->info.n_layers * LAYER_INPUTS;
	p->seen = mem_calloc(p->n_seen, sizeof *p->seen);
	int r = collect(enc, p->seen, p->truth, e);
	encoder_free(enc);
	return r;
}

int encoder_probe_compare(const struct encoder_probe *p, struct encoder *enc, struct err *e)
{
	float *v = mem_array(n_floats(enc), sizeof *v);
	int r = embed(enc, v, e);
	if (!r && is_reranker(enc))
		compare_scores(enc, p->truth, v);
	else if (!r)
		compare(enc, p->truth, v);
	mem_free(v);
	return r;
}

void encoder_probe_release(struct encoder_probe *p)
{
	mem_free(p->truth);
	for (size_t i = 0; i < p->n_seen; i++)
		buf_release(&p->seen[i]);
	mem_free(p->seen);
	*p = (struct encoder_probe){0};
}
