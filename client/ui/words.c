/*
 * Words of the agent's answers, for people: see words.h.
 */
#include <stddef.h>
#include <string.h>

#include "ui/words.h"

const char *words_said(const char *word)
{
	static const char *const known[] = {N_("caseworker"), N_("victim"),
		N_("daemon"), N_("witness"), N_("open"), N_("closed"),
		N_("erased")};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(word, known[i]) == 0)
			return _(known[i]);
	return word;
}
