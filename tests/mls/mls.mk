# The long random walk over a group's life.
#
#   make walk [WALK_EPOCHS=2000] [WALK_SEED=n]
WALK_EPOCHS ?= 2000
WALK_SEED   ?=

$(B)/mls_walk: $(B)/tests/mls/walk.o $(LIB_TEST) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SODIUM)

.PHONY: walk
walk: $(B)/mls_walk
	$(Q)$(B)/mls_walk $(WALK_EPOCHS) $(WALK_SEED)

-include $(B)/tests/mls/walk.d

# Allocations of this one program can be made to fail.
LDFLAGS_test_mls_nomem := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=free,--wrap=sodium_malloc,--wrap=sodium_free
