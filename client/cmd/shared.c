/*
 * What several families of commands need: see families.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "trust/issue.h"
#include "ui/mem.h"
#include "ui/words.h"
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

char *person_text(const json_t *o)
{
	const char *alias = json_text(o, "alias"), *name = json_text(o, "name");
	const char *member = json_text(o, "member");
	const char *where = json_text(o, "agency");
	const char *what = *alias != '\0' ? alias : name;

	if (strcmp(json_text(o, "role"), "victim") == 0)
		where = _("victim");
	if (*what == '\0')
		return mem_print(
			"%.8s (%s)", member, *where != '\0' ? where : "?");
	return *where != '\0' ? mem_print("%s (%s)", what, where)
			      : mem_text(what);
}

char *absolute_path(const char *path)
{
	char *cwd, *ret;

	if (*path == '/')
		return mem_text(path);
	cwd = getcwd(NULL, 0);
	ret = mem_print("%s/%s", cwd != NULL ? cwd : ".", path);
	free(cwd);
	return ret;
}
