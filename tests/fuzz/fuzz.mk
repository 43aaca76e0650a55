# libFuzzer campaigns over every target of this folder.
#
#   make fuzz [FUZZ_SECS=60] [FUZZ="fuzz_x fuzz_y"]
#
# Built with clang in a tree of its own. What a campaign finds is kept in
# build/fuzz/corpus; an input worth keeping moves to tests/fuzz/corpus, which
# replays in `make check`.
FUZZ_SECS ?= 60
FUZZ      ?= $(notdir $(FUZZ_BIN))

# Its vault stands in front of the library's.
$(B)/tests/fuzz/fuzz_vault $(B)/campaign/fuzz_vault: private LDFLAGS += \
	$(B)/tests/fuzz/memory_vault.o
$(B)/tests/fuzz/fuzz_vault $(B)/campaign/fuzz_vault: | \
	$(B)/tests/fuzz/memory_vault.o
-include $(B)/tests/fuzz/memory_vault.d

# The list of an exported diary is the client's.
$(B)/tests/fuzz/fuzz_disclosure.o: INC += -Iclient
$(B)/tests/fuzz/fuzz_disclosure $(B)/campaign/fuzz_disclosure: private LDFLAGS += \
	$(LIB_CLIENT) $(LIBS_CLIENT) $(SODIUM)
$(B)/tests/fuzz/fuzz_disclosure $(B)/campaign/fuzz_disclosure: $(LIB_CLIENT)

.PHONY: fuzz fuzz-run
fuzz:
	$(Q)$(MAKE) B=build/fuzz CC=clang CFLAGS='-O1 -g' \
		SAN=fuzzer-no-link,address,undefined fuzz-run

fuzz-run: $(addprefix $(B)/campaign/,$(FUZZ))
	$(Q)for f in $(FUZZ); do \
		mkdir -p $(B)/corpus/$$f; \
		echo "  FUZZ    $$f"; \
		$(B)/campaign/$$f -max_total_time=$(FUZZ_SECS) -timeout=10 \
			-rss_limit_mb=4096 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(B)/$$f- $(B)/corpus/$$f \
			tests/fuzz/corpus/$$f 2>$(B)/$$f.log || \
			{ tail -40 $(B)/$$f.log; exit 1; }; \
		sed -n 's/^stat::number_of_executed_units: */    runs /p' \
			$(B)/$$f.log; \
	done

$(B)/campaign/%: $(B)/tests/fuzz/%.o $(LIB_TEST) $(LIB_DAEMON) $(LIBS_CLIENT)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(ZMQ) $(SQLITE) \
		$(CONFIG) $(SODIUM) $(CMOCKA) $(JANSSON) $(CRYPTO) -lpthread
