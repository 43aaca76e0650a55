# What is written from tables in the code; a test says when one is stale.

.PHONY: conf
$(eval $(call test_program,tools/print_conf,tests/tools/print_conf.c))
conf: $(B)/tests/tools/print_conf
	$(Q)$< >$(B)/rowand.conf && cp $(B)/rowand.conf conf/rowand.conf
