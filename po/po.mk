# Translations of the command line.
#
#   make pot            build/po/rowan.pot: every string, for a new language
#   make check-po       a catalogue is found and used, in a made-up language
#
# A language is a file po/LL.po (msginit -i build/po/rowan.pot -l LL); it is
# compiled by `make` and installed by `make install`.

PO_SRC	:= $(wildcard client/*/*.c client/*/*.h)
PO_LANG := $(patsubst po/%.po,%,$(wildcard po/*.po))
PO_MO	:= $(patsubst %,$(B)/po/%/LC_MESSAGES/rowan.mo,$(PO_LANG))

$(B)/po/rowan.pot: $(PO_SRC)
	$(call say,POT,$@)
	@mkdir -p $(@D)
	$(Q)xgettext -L C -k_ -kN_ --from-code=UTF-8 --no-location \
		--package-name=rowan -o $@ $(PO_SRC)

$(B)/po/%/LC_MESSAGES/rowan.mo: po/%.po
	$(call say,MO,$@)
	@mkdir -p $(@D)
	$(Q)msgfmt -c -o $@ $<

all: $(PO_MO)

.PHONY: pot check-po
pot: $(B)/po/rowan.pot

CHECKS += check-po
check-po: $(B)/po/rowan.pot $(B)/tests/client/rowan
	$(Q)python3 tests/client/strings.py $(B)/po/rowan.pot \
		$(B)/tests/client/rowan
	$(Q)$(DEBIAN_PYTHON) tests/client/pseudo.py $(B)/po/rowan.pot \
		$(B)/tests/client/rowan
