# Tests of administration: rowanctl, logs, metrics, backups.
#
#   make check-ops       all of them
#   sh tests/ops/01_commands.sh build

OPS_SH := $(sort $(wildcard tests/ops/[0-9]*.sh))

.PHONY: check-ops
check-ops: $(B)/rowand $(B)/rowanctl
	$(Q)for t in $(OPS_SH); do sh $$t $(B) || \
		{ echo "$$t failed"; exit 1; }; done
	@echo "ops: $(words $(OPS_SH)) behaviours hold"

CHECKS += check-ops
