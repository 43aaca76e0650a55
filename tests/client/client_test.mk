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
