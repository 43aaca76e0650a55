/*
 * Words for people: everything the programs say goes through gettext.
 *
 * _(text) is translated where it stands; N_(text) marks text in a table that
 * is translated when it is shown. Catalogues: po/.
 */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include <libintl.h>

#define ROWAN_DOMAIN "rowan"

#define _(text)	 gettext(text)
#define N_(text) text

/**
 * words_said(word):
 * A role or the state of a case as a person reads it; anything else is
 * returned as it is.
 */
const char *words_said(const char *word);

#endif
