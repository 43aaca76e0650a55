# The main job, shown: a conversation through the real daemon.
#   make demo                      in a folder of its own; leaves nothing behind

$(eval $(call test_program,demo/demo,tests/demo/demo.c,$(B)/tests/demo/person.o))

.PHONY: demo
demo: $(B)/rowand $(B)/tests/demo/demo
	$(Q)$(B)/tests/demo/demo

CHECKS += demo

-include $(B)/tests/demo/person.d
