# Tests of administration: rowanctl, logs, metrics, backups.
#
#   make check-ops       all of them
#   sh tests/ops/01_commands.sh build

OPS_SH := $(sort $(wildcard tests/ops/[0-9]*.sh))
OPS_SRC := $(sort $(wildcard tests/ops/[0-9]*.c))
OPS_PY := $(sort $(wildcard tests/ops/[0-9]*.py))
OPS_BIN := $(patsubst tests/ops/%.c,$(B)/tests/ops/%,$(OPS_SRC))

$(foreach s,$(OPS_SRC),$(eval $(call test_program,ops/$(notdir \
	$(basename $(s))),$(s),$(B)/tests/net/kit.o \
	$(B)/tests/ops/restoring.o)))

$(eval $(call test_program,ops/person,tests/ops/person.c,))

$(B)/tests/ops/%.so: tests/ops/%_preload.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -fPIC -shared -D_GNU_SOURCE -o $@ $< -ldl

.PHONY: check-ops
check-ops: $(B)/rowand $(B)/rowanctl $(OPS_BIN) $(B)/tests/seed \
		$(B)/tests/ops/person $(B)/tests/ops/shift.so \
		$(B)/tests/ops/kill.so $(CLINIC_PROGRAMS) $(ACCEPTANCE_SO)
	$(Q)for t in $(OPS_BIN); do $$t || { echo "$$t failed"; exit 1; }; done
	$(Q)printf '%s\n' $(OPS_SH:%='sh %') | \
		xargs -P 4 -I'{}' sh -c '{} $(B)'
	@echo "ops: $(words $(OPS_SH) $(OPS_BIN)) behaviours hold"

CHECKS += check-ops

#   make restore-kills   kill -9 at every step of a restore and its finishing
.PHONY: restore-kills
restore-kills: $(B)/rowand $(B)/rowanctl $(B)/tests/ops/11_killed \
		$(B)/tests/ops/kill.so
	$(Q)$(B)/tests/ops/11_killed all

-include $(B)/tests/ops/restoring.d

#   make check-weeks     a restore from last week, keys that change, erasures
#   make check-days      the relay's card ends; a whole day, and the log of it
STORIES += check-weeks check-days
OPS_DAYS := $(filter tests/ops/7% tests/ops/8%,$(OPS_PY))
OPS_STORY := $(B)/tests/ops/person $(B)/tests/ops/shift.so \
	$(B)/tests/ops/kill.so $(B)/tests/ops/journal.so
STORY_NEEDS += $(OPS_STORY)
.PHONY: check-weeks check-days
check-weeks check-days: $(B)/rowand $(B)/rowanctl $(OPS_STORY) \
		$(CLINIC_PROGRAMS) $(ACCEPTANCE_SO)
check-weeks:
	$(Q)for t in $(filter-out $(OPS_DAYS),$(OPS_PY)); do \
		python3 $$t $(B) || exit 1; done
check-days:
	$(Q)for t in $(OPS_DAYS); do python3 $$t $(B) || exit 1; done
