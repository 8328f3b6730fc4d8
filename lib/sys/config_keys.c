/* The table of keys; see config_keys.h. Aliases follow the key they name. */
#include "sys/config_keys.h"

#define WORDS(...) (const char *const[]){__VA_ARGS__, NULL}

const struct config_key config_keys[] = {
	{.path = "backend", .type = CONFIG_WORD, .words = WORDS("hnsw", "diskann", "auto"),
	 .def = "auto", .env = "LEANN_BACKEND"},
	{.path = "complexity", .type = CONFIG_WORD, .words = WORDS("low", "medium", "high"),
	 .def = "medium", .env = "LEANN_COMPLEXITY"},

	{.path = "anchorSelection.type", .type = CONFIG_WORD,
	 .words = WORDS("random", "kmeans", "max-coverage", "stratified-kmeans"), .def = "kmeans",
	 .env = "LEANN_ANCHOR_TYPE"},
	{.path = "anchorSelection.count", .type = CONFIG_INT, .min = 1, .max = 32768,
	 .may_auto = true, .def = "auto", .env = "LEANN_ANCHOR_COUNT"},
	{.path = "anchorSelection.clusters", .type = CONFIG_INT, .min = 1, .max = 32768,
	 .may_auto = true, .same_as = "anchorSelection.count"},
	{.path = "anchorSelection.totalClusters", .type = CONFIG_INT, .min = 1, .max = 32768,
	 .may_auto = true, .same_as = "anchorSelection.count"},
	{.path = "anchorSelection.samples", .type = CONFIG_INT, .min = 1, .max = 16777216,
	 .may_auto = true, .def = "auto", .env = "LEANN_ANCHOR_SAMPLES"},
	{.path = "anchorSelection.diversityThreshold", .type = CONFIG_REAL, .min = 0, .max = 1,
	 .def = "0", .env = "LEANN_ANCHOR_DIVERSITY_THRESHOLD"},
	{.path = "anchorSelection.stratification.enabled", .type = CONFIG_BOOL, .def = "false",
	 .env = "LEANN_ANCHOR_STRATIFY"},
	{.path = "anchorSelection.stratification.groupBy", .type = CONFIG_WORD,
	 .words = WORDS("language"), .def = "language", .env = "LEANN_ANCHOR_GROUP_BY"},
	{.path = "anchorSelection.stratification.minPerGroup", .type = CONFIG_INT, .max = 32768,
	 .def = "1", .env = "LEANN_ANCHOR_MIN_PER_GROUP"},
	{.path = "anchorSelection.stratification.allocation", .type = CONFIG_WORD,
	 .words = WORDS("proportional", "equal"), .def = "proportional",
	 .env = "LEANN_ANCHOR_ALLOCATION"},

	{.path = "quantization.subVectors", .type = CONFIG_INT, .min = 1, .max = 8192,
	 .may_auto = true, .def = "auto", .env = "LEANN_PQ_SUB_VECTORS"},
	{.path = "quantization.codebookSize", .type = CONFIG_INT, .min = 1, .max = 256,
	 .may_auto = true, .def = "auto", .env = "LEANN_PQ_CODEBOOK_SIZE"},
	{.path = "quantization.trainingSamples", .type = CONFIG_INT, .min = 1, .max = 16777216,
	 .may_auto = true, .def = "auto", .env = "LEANN_PQ_TRAINING_SAMPLES"},

	{.path = "embeddingServer.endpoint", .type = CONFIG_STR, .may_auto = true, .def = "auto",
	 .env = "LEANN_ENDPOINT"},
	{.path = "embeddingServer.model", .type = CONFIG_STR, .may_auto = true, .def = "auto",
	 .env = "LEANN_MODEL"},
	{.path = "embeddingServer.batchSize", .type = CONFIG_INT, .min = 1, .max = 4096,
	 .may_auto = true, .def = "auto", .env = "LEANN_BATCH_SIZE"},
	{.path = "embeddingServer.timeout", .type = CONFIG_REAL, .min = .01, .max = 86400,
	 .def = "60", .env = "LEANN_TIMEOUT"},

	{.path = "incremental.enabled", .type = CONFIG_BOOL, .def = "true",
	 .env = "LEANN_INCREMENTAL"},
	{.path = "incremental.deltaIndexThreshold", .type = CONFIG_INT, .min = 1, .max = 4294967295.,
	 .def = "10000", .env = "LEANN_DELTA_INDEX_THRESHOLD"},
	{.path = "incremental.autoRebuild", .type = CONFIG_BOOL, .def = "false",
	 .env = "LEANN_AUTO_REBUILD"},

	{.path = "hnsw.M", .type = CONFIG_INT, .min = 2, .max = 512, .may_auto = true,
	 .def = "auto", .env = "LEANN_HNSW_M"},
	{.path = "hnsw.efConstruction", .type = CONFIG_INT, .min = 2, .max = 100000,
	 .may_auto = true, .def = "auto", .env = "LEANN_HNSW_EF_CONSTRUCTION"},
	{.path = "hnsw.efSearch", .type = CONFIG_INT, .min = 1, .max = 1000000, .may_auto = true,
	 .def = "auto", .env = "LEANN_HNSW_EF_SEARCH"},

	{.path = "filters.languages", .type = CONFIG_LIST, .def = "", .env = "LEANN_LANGUAGES"},
	{.path = "filters.excludePaths", .type = CONFIG_LIST, .def = "",
	 .env = "LEANN_EXCLUDE_PATHS"},
};
const size_t config_n_keys = sizeof config_keys / sizeof *config_keys;
