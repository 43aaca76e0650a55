# The public library as a partner uses it, against the real daemon.
#
#   make check-sdk      all of it

$(eval $(call test_program,sdk/clinic_host,tests/sdk/clinic_host.c,\
	$(B)/tests/net/kit.o $(B)/tests/net/invite_kit.o \
	$(B)/tests/session/kit.o))

SDK_TESTS := $(sort $(wildcard tests/sdk/[0-9]*.py))

.PHONY: check-sdk
check-sdk: $(B)/rowand $(B)/tests/sdk/clinic_host $(B)/companion
	$(Q)for t in $(SDK_TESTS); do python3 $$t $(B) || \
		{ echo "$$t failed"; exit 1; }; done

CHECKS += check-sdk
