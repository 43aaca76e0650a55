# What the quick tests reach.
#
#   make coverage    lines and branches by file and folder

.PHONY: coverage
coverage:
	$(Q)$(MAKE) B=build/coverage CFLAGS='-O1 -g --coverage' \
		LDFLAGS=--coverage unit replay
	$(Q)sh tests/coverage/coverage.sh build/coverage
