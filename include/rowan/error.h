/*
 * Rowan: error codes.
 *
 * Every fallible function returns 0 or one of these negative codes. A code
 * exists because some caller acts on it; the range says what to do:
 *
 *      -1 ..  -99   a mistake of the caller, or this machine's fault: stop
 *    -100 .. -199   try again later, nothing is lost
 *    -200 .. -299   ask the person
 *    -300 .. -399   the peer's bytes or acts were refused: count, go on
 *    -400 .. -499   an MLS message was refused, the group is unchanged
 *
 * Numbers are part of the ABI and are never reused.
 */
#ifndef ROWAN_ERROR_H
#define ROWAN_ERROR_H

#include <rowan/api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rowan_error {
	ROWAN_OK = 0,

	/* The caller's mistake, or the machine's. */
	ROWAN_E_INVAL = -1,    /* an argument is outside its contract */
	ROWAN_E_STATE = -2,    /* the object cannot do that now */
	ROWAN_E_NOMEM = -3,    /* out of memory; nothing was changed */
	ROWAN_E_IO = -4,       /* a file or socket failed */
	ROWAN_E_CORRUPT = -5,  /* our own stored data is damaged */
	ROWAN_E_TOO_NEW = -6,  /* stored by a newer version than this */
	ROWAN_E_INTERNAL = -7, /* a library below us failed */
	ROWAN_E_TOO_OLD = -8,  /* stored in a form no longer understood */

	/* Try again later. */
	ROWAN_E_AGAIN = -100, /* not now; the same call may succeed later */
	ROWAN_E_QUOTA = -101, /* a limit of this peer is used up for now */
	ROWAN_E_FULL = -102,  /* no room on disk */
	ROWAN_E_STALE = -103, /* another came first: catch up, do it anew */
	ROWAN_E_MEMBERSHIP = -104, /* somebody must leave the channel first */
	ROWAN_E_RESTORING = -105,  /* what a restore lost must be back first */

	/* The peer's bytes or acts. */
	ROWAN_E_MALFORMED = -300, /* not the canonical encoding of anything */
	ROWAN_E_LIMIT = -301,	  /* well formed but larger than allowed */
	ROWAN_E_VERSION = -302,	  /* protocol version not served */
	ROWAN_E_CRYPTO = -303,	  /* signature, tag or key did not verify */
	ROWAN_E_REFUSED = -304,	  /* unknown, or not yours: never told apart */
	ROWAN_E_EXISTS = -305,	  /* the name or number is taken */
	ROWAN_E_NOT_FOUND = -306, /* nothing under that name */

	/* Cards and statements. */
	ROWAN_E_CHAIN = -350,	/* another history than the one we know */
	ROWAN_E_SIGNER = -351,	/* whoever signed may not do that */
	ROWAN_E_REVOKED = -352, /* a device that was revoked */
	ROWAN_E_EXPIRED = -353, /* outside the validity of a card */
	ROWAN_E_UNKNOWN = -354, /* a device, member or case we do not know */
	ROWAN_E_RULE = -355,	/* signed by the right person, not possible */

	/*
	 * MLS (RFC 9420). rowan/mls.h says which call gives which.
	 */
	ROWAN_E_MLS_SUITE = -400, /* cipher suite not in the table */
	ROWAN_E_MLS_WRONG_GROUP = -401,
	ROWAN_E_MLS_WRONG_EPOCH = -402,
	ROWAN_E_MLS_SENDER = -403, /* sender type or leaf not allowed */
	ROWAN_E_MLS_SIGNATURE = -404,
	ROWAN_E_MLS_MEMBERSHIP = -405, /* membership tag missing or wrong */
	ROWAN_E_MLS_CONFIRMATION = -406,
	ROWAN_E_MLS_DECRYPT = -407,    /* AEAD or HPKE open failed */
	ROWAN_E_MLS_REPLAY = -408,     /* that generation was consumed */
	ROWAN_E_MLS_TOO_FAR = -409,    /* forward jump past the limit */
	ROWAN_E_MLS_LEAF_NODE = -410,  /* section 7.3 */
	ROWAN_E_MLS_CREDENTIAL = -411, /* the application refused it */
	ROWAN_E_MLS_LIFETIME = -412,
	ROWAN_E_MLS_TREE = -413, /* section 7.9: shape, hash */
	ROWAN_E_MLS_PARENT_HASH = -414,
	ROWAN_E_MLS_KEY_PACKAGE = -415,	     /* section 10.1 */
	ROWAN_E_MLS_PROPOSAL = -416,	     /* one proposal, section 12.1 */
	ROWAN_E_MLS_PROPOSAL_LIST = -417,    /* section 12.2 */
	ROWAN_E_MLS_UNKNOWN_PROPOSAL = -418, /* reference without proposal */
	ROWAN_E_MLS_PATH_REQUIRED = -419,
	ROWAN_E_MLS_PATH = -420,    /* update path does not fit the tree */
	ROWAN_E_MLS_PSK = -421,	    /* unknown, or not allowed here */
	ROWAN_E_MLS_PENDING = -422, /* proposals pending: commit first */
	ROWAN_E_MLS_EXTENSION = -423,
	ROWAN_E_MLS_NOT_FOR_US = -424, /* Welcome names none of our packages */
	ROWAN_E_MLS_NO_TREE = -425,    /* ratchet tree needed and not given */
	ROWAN_E_MLS_REINIT = -426,     /* group is closed by a ReInit */
	ROWAN_E_MLS_REMOVED = -427     /* we are no longer a member */
};

/*
 * rowan_strerror(code):
 * Return a short English sentence for ${code}, for logs and developers,
 * without a full stop. Never NULL; static, not to be freed.
 */
ROWAN_API const char *rowan_strerror(int code);

#ifdef __cplusplus
}
#endif

#endif
