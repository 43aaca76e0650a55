# The command line on a stand-in for the SDK: every failure by script, and
# the screens of a terminal compared.
#
#   make check-client      scripts and screens

DOUBLE_OBJ := $(call obj,$(wildcard tests/client/sdk_double*.c))

$(B)/tests/client/rowan: $(B)/client/rowan.o $(DOUBLE_OBJ) $(LIB_CLIENT) \
		$(LIBS_CLIENT)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZMQ) $(SQLITE) $(CONFIG) \
		$(SODIUM) $(JANSSON) $(QRENCODE) $(NCURSES) -lpthread

-include $(DOUBLE_OBJ:.o=.d)

# The table of commands names every command, and so the whole SDK.
$(B)/tests/unit/test_client: $(DOUBLE_OBJ)

CHECKS += check-client
.PHONY: check-client
check-client: $(B)/tests/client/rowan
	$(Q)sh tests/client/commands.sh $(B)/tests/client/rowan

#   make check-every       each command in each trouble, from the table
#   make check-report      the commissioner's figures, value by value
CHECKS += check-every check-report
.PHONY: check-every check-report
check-every check-report: $(B)/tests/client/rowan
	$(Q)python3 tests/client/$(@:check-%=%).py $<

# rowan(1) is made from the table of commands.
#   make man-rowan         docs/man/rowan.1 anew
.PHONY: man-rowan check-man-rowan
man-rowan: $(B)/tests/client/rowan
	$(Q)$< help --json | python3 docs/man/rowan.py >$(B)/rowan.1 && \
		cp $(B)/rowan.1 docs/man/rowan.1

CHECKS += check-man-rowan
check-man-rowan: $(B)/tests/client/rowan
	$(Q)$< help --json | python3 docs/man/rowan.py | \
		cmp -s - docs/man/rowan.1 || \
		{ echo "docs/man/rowan.1 is stale: make man-rowan"; exit 1; }

CHECKS += check-completion
.PHONY: check-completion
check-completion: $(B)/tests/client/rowan
	$(Q)python3 tests/client/completion.py $<

#   make check-newcomer    from rowan setup to an answered message
STORIES += check-newcomer
.PHONY: check-newcomer
check-newcomer: $(B)/rowan $(B)/rowand $(B)/rowanctl $(B)/companion \
		$(ACCEPTANCE_SO)
	$(Q)$(DEBIAN_PYTHON) tests/client/newcomer.py $(B)

#   make check-authority   the offline authority, by its files alone
CHECKS += check-authority
.PHONY: check-authority
check-authority: $(B)/rowan $(B)/rowand $(ACCEPTANCE_SO)
	$(Q)python3 tests/client/authority.py $(B)

CHECKS += check-json
.PHONY: check-json
check-json: $(B)/tests/client/rowan
	$(Q)python3 tests/client/schema.py $<

# Debian's modules belong to Debian's interpreter.
DEBIAN_PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
CHECKS += check-screens
.PHONY: check-screens
check-screens: $(B)/tests/client/rowan
	$(Q)$(DEBIAN_PYTHON) tests/client/screens.py $<

#   make check-failures    what goes wrong, with the real programs
STORIES += check-failures
.PHONY: check-failures
check-failures: $(B)/rowan $(B)/rowand $(B)/rowanctl $(ACCEPTANCE_SO)
	$(Q)python3 tests/client/failures.py $(B)

#   make check-tmux        two people at two terminals
STORIES += check-tmux
STORY_NEEDS += $(B)/tests/client/rowan
.PHONY: check-tmux
check-tmux: $(B)/rowan $(B)/rowand $(B)/tests/client/rowan
	$(Q)python3 tests/client/tmux.py $(B)

#   make bench-cli         how soon commands answer, on the real programs
.PHONY: bench-cli
bench-cli: $(B)/rowan $(B)/rowand
	$(Q)python3 tests/client/bench.py $(B)
bench: bench-cli
