/*
 * A card request as a command meets it: see families.h. Trusts no byte of it.
 */
#include <string.h>

#include "cmd/families.h"
#include "trust/issue.h"
#include "wire/armour.h"

bool request_fingerprint(const char *text, char ret[48])
{
	struct buf raw;

	ret[0] = '\0';
	if (armour_read(bytes_of(text, strlen(text)), ARMOUR_CARD_REQUEST,
		    &raw) != 0)
		return false;
	issue_fingerprint(buf_view(&raw), ret);
	buf_wipe(&raw);
	return true;
}
