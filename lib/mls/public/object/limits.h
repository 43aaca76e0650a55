/*
 * Every cap of the MLS room in one place. All are far above what honest
 * groups need and low enough that a hostile message stays cheap.
 *
 * Sizes are bytes of the content, without length headers.
 */
#ifndef MLS_LIMITS_H
#define MLS_LIMITS_H

/* One whole MLSMessage, ratchet tree included. */
#define MLS_MESSAGE_MAX (16u << 20)
/* Leaves of one tree, blank ones included; a power of two. */
#define MLS_LEAVES_MAX (1u << 14)

#define MLS_GROUP_ID_MAX     255u
#define MLS_KEY_MAX	     4096u /* public keys of any kind */
#define MLS_SIGNATURE_MAX    8192u
#define MLS_MAC_MAX	     255u /* tags, hashes, references */
#define MLS_CREDENTIAL_MAX   65535u
#define MLS_AAD_MAX	     65535u
#define MLS_PSK_ID_MAX	     65535u
#define MLS_CIPHERTEXT_MAX   8192u /* one HPKE ciphertext or KEM output */
#define MLS_SENDER_DATA_MAX  1024u
#define MLS_TYPE_LIST_MAX    1024u /* bytes of a list of 16-bit types */
#define MLS_EXTENSIONS_MAX   64u   /* entries of one extension list */
#define MLS_CERTIFICATES_MAX 16u
#define MLS_SENDERS_MAX	     64u    /* entries of external_senders */
#define MLS_PROPOSALS_MAX    16384u /* entries of one Commit */
#define MLS_PATH_MAX	     32u    /* nodes of one UpdatePath */
#define MLS_PSKS_MAX	     256u   /* PSKs of one Commit or Welcome */
#define MLS_CACHE_MAX	     1024u  /* proposals kept in one epoch */

/* What those proposals may amount to: no member fills everybody's memory. */
#define MLS_CACHE_BYTES_MAX (4u << 20)
/* An encoded ratchet tree, so that it fits a message, GroupInfo around it. */
#define MLS_TREE_MAX (15u << 20)

/* Different credential types in one tree. */
#define MLS_CREDENTIAL_TYPES_MAX 16

#endif
