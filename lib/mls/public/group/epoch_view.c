/*
 * What holds for the extensions of every epoch: see epoch_view.h.
 */
#include "mls/public/group/epoch_view.h"
#include "mls/public/object/extension.h"

/* 5.3.1: "When an external_senders extension is added" or updated, its
 * credentials "MUST be validated with the AS" */
static int check_senders(const struct leaf_policy *policy, struct bytes data)
{
	struct external_sender sender;
	struct bytes list;
	int rc;

	if ((rc = external_senders_read(data, &list)) != 0)
		return rc;
	while (policy->external_sender != NULL &&
		external_sender_next(&list, &sender)) {
		if (policy->external_sender(policy->cookie, &sender) != 0)
			return ROWAN_E_MLS_CREDENTIAL;
	}
	return 0;
}

int epoch_extensions_check(
	const struct leaf_policy *policy, struct bytes extensions)
{
	struct required_capabilities required;
	struct bytes data;
	int rc;

	if (extension_find(
		    extensions, EXTENSION_REQUIRED_CAPABILITIES, &data) &&
		(rc = required_capabilities_decode(data, &required)) != 0)
		return rc;
	if (extension_find(extensions, EXTENSION_EXTERNAL_SENDERS, &data))
		return check_senders(policy, data);
	return 0;
}
