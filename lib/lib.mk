# The SDK as others link it: a shared and a static library, a pkg-config file,
# and the list of symbols that are its ABI.
#
#   make sdk            build/librowan.so, build/librowan.a, build/rowan.pc
#   make check-abi      headers as C99 and C++, symbols against lib/rowan.abi

ROWAN_VERSION := 0.1.0
ROWAN_ABI     := 0
SDK_SO	:= $(B)/librowan.so.$(ROWAN_VERSION)
SDK_A	:= $(B)/librowan.a
SDK_PC	:= $(B)/rowan.pc
comma := ,
SDK_OBJ := $(call obj,$(PUBLIC_SRC) $(MEMBER_SRC))

$(SDK_SO): $(SDK_OBJ) lib/rowan.map
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,librowan.so.$(ROWAN_ABI) \
		-Wl,--version-script,lib/rowan.map $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -o $@ \
		$(SDK_OBJ) $(ZMQ) $(SQLITE) $(SODIUM) -lpthread
	$(Q)ln -sf $(@F) $(B)/librowan.so.$(ROWAN_ABI)
	$(Q)ln -sf librowan.so.$(ROWAN_ABI) $(B)/librowan.so

# For whoever links with -lrowan.
$(B)/librowan.so: $(SDK_SO) ;

# One relocatable object whose internal names are local: nothing of ours can
# meet a name of the application's.
$(SDK_A): $(SDK_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)ld -r -o $(B)/librowan.o $(SDK_OBJ)
	$(Q)objcopy --wildcard --keep-global-symbol='rowan_*' $(B)/librowan.o
	$(Q)ar cqs $@ $(B)/librowan.o

$(SDK_PC): lib/rowan.pc.in
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(PREFIX)/lib|; s|@VERSION@|$(ROWAN_VERSION)|' $< >$@

.PHONY: sdk check-abi
sdk: $(SDK_SO) $(SDK_A) $(SDK_PC)

all: sdk

CHECKS += check-abi
check-abi: sdk
	$(Q)sh tests/abi/abi.sh $(SDK_SO) $(SDK_A) $(CC)
