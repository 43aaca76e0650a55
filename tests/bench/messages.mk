#   make messages-bench   messages taken in and looked at, in one vault
$(eval $(call test_program,bench/messages_bench,tests/bench/messages_bench.c))

.PHONY: messages-bench
messages-bench: $(B)/tests/bench/messages_bench
	$(Q)$<
