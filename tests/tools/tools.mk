# Small programs that scripts and campaigns use.

ifneq ($(wildcard daemon/store/store.c),)
PROGRAMS += $(B)/tests/seed
endif
$(eval $(call test_program,seed,tests/tools/seed.c,))
