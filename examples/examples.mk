# Examples on the public headers and the shared library only.
#
#   make companion      build/companion, a small app for a victim

COMPANION_SRC := $(wildcard examples/companion/*.c)
COMPANION_OBJ := $(call obj,$(COMPANION_SRC))

# Nothing of lib/ is in reach.
$(COMPANION_OBJ): INC := -Iinclude
$(B)/companion: $(COMPANION_OBJ) $(B)/librowan.so
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,-rpath,'$$ORIGIN' -o $@ $(COMPANION_OBJ) \
		-L$(B) -lrowan

.PHONY: companion
companion: $(B)/companion
all: companion

-include $(patsubst %.c,$(B)/%.d,$(COMPANION_SRC))
