# Tests of the running relay, one behaviour a program or script.
#
#   make check-net       all of them
#   make tsan-net        the programs against a rowand under ThreadSanitizer
#   build/tests/net/07_repeat, sh tests/net/15_options.sh build/rowand

NET_SRC := $(sort $(wildcard tests/net/[0-9]*.c))
NET_SH  := $(sort $(wildcard tests/net/[0-9]*.sh))
NET_BIN := $(patsubst tests/net/%.c,$(B)/tests/net/%,$(NET_SRC))

$(foreach s,$(NET_SRC),$(eval $(call test_program,net/$(notdir \
	$(basename $(s))),$(s),$(B)/tests/net/kit.o $(B)/tests/net/inside.o \
	$(B)/tests/net/invite_kit.o)))

$(eval $(call test_program,tools/log_leaves,tests/tools/log_leaves.c))

.PHONY: check-net
check-net: $(B)/rowand $(NET_BIN) $(B)/tests/ops/shift.so $(B)/tests/tools/log_leaves
	$(Q)for t in $(NET_BIN); do $$t || { echo "$$t failed"; exit 1; }; done
	$(Q)for t in $(NET_SH); do sh $$t $(B)/rowand || \
		{ echo "$$t failed"; exit 1; }; done
	@echo "net: $(words $(NET_BIN) $(NET_SH)) behaviours hold"

# The daemon leaves with 66 when it saw a race, and then the test fails.
.PHONY: tsan-net
tsan-net: $(NET_BIN) $(B)/tests/ops/shift.so
	$(Q)$(MAKE) B=build/tsan SAN=thread CFLAGS='-O1 -g' build/tsan/rowand
	$(Q)for t in $(NET_BIN); do \
		ROWAND=build/tsan/rowand TSAN_OPTIONS="exitcode=66 \
		suppressions=tests/net/tsan.supp" $$t || exit 1; done

CHECKS += check-net

-include $(B)/tests/net/kit.d $(B)/tests/net/inside.d $(B)/tests/net/invite_kit.d
