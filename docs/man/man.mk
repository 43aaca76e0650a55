# Manual pages.
#
#   make man             rowand.conf(5) from conf/rowand.conf
#   make check-man       pages as mandoc wants them, none stale, no option left out

.PHONY: man check-man
man:
	$(Q)awk -f docs/man/conf.awk conf/rowand.conf >docs/man/rowand.conf.5

check-man:
	$(Q)awk -f docs/man/conf.awk conf/rowand.conf | \
		cmp -s - docs/man/rowand.conf.5 || \
		{ echo "docs/man/rowand.conf.5 is stale: make man"; exit 1; }
	$(Q)if command -v mandoc >/dev/null; then \
		mandoc -Tlint -Wwarning docs/man/*.[1-9]; \
		python3 tests/tools/pages.py $(B); \
	else echo "  mandoc is not here: pages not checked"; fi

CHECKS += check-man
check-man: $(B)/rowand $(B)/rowanctl
