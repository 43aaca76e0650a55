# Campaigns against a real rowand. `make check` runs their short forms.
#
#   make crash       kill -9 at random moments, 200 rounds
#   make abuser      an honest pair under fifteen kinds of abuse
#   make diskfull    page quota and disk run out, and come back
#   make scan        canaries looked for on disk and in memory

$(eval $(call test_program,campaign/crash,tests/campaign/crash.c,))
$(eval $(call test_program,campaign/abuser,tests/campaign/abuser.c,\
	$(B)/tests/campaign/abuses.o $(B)/tests/bench/meter.o))
$(eval $(call test_program,campaign/diskfull,tests/campaign/diskfull.c,))
$(eval $(call test_program,campaign/scan,tests/campaign/scan.c,\
	$(B)/tests/campaign/haystack.o))

CHECKS += check-crash check-abuser check-diskfull check-scan

CAMPAIGN := $(B)/tests/campaign

.PHONY: crash abuser diskfull scan check-crash check-abuser check-diskfull \
	check-scan
crash: $(B)/rowand $(CAMPAIGN)/crash
	$(Q)$(CAMPAIGN)/crash 200
check-crash: $(B)/rowand $(CAMPAIGN)/crash
	$(Q)$(CAMPAIGN)/crash 5

abuser: $(B)/rowand $(CAMPAIGN)/abuser
	$(Q)$(CAMPAIGN)/abuser
check-abuser: $(B)/rowand $(CAMPAIGN)/abuser
	$(Q)$(CAMPAIGN)/abuser 0.3 300

diskfull check-diskfull: $(B)/rowand $(CAMPAIGN)/diskfull
	$(Q)$(CAMPAIGN)/diskfull

scan: $(B)/rowand $(CAMPAIGN)/scan
	$(Q)$(CAMPAIGN)/scan 1000
check-scan: $(B)/rowand $(CAMPAIGN)/scan
	$(Q)$(CAMPAIGN)/scan 200

-include $(B)/tests/campaign/abuses.d $(B)/tests/campaign/haystack.d
