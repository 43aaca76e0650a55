# The store alone: build/tests/bench/store_bench, see its first lines.
$(eval $(call test_program,bench/store_bench,tests/bench/store_bench.c,))
