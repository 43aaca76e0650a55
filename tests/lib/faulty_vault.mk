# Tests that are killed at a commit: see tests/lib/faulty_vault.h.
FAULTY_VAULT_LDFLAGS := -Wl,--wrap=vault_commit,--wrap=vault_begin
LDFLAGS_test_session_acts := $(FAULTY_VAULT_LDFLAGS)
LDFLAGS_test_enrolment := $(FAULTY_VAULT_LDFLAGS)
LDFLAGS_test_enrolment_files := $(FAULTY_VAULT_LDFLAGS)
