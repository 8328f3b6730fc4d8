# leann: one Makefile, nothing recursive. `make help` lists the targets.
#
# CC, CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, PKG_CONFIG, PREFIX, LIBDIR, DESTDIR and BUILD
# (where everything made goes) may be given; SAN=1 builds with ASan and UBSan.

CC ?= cc
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/leann
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
OBJCOPY ?= objcopy
INSTALL ?= install
BUILD ?= build
DIST ?= dist
CFLAGS ?= -O2 -g
PKGS := libzmq msgpack openblas libarchive jansson libutf8proc libzstd libxxhash
# Of one program alone.
XML_PKG := libxml-2.0
HTTP_PKG := libmicrohttpd
CURL_PKG := libcurl
SQLITE_PKG := sqlite3

WARN := -Wall -Wextra -Wshadow -Wvla
ifneq ($(WERROR),)
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now
ifeq ($(SAN),1)
HARDEN += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HARDEN_LD += -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif
# The list of goals that need no libraries, so that they work before install-deps ran.
NO_PKGS := clean help demo deps check check-arm uninstall install-deps
ifneq ($(filter-out $(NO_PKGS),$(or $(MAKECMDGOALS),all)),)
PKG_MISSING := $(shell for p in $(PKGS) $(XML_PKG) $(HTTP_PKG) $(CURL_PKG) $(SQLITE_PKG); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done)
ifneq ($(PKG_MISSING),)
$(error missing libraries: $(PKG_MISSING): run scripts/install-deps, or install their -dev packages)
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS))
XML_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(XML_PKG))
XML_LIBS := $(shell $(PKG_CONFIG) --libs $(XML_PKG))
HTTP_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(HTTP_PKG))
HTTP_LIBS := $(shell $(PKG_CONFIG) --libs $(HTTP_PKG))
CURL_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(CURL_PKG))
CURL_LIBS := $(shell $(PKG_CONFIG) --libs $(CURL_PKG))
SQLITE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(SQLITE_PKG))
SQLITE_LIBS := $(shell $(PKG_CONFIG) --libs $(SQLITE_PKG))
endif

# Short lines for people, whole commands with V=1.
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @echo
endif

ALL_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(CFLAGS) -pthread
ALL_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -Ilib $(PKG_CFLAGS) $(CPPFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) -Wl,--as-needed -pthread $(LDFLAGS)
ALL_LDLIBS = $(PKG_LIBS) $(LDLIBS) -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libleann.a
# What others link: lib/leann.h, with lib/search and what that calls behind it, all else hidden.
# The programs link $(LIB). Compatible versions share the number after .so.
LEANN_VERSION := $(shell sed -n 's/.*LEANN_VERSION "\(.*\)"/\1/p' lib/base/opts.h)
SONAME := libleann.so.0
API := $(BUILD)/api
API_FILES := $(API)/libleann.so.$(LEANN_VERSION) $(API)/libleann.a
PIC_SRC := $(filter-out lib/sys/http_client.c lib/nn/encoder% lib/nn/safetensors% lib/nn/tensor% lib/nn/model.c lib/vec/linear% lib/vec/attention%,$(LIB_SRC))
PIC_OBJ := $(PIC_SRC:%.c=$(BUILD)/pic/%.o)
TOOLS := $(sort $(notdir $(patsubst %/,%,$(wildcard cmd/*/))))
TOOL_SRC := $(sort $(wildcard cmd/*/*.c))
TOOL_BIN := $(TOOLS:%=$(BUILD)/bin/%)
# Other names of a program, which tell it something.
ALIASES := leann-from-npy leann-from-fvecs leann-from-faiss
ALIAS_BIN := $(ALIASES:%=$(BUILD)/bin/%)
SCRIPTS := $(filter-out %.1 %.7,$(sort $(wildcard scripts/leann scripts/leann-*)))
# Run by scripts, as they run programs.
PYTHON_FILES := scripts/chroma.py scripts/compare.py
SCRIPT_BIN := $(SCRIPTS:scripts/%=$(BUILD)/bin/%)
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/unit/%)
TTOOL_SRC := $(sort $(wildcard tests/tools/*.c))
TTOOL_BIN := $(TTOOL_SRC:tests/tools/%.c=$(BUILD)/tests/tools/%)
FAULT_SO := $(BUILD)/tests/leann-fault.so
MAN := $(sort $(wildcard cmd/*/*.1 lib/*/*.5 lib/*/*.7 lib/*.3 scripts/*.1 scripts/*.7))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all lib python-wheel help check check-faults soak fuzz fuzz-build lint man bench bench-encoder bench-quality bench-functions bench-context bench-codes bench-search bench-rivals bench-backend bench-churn bench-serve bench-official replay shipped-codebook page-shots install uninstall clean demo deps tests check-arm

all: $(TOOL_BIN) $(ALIAS_BIN) $(SCRIPT_BIN)

help:
	@echo 'make             build the tools into $(BUILD)/bin'
	@echo 'make demo        install what is missing, build, fetch the model, index a folder, answer questions'
	@echo 'make lib         build libleann, shared and static, into $(BUILD)/api: leann(3)'
	@echo 'make python-wheel   the package for Python with library and programs, into $(DIST)'
	@echo 'make check       build and run every test; closes with "N passed, N failed"'
	@echo 'make check-faults   crashes, kills, errors, damage: the whole matrix of tests/faults, about 20 minutes'
	@echo 'make soak HOURS=n   the same with other seeds, again and again'
	@echo 'make replay N=60   an index follows 60 commits of this history, and answers as a fresh one'
	@echo 'make fuzz        build the fuzz targets with clang, run each for SECONDS=60'
	@echo 'make lint        layers, banned functions, man pages, shellcheck'
	@echo 'make page-shots  screenshots of the page of leann-serve into SHOTS=page-shots, in a headless Chromium'
	@echo 'make man         check the man pages with mandoc'
	@echo 'make bench       measure; prints tables, changes nothing'
	@echo 'make bench-encoder   the encoder beside ONNX Runtime and PyTorch, where scripts/bench-setup put them'
	@echo 'make bench-quality   rankings and sizes beside exact search and BM25 (SETS, DATA, UNION)'
	@echo 'make bench-churn     recall and bytes after rounds of updates and a rebuild (SET, DATA, N, ROUNDS)'
	@echo 'make bench-serve     leann-serve under load, and beside leann-search (TREE, CLIENTS, S)'
	@echo 'make bench-official  the Python LEANN with its own embedding server and with ours, where it is (N, SET, DATA)'
	@echo 'make bench-codes     recall and bytes of 8-bit, 4-bit and residual codes (SETS, DATA, WIDE)'
	@echo 'make bench-functions functions of real sources that are whole in one passage (TREES)'
	@echo 'make bench-context   retrieval with paths, headings and symbols before texts (SETS, DATA)'
	@echo 'make bench-search    build and search N=100000 synthetic vectors: times, memory, bytes'
	@echo 'make bench-rivals    vector stores beside ours, where scripts/bench-setup --stores put them'
	@echo 'make bench-backend   leann backend compare over N=10000 documents: leann, Chroma, exact search (DATA)'
	@echo 'make check-arm   cross-compile for aarch64 (needs aarch64-linux-gnu-gcc); run tests of kernels under qemu-user'
	@echo 'make shipped-codebook   fetch the sources of models/codebook-sources (into DIR=), train the codebook anew'
	@echo 'make install     into $$(DESTDIR)$$(PREFIX), default /usr/local; make uninstall'
	@echo 'make clean       remove $(BUILD)'

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(say) '  CC  $<'
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Its assembler takes in the file.
$(BUILD)/lib/base/shipped.o: models/all-MiniLM-L6-v2.codebook

$(BUILD)/cmd/leann-serve/files.o: cmd/leann-serve/openapi.json cmd/leann-serve/page.html

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(say) '  AR  $@'
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

# The library for others: position-independent, and one object, so that the names inside it meet
# none of the program's.
PIC_CFLAGS = $(filter-out -fPIE,$(ALL_CFLAGS)) -fPIC -fvisibility=hidden -fno-lto
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(say) '  CC  $< (PIC)'
	$(Q)$(CC) $(ALL_CPPFLAGS) $(PIC_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/pic/lib/base/shipped.o: models/all-MiniLM-L6-v2.codebook

$(BUILD)/pic/parts.a: $(filter-out $(BUILD)/pic/lib/search/%,$(PIC_OBJ))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(API)/leann.o: $(filter $(BUILD)/pic/lib/search/%,$(PIC_OBJ)) $(BUILD)/pic/parts.a
	@mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib -o $@ $^
	$(Q)$(OBJCOPY) --localize-hidden $@

$(API)/libleann.a: $(API)/leann.o
	@rm -f $@
	$(say) '  AR  $@'
	$(Q)$(AR) rcs $@ $<

$(API)/libleann.so.$(LEANN_VERSION): $(API)/leann.o
	$(say) '  LD  $@'
	$(Q)$(CC) $(filter-out -pie,$(ALL_LDFLAGS)) $(if $(filter 1,$(SAN)),,-Wl,-z,defs) -shared \
		-Wl,-soname,$(SONAME) -o $@ $< $(ALL_LDLIBS)
	$(Q)ln -sf $(@F) $(API)/$(SONAME)
	$(Q)ln -sf $(SONAME) $(API)/libleann.so

# Installed, not built, since it holds PREFIX. The libraries below ours are named one by one, not
# as packages, of which a static link would want all that they themselves were built with.
PC_LINES = 'prefix=$(PREFIX)' 'libdir=$(LIBDIR:$(PREFIX)/%=$${prefix}/%)' \
	'includedir=$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)' '' 'Name: leann' \
	'Description: semantic search over an index of leann' 'Version: $(LEANN_VERSION)' \
	'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lleann' \
	'Libs.private: $(strip -pthread $(ALL_LDLIBS))'

lib: $(API_FILES)

# One program a folder of cmd/: all its .c files.
define tool_rule
$(2)/$(1): $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cmd/$(1)/*.c))) $(LIB)
	@mkdir -p $$(@D)
	$$(say) '  LD  $$@'
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(ALL_LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t),$(BUILD)/bin)))

# For Python: libleann, programs and scripts as `make install` lays them out, which find the libraries
# that go with them. DT_RPATH, unlike DT_RUNPATH, counts for libraries of libraries. Programs with TLS
# stay out: that library and the certificates had better be the machine's.
WHEEL := $(BUILD)/wheel
WHEEL_TOOLS := $(filter-out leann-ask leann-serve leann-embed-gateway,$(TOOLS))
WHEEL_RPATH = -Wl,--disable-new-dtags,-rpath,
$(foreach t,$(WHEEL_TOOLS),$(eval $(call tool_rule,$(t),$(WHEEL)/bin)))
$(WHEEL)/bin/%: ALL_LDFLAGS += $(WHEEL_RPATH)'$$ORIGIN/../lib:$$ORIGIN/../lib/cxx'

$(WHEEL)/lib/$(SONAME): $(API)/leann.o
	@mkdir -p $(@D)
	$(say) '  LD  $@'
	$(Q)$(CC) $(filter-out -pie,$(ALL_LDFLAGS)) $(WHEEL_RPATH)'$$ORIGIN' -Wl,-z,defs -shared \
		-Wl,-soname,$(SONAME) -o $@ $< $(ALL_LDLIBS)

python-wheel: $(WHEEL_TOOLS:%=$(WHEEL)/bin/%) $(WHEEL)/lib/$(SONAME)
	@rm -rf $(WHEEL)/tree
	@mkdir -p $(WHEEL)/tree/bin $(WHEEL)/tree/lib $(WHEEL)/tree/share/leann/models
	$(Q)cp -p $(WHEEL_TOOLS:%=$(WHEEL)/bin/%) $(SCRIPTS) $(WHEEL)/tree/bin
	$(Q)cp -p $(WHEEL)/lib/$(SONAME) $(WHEEL)/tree/lib
	$(Q)cp -p models/*.lock $(WHEEL)/tree/share/leann/models
	$(Q)python3 bindings/python/make_wheel.py --version $(LEANN_VERSION) --tree $(WHEEL)/tree --out $(DIST) $(WHEEL_ARGS)

$(BUILD)/cmd/leann-extract/xml.o: ALL_CPPFLAGS += $(XML_CFLAGS)
$(BUILD)/bin/leann-extract $(WHEEL)/bin/leann-extract: ALL_LDLIBS += $(XML_LIBS)
$(BUILD)/cmd/leann-serve/http.o: ALL_CPPFLAGS += $(HTTP_CFLAGS)
$(BUILD)/bin/leann-serve: ALL_LDLIBS += $(HTTP_LIBS)
$(BUILD)/lib/sys/http_client.o: ALL_CPPFLAGS += $(CURL_CFLAGS)
$(BUILD)/bin/leann-ask $(BUILD)/bin/leann-embed-gateway: ALL_LDLIBS += $(CURL_LIBS)
$(BUILD)/cmd/leann-from-chroma/db.o: ALL_CPPFLAGS += $(SQLITE_CFLAGS)
$(BUILD)/bin/leann-from-chroma $(WHEEL)/bin/leann-from-chroma: ALL_LDLIBS += $(SQLITE_LIBS)

$(ALIAS_BIN): $(BUILD)/bin/leann-from-vectors
	$(Q)ln -sf $(<F) $@

$(SCRIPT_BIN): $(BUILD)/bin/%: scripts/%
	@mkdir -p $(@D)
	$(Q)ln -sf $(abspath $<) $@

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIB)
	@mkdir -p $(@D)
	$(say) '  LD  $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

# Faults on demand, for LD_PRELOAD: it takes the place of libc's functions, so without hardening.
$(FAULT_SO): tests/shim/leann-fault.c
	@mkdir -p $(@D)
	$(say) '  LD  $@'
	$(Q)$(CC) -std=gnu11 $(WARN) -Wno-attributes -O1 -g -fPIC -shared -o $@ $< -ldl

# The steps of a search that it times.
$(BUILD)/tests/tools/leann-search-bench: ALL_LDFLAGS += -Wl,--wrap=embed_texts,--wrap=peek_text \
	-Wl,--wrap=source_passage,--wrap=spread_front,--wrap=spread_cut

tests: all lib $(UNIT_BIN) $(TTOOL_BIN) $(FAULT_SO)

check:
	@BUILD=$(BUILD) tests/run $(CHECK_ARGS)

check-faults: all tests
	+@$(MAKE) --no-print-directory SAN=1 BUILD=build-san build-san/tests/tools/resign
	@BUILD=$(BUILD) tests/faults/run
	@BUILD=$(BUILD) tests/faults/migrate

# An index that follows N commits of this history answers as a fresh one does.
N ?= 60
replay: all
	@BUILD=$(BUILD) tests/replay $(N)

# Every decoder under libFuzzer, SECONDS each; what it finds new is kept in $(FUZZ)/corpus.
FUZZ ?= build-fuzz
SECONDS ?= 60
FUZZ_TARGETS ?= index stream request reply safetensors tokenizer model chunker config ignore jsonl line \
	registry lock journal meta filter mail copies mcp faces sse vectors hnsw records
fuzz-build:
	+@$(MAKE) --no-print-directory CC=clang SAN=1 BUILD=$(FUZZ) CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' $(FUZZ)/libleann.a
	@mkdir -p $(FUZZ)/tests
	$(say) '  LD  $(FUZZ)/tests/fuzz'
	$(Q)clang $(ALL_CPPFLAGS) -DLEANN_FUZZ -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -o $(FUZZ)/tests/fuzz tests/tools/fuzz-replay.c $(FUZZ)/libleann.a $(ALL_LDLIBS) -pthread
fuzz: fuzz-build
	@for t in $(FUZZ_TARGETS); do mkdir -p $(FUZZ)/corpus/$$t tests/fuzz/corpus/$$t; \
		FUZZ_TARGET=$$t $(FUZZ)/tests/fuzz -max_total_time=$(SECONDS) -timeout=5 -rss_limit_mb=1024 -max_len=20000 \
		-print_final_stats=1 -artifact_prefix=$(FUZZ)/$$t- $(FUZZ)/corpus/$$t tests/fuzz/corpus/$$t \
		>$(FUZZ)/$$t.log 2>&1 || { tail -n 40 $(FUZZ)/$$t.log; exit 1; }; \
		printf '%-12s ' $$t; grep -o 'number_of_executed_units: .*' $(FUZZ)/$$t.log; done

HOURS ?= 8
soak: all tests
	+@$(MAKE) --no-print-directory SAN=1 BUILD=build-san build-san/tests/tools/resign
	@seed=$$(date +%s); end=$$(awk "BEGIN {printf \"%d\", $$seed + $(HOURS) * 3600}"); \
	while [ $$(date +%s) -lt $$end ]; do \
		echo "seed $$seed"; BUILD=$(BUILD) SEED=$$seed UNTIL=$$end tests/faults/run || exit 1; seed=$$((seed + 1)); \
	done

SHOTS ?= page-shots
page-shots: all
	@PAGE_SHOTS='$(abspath $(SHOTS))' bats --filter screenshots tests/bats/59-page.bats
	@ls '$(abspath $(SHOTS))'

lint:
	@scripts/lint

man:
	@scripts/lint man

bench: all
	@BUILD=$(BUILD) tests/bench

bench-encoder: all tests
	@BUILD=$(BUILD) tests/bench-encoder

bench-quality: all
	@BUILD=$(BUILD) tests/bench-quality

bench-functions: all
	@BUILD=$(BUILD) tests/bench-functions

bench-context: all
	@BUILD=$(BUILD) tests/bench-context

bench-codes: all
	@BUILD=$(BUILD) tests/bench-codes

bench-serve: all
	@BUILD=$(BUILD) tests/bench-serve

bench-official: all
	@BUILD=$(BUILD) tests/bench-official

bench-churn: all
	@BUILD=$(BUILD) tests/bench-churn

bench-search: all $(BUILD)/tests/tools/leann-search-bench
	@BUILD=$(BUILD) tests/bench-search

bench-backend: all
	@BUILD=$(BUILD) tests/bench-backend

bench-rivals: all
	@BUILD=$(BUILD) tests/bench-rivals

demo:
	@BUILD=$(BUILD) scripts/demo

deps:
	@scripts/install-deps

# The whole library, NEON paths included, must compile for aarch64; headers are the host's.
check-arm:
	@scripts/check-arm

# Not part of a build: the file is in the tree.
shipped-codebook: all
	@PATH='$(abspath $(BUILD))/bin':$$PATH scripts/make-codebook $(DIR)

install: all lib
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(DATADIR)/models' \
		'$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig'
	$(INSTALL) -m 755 $(TOOL_BIN) $(SCRIPTS) '$(DESTDIR)$(BINDIR)'
	for a in $(ALIASES); do ln -sf leann-from-vectors '$(DESTDIR)$(BINDIR)'/$$a || exit 1; done
	$(INSTALL) -m 644 $(wildcard models/*.lock) '$(DESTDIR)$(DATADIR)/models'
	$(INSTALL) -m 644 scripts/leann.mk $(PYTHON_FILES) '$(DESTDIR)$(DATADIR)'
	$(INSTALL) -m 644 lib/leann.h '$(DESTDIR)$(INCLUDEDIR)'
	$(INSTALL) -m 644 $(API_FILES) '$(DESTDIR)$(LIBDIR)'
	ln -sf libleann.so.$(LEANN_VERSION) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libleann.so'
	printf '%s\n' $(PC_LINES) >'$(DESTDIR)$(LIBDIR)/pkgconfig/leann.pc'
	chmod 644 '$(DESTDIR)$(LIBDIR)/pkgconfig/leann.pc'
	for s in 1 3 5 7; do $(INSTALL) -d '$(DESTDIR)$(MANDIR)'/man$$s; done
	for m in $(MAN); do $(INSTALL) -m 644 $$m '$(DESTDIR)$(MANDIR)'/man$${m##*.}/ || exit 1; done

uninstall:
	cd '$(DESTDIR)$(BINDIR)' && rm -f $(TOOLS) $(ALIASES) $(notdir $(SCRIPTS))
	for m in $(notdir $(MAN)); do rm -f '$(DESTDIR)$(MANDIR)'/man$${m##*.}/$$m; done
	cd '$(DESTDIR)$(LIBDIR)' && rm -f libleann.a libleann.so $(SONAME) \
		libleann.so.$(LEANN_VERSION) pkgconfig/leann.pc
	rm -f '$(DESTDIR)$(INCLUDEDIR)/leann.h'
	rm -rf '$(DESTDIR)$(DATADIR)'

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(PIC_OBJ:.o=.d) $(TOOL_SRC:%.c=$(BUILD)/%.d) $(UNIT_SRC:%.c=$(BUILD)/%.d) $(TTOOL_SRC:%.c=$(BUILD)/%.d)
