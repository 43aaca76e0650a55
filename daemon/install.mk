# The daemon, its configuration and the documents. A configuration that is
# there already is kept; the new one lies beside it.
#
#   make install DESTDIR=    into PREFIX (/usr) and SYSCONFDIR (/etc)

SYSCONFDIR ?= /etc

.PHONY: install
install: $(B)/rowand
	$(Q)install -d $(DESTDIR)$(PREFIX)/sbin \
		$(DESTDIR)$(PREFIX)/include/rowan \
		$(DESTDIR)$(PREFIX)/share/doc/rowan \
		$(DESTDIR)$(SYSCONFDIR)/rowan
	$(Q)install -m 755 $(B)/rowand $(DESTDIR)$(PREFIX)/sbin/rowand
	$(Q)install -m 644 include/rowan/*.h $(DESTDIR)$(PREFIX)/include/rowan/
	$(Q)install -m 644 docs/*.md README.md SECURITY.md LICENSE \
		$(DESTDIR)$(PREFIX)/share/doc/rowan/
	$(Q)c=$(DESTDIR)$(SYSCONFDIR)/rowan/rowand.conf; \
	if [ ! -e $$c ] || cmp -s conf/rowand.conf $$c; then \
		install -m 644 conf/rowand.conf $$c; rm -f $$c.new; \
	else install -m 644 conf/rowand.conf $$c.new; fi
