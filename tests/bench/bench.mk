# make bench: a real rowand under load, and the floor beside it.
#
#   make bench BENCH='--phases matrix --pubs 64'

BENCH ?=

BENCH_OBJ := $(B)/tests/bench/gen.o $(B)/tests/bench/meter.o \
	$(B)/tests/bench/floor.o $(B)/tests/bench/sync_count.o \
	$(B)/tests/bench/store_run.o $(B)/tests/bench/log_run.o \
	$(B)/tests/bench/peers/drv_rowan.o
CFLAGS_tests_bench_peers_drv_rowan := -Itests/bench

$(eval $(call test_program,bench/bench,tests/bench/bench.c,$(BENCH_OBJ)))

$(B)/tests/bench/sync_preload.so: $(B)/tests/bench/sync_preload.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $^

# What the log costs a submitted message: two daemons, with it and without it,
# measured in turn.
#   make bench-log [ROUNDS=5]
ROUNDS ?= 5
.PHONY: bench-log
bench-log: $(B)/rowand $(B)/tests/bench/bench $(B)/tests/bench/sync_preload.so
	$(Q)$(MAKE) B=$(B)/nolog LOG=0 $(B)/nolog/rowand
	$(Q)sh tests/bench/log_cost.sh $(B) $(ROUNDS)

.PHONY: bench
bench: $(B)/rowand $(B)/tests/bench/bench $(B)/tests/bench/sync_preload.so
	$(Q)$(B)/tests/bench/bench $(BENCH)

-include $(BENCH_OBJ:.o=.d) $(B)/tests/bench/sync_preload.d
