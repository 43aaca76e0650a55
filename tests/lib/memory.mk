# Tests that make allocations fail: see tests/lib/faulty_memory.h.
FAULTY_MEMORY_LDFLAGS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
LDFLAGS_test_store_model := $(FAULTY_MEMORY_LDFLAGS)
LDFLAGS_test_enrol_nomem := $(FAULTY_MEMORY_LDFLAGS)
LDFLAGS_test_messages_nomem := $(FAULTY_MEMORY_LDFLAGS)
LDFLAGS_test_history_nomem := $(FAULTY_MEMORY_LDFLAGS)
LDFLAGS_test_channel_nomem := $(FAULTY_MEMORY_LDFLAGS)
LDFLAGS_test_follow_nomem := $(FAULTY_MEMORY_LDFLAGS)
LDFLAGS_test_enrolment_nomem = $(FAULTY_MEMORY_LDFLAGS) \
	$(FAULTY_VAULT_LDFLAGS)
LDFLAGS_test_follow_entitled := -Wl,--wrap=vault_get
LDFLAGS_test_witness := -Wl,--wrap=cosignature_sign
LDFLAGS_test_channel_fate := -Wl,--wrap=rowan_mls_commit
