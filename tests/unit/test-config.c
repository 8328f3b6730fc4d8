/* Settings: every key, every way to be wrong, who wins. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/config.h"
#include "sys/config_keys.h"
#include "unit.h"

static char dir[] = "/tmp/leann-config-XXXXXX";
static char path[64];

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

/* Load text on a fresh config; *c is initialised in any case. */
static int load(struct config *c, const char *text, struct err *e)
{
	config_init(c);
	write_file(text);
	return config_finish(c, path, e);
}

/* text must be refused with a message that holds want. */
static void refused(const char *text, const char *want)
{
	struct config c;
	struct err e = {0};
	int r = load(&c, text, &e);
	bool good = r == -1 && e.code == ERR_DATA && strstr(e.msg, want);
	ok(good, "refused: %s", want);
	if (!good)
		printf("# %s gave %d \"%s\"\n", text, r, e.msg);
	config_release(&c);
}

static void test_defaults(void)
{
	struct config c;
	config_init(&c);
	ok(strcmp(config_str(&c, "backend"), "auto") == 0, "backend is auto by default");
	ok(config_int(&c, "hnsw.M") == 0 && !config_is_set(&c, "hnsw.M"), "hnsw.M is left to the program by default");
	ok(config_real(&c, "embeddingServer.timeout") == 60, "the server has 60 seconds by default");
	ok(config_str(&c, "embeddingServer.endpoint") == NULL, "no endpoint by default");
	config_release(&c);
	config_release(&c);
	ok(true, "releasing twice is safe");
}

static void test_whole_file(void)
{
	struct config c;
	struct err e = {0};
	size_t n;
	int r = load(&c, "{\"backend\":\"hnsw\",\"complexity\":\"high\","
		"\"anchorSelection\":{\"type\":\"kmeans\",\"clusters\":64,\"samples\":1000,"
		"\"diversityThreshold\":0.25,\"totalClusters\":64,\"stratification\":{\"enabled\":true,"
		"\"groupBy\":\"language\",\"minPerGroup\":2,\"allocation\":\"equal\"}},"
		"\"quantization\":{\"subVectors\":48,\"codebookSize\":256,\"codeBits\":4,\"codebook\":\"train\",\"trainingSamples\":10000},"
		"\"embeddingServer\":{\"endpoint\":\"tcp://127.0.0.1:5555\",\"model\":\"x\",\"precision\":\"int8\",\"batchSize\":32,\"timeout\":30},"
		"\"reranker\":{\"model\":\"y\",\"endpoint\":\"tcp://127.0.0.1:5556\",\"depth\":30},"
		"\"incremental\":{\"enabled\":false,\"deltaIndexThreshold\":500,\"autoRebuild\":true},"
		"\"hnsw\":{\"M\":32,\"efConstruction\":200,\"efSearch\":100},"
		"\"filters\":{\"languages\":[\"c\",\"python\"],\"excludePaths\":[\"a,b/**\"]}}", &e);
	ok(r == 0, "a file with every key is read");
	if (r)
		printf("# %s\n", e.msg);
	ok(config_int(&c, "anchorSelection.count") == 64 && config_int(&c, "anchorSelection.clusters") == 64,
	   "clusters and totalClusters are other names of count");
	ok(strcmp(config_anchor_type(&c), "stratified-kmeans") == 0, "kmeans with stratification is stratified-kmeans");
	ok(config_real(&c, "anchorSelection.diversityThreshold") == .25, "a number is read");
	ok(config_bool(&c, "incremental.autoRebuild") && !config_bool(&c, "incremental.enabled"), "booleans are read");
	ok(strcmp(config_str(&c, "embeddingServer.endpoint"), "tcp://127.0.0.1:5555") == 0, "a string is read");
	char **l = config_list(&c, "filters.excludePaths", &n);
	ok(n == 1 && strcmp(l[0], "a,b/**") == 0, "a list item of a file may hold a comma");
	for (size_t i = 0; i < config_n_keys; i++)
		if (!config_is_set(&c, config_keys[i].path))
			ok(false, "%s counts as set", config_keys[i].path);
	config_release(&c);
	ok(load(&c, "{\"hnsw\":{\"M\":\"auto\"}}", &e) == 0 && config_int(&c, "hnsw.M") == 0 &&
	   config_is_set(&c, "hnsw.M"), "auto can be said in a file");
	config_release(&c);
}

static void test_refusals(void)
{
	char want[200];
	snprintf(want, sizeof want, "%s: anchorSelection.type: \"foo\": want random, kmeans, "
		 "max-coverage or stratified-kmeans", path);
	refused("{\"anchorSelection\":{\"type\":\"foo\"}}", want);
	snprintf(want, sizeof want, "%s: hnsw.m: unknown key; hnsw has M, efConstruction, efSearch", path);
	refused("{\"hnsw\":{\"m\":3}}", want);
	refused("{\"quantisation\":{}}", "quantisation: unknown key; a configuration has backend, complexity, "
		"anchorSelection, quantization, embeddingServer, reranker, incremental, hnsw, filters");
	refused("{\"hnsw.M\":3}", "hnsw.M: unknown key");
	refused("{\"\":3}", "unknown key");
	refused("{\"hnsw\":3}", "hnsw: an integer: want an object");
	refused("{\"hnsw\":{\"M\":{\"M\":3}}}", "hnsw.M: {\"M\":3}: want a whole number");
	refused("{\"hnsw\":{\"M\":1}}", "hnsw.M: 1: want a whole number from 2 to 512, or \"auto\"");
	refused("{\"hnsw\":{\"M\":513}}", "hnsw.M: 513: want a whole number from 2 to 512");
	refused("{\"hnsw\":{\"M\":32.0}}", "hnsw.M: 32.0: want a whole number");
	refused("{\"hnsw\":{\"M\":\"32\"}}", "hnsw.M: \"32\": want a whole number");
	refused("{\"hnsw\":{\"M\":null}}", "hnsw.M: null: want a whole number");
	refused("{\"hnsw\":{\"M\":9223372036854775808}}", "too big integer");
	refused("{\"hnsw\":{\"efSearch\":-5}}", "hnsw.efSearch: -5: want");
	refused("{\"complexity\":3}", "complexity: 3: want low, medium or high");
	refused("{\"complexity\":\"auto\"}", "complexity: \"auto\": want low, medium or high");
	refused("{\"complexity\":\"low\\u0000\"}", "complexity: ");
	refused("{\"anchorSelection\":{\"diversityThreshold\":1.5}}", "diversityThreshold: 1.5: want a number from 0 to 1");
	refused("{\"anchorSelection\":{\"diversityThreshold\":\"0\"}}", "diversityThreshold: \"0\": want a number");
	refused("{\"incremental\":{\"enabled\":1}}", "incremental.enabled: 1: want true or false");
	refused("{\"incremental\":{\"enabled\":\"true\"}}", "want true or false");
	refused("{\"filters\":{\"languages\":\"c\"}}", "filters.languages: \"c\": want a list of strings");
	refused("{\"filters\":{\"languages\":[\"c\",\"\"]}}", "want a list of strings that are not empty");
	refused("{\"filters\":{\"languages\":[1]}}", "filters.languages: [1]: want a list");
	refused("{\"embeddingServer\":{\"endpoint\":\"\"}}", "endpoint: \"\": want a string that is not empty");
	refused("{\"anchorSelection\":{\"count\":64,\"clusters\":65}}", "anchorSelection.clusters: another value");
	refused("{\"hnsw\":{\"M\":3,\"M\":3}}", "duplicate");
	refused("[]", "an array: want an object");
	refused("{\"hnsw\":{}}x", "line 1");
	refused("", "line 1");
	refused("{\"anchorSelection\":{\"type\":\"random\",\"stratification\":{\"enabled\":true}}}",
		"groups go with kmeans or stratified-kmeans only");
	refused("{\"anchorSelection\":{\"type\":\"stratified-kmeans\",\"stratification\":{\"enabled\":false}}}",
		"take kmeans, or leave this key out");
}

/* Every prefix of a good file is refused, and leaks nothing. */
static void test_cut(void)
{
	static const char text[] = "{\"backend\":\"hnsw\",\"filters\":{\"languages\":[\"c\",\"d\"]},\"hnsw\":{\"M\":32}}";
	struct config c;
	struct err e;
	size_t n_bad = 0;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		char *cut = mem_strndup(text, i);
		n_bad += load(&c, cut, &e) != 0;
		config_release(&c);
		mem_free(cut);
	}
	ok(n_bad == sizeof text - 1, "a file cut anywhere is refused");
}

static void test_precedence(void)
{
	struct config c;
	struct err e = {0};
	struct buf b = BUF_INIT;
	setenv("LEANN_HNSW_M", "24", 1);
	setenv("LEANN_HNSW_EF_SEARCH", "70", 1);
	setenv("LEANN_LANGUAGES", "c,python", 1);
	config_init(&c);
	ok(config_set(&c, "hnsw.efSearch", "80", CONFIG_FLAG, &e) == 0, "a flag is taken before the file is read");
	write_file("{\"hnsw\":{\"M\":32,\"efConstruction\":99,\"efSearch\":60}}");
	ok(config_finish(&c, path, &e) == 0, "file and environment are read under the flags");
	ok(config_int(&c, "hnsw.M") == 24, "the environment wins over the file");
	ok(config_int(&c, "hnsw.efSearch") == 80, "a flag wins over the environment");
	ok(config_int(&c, "hnsw.efConstruction") == 99, "the file wins over the default");
	config_show(&c, &b);
	ok(strstr((char *)b.p, "hnsw.M = 24  (environment LEANN_HNSW_M)\n") &&
	   strstr((char *)b.p, "hnsw.efSearch = 80  (flag)\n") &&
	   strstr((char *)b.p, "filters.languages = c,python  (environment LEANN_LANGUAGES)\n") &&
	   strstr((char *)b.p, "complexity = medium  (default)\n") &&
	   strstr((char *)b.p, "quantization.subVectors = auto  (default)\n"),
	   "show says where each value came from");
	char *line = mem_printf("hnsw.efConstruction = 99  (file %s)\n", path);
	ok(strstr((char *)b.p, line), "show names the file");
	mem_free(line);
	buf_release(&b);
	config_release(&c);
	setenv("LEANN_HNSW_M", "many", 1);
	config_init(&c);
	ok(config_env(&c, &e) && strcmp(e.msg, "LEANN_HNSW_M: hnsw.M: many: want a whole number from "
	   "2 to 512, or \"auto\"") == 0, "a wrong variable is named");
	config_release(&c);
	unsetenv("LEANN_HNSW_M");
	unsetenv("LEANN_HNSW_EF_SEARCH");
	unsetenv("LEANN_LANGUAGES");
	setenv("LEANN_CONFIG", "/nonexistent/leann.config.json", 1);
	config_init(&c);
	ok(config_finish(&c, NULL, &e) && strstr(e.msg, "/nonexistent/leann.config.json"),
	   "LEANN_CONFIG names the file when no flag does");
	ok(config_finish(&c, path, &e) == 0, "a named file wins over LEANN_CONFIG");
	config_release(&c);
	unsetenv("LEANN_CONFIG");
}

static void test_text(void)
{
	static const char *const bad[][2] = {
		{"hnsw.M", ""}, {"hnsw.M", " 3"}, {"hnsw.M", "3 "}, {"hnsw.M", "0x10"}, {"hnsw.M", "+3"},
		{"hnsw.M", "99999999999999999999"}, {"embeddingServer.timeout", "nan"},
		{"embeddingServer.timeout", "inf"}, {"embeddingServer.timeout", "0"},
		{"embeddingServer.timeout", ""}, {"incremental.enabled", "yes"}, {"filters.languages", "c,"},
		{"filters.languages", ",c"}, {"no.such", "1"}, {"hnsw", "1"}, {"embeddingServer.model", ""},
	};
	struct config c;
	struct err e;
	config_init(&c);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(config_set(&c, bad[i][0], bad[i][1], CONFIG_FLAG, &e) == -1,
		   "%s cannot be \"%s\"", bad[i][0], bad[i][1]);
	ok(config_set(&c, "filters.languages", "", CONFIG_FLAG, &e) == 0, "a list may be empty");
	ok(config_set(&c, "anchorSelection.clusters", "5", CONFIG_FLAG, &e) == 0 &&
	   config_set(&c, "anchorSelection.count", "6", CONFIG_FLAG, &e) == 0 &&
	   config_int(&c, "anchorSelection.count") == 6, "the later flag wins");
	config_release(&c);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/leann.config.json", dir);
	for (size_t i = 0; i < config_n_keys; i++)
		if (config_keys[i].env)
			unsetenv(config_keys[i].env);
	unsetenv("LEANN_CONFIG");
	test_defaults();
	test_whole_file();
	test_refusals();
	test_cut();
	test_precedence();
	test_text();
	unlink(path);
	rmdir(dir);
	return done();
}
