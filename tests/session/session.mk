# The session against the running relay, one behaviour a program.
#
#   make check-session   all of them
#   build/tests/session/01_link
#   make hold            the longer forms: 64 devices at once, every third kill
#   make bench-catch-up  10,000 envelopes for one who was away (in make bench)

SESSION_SRC := $(sort $(wildcard tests/session/[0-9]*.c))
SESSION_BIN := $(patsubst tests/session/%.c,$(B)/tests/session/%,$(SESSION_SRC))

# Numbers from 40 on: somebody sits between sessions and daemon (middle.h),
# and one clock is moved for all (pace.h); the latter
# not in those from 60 on, but in some others, too. What else of the library a program
# takes the place of it names in WRAP_program.
SESSION_HOLD := $(filter $(addprefix $(B)/tests/session/,4% 5% 6% 11% 12% 13% 14%),\
	$(SESSION_BIN))
SESSION_MIDDLE := $(addprefix $(B)/tests/session/,sniff.o forge.o scene.o \
	pace.o middle.o)
$(SESSION_HOLD): private LDFLAGS += $(addprefix -Wl$(comma)--wrap=,link_new \
	link_free link_transport) $(addprefix -Wl$(comma)--wrap=,$(WRAP_$(@F)))

WRAP_40_wrong_secrets := hpke_encrypt_label rowan_mls_commit
WRAP_46_intruder := rowan_mls_commit
WRAP_49_killed := rowan_mls_accept

$(foreach s,$(SESSION_SRC),$(eval $(call test_program,session/$(notdir \
	$(basename $(s))),$(s),$(if $(filter $(SESSION_HOLD),$(patsubst \
	tests/%.c,$(B)/tests/%,$(s))),$(SESSION_MIDDLE)) $(B)/tests/net/kit.o \
	$(B)/tests/net/invite_kit.o $(B)/tests/session/kit.o \
	$(if $(filter 60_% 61_% 62_% 63_% 65_%,$(notdir $(s))),$(B)/tests/session/loss.o))))

.PHONY: check-session
check-session: $(B)/rowand $(SESSION_BIN) $(ACCEPTANCE_SO) $(SDK_KILL)
	$(Q)printf '%s\n' $(SESSION_BIN) | xargs -P 2 -I '{}' sh -c \
		'{} || { echo "{} failed"; exit 1; }'
	@echo "session: $(words $(SESSION_BIN)) behaviours hold"

CHECKS += check-session

.PHONY: hold
hold: $(B)/rowand $(SESSION_HOLD) $(ACCEPTANCE_SO) $(SDK_KILL)
	$(Q)$(B)/tests/session/50_sixty_four 64
	$(Q)$(B)/tests/session/49_killed 3

.PHONY: bench-catch-up
bench-catch-up: $(B)/rowand $(B)/tests/session/30_catch_up
	$(Q)$(B)/tests/session/30_catch_up 10000
bench: bench-catch-up

-include $(B)/tests/session/kit.d $(B)/tests/session/loss.d $(SESSION_MIDDLE:.o=.d)
