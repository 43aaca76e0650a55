# The two evenings at the end of the domain's description, and a clinic at its
# true size, with the real programs.
#
#   make check-evening-one check-evening-two    the clock moved by the test
#   make check-audit       an auditor and two witnesses
#   make check-witnesses   three more, each at its own pace
#   make clinic            208 referrals, 12 caseworkers, some minutes

ACCEPTANCE_SO := $(B)/tests/acceptance/clock_preload.so
CLINIC_PROGRAMS = $(B)/rowan $(B)/rowand $(B)/companion

$(ACCEPTANCE_SO): $(B)/tests/acceptance/clock_preload.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $< -ldl

STORIES += check-evening-one check-evening-two check-audit check-bundle
STORIES += check-witnesses
STORY_NEEDS += $(ACCEPTANCE_SO) $(B)/tests/acceptance/sign_kill_preload.so
STORY_NEEDS += $(B)/tests/acceptance/liar
.PHONY: check-evening-one check-evening-two
$(eval $(call test_program,acceptance/opens,tests/acceptance/opens.c))
STORY_NEEDS += $(B)/tests/acceptance/opens
check-evening-one: $(B)/tests/acceptance/opens
check-evening-one check-evening-two: $(CLINIC_PROGRAMS) $(ACCEPTANCE_SO)
	$(Q)python3 tests/acceptance/$(subst -,_,$(@:check-%=%)).py $(B)

$(B)/tests/acceptance/sign_kill_preload.so: \
		$(B)/tests/acceptance/sign_kill_preload.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $< -ldl

# The daemon, with some of its answers about the log made up.
LIES := log_path log_entries_answer log_details_answer checkpoint_answer
$(B)/tests/acceptance/liar: $(B)/tests/acceptance/liar.o $(B)/daemon/rowand.o \
		$(B)/daemon/wipe.o $(LIBS_DAEMON)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $(LIES:%=-Wl,--wrap=wire_%_encode) -o $@ $^ \
		$(ZMQ) $(SQLITE) $(CONFIG) $(SODIUM) -lpthread
-include $(B)/tests/acceptance/liar.d

.PHONY: check-audit
check-audit: $(CLINIC_PROGRAMS) $(B)/tests/acceptance/sign_kill_preload.so \
		$(B)/tests/acceptance/liar
	$(Q)python3 tests/acceptance/audit.py $(B)
.PHONY: check-witnesses
check-witnesses: $(CLINIC_PROGRAMS)
	$(Q)python3 tests/acceptance/witnesses.py $(B)
#   make check-bundle      a diary goes out; a bit of each part is flipped
#   make check-bundle-whole    all of them [ONLY=signature]
.PHONY: check-bundle check-bundle-whole
check-bundle: $(CLINIC_PROGRAMS) $(B)/rowanctl
	$(Q)python3 tests/acceptance/bundle.py $(B)
check-bundle-whole: $(CLINIC_PROGRAMS) $(B)/rowanctl
	$(Q)python3 tests/acceptance/bundle.py $(B) whole $(ONLY)

.PHONY: clinic check-clinic
clinic: $(CLINIC_PROGRAMS)
	$(Q)python3 tests/acceptance/size.py $(B)

# Its short form.
CHECKS += check-clinic
check-clinic: $(CLINIC_PROGRAMS)
	$(Q)python3 tests/acceptance/size.py $(B) short
