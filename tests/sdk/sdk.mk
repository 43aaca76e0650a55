# The public library as a partner uses it, against the real daemon.
#
#   make check-sdk      all of it
#   make sdk-killed     the client is killed before every change of a file

$(eval $(call test_program,sdk/clinic_host,tests/sdk/clinic_host.c,\
	$(B)/tests/net/kit.o $(B)/tests/net/invite_kit.o \
	$(B)/tests/session/kit.o))

SDK_TESTS := $(sort $(wildcard tests/sdk/[0-9]*.py))

# No sanitizer in what is preloaded.
SDK_KILL := $(B)/tests/sdk/kill_preload.so
$(SDK_KILL): tests/sdk/kill_preload.c
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -fPIC -shared -o $@ $< -ldl

SDK_NEEDS := $(B)/rowand $(B)/tests/sdk/clinic_host $(B)/companion $(SDK_KILL)

.PHONY: check-sdk sdk-killed
check-sdk: $(SDK_NEEDS)
	$(Q)printf '%s\n' $(SDK_TESTS) | xargs -P 2 -I '{}' sh -c \
		'python3 {} $(B) || { echo "{} failed"; exit 1; }'

CHECKS += check-sdk

sdk-killed: $(SDK_NEEDS)
	$(Q)python3 tests/sdk/04_killed.py $(B) 1
