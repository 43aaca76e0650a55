# The log, held against other implementations than ours.
#
#   make check-tlog      the vectors are computed again; a kept export is
#                        proved, and what is changed in it is named; what may
#                        be handed over in place of one is refused
#   make check-kept-whole  every single bit of it, a quarter of an hour [PART=1/8]
#   make kept-export     another one in its place, out of a real clinic

$(B)/tests/tlog/again.o: INC += -Iclient
$(B)/tests/tlog/again: $(B)/tests/tlog/again.o $(LIB_CLIENT) $(LIBS_CLIENT)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ZMQ) $(SQLITE) $(CONFIG) \
		$(SODIUM) $(JANSSON) $(QRENCODE) $(NCURSES) -lpthread
-include $(B)/tests/tlog/again.d

CHECKS += check-tlog
.PHONY: check-tlog kept-export
check-tlog: $(B)/rowan $(B)/tests/tlog/again
	$(Q)python3 tests/tlog/vectors.py | cmp - tests/tlog/vectors.txt
	$(Q)python3 tests/tlog/kept.py $(B)
	$(Q)python3 tests/tlog/lists.py $(B)
	$(Q)python3 tests/tlog/hostile.py $(B)

.PHONY: check-kept-whole
check-kept-whole: $(B)/rowan $(B)/tests/tlog/again
	$(Q)python3 tests/tlog/kept.py $(B) whole $(PART)

kept-export: $(CLINIC_PROGRAMS) $(B)/rowanctl
	$(Q)python3 tests/acceptance/bundle.py $(B) keep
