# Campaigns against a real rowand. `make check` runs their short forms.
#
#   make crash       kill -9 at random moments, 200 rounds
#   make abuser      an honest pair under eleven kinds of abuse

$(eval $(call test_program,campaign/crash,tests/campaign/crash.c,))
$(eval $(call test_program,campaign/abuser,tests/campaign/abuser.c,\
	$(B)/tests/campaign/abuses.o $(B)/tests/bench/meter.o))

.PHONY: crash abuser check-crash check-abuser
crash: $(B)/rowand $(B)/tests/campaign/crash
	$(Q)$(B)/tests/campaign/crash 200
check-crash: $(B)/rowand $(B)/tests/campaign/crash
	$(Q)$(B)/tests/campaign/crash 5

abuser: $(B)/rowand $(B)/tests/campaign/abuser
	$(Q)$(B)/tests/campaign/abuser
check-abuser: $(B)/rowand $(B)/tests/campaign/abuser
	$(Q)$(B)/tests/campaign/abuser 0.3 300

-include $(B)/tests/campaign/abuses.d
