/*
 * Statements as a file: see export.h.
 */
#include <stdio.h>

#include <sodium.h>

#include "clinic/export.h"
#include "wire/armour.h"

static int write_link(const struct store_act *act, struct writer *w)
{
	char subject[65], content[65], line[256];
	int n;

	(void)sodium_bin2hex(subject, sizeof subject, act->subject, 32);
	(void)sodium_bin2hex(content, sizeof content, act->content, 32);
	n = snprintf(line, sizeof line, "withheld %llu %llu %s %s\n",
		(unsigned long long)act->number, (unsigned long long)act->time,
		subject, content);
	writer_raw(w, line, (size_t)n);
	return writer_status(w);
}

int export_statement(struct store_reader *rd, const struct id16 *chain,
	uint64_t number, struct writer *w)
{
	struct store_act act;
	struct buf raw;
	int rc = store_act_get(rd, chain, number, &act, &raw);

	if (rc == 0)
		rc = act.raw.len == 0
			     ? write_link(&act, w)
			     : armour_write(ARMOUR_STATEMENT, act.raw, w);
	buf_wipe(&raw);
	return rc;
}

int export_chain(struct store_reader *rd, const struct id16 *chain,
	uint64_t from, struct writer *w)
{
	int rc;

	while ((rc = export_statement(rd, chain, from, w)) == 0)
		from++;
	return rc == ROWAN_E_NOT_FOUND ? writer_status(w) : rc;
}
