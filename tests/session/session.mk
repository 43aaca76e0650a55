# The session against the running relay, one behaviour a program.
#
#   make check-session   all of them
#   build/tests/session/01_link
#   make bench-catch-up  10,000 envelopes for one who was away (in make bench)

SESSION_SRC := $(sort $(wildcard tests/session/[0-9]*.c))
SESSION_BIN := $(patsubst tests/session/%.c,$(B)/tests/session/%,$(SESSION_SRC))

$(foreach s,$(SESSION_SRC),$(eval $(call test_program,session/$(notdir \
	$(basename $(s))),$(s),$(B)/tests/net/kit.o \
	$(B)/tests/net/invite_kit.o $(B)/tests/session/kit.o)))

.PHONY: check-session
check-session: $(B)/rowand $(SESSION_BIN)
	$(Q)for t in $(SESSION_BIN); do $$t || \
		{ echo "$$t failed"; exit 1; }; done
	@echo "session: $(words $(SESSION_BIN)) behaviours hold"

CHECKS += check-session

.PHONY: bench-catch-up
bench-catch-up: $(B)/rowand $(B)/tests/session/30_catch_up
	$(Q)$(B)/tests/session/30_catch_up 10000
bench: bench-catch-up

-include $(B)/tests/session/kit.d
