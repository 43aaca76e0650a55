/*
 * Opening and closing what the agent owns: keys, vault, book, journal. All of
 * them are open, or none.
 */
#include <unistd.h>

#include "agent/inner.h"

static int set_options(
	const struct agent *a, const struct keyring *k, struct rowan_options *o)
{
	int rc = rowan_options_key(o, k->vault.b);

	if (rc == 0 && a->settings.proxy != NULL && *a->settings.proxy != '\0')
		rc = rowan_options_proxy(o, a->settings.proxy);
	if (rc == 0 && a->settings.endpoint != NULL &&
		*a->settings.endpoint != '\0')
		rc = rowan_options_endpoint(o, a->settings.endpoint);
	return rc;
}

static int open_all(struct agent *a, const struct keyring *k, bool fresh)
{
	struct rowan_options *o = rowan_options_new();
	int rc = o == NULL ? ROWAN_E_NOMEM : set_options(a, k, o);

	if (rc == 0)
		rc = fresh ? rowan_create(a->places.vault, o, &a->rowan)
			   : rowan_open(a->places.vault, o, &a->rowan);
	rowan_options_free(o);
	if (rc == 0)
		rc = book_open(a->places.book, &k->book, &a->book);
	if (rc == 0)
		rc = evlog_open(a->places.events, &k->book, &a->evlog);
	if (rc == 0 && !a->settings.receipts)
		rc = rowan_set_read_receipts(a->rowan, false);
	if (rc == 0 && rowan_enrolled(a->rowan))
		rc = rowan_connect(a->rowan);
	a->tried = agent_ms();
	if (rc != 0)
		owner_lock(a);
	return rc;
}

int owner_make(struct agent *a, struct bytes pass)
{
	struct keyring k;
	int rc;

	/* Keys without a vault: a set-up that was cut off is begun again. */
	if (access(a->places.vault, F_OK) != 0)
		(void)unlink(a->places.keys);
	rc = keyring_make(a->places.keys, pass, &k);
	if (rc == 0)
		rc = open_all(a, &k, true);
	keyring_wipe(&k);
	return rc;
}

int owner_unlock(struct agent *a, struct bytes pass)
{
	struct keyring k;
	int rc;

	rc = keyring_open(a->places.keys, pass, &k);
	if (rc == 0 && a->rowan == NULL)
		rc = open_all(a, &k, false);
	keyring_wipe(&k);
	return rc;
}

void owner_lock(struct agent *a)
{
	wait_lock(a);
	rowan_close(a->rowan);
	a->rowan = NULL;
	book_close(a->book);
	a->book = NULL;
	evlog_close(a->evlog);
	a->evlog = NULL;
	a->vault_error = 0;
	a->offline = 0;
}
