# A client written from docs/protocol.md alone, against the real daemon.

CHECKS += check-protocol

$(eval $(call test_program,protocol/invite_host,\
	tests/protocol/invite_host.c,$(B)/tests/net/kit.o \
	$(B)/tests/net/invite_kit.o))

.PHONY: check-protocol
check-protocol: $(B)/rowand $(B)/rowanctl $(B)/tests/seed $(B)/tests/protocol/invite_host
	$(Q)python3 tests/protocol/stranger.py $(B)
	$(Q)python3 tests/protocol/spoilt.py $(B)
	$(Q)python3 tests/protocol/enrol.py $(B)
	$(Q)python3 tests/protocol/hostile.py $(B)
