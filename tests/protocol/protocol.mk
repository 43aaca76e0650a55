# A client written from docs/protocol.md alone, against the real daemon.

CHECKS += check-protocol

.PHONY: check-protocol
check-protocol: $(B)/rowand $(B)/tests/seed
	$(Q)python3 tests/protocol/stranger.py $(B)
