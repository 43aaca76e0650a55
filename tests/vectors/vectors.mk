# Official test vectors: one runner over a folder of JSON files.
#
#   make vectors [MLS_VECTORS=DIR]
MLS_VECTORS ?= ../shared/vectors/mls

VECTORS_SRC := $(wildcard tests/vectors/*.c)
VECTORS_OBJ := $(call obj,$(VECTORS_SRC))

$(B)/mls_vectors: $(VECTORS_OBJ) $(LIB_TEST) $(LIBS_CLIENT)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SODIUM) $(JANSSON) $(CRYPTO)

.PHONY: vectors
vectors: $(B)/mls_vectors
	$(Q)$(B)/mls_vectors $(MLS_VECTORS)

CHECKS += vectors

-include $(VECTORS_OBJ:.o=.d)
