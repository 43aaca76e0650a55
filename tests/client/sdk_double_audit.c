/*
 * The stand-in's log: five entries, what is asked of them is given, and a
 * witness that signs anything.
 */
#include <stdlib.h>
#include <string.h>

#include "client/sdk_double.h"

#define ENTRIES 5

struct rowan_audit {
	uint64_t next, end;
	bool tree, told;
};

static int begin(bool tree, uint64_t from, struct rowan_audit **ret)
{
	struct rowan_audit *a = calloc(1, sizeof *a);

	if (a == NULL)
		return ROWAN_E_NOMEM;
	*a = (struct rowan_audit){.next = from, .end = ENTRIES, .tree = tree};
	*ret = a;
	return double_told("audit");
}

int rowan_audit_verify(struct rowan *r, uint64_t from, struct rowan_audit **ret)
{
	return begin(true, from, ret);
}

int rowan_audit_read(struct rowan *r, const uint8_t *case_id,
	const uint8_t *device, uint64_t from, struct rowan_audit **ret)
{
	return begin(false, from, ret);
}

int rowan_audit_renew(struct rowan *r, const void *receipt, size_t len,
	struct rowan_audit **ret)
{
	return begin(false, ENTRIES - 1, ret);
}

int rowan_audit_renew_at(struct rowan *r, const void *receipt, size_t len,
	const void *checkpoint, size_t checkpoint_len, struct rowan_audit **ret)
{
	return begin(false, ENTRIES - 1, ret);
}

int rowan_audit_request(
	struct rowan *r, uint64_t known, struct rowan_audit **ret)
{
	return begin(true, ENTRIES - 1, ret);
}

int rowan_audit_cosigned(
	struct rowan *r, const void *note, size_t len, struct rowan_audit **ret)
{
	return begin(true, ENTRIES, ret);
}

void rowan_audit_free(struct rowan_audit *audit)
{
	free(audit);
}

/* "unbelieved": so often there is nothing that may be believed. */
int rowan_audit_next(struct rowan_audit *audit)
{
	static json_int_t told;

	if (told < json_integer_value(json_object_get(
			   double_world()->root, "unbelieved"))) {
		told++;
		return ROWAN_E_STATE;
	}
	if (audit->next >= audit->end)
		return ROWAN_E_NOT_FOUND;
	audit->next++;
	return 0;
}

uint64_t rowan_audit_entry(const struct rowan_audit *audit)
{
	return audit->next - 1;
}

const char *rowan_audit_act(const struct rowan_audit *audit)
{
	static const char *const acts[ENTRIES] = {
		"statement", "submit", "read", "refused", "audit"};

	return acts[rowan_audit_entry(audit) % ENTRIES];
}

uint64_t rowan_audit_time(const struct rowan_audit *audit)
{
	return audit->tree ? 0 : 1767225600;
}

bool rowan_audit_hour(const struct rowan_audit *audit)
{
	return rowan_audit_entry(audit) == 1;
}

unsigned rowan_audit_operation(const struct rowan_audit *audit)
{
	return 0x0100;
}

unsigned rowan_audit_code(const struct rowan_audit *audit)
{
	return rowan_audit_entry(audit) == 3 ? 0x0301 : 0;
}

const uint8_t *rowan_audit_device(const struct rowan_audit *audit)
{
	return double_world()->people[0].device.b;
}

const uint8_t *rowan_audit_case(const struct rowan_audit *audit)
{
	return double_world()->cases[0].info.id.b;
}

const uint8_t *rowan_audit_channel(const struct rowan_audit *audit)
{
	return double_world()->cases[0].channels[0].id.b;
}

uint64_t rowan_audit_number(const struct rowan_audit *audit)
{
	return 7;
}

size_t rowan_audit_reads(const struct rowan_audit *audit)
{
	return rowan_audit_entry(audit) == 2 ? 1 : 0;
}

uint64_t rowan_audit_read_entry(const struct rowan_audit *audit, size_t i)
{
	return 1;
}

static struct rowan_bytes *text(const char *s)
{
	struct rowan_bytes *ret = NULL;
	struct buf b;

	if (buf_copy(&b, bytes_of(s, strlen(s))) != 0 ||
		sdk_bytes(&ret, &b) != 0)
		abort();
	return ret;
}

struct rowan_bytes *rowan_audit_proof(const struct rowan_audit *audit)
{
	return text("c2sp.org/tlog-proof@v1\n");
}

uint64_t rowan_audit_size(const struct rowan_audit *audit)
{
	return ENTRIES;
}

struct rowan_bytes *rowan_audit_checkpoint(const struct rowan_audit *audit)
{
	return text("rowan-log/double\n5\n");
}

int rowan_audit_who(struct rowan *r, const uint8_t device[ROWAN_ID_LEN],
	uint8_t ret_member[ROWAN_ID_LEN], enum rowan_role *ret_role,
	char ret_agency[ROWAN_AGENCY_LEN])
{
	const struct list_member *me = &double_world()->people[0];

	memcpy(ret_member, me->member.b, ID16_LEN);
	*ret_role = ROWAN_ROLE_CASEWORKER;
	memcpy(ret_agency, "police", 7);
	return 0;
}

int rowan_witness(struct rowan *r, const void *request, size_t len,
	struct rowan_bytes **ret)
{
	int rc = double_told("witness");

	*ret = rc == 0 ? text("- rowan-witness/double\n") : NULL;
	return rc;
}

int rowan_witness_key(struct rowan *r, struct rowan_bytes **ret)
{
	*ret = text("rowan-witness/double+0+0");
	return 0;
}

int rowan_witness_erased(struct rowan *r, struct rowan_bytes **ret)
{
	*ret = text("erased\n");
	return 0;
}

int rowan_conflict(struct rowan *r, uint64_t n, struct rowan_bytes **ret)
{
	*ret = NULL;
	return ROWAN_E_NOT_FOUND;
}

int rowan_look(struct rowan *r)
{
	return 0;
}

int rowan_log(struct rowan *r, uint64_t *ret_size, uint64_t *ret_time)
{
	*ret_size = ENTRIES;
	*ret_time = 1767225600;
	return 0;
}

int rowan_set_witnesses(struct rowan *r, const void *policy, size_t len)
{
	return double_told("policy");
}

int rowan_message_disclosure(
	const struct rowan_message *m, struct rowan_bytes **ret)
{
	*ret = NULL;
	return ROWAN_E_NOT_FOUND;
}

int rowan_sign_bundle(
	struct rowan *r, const uint8_t *digest, struct rowan_bytes **ret)
{
	*ret = NULL;
	return ROWAN_E_STATE;
}
