# What is written from tables in the code; a test says when one is stale.
#
#   make conf                conf/rowand.conf from the table of settings
#   make catalog             systemd/rowan.catalog from the table of messages
#   make protocol-examples   tables and example bytes of docs/protocol.md
#   make check-threats       the tests that docs/threat-model.md names

CHECKS += check-threats

.PHONY: conf catalog protocol-examples check-threats
check-threats:
	$(Q)python3 tests/tools/threats.py

$(eval $(call test_program,tools/print_conf,tests/tools/print_conf.c))
$(eval $(call test_program,tools/protocol_examples,tests/tools/protocol_examples.c))

$(eval $(call test_program,tools/print_catalog,tests/tools/print_catalog.c))

catalog: $(B)/tests/tools/print_catalog
	$(Q)$< >$(B)/rowan.catalog && cp $(B)/rowan.catalog systemd/rowan.catalog

conf: $(B)/tests/tools/print_conf
	$(Q)$< >$(B)/rowand.conf && cp $(B)/rowand.conf conf/rowand.conf

protocol-examples: $(B)/tests/tools/protocol_examples
	$(Q)$< >$(B)/protocol.md && cp $(B)/protocol.md docs/protocol.md
