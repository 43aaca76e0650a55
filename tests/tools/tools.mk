# Small programs that scripts and campaigns use.

# A test program that is not a unit test: object, support, daemon, libraries.
define test_program
$(B)/tests/$(1): $(B)/$(2:.c=.o) $(3) $$(LIB_TEST) $$(LIB_DAEMON) \
		$$(LIBS_CLIENT)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(ZMQ) $$(SQLITE) $$(CONFIG) \
		$$(SODIUM) -lpthread
-include $(B)/$(2:.c=.d)
endef

ifneq ($(wildcard daemon/store/store.c),)
PROGRAMS += $(B)/tests/seed
endif
$(eval $(call test_program,seed,tests/tools/seed.c,))
