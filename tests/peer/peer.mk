# The message driver, and a script that drives several of them through
# everything.
PEER_OBJ := $(call obj,$(wildcard tests/peer/*.c))

$(B)/mls_peer: $(PEER_OBJ) $(LIB_TEST) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SODIUM) $(JANSSON)

# Built with everything else where jansson is at hand.
ifneq ($(JANSSON),)
PROGRAMS += $(B)/mls_peer
endif

.PHONY: peer
CHECKS += peer
peer: $(B)/mls_peer
	$(Q)python3 tests/peer/drive.py $(B)/mls_peer

-include $(PEER_OBJ:.o=.d)
