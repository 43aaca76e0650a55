# The long random walk over a group's life.
#
#   make walk [WALK_EPOCHS=2000] [WALK_SEED=n]
comma := ,

WALK_EPOCHS ?= 2000
WALK_SEED   ?=

$(B)/mls_walk: $(B)/tests/mls/walk.o $(LIB_TEST) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SODIUM)

.PHONY: walk
walk: $(B)/mls_walk
	$(Q)$(B)/mls_walk $(WALK_EPOCHS) $(WALK_SEED)

# The short form of it, always another walk.
.PHONY: check-walk
CHECKS += check-walk mls-example
check-walk: $(B)/mls_walk
	$(Q)$(B)/mls_walk 100 $(WALK_SEED)

-include $(B)/tests/mls/walk.d

# Allocations of this one program can be made to fail.
LDFLAGS_test_mls_nomem := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=free,--wrap=sodium_malloc,--wrap=sodium_free

# Every block of memory is looked at before it is given back.
LDFLAGS_test_mls_wiped := -Wl,--wrap=free,--wrap=realloc

# What everything costs.
#
#   make bench-mls [BENCH_MEMBERS="2 50"]
BENCH_MEMBERS ?=
BENCH_MLS_OBJ := $(call obj,tests/mls/bench.c tests/mls/bench_count.c)
BENCH_MLS_WRAP := $(addprefix -Wl$(comma)--wrap=,crypto_scalarmult \
	crypto_scalarmult_base crypto_sign_detached \
	crypto_sign_verify_detached crypto_sign_seed_keypair \
	crypto_hash_sha256_init crypto_hash_sha256_update \
	crypto_auth_hmacsha256_init crypto_auth_hmacsha256_update \
	crypto_auth_hmacsha256_final \
	malloc calloc realloc free)

$(B)/mls_bench: $(BENCH_MLS_OBJ) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(BENCH_MLS_WRAP) -o $@ $^ $(SODIUM)

.PHONY: bench-mls
bench-mls: $(B)/mls_bench
	$(Q)$(B)/mls_bench $(BENCH_MEMBERS)

-include $(BENCH_MLS_OBJ:.o=.d)

# The program in docs/mls.md, as it stands there, against public headers.
$(B)/mls_example.c: docs/mls.md
	@mkdir -p $(@D)
	$(Q)sed -n '/^```c$$/,/^```$$/p' $< | sed '/^```/d' >$@

$(B)/mls_example: $(B)/mls_example.c $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) -std=c11 -Wall -Wextra -Werror -Iinclude $(CFLAGS) \
		$(ALL_LDFLAGS) -o $@ $^ $(SODIUM)

.PHONY: mls-example
mls-example: $(B)/mls_example
	$(Q)$(B)/mls_example | grep -qx 'leaf 0 says: hello'

# The MUSTs of RFC 9420 that the code quotes and no test names.
.PHONY: rfc
rfc:
	$(Q)python3 tests/mls/rfc.py
