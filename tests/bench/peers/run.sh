#!/usr/bin/env bash
# shellcheck disable=SC2034  # common.sh reads what is set here
# rowand as one of the peers. CURVE always: there is no plain mode. The load
# client of mode "raw" speaks ZMTP by itself, as those of the other peers
# speak theirs; "dealer" is libzmq's client, as the floor has.
# Set ROWAN to a built tree (make, make build/tests/seed).
PEER=rowan LOADER=load_rowan MODES="raw" REF_MODES="dealer" IDLE=${IDLE:-4000}
: "${ROWAN:?the root of a built tree}"
export ROWAN
. "$(dirname "$0")/../common.sh"
peer_start() {
  local k=$TMP/key
  EXTRA=(--extra "$1"); mkdir -p "$DATA/state"
  "$ROWAN/build/tests/seed" "$DATA/state/rowan.db" 256 128 "$IDLE" >"$k"
  (umask 077
    sed -n s/^store_key=//p "$k" >"$DATA/store.key"
    sed -n s/^log_key=//p "$k" >"$DATA/log.key"
    sed -n s/^transport_secret=//p "$k" >"$DATA/transport.key"
    cat >"$DATA/rowand.conf" <<CONF
listen = [ "tcp://127.0.0.1:$PORT" ];
listen_enrol = [ ];
state_dir = "$DATA/state";
store_key = "$DATA/store.key";
transport_key = "$DATA/transport.key";
log_key = "$DATA/log.key";
connections = $((IDLE + 1000));
backlog = 4096;
rate_messages = 1000000000;
rate_requests = 1000000000;
rate_bytes = "1 TiB";
mailbox = 1000000000;
clock_need_sync = false;
CONF
  )
  "$ROWAN/build/rowand" "$DATA/rowand.conf" >"$DATA/log" 2>&1 & SPID=$!
  wait_port "$PORT" || { tail -5 "$DATA/log" >&2; return 1; }
}
peer_main
