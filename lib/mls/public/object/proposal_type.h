/*
 * Proposal types (RFC 9420 section 17.4) and what the RFC says of each.
 */
#ifndef MLS_PROPOSAL_TYPE_H
#define MLS_PROPOSAL_TYPE_H

#include <stdbool.h>
#include <stdint.h>

enum proposal_type {
	PROPOSAL_ADD = 1,
	PROPOSAL_UPDATE = 2,
	PROPOSAL_REMOVE = 3,
	PROPOSAL_PSK = 4,
	PROPOSAL_REINIT = 5,
	PROPOSAL_EXTERNAL_INIT = 6,
	PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7
};

/**
 * proposal_is_default(type):
 * Return true iff every client supports ${type} without listing it (section
 * 7.2).
 */
static inline bool proposal_is_default(uint16_t type)
{
	return type >= PROPOSAL_ADD &&
	       type <= PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

/**
 * proposal_external_may_send(type):
 * Return true iff an external sender may propose it (section 12.1.8).
 * Types of no RFC are not: their definition would have to say so.
 */
static inline bool proposal_external_may_send(uint16_t type)
{
	return type == PROPOSAL_ADD || type == PROPOSAL_REMOVE ||
	       type == PROPOSAL_PSK || type == PROPOSAL_REINIT ||
	       type == PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

/**
 * proposal_needs_path(type):
 * Return true iff a Commit with such a proposal must have a path (section
 * 12.4). Types of no RFC are taken to need one.
 */
static inline bool proposal_needs_path(uint16_t type)
{
	return type != PROPOSAL_ADD && type != PROPOSAL_PSK &&
	       type != PROPOSAL_REINIT;
}

#endif
