/*
 * Statements as a file: see export.h.
 */
#include "clinic/export.h"
#include "wire/armour.h"

int export_statement(struct store_reader *rd, const struct id16 *chain,
	uint64_t number, struct writer *w)
{
	struct store_act act;
	struct buf raw;
	int rc = store_act_get(rd, chain, number, &act, &raw);

	if (rc == 0)
		rc = armour_write(ARMOUR_STATEMENT, act.raw, w);
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
