/*
 * The state of a case: see case_state.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/case_state.h"

#define SAVED_VERSION 1

void case_init(
	struct case_state *c, const struct id16 *clinic, const struct id16 *id)
{
	memset(c, 0, sizeof *c);
	c->clinic = *clinic;
	c->id = *id;
}

void case_wipe(struct case_state *c)
{
	mem_free(c->assignments, c->assignment_count * sizeof *c->assignments);
	memset(c, 0, sizeof *c);
}

void case_erase(struct case_state *c)
{
	struct case_state bare = {.clinic = c->clinic,
		.id = c->id,
		.status = CASE_ERASED,
		.number = c->number,
		.head = c->head,
		.time = c->time,
		.clinic_number = c->clinic_number};

	case_wipe(c);
	*c = bare;
}

int case_copy(struct case_state *ret, const struct case_state *c)
{
	struct case_assignment *list = NULL;

	memset(ret, 0, sizeof *ret);
	if (c->assignment_count > 0) {
		list = calloc(c->assignment_count, sizeof *list);
		if (list == NULL)
			return ROWAN_E_NOMEM;
		memcpy(list, c->assignments,
			c->assignment_count * sizeof *list);
	}
	*ret = *c;
	ret->assignments = list;
	return 0;
}

const struct case_channel *case_channel(
	const struct case_state *c, uint8_t kind)
{
	for (size_t i = 0; i < c->channel_count; i++)
		if (c->channels[i].kind == kind)
			return &c->channels[i];
	return NULL;
}

bool case_assigned(const struct case_state *c, const struct id16 *member,
	uint8_t channel, uint64_t time)
{
	for (size_t i = 0; i < c->assignment_count; i++) {
		const struct case_assignment *a = &c->assignments[i];

		if ((channel == 0 || a->channel == channel) &&
			id16_eq(&a->member, member) && a->from <= time &&
			(a->until == 0 || time < a->until))
			return true;
	}
	return false;
}

uint64_t case_next_change(const struct case_state *c, uint64_t time)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < c->assignment_count; i++) {
		const struct case_assignment *a = &c->assignments[i];

		if (a->from > time && a->from < next)
			next = a->from;
		if (a->until > time && a->until < next)
			next = a->until;
	}
	return next;
}

static int compare(uint8_t channel, const struct id16 *member,
	const struct case_assignment *a)
{
	if (channel != a->channel)
		return channel < a->channel ? -1 : 1;
	return id16_cmp(member, &a->member);
}

int case_assign(struct case_state *c, const struct case_assignment *a)
{
	struct case_assignment *list;
	size_t at = 0, size = c->assignment_count * sizeof *list;

	while (at < c->assignment_count &&
		compare(a->channel, &a->member, &c->assignments[at]) > 0)
		at++;
	if (at < c->assignment_count &&
		compare(a->channel, &a->member, &c->assignments[at]) == 0) {
		c->assignments[at] = *a;
		return 0;
	}
	if (c->assignment_count == CASE_ASSIGNMENTS_MAX)
		return ROWAN_E_LIMIT;
	list = malloc(size + sizeof *list);
	if (list == NULL)
		return ROWAN_E_NOMEM;
	if (at > 0)
		memcpy(list, c->assignments, at * sizeof *list);
	list[at] = *a;
	if (at < c->assignment_count)
		memcpy(list + at + 1, c->assignments + at,
			(c->assignment_count - at) * sizeof *list);
	mem_free(c->assignments, size);
	c->assignments = list;
	c->assignment_count++;
	return 0;
}

bool case_unassign(
	struct case_state *c, const struct id16 *member, uint8_t channel)
{
	size_t kept = 0, before = c->assignment_count;

	for (size_t i = 0; i < before; i++) {
		const struct case_assignment *a = &c->assignments[i];

		if (!id16_eq(&a->member, member) ||
			(channel != 0 && a->channel != channel))
			c->assignments[kept++] = *a;
	}
	c->assignment_count = kept;
	if (kept == 0 && before > 0) {
		mem_free(c->assignments, before * sizeof *c->assignments);
		c->assignments = NULL;
	}
	return kept < before;
}

void case_save(const struct case_state *c, struct writer *w)
{
	writer_u16(w, SAVED_VERSION);
	writer_raw(w, c->clinic.b, sizeof c->clinic.b);
	writer_raw(w, c->id.b, sizeof c->id.b);
	writer_u8(w, c->status);
	writer_u8(w, c->hold);
	writer_vec(w, bytes_of(c->agency, strlen(c->agency)));
	writer_u32(w, c->day);
	writer_raw(w, c->victim.b, sizeof c->victim.b);
	writer_u64(w, c->number);
	writer_raw(w, c->head.b, sizeof c->head.b);
	writer_u64(w, c->time);
	writer_u64(w, c->clinic_number);
	writer_u8(w, (uint8_t)c->channel_count);
	for (size_t i = 0; i < c->channel_count; i++) {
		writer_u8(w, c->channels[i].kind);
		writer_raw(w, c->channels[i].channel.b, ID16_LEN);
		writer_raw(w, c->channels[i].group_id.b, ID16_LEN);
		writer_u32(w, c->channels[i].generation);
	}
	writer_u16(w, (uint16_t)c->assignment_count);
	for (size_t i = 0; i < c->assignment_count; i++) {
		writer_raw(w, c->assignments[i].member.b, ID16_LEN);
		writer_u8(w, c->assignments[i].channel);
		writer_u64(w, c->assignments[i].from);
		writer_u64(w, c->assignments[i].until);
	}
}

static int load_head(struct reader *r, struct case_state *c)
{
	struct bytes agency;
	uint8_t hold;

	if (reader_array(r, c->clinic.b, ID16_LEN) != 0 ||
		reader_array(r, c->id.b, ID16_LEN) != 0 ||
		reader_u8(r, &c->status) != 0 || c->status > CASE_ERASED ||
		reader_u8(r, &hold) != 0 || hold > 1 ||
		reader_vec(r, WIRE_AGENCY_MAX, &agency) != 0 ||
		reader_u32(r, &c->day) != 0 ||
		reader_array(r, c->victim.b, ID16_LEN) != 0 ||
		reader_u64(r, &c->number) != 0 ||
		reader_array(r, c->head.b, sizeof c->head.b) != 0 ||
		reader_u64(r, &c->time) != 0 ||
		reader_u64(r, &c->clinic_number) != 0)
		return ROWAN_E_CORRUPT;
	if (agency.len > 0)
		memcpy(c->agency, agency.data, agency.len);
	c->hold = hold == 1;
	return 0;
}

static int load_lists(struct reader *r, struct case_state *c)
{
	uint8_t channels;
	uint16_t count;
	struct case_assignment a;
	int rc;

	if (reader_u8(r, &channels) != 0 || channels > WIRE_CASE_CHANNELS_MAX)
		return ROWAN_E_CORRUPT;
	for (; c->channel_count < channels; c->channel_count++) {
		struct case_channel *ch = &c->channels[c->channel_count];

		if (reader_u8(r, &ch->kind) != 0 ||
			reader_array(r, ch->channel.b, ID16_LEN) != 0 ||
			reader_array(r, ch->group_id.b, ID16_LEN) != 0 ||
			reader_u32(r, &ch->generation) != 0)
			return ROWAN_E_CORRUPT;
	}
	if (reader_u16(r, &count) != 0 || count > CASE_ASSIGNMENTS_MAX)
		return ROWAN_E_CORRUPT;
	for (uint16_t i = 0; i < count; i++) {
		if (reader_array(r, a.member.b, ID16_LEN) != 0 ||
			reader_u8(r, &a.channel) != 0 ||
			reader_u64(r, &a.from) != 0 ||
			reader_u64(r, &a.until) != 0)
			return ROWAN_E_CORRUPT;
		rc = case_assign(c, &a);
		if (rc != 0)
			return rc;
	}
	return c->assignment_count == count ? 0 : ROWAN_E_CORRUPT;
}

int case_load(struct case_state *ret, struct bytes input)
{
	uint16_t version = 0;
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0 || version == 0)
		return ROWAN_E_CORRUPT;
	if (version > SAVED_VERSION)
		return ROWAN_E_TOO_NEW;
	rc = load_head(&r, ret);
	if (rc == 0)
		rc = load_lists(&r, ret);
	if (rc == 0 && reader_end(&r) != 0)
		rc = ROWAN_E_CORRUPT;
	if (rc != 0)
		case_wipe(ret);
	return rc;
}
