# Rowan: one Makefile for everything.
#
#   make             programs and libraries into build/
#   make deps        install what is missing (Debian)
#   make check       every test that is fast: unit, replay, vectors, layers
#   make check-stories   evenings, a newcomer, failures, a restore: in check
#   make lint        formatting and static analysis
#   make asan tsan   the unit tests under a sanitizer, in a tree of their own
#   make valgrind    some of them under valgrind [VALGRIND_UNIT="test_x test_y"]
#   make valgrind-whole   all of them, an hour or two
#   make help        these and what the rooms add
#
# V=1 shows the commands, B=dir builds elsewhere, SAN=address,undefined
# builds with sanitizers. LOG=0 leaves the log out, to measure what it costs;
# such a daemon is never to be run (make bench-log).

B       ?= build
CC      ?= gcc
PREFIX  ?= /usr
CFLAGS  ?= -O2 -g
V       ?= 0
SAN     ?=
LOG     ?= 1

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wvla \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 \
	-Wno-unused-parameter -Wimplicit-fallthrough -Werror
HARD := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC \
	-fvisibility=hidden
ifneq ($(SAN),)
HARD := -fPIC -fvisibility=hidden -fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
endif

INC  := -Iinclude -Ilib
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(INC) $(WARN) $(HARD) $(CFLAGS) \
	$(if $(filter 0,$(LOG)),-DROWAN_NO_LOG)
ALL_LDFLAGS = -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

SODIUM  := $(shell pkg-config --libs libsodium 2>/dev/null)
ZMQ     := $(shell pkg-config --libs libzmq 2>/dev/null)
SQLITE  := $(shell pkg-config --libs sqlite3 2>/dev/null)
CONFIG  := $(shell pkg-config --libs libconfig 2>/dev/null)
CMOCKA  := $(shell pkg-config --libs cmocka 2>/dev/null)
JANSSON := $(shell pkg-config --libs jansson 2>/dev/null)
CRYPTO  := $(shell pkg-config --libs libcrypto 2>/dev/null)

# What a delivery service may link, and what only a member may (see
# `make layers`). A folder that does not exist yet contributes nothing.
PUBLIC_DIRS := lib/base lib/wire lib/crypto lib/trust lib/tlog \
	$(addprefix lib/mls/public/,object tree framing group)
MEMBER_DIRS := $(addprefix lib/mls/member/,keys treekem client group) \
	lib/session \
	$(patsubst %/,%,$(sort $(wildcard lib/session/*/))) lib/sdk

PUBLIC_SRC := $(wildcard $(addsuffix /*.c,$(PUBLIC_DIRS)))
MEMBER_SRC := $(wildcard $(addsuffix /*.c,$(MEMBER_DIRS)))
DAEMON_SRC := $(wildcard daemon/*/*.c)
SUPPORT_SRC := $(wildcard tests/lib/*.c)
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz_*.c)

obj = $(patsubst %.c,$(B)/%.o,$(1))

LIB_PUBLIC := $(B)/librowan-public.a
LIB_MEMBER := $(B)/librowan-member.a
LIB_DAEMON := $(B)/librowand.a
LIB_TEST   := $(B)/libtest.a
# Member before public: the order in which a linker resolves.
LIBS_CLIENT := $(LIB_MEMBER) $(LIB_PUBLIC)
LIBS_DAEMON := $(LIB_DAEMON) $(LIB_PUBLIC)

UNIT_BIN := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
FUZZ_BIN := $(patsubst %.c,$(B)/%,$(FUZZ_SRC))
PROGRAMS :=

.PHONY: all
all:

.SECONDARY:

# Any other test program: $(call test_program,name,source,further objects)
# links build/tests/NAME with what the daemon and a client are made of.
define test_program
$(B)/tests/$(1): $(B)/$(2:.c=.o) $(3) $$(LIB_TEST) $$(LIB_DAEMON) \
		$$(LIBS_CLIENT)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(ZMQ) $$(SQLITE) $$(CONFIG) \
		$$(SODIUM) -lpthread
-include $(B)/$(2:.c=.d)
endef

# Each room that needs more than the rules below has a file of its own.
-include $(sort $(wildcard tests/*/*.mk client/*.mk daemon/*.mk \
	examples/*.mk debian/*.mk lib/*.mk docs/*.mk docs/*/*.mk po/*.mk))

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$(basename $<))) \
		-MMD -MP -c -o $@ $<

$(B)/daemon/%.o $(B)/tests/%.o: INC += -Idaemon -Itests

$(LIB_PUBLIC): $(call obj,$(PUBLIC_SRC))
$(LIB_MEMBER): $(call obj,$(MEMBER_SRC))
$(LIB_DAEMON): $(call obj,$(DAEMON_SRC))
$(LIB_TEST): $(call obj,$(SUPPORT_SRC))
$(LIB_PUBLIC) $(LIB_MEMBER) $(LIB_DAEMON) $(LIB_TEST):
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@; ar cqs $@ $^

# The daemon: nothing above mls/public.
ifneq ($(wildcard daemon/rowand.c),)
PROGRAMS += $(B)/rowand
$(B)/rowand: $(B)/daemon/rowand.o $(B)/daemon/wipe.o $(LIBS_DAEMON)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZMQ) $(SQLITE) $(CONFIG) \
		$(SODIUM) -lpthread
endif

ifneq ($(wildcard daemon/rowanctl.c),)
PROGRAMS += $(B)/rowanctl
$(B)/rowanctl: $(B)/daemon/rowanctl.o $(LIBS_DAEMON)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZMQ) $(SQLITE) $(CONFIG) \
		$(SODIUM) -lpthread
endif

all: $(LIB_PUBLIC) $(LIB_MEMBER) $(PROGRAMS)

# Unit tests: one program a file, linked with everything.
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(LIB_TEST) $(LIB_DAEMON) \
		$(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(LDFLAGS_$*) -o $@ $^ $(LDLIBS_$*) \
		$(ZMQ) $(SQLITE) \
		$(CONFIG) $(SODIUM) $(CMOCKA) $(JANSSON) $(CRYPTO) -lpthread

# Fuzz targets: here with a main that replays the corpus; `make fuzz` builds
# them again with libFuzzer.
$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(LIB_TEST) \
		$(LIB_DAEMON) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZMQ) $(SQLITE) $(CONFIG) \
		$(SODIUM) $(CMOCKA) $(JANSSON) $(CRYPTO) -lpthread

.PHONY: deps unit replay check tests asan tsan lint format help clean
deps:
	sh .ci/with-deps

# Building the tests is not running them.
tests: $(UNIT_BIN) $(FUZZ_BIN)

unit: $(UNIT_BIN)
	$(Q)sh tests/run-unit $(UNIT_BIN)

replay: $(FUZZ_BIN)
	$(Q)for f in $(FUZZ_BIN); do \
		$$f tests/fuzz/corpus/$$(basename $$f) || exit 1; done

# CHECKS grows in the rooms' own .mk files; every entry is quick. The stories
# are told beside them.
CHECKS += valgrind
check: all $(STORY_NEEDS)
	$(Q)+$(MAKE) --no-print-directory check-stories >$(B)/stories.log 2>&1 & \
	stories=$$!; \
	trap 'kill $$stories; wait $$stories; exit 130' INT TERM HUP; \
	$(MAKE) --no-print-directory unit replay $(CHECKS); rest=$$?; \
	wait $$stories; told=$$?; \
	[ $$told -eq 0 ] && [ $$rest -ne 0 ] || cat $(B)/stories.log; \
	[ $$told -eq 0 ] && [ $$rest -eq 0 ]

# Stories told with all the real programs. They mostly wait, for clocks and for
# each other: so all at once, once everything is built. What each says stands
# together, and what failed is at the end of all that is said.
.PHONY: check-stories
check-stories: all $(STORY_NEEDS)
	$(Q)+$(MAKE) --no-print-directory -Otarget -j$(words $(STORIES)) $(STORIES)

# Sanitized trees of their own. leaks are part of address.
asan:
	$(Q)$(MAKE) B=build/asan SAN=address,undefined CFLAGS='-O1 -g' \
		unit replay check-walk
tsan:
	$(Q)TSAN_OPTIONS="suppressions=tests/net/tsan.supp $$TSAN_OPTIONS" \
		$(MAKE) B=build/tsan SAN=thread CFLAGS='-O1 -g' unit

# Memory as valgrind sees it: the short form, for what a stranger's bytes and
# a member's secrets go through; VALGRIND_UNIT names others.
VALGRIND_UNIT ?= test_group test_mls_private test_public_group test_store test_ops
.PHONY: valgrind valgrind-whole
valgrind-whole: $(UNIT_BIN)
	$(Q)$(MAKE) --no-print-directory valgrind \
		VALGRIND_UNIT="$(notdir $(UNIT_BIN))"
valgrind: $(addprefix $(B)/tests/unit/,$(VALGRIND_UNIT))
	$(Q)for t in $^; do \
		valgrind -q --error-exitcode=9 --leak-check=full \
			--errors-for-leak-kinds=definite \
			--suppressions=tests/unit/valgrind.supp \
			$$t >$(B)/valgrind.log 2>&1 || \
			{ tail -40 $(B)/valgrind.log; exit 1; }; done
	@echo "valgrind: $(words $^) programs clean"

SOURCES = $(shell git ls-files '*.c' '*.h')
lint:
	$(Q)sh tests/lint $(SOURCES)
format:
	$(Q)clang-format -i $(SOURCES)

help:
	@sed -n '/^#   *make /s/^# //p' $(filter %akefile %.mk,$(MAKEFILE_LIST))

clean:
	rm -rf build

-include $(patsubst %.c,$(B)/%.d,$(PUBLIC_SRC) $(MEMBER_SRC) $(DAEMON_SRC) \
	$(SUPPORT_SRC) $(UNIT_SRC) $(FUZZ_SRC) $(wildcard daemon/*.c))
