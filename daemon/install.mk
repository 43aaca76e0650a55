# Installing: programs, library, units, documents. A configuration that is
# there already is kept; the new one lies beside it.
#
#   make install DESTDIR=    also PREFIX= SYSCONFDIR= LIBDIR= UNITDIR=

SYSCONFDIR ?= /etc
LIBDIR     ?= $(PREFIX)/lib
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SHARE      := $(DESTDIR)$(PREFIX)/share
INSTALL_MAN := $(wildcard docs/man/*.[1-9])

.PHONY: install
install: all
	$(Q)install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin \
		$(DESTDIR)$(PREFIX)/include/rowan $(SHARE)/doc/rowan \
		$(SHARE)/rowan $(SHARE)/bash-completion/completions \
		$(SHARE)/man/man1 $(SHARE)/man/man5 $(SHARE)/man/man8 \
		$(DESTDIR)$(SYSCONFDIR)/rowan $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(LIBDIR)/pkgconfig \
		$(addprefix $(DESTDIR)$(PREFIX)/lib/,sysusers.d tmpfiles.d \
			systemd/catalog)
	$(Q)install -m 755 $(B)/rowand $(B)/rowanctl systemd/rowan-offline \
		$(DESTDIR)$(PREFIX)/sbin/
	$(Q)[ ! -e $(B)/rowan ] || \
		install -m 755 $(B)/rowan $(DESTDIR)$(PREFIX)/bin/rowan
	$(Q)[ ! -e $(B)/rowan ] || { install -d $(SHARE)/zsh/vendor-completions; \
		$(B)/rowan completion bash \
			>$(SHARE)/bash-completion/completions/rowan; \
		$(B)/rowan completion zsh \
			>$(SHARE)/zsh/vendor-completions/_rowan; }
	$(Q)for l in $(PO_LANG); do \
		install -d $(SHARE)/locale/$$l/LC_MESSAGES; \
		install -m 644 $(B)/po/$$l/LC_MESSAGES/rowan.mo \
			$(SHARE)/locale/$$l/LC_MESSAGES/ || exit 1; done
	$(Q)install -m 644 include/rowan.h $(DESTDIR)$(PREFIX)/include/
	$(Q)install -m 644 include/rowan/*.h $(DESTDIR)$(PREFIX)/include/rowan/
	$(Q)install -m 644 $(SDK_SO) $(SDK_A) $(DESTDIR)$(LIBDIR)/
	$(Q)ln -sf $(notdir $(SDK_SO)) $(DESTDIR)$(LIBDIR)/librowan.so.$(ROWAN_ABI)
	$(Q)ln -sf librowan.so.$(ROWAN_ABI) $(DESTDIR)$(LIBDIR)/librowan.so
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(ROWAN_VERSION)|' \
		lib/rowan.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/rowan.pc
	$(Q)install -m 644 systemd/*.service systemd/*.socket systemd/*.timer \
		$(DESTDIR)$(UNITDIR)/
	$(Q)install -m 644 systemd/rowan.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/rowan.conf
	$(Q)install -m 644 systemd/rowan.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/rowan.conf
	$(Q)install -m 644 systemd/rowan.catalog \
		$(DESTDIR)$(PREFIX)/lib/systemd/catalog/rowan.catalog
	$(Q)for m in $(INSTALL_MAN); do \
		install -m 644 $$m $(SHARE)/man/man$${m##*.}/ || exit 1; done
	$(Q)install -m 644 systemd/rowanctl.bash \
		$(SHARE)/bash-completion/completions/rowanctl
	$(Q)install -m 644 conf/rowan-alerts.yml $(SHARE)/rowan/
	$(Q)install -m 644 docs/*.md docs/*.json README.md SECURITY.md LICENSE \
		$(SHARE)/doc/rowan/
	$(Q)c=$(DESTDIR)$(SYSCONFDIR)/rowan/rowand.conf; \
	if [ ! -e $$c ] || cmp -s conf/rowand.conf $$c; then \
		install -m 644 conf/rowand.conf $$c; rm -f $$c.new; \
	else install -m 644 conf/rowand.conf $$c.new; fi
