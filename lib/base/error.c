/*
 * Error codes in words. Trusts nothing, holds no state; never prints.
 */
#include <rowan/error.h>

const char *rowan_strerror(int code)
{
	switch ((enum rowan_error)code) {
	case ROWAN_OK: return "no error";
	case ROWAN_E_INVAL: return "argument outside its contract";
	case ROWAN_E_STATE: return "not possible in this state";
	case ROWAN_E_NOMEM: return "out of memory";
	case ROWAN_E_IO: return "file or socket failed";
	case ROWAN_E_CORRUPT: return "stored data is damaged";
	case ROWAN_E_TOO_NEW: return "stored by a newer version";
	case ROWAN_E_INTERNAL: return "a library below failed";
	case ROWAN_E_TOO_OLD:
		return "stored by a version before the first release";
	case ROWAN_E_AGAIN: return "not now, try again later";
	case ROWAN_E_QUOTA: return "limit reached for now";
	case ROWAN_E_FULL: return "no room on disk";
	case ROWAN_E_STALE: return "another came first";
	case ROWAN_E_MEMBERSHIP: return "somebody must be removed first";
	case ROWAN_E_RESTORING: return "waiting for what was lost in a restore";
	case ROWAN_E_MALFORMED: return "malformed encoding";
	case ROWAN_E_LIMIT: return "larger than allowed";
	case ROWAN_E_VERSION: return "protocol version not served";
	case ROWAN_E_CRYPTO: return "signature, tag or key did not verify";
	case ROWAN_E_REFUSED: return "unknown or not permitted";
	case ROWAN_E_EXISTS: return "already taken";
	case ROWAN_E_NOT_FOUND: return "not found";
	case ROWAN_E_CHAIN: return "not the history we know";
	case ROWAN_E_SIGNER: return "the signer may not do that";
	case ROWAN_E_REVOKED: return "the device was revoked";
	case ROWAN_E_EXPIRED: return "the card is not valid now";
	case ROWAN_E_UNKNOWN: return "unknown device, member or case";
	case ROWAN_E_RULE: return "not possible now";
	case ROWAN_E_MLS_SUITE: return "cipher suite not supported";
	case ROWAN_E_MLS_WRONG_GROUP: return "message of another group";
	case ROWAN_E_MLS_WRONG_EPOCH: return "message of another epoch";
	case ROWAN_E_MLS_SENDER: return "sender not allowed";
	case ROWAN_E_MLS_SIGNATURE: return "signature invalid";
	case ROWAN_E_MLS_MEMBERSHIP: return "membership tag missing or wrong";
	case ROWAN_E_MLS_CONFIRMATION: return "confirmation tag wrong";
	case ROWAN_E_MLS_DECRYPT: return "decryption failed";
	case ROWAN_E_MLS_REPLAY: return "message key already used";
	case ROWAN_E_MLS_TOO_FAR: return "generation too far ahead";
	case ROWAN_E_MLS_LEAF_NODE: return "leaf node invalid";
	case ROWAN_E_MLS_CREDENTIAL: return "credential refused";
	case ROWAN_E_MLS_LIFETIME: return "outside its lifetime";
	case ROWAN_E_MLS_TREE: return "ratchet tree invalid";
	case ROWAN_E_MLS_PARENT_HASH: return "parent hash invalid";
	case ROWAN_E_MLS_KEY_PACKAGE: return "key package invalid";
	case ROWAN_E_MLS_PROPOSAL: return "proposal invalid";
	case ROWAN_E_MLS_PROPOSAL_LIST: return "proposal list invalid";
	case ROWAN_E_MLS_UNKNOWN_PROPOSAL: return "proposal not known";
	case ROWAN_E_MLS_PATH_REQUIRED: return "commit needs a path";
	case ROWAN_E_MLS_PATH: return "update path invalid";
	case ROWAN_E_MLS_PSK: return "pre-shared key unknown or not allowed";
	case ROWAN_E_MLS_PENDING: return "proposals are pending";
	case ROWAN_E_MLS_EXTENSION: return "extension invalid";
	case ROWAN_E_MLS_NOT_FOR_US: return "welcome is not for this device";
	case ROWAN_E_MLS_NO_TREE: return "ratchet tree missing";
	case ROWAN_E_MLS_REINIT: return "group was closed by a reinit";
	case ROWAN_E_MLS_REMOVED: return "no longer a member";
	}
	return "unknown error";
}
