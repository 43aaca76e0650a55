# rowan, the caseworker's command line.
#
#   make build/rowan       the program

QRENCODE := $(shell pkg-config --libs libqrencode 2>/dev/null)
NCURSES  := $(shell pkg-config --libs ncursesw 2>/dev/null)

CLIENT_SRC := $(wildcard client/*/*.c)
LIB_CLIENT := $(B)/librowan-client.a

$(B)/client/%.o: INC += -Iclient
$(B)/client/cmd/command.o: INC += -DROWAN_VERSION='"$(ROWAN_VERSION)"'

$(LIB_CLIENT): $(call obj,$(CLIENT_SRC))
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@; ar cqs $@ $^

# Once the SDK it is built on can open a vault.
ifneq ($(shell grep -ls '^int rowan_open' lib/sdk/*.c),)
PROGRAMS += $(B)/rowan
endif
$(B)/rowan: $(B)/client/rowan.o $(LIB_CLIENT) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZMQ) $(SQLITE) $(CONFIG) \
		$(SODIUM) $(JANSSON) $(QRENCODE) $(NCURSES) -lpthread

-include $(patsubst %.c,$(B)/%.d,$(CLIENT_SRC) client/rowan.c)

# Its unit tests link it, too.
CLIENT_UNIT := test_ui test_client test_page
$(foreach t,$(CLIENT_UNIT),$(eval LDLIBS_$(t) := $(LIB_CLIENT) \
	$(LIBS_CLIENT) $(QRENCODE) $(NCURSES)))
$(patsubst %,$(B)/tests/unit/%.o,$(CLIENT_UNIT)): INC += -Iclient
$(addprefix $(B)/tests/unit/,$(CLIENT_UNIT)): $(LIB_CLIENT)
