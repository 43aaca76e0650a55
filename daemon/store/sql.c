/*
 * The texts of the statements. See sql.h.
 */
#include "store/sql.h"

static const char *const texts[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_MARK] = "SAVEPOINT mark",
	[SQL_KEEP] = "RELEASE mark",
	[SQL_UNDO] = "ROLLBACK TO mark",
	[SQL_PAGES] = "PRAGMA page_count",
	[SQL_PAGES_FREE] = "PRAGMA freelist_count",

	[SQL_META_GET] = "SELECT value FROM meta WHERE key=?1",
	[SQL_META_PUT] = "INSERT INTO meta(key,value) VALUES(?1,?2)"
			 " ON CONFLICT(key) DO UPDATE SET value=?2",
	[SQL_META_DELETE] = "DELETE FROM meta WHERE key=?1",
	[SQL_SEQUENCE_GET] = "SELECT next FROM sequence WHERE name=?1",
	[SQL_SEQUENCE_PUT] = "INSERT INTO sequence(name,next) VALUES(?1,?2)"
			     " ON CONFLICT(name) DO UPDATE SET next=?2",

	[SQL_MEMBER_FIND] = "SELECT id FROM member WHERE name=?1",
	[SQL_MEMBER_ADD] = "INSERT INTO member(name) VALUES(?1)",

	[SQL_DEVICE_FIND] = "SELECT id,member,revoked FROM device"
			    " WHERE name=?1",
	[SQL_DEVICE_GET] = "SELECT id,member,revoked,detail FROM device"
			   " WHERE name=?1",
	[SQL_DEVICE_BY_KEY] = "SELECT id,member,revoked,detail FROM device"
			      " WHERE transport=?1",
	[SQL_DEVICE_BY_ROW] = "SELECT id,member,revoked,detail FROM device"
			      " WHERE id=?1",
	[SQL_DEVICE_ADD] = "INSERT INTO device(id,name,transport,member,"
			   "revoked,detail,card)"
			   " VALUES(?1,?2,?3,?4,?5,?6,?7)",
	[SQL_DEVICE_SET] = "UPDATE device SET transport=?3,member=?4,"
			   "revoked=?5,detail=?6,card=?7 WHERE id=?1",
	[SQL_DEVICE_SHARES] = "SELECT a.id,a.detail,b.id,b.detail"
			      " FROM assignment a JOIN assignment b"
			      " ON b.channel=a.channel AND b.member=?2"
			      " JOIN channel c ON c.id=a.channel"
			      " WHERE a.member=?1 AND c.closed=0",
	[SQL_DEVICE_REVOKE] = "UPDATE device SET revoked=1 WHERE id=?1",
	[SQL_DEVICE_CARD] = "SELECT id,card FROM device WHERE name=?1",
	[SQL_DEVICE_OF_MEMBER] = "SELECT id,member,revoked,detail FROM device"
				 " WHERE member=?1 ORDER BY id",
	[SQL_DEVICE_NEXT] = "SELECT id,member,revoked,detail FROM device"
			    " WHERE id>?1 ORDER BY id LIMIT 1",

	[SQL_CASE_GET] = "SELECT id,closed FROM cases WHERE name=?1",
	[SQL_CASE_NEXT] = "SELECT id,closed,detail FROM cases WHERE id>?1"
			  " ORDER BY id LIMIT 1",
	[SQL_CASE_ADD] = "INSERT INTO cases(id,name,closed,detail)"
			 " VALUES(?1,?2,?3,?4)",
	[SQL_CASE_SET] = "UPDATE cases SET closed=?2 WHERE id=?1",
	[SQL_CASE_SHUT] = "UPDATE channel SET closed=1 WHERE of_case=?1",
	[SQL_CASE_ENVELOPES] = "SELECT id,channel IN"
			       " (SELECT id FROM channel WHERE of_case=?2)"
			       " FROM envelope WHERE id>?1"
			       " ORDER BY id LIMIT ?3",
	[SQL_CASE_BLOB] = "SELECT id FROM blob WHERE channel IN"
			  " (SELECT id FROM channel WHERE of_case=?1) LIMIT 1",
	[SQL_CASE_UNASSIGN] = "DELETE FROM assignment WHERE channel IN"
			      " (SELECT id FROM channel WHERE of_case=?1)",
	[SQL_CHANNEL_GET] = "SELECT id,of_case,closed,detail FROM channel"
			    " WHERE name=?1",
	[SQL_CHANNEL_ADD] = "INSERT INTO channel(id,name,of_case,closed,"
			    "detail) VALUES(?1,?2,?3,?4,?5)",
	[SQL_CHANNEL_SET] = "UPDATE channel SET closed=?2,detail=?3"
			    " WHERE id=?1",
	[SQL_CHANNEL_OF_CASE] = "SELECT id,of_case,closed,detail FROM channel"
				" WHERE of_case=?1 ORDER BY id",
	[SQL_ASSIGNMENT_GET] = "SELECT id FROM assignment"
			       " WHERE channel=?1 AND member=?2",
	[SQL_ASSIGNMENT_ADD] = "INSERT INTO assignment(id,channel,member,"
			       "detail) VALUES(?1,?2,?3,?4)",
	[SQL_ASSIGNMENT_SET] = "UPDATE assignment SET detail=?2 WHERE id=?1",
	[SQL_ASSIGNMENT_DELETE] = "DELETE FROM assignment"
				  " WHERE channel=?1 AND member=?2",
	[SQL_ASSIGNMENT_LIST] = "SELECT id,member,detail FROM assignment"
				" WHERE channel=?1 ORDER BY id",

	[SQL_PACKAGE_HASH_GET] = "SELECT 1 FROM package_hash WHERE name=?1",
	[SQL_PACKAGE_HASH_ADD] = "INSERT INTO package_hash(name) VALUES(?1)",
	[SQL_PACKAGE_ADD] = "INSERT INTO package(id,device,last_resort,used,"
			    "until,body) VALUES(?1,?2,?3,0,?4,?5)",
	[SQL_PACKAGE_COUNT] = "SELECT count(*),total(used) FROM package"
			      " WHERE device=?1 AND last_resort=?2",
	[SQL_PACKAGE_LAST_RESORT] = "SELECT id,body FROM package"
				    " WHERE device=?1 AND last_resort=1",
	[SQL_PACKAGE_LAST_USED] = "UPDATE package SET used=1 WHERE id=?1",
	[SQL_PACKAGE_LAST_DELETE] = "DELETE FROM package"
				    " WHERE device=?1 AND last_resort=1",
	/* One statement, so that no package is ever handed out twice. */
	[SQL_PACKAGE_CLAIM] = "DELETE FROM package WHERE id=("
			      "SELECT id FROM package WHERE device=?1"
			      " AND last_resort=0 AND until>?2"
			      " ORDER BY id LIMIT 1) RETURNING id,body",
	[SQL_PACKAGE_DELETE] = "DELETE FROM package WHERE id=?1",
	[SQL_PACKAGE_DELETE_OF] = "DELETE FROM package WHERE device=?1",

	[SQL_SENDER_GET] = "SELECT high,m0,m1,m2,m3 FROM sender"
			   " WHERE device=?1",
	[SQL_SENDER_ADD] = "INSERT INTO sender(device,high,m0,m1,m2,m3)"
			   " VALUES(?1,?2,?3,?4,?5,?6)",
	[SQL_SENDER_SET] = "UPDATE sender SET high=?2,m0=?3,m1=?4,m2=?5,m3=?6"
			   " WHERE device=?1",
	[SQL_MAILBOX_GET] = "SELECT reserved FROM mailbox WHERE device=?1",
	[SQL_MAILBOX_PUT] = "INSERT OR REPLACE INTO mailbox(device,reserved)"
			    " VALUES(?1,?2)",
	[SQL_MAILBOX_COUNT] = "SELECT count(*) FROM delivery WHERE device=?1",

	[SQL_ENVELOPE_ADD] = "INSERT INTO envelope(id,number,channel,device,"
			     "seq,until,body) VALUES(?1,?1,?2,?3,?4,?6,?5)",
	[SQL_ENVELOPE_REUSE] = "UPDATE envelope SET channel=?2,device=?3,"
			       "seq=?4,body=?5,number=?6 WHERE id=?1",
	[SQL_ENVELOPE_SIZE] = "SELECT until,length(body) FROM envelope"
			      " WHERE id=?1",
	[SQL_ENVELOPE_SPARE] =
		"SELECT until,length(body) FROM envelope e"
		" WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM"
		" delivery d WHERE d.device=e.device AND"
		" d.seq=e.seq AND d.envelope=e.id) AND NOT EXISTS"
		" (SELECT 1 FROM pending p"
		" WHERE p.envelope=e.id)",
	[SQL_ENVELOPE_DELETE] = "DELETE FROM envelope WHERE id=?1",
	[SQL_ENVELOPE_HEAD] = "SELECT device,seq FROM envelope WHERE id=?1",
	[SQL_DELIVERY_ADD] = "INSERT INTO delivery(device,seq,envelope,"
			     "shared) VALUES(?1,?2,?3,?4)",
	[SQL_DELIVERY_RANGE] = "SELECT seq,envelope,shared FROM delivery"
			       " WHERE device=?1 AND seq BETWEEN ?2 AND ?3"
			       " ORDER BY seq LIMIT ?4",
	[SQL_DELIVERY_DELETE] = "DELETE FROM delivery"
				" WHERE device=?1 AND seq=?2",
	[SQL_DELIVERY_DELETE_RANGE] = "DELETE FROM delivery"
				      " WHERE device=?1"
				      " AND seq BETWEEN ?2 AND ?3",
	[SQL_PENDING_ADD] = "INSERT INTO pending(envelope,device,seq)"
			    " VALUES(?1,?2,?3)",
	[SQL_PENDING_DELETE] = "DELETE FROM pending"
			       " WHERE envelope=?1 AND device=?2",
	[SQL_PENDING_ANY] = "SELECT 1 FROM pending WHERE envelope=?1 LIMIT 1",
	[SQL_PENDING_LIST] = "SELECT device,seq FROM pending"
			     " WHERE envelope=?1 ORDER BY device",
	[SQL_FETCH] = "SELECT d.seq,e.number,e.body FROM delivery d"
		      " CROSS JOIN envelope e ON e.id=d.envelope"
		      " WHERE d.device=(SELECT id FROM device WHERE name=?1)"
		      " AND d.seq>=?2 ORDER BY d.seq",

	[SQL_ENVELOPE_OVER] = "SELECT id,until FROM envelope"
			      " WHERE until<>0 ORDER BY until,id LIMIT 1",
	[SQL_PACKAGE_OVER] = "SELECT id,until FROM package"
			     " WHERE until<>0 ORDER BY until,id LIMIT 1",
	[SQL_BLOB_OVER] = "SELECT id,until FROM blob"
			  " WHERE until<>0 ORDER BY until,id LIMIT 1",
	[SQL_TRASH_ADD] = "INSERT OR IGNORE INTO trash(kind,row)"
			  " VALUES(?1,?2)",
	[SQL_TRASH_NEXT] = "SELECT kind,row FROM trash LIMIT 1",
	[SQL_TRASH_DELETE] = "DELETE FROM trash WHERE kind=?1 AND row=?2",

	[SQL_BLOB_GET] = "SELECT id,have,detail FROM blob WHERE name=?1",
	[SQL_BLOB_ADD] = "INSERT INTO blob(id,name,channel,have,until,detail,"
			 "owner,chunks) VALUES(?1,?2,?3,0,?4,?5,?6,?7)",
	[SQL_BLOB_HAVE] = "UPDATE blob SET have=have+1,until=?2 WHERE id=?1",
	[SQL_BLOB_USAGE] = "SELECT count(CASE WHEN have<chunks THEN 1 END),"
			   "ifnull(sum(chunks),0) FROM blob WHERE owner="
			   "(SELECT id FROM device WHERE name=?1)",
	[SQL_BLOB_DELETE] = "DELETE FROM blob WHERE id=?1",
	[SQL_CHUNK_ADD] = "INSERT OR IGNORE INTO chunk(id,body)"
			  " VALUES(?1,?2)",
	[SQL_CHUNK_GET] = "SELECT body FROM chunk WHERE id=?1",
	[SQL_CHUNK_LIST] = "SELECT id FROM chunk WHERE id BETWEEN ?1 AND ?2"
			   " ORDER BY id",
	[SQL_CHUNK_SWEEP] = "DELETE FROM chunk WHERE id=("
			    "SELECT id FROM chunk WHERE id BETWEEN ?1 AND ?2"
			    " LIMIT 1)",
	[SQL_COUNTS] = "SELECT (SELECT count(*) FROM device),"
		       "(SELECT count(*) FROM channel),"
		       "(SELECT count(*) FROM envelope),"
		       "(SELECT count(*) FROM delivery),"
		       "(SELECT count(*) FROM blob)",

	[SQL_CHAIN_GET] = "SELECT id,newest FROM chain WHERE name=?1",
	[SQL_CHAIN_ADD] = "INSERT INTO chain(id,name,newest,state)"
			  " VALUES(?1,?2,0,x'')",
	[SQL_CHAIN_SET] = "UPDATE chain SET newest=?2,state=?3 WHERE id=?1",
	[SQL_CHAIN_STATE] = "SELECT state FROM chain WHERE id=?1",
	[SQL_ACT_ADD] = "INSERT INTO act(id,body) VALUES(?1,?2)",
	[SQL_ACT_GET] = "SELECT body FROM act WHERE id=?1",
	[SQL_ACT_SET] = "UPDATE act SET body=?2 WHERE id=?1",
	[SQL_DEVICE_CARD_SET] = "UPDATE device SET card=?2 WHERE id=?1",
	[SQL_DEVICE_OF_PART] = "SELECT id,member,revoked,detail FROM device"
			       " WHERE id>?2 AND member IN"
			       " (SELECT member FROM part WHERE name=?1)"
			       " ORDER BY id LIMIT 1",
	[SQL_STANDING_PUT] = "INSERT INTO standing(device,detail)"
			     " VALUES(?1,?2)"
			     " ON CONFLICT(device) DO UPDATE SET detail=?2",
	[SQL_STANDING_GET] = "SELECT detail FROM standing WHERE device=?1",
	[SQL_SEEN_PUT] = "INSERT INTO seen(device,day) VALUES(?1,?2)"
			 " ON CONFLICT(device) DO UPDATE SET day=excluded.day",
	[SQL_SEEN_GET] = "SELECT day FROM seen WHERE device=?1",
	[SQL_KEY_ADD] = "INSERT OR IGNORE INTO public_key(name) VALUES(?1)",
	[SQL_KEY_GET] = "SELECT 1 FROM public_key WHERE name=?1",
	[SQL_PART_GET] = "SELECT id,detail FROM part"
			 " WHERE member=?1 AND name=?2",
	[SQL_PART_ADD] = "INSERT INTO part(id,detail,member,name)"
			 " VALUES(?1,?2,?3,?4)",
	[SQL_PART_SET] = "UPDATE part SET detail=?2 WHERE id=?1",
	[SQL_PART_DROP] = "DELETE FROM part WHERE member=?1 AND name=?2",
	[SQL_PART_LIST] = "SELECT id,detail FROM part WHERE member=?1",
	[SQL_GROUP_PUT] = "INSERT INTO mls_group(channel,state) VALUES(?1,?2)"
			  " ON CONFLICT(channel) DO UPDATE SET state=?2",
	[SQL_GROUP_GET] = "SELECT state FROM mls_group WHERE channel=?1",
	[SQL_GROUP_DELETE] = "DELETE FROM mls_group WHERE channel=?1",

	[SQL_INVITE_GET] = "SELECT id,owner,live,detail,body FROM invite"
			   " WHERE name=?1",
	[SQL_INVITE_ADD] = "INSERT INTO invite(id,name,owner,live,until,"
			   "detail,body) VALUES(?1,?2,?3,1,?4,x'',x'')",
	[SQL_INVITE_SET] = "UPDATE invite SET live=?2,detail=?3,body=?4,"
			   "until=until+CASE WHEN live>?2 THEN ?5 ELSE 0 END"
			   " WHERE id=?1",
	[SQL_INVITE_COUNT] = "SELECT count(*) FROM invite"
			     " WHERE owner=?1 AND live=1",
	[SQL_INVITE_OVER] = "SELECT id,until FROM invite"
			    " ORDER BY until,id LIMIT 1",
	[SQL_INVITE_END] = "UPDATE invite SET live=0,body=x'',until=until+?2"
			   " WHERE id=?1 AND live=1",
	[SQL_INVITE_DELETE] = "DELETE FROM invite WHERE id=?1",
	[SQL_INVITE_NEXT] = "SELECT id,owner,live,until FROM invite"
			    " WHERE id>?1 ORDER BY id LIMIT 1",
	[SQL_ENVELOPE_DUE] = "SELECT count(*) FROM envelope WHERE until<=?1",
	[SQL_BLOB_DUE] = "SELECT count(*) FROM blob WHERE until<=?1",
	[SQL_PACKAGE_DUE] = "SELECT count(*) FROM package WHERE until<=?1",
	[SQL_PACKAGE_VOID] = "DELETE FROM package",
	[SQL_INVITE_VOID] = "UPDATE invite SET live=0,body=x'',"
			    "until=until+?1 WHERE live=1",
	[SQL_MAILBOX_SKIP] = "INSERT INTO mailbox(device,reserved)"
			     " SELECT id,?1 FROM device WHERE true"
			     " ON CONFLICT(device) DO UPDATE SET"
			     " reserved=max(reserved+?2,?1)",
	[SQL_ENVELOPE_THERE] = "SELECT count(*) FROM envelope"
			       " WHERE id=?1 AND number=?2",
	[SQL_GROUP_NEXT] = "SELECT channel,state FROM mls_group"
			   " WHERE channel>?1 ORDER BY channel LIMIT 1",
	[SQL_INVITE_DUE] = "SELECT count(*) FROM invite WHERE until<=?1",

	[SQL_LOG_ADD] = "INSERT INTO log(id,count,tree,detail)"
			" VALUES(?1,?2,?3,?4)",
	[SQL_LOG_AT] = "SELECT id,count,tree,detail FROM log WHERE id<=?1"
		       " ORDER BY id DESC LIMIT 1",
	[SQL_LOG_ALL] = "SELECT id,count,tree FROM log ORDER BY id",
	[SQL_LOG_BLANK] = "UPDATE log SET detail=?2 WHERE id=?1",
	[SQL_LOG_SECRET_GET] = "SELECT id,secret FROM log_secret WHERE name=?1",
	[SQL_LOG_SECRET_ADD] = "INSERT INTO log_secret(id,name,secret)"
			       " VALUES(?1,?2,?3)",
	[SQL_LOG_SECRET_NAME] = "SELECT name FROM log_secret WHERE id=?1",
	[SQL_LOG_SECRET_ERASE] = "UPDATE log_secret SET secret=x''"
				 " WHERE id=?1",
};

const char *sql_text(enum sql which)
{
	return texts[which];
}
