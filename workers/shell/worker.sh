#!/bin/sh
# A compute worker over HTTP. Needs a POSIX shell and curl. Usage: worker.sh COMMAND [ARGUMENT...]
#
# The command finds the claim, {"items":[{"taskId":…,"attempt":…,"type":…,"payload":…}]}, on its standard input, and
# writes JSON of any kind, which becomes the field `output` of the result. Exit code 75 asks for another attempt, any
# other but 0 fails the task. TASKWIRE_URL, TASKWIRE_TOKEN, TASK_TYPES ("a","b") and LEASE_SECONDS may be set.
set -u
url=${TASKWIRE_URL:-http://127.0.0.1:3000}
lease=${LEASE_SECONDS:-60}
types=${TASK_TYPES:+,\"types\":[$TASK_TYPES]}
folder=$(mktemp -d)
held='' running='' retry=''

request() { # PATH BODY. The process becomes curl, so that whoever ends it ends curl.
  exec curl -sSf --max-time 40 $retry -H 'content-type: application/json' \
    ${TASKWIRE_TOKEN:+-H "authorization: Bearer $TASKWIRE_TOKEN"} --data-binary @- "$url$1" <<BODY
$2
BODY
}
post() { (request "$@"); }

# In the background, because a shell hears signals only while it waits.
await() {
  "$@" & running=$!
  wait "$running"
}

stop() {
  trap '' TERM INT
  kill "$running" ${work:-} 2>/dev/null
  [ -z "$held" ] || post /v1/claims/release "{\"items\":[{$held}]}" >/dev/null
  rm -rf "$folder"
  exit 0
}
trap stop TERM INT

# Says that the task is being worked at, which renews the lease; fails when the task is ours no more.
report() { post /v1/results "{$held,\"status\":\"RUNNING\",\"progress\":$1}" | grep -q '"outcome":"applied"'; }

while :; do
  await request /v1/claims "{\"waitSeconds\":20,\"leaseSeconds\":$lease$types}" >"$folder/claim" || { await sleep 1; continue; }
  held=$(sed -n 's/^{"items":\[{\("taskId":"[^"]*","attempt":[0-9]*\).*/\1/p' "$folder/claim")
  [ -n "$held" ] || continue
  report 0
  "$@" <"$folder/claim" >"$folder/output" & work=$!
  seconds=0
  while kill -0 "$work" 2>/dev/null; do
    await sleep 1
    seconds=$((seconds + 1))
    [ $((seconds % (lease / 3))) -ne 0 ] || report 50 || true
  done
  wait "$work"
  code=$? work=''
  output=$(cat "$folder/output")
  if [ "$code" -eq 0 ]; then answer="\"status\":\"DONE\",\"output\":${output:-null}"
  else answer="\"status\":\"FAILED\",\"error\":{\"message\":\"exit code $code\",\"retryable\":$([ "$code" -eq 75 ] && echo true || echo false)}"; fi
  # Until there is an answer: the server may be restarting.
  retry='--retry 1000 --retry-connrefused --retry-delay 1'
  await request /v1/results "{$held,$answer}" >/dev/null || echo "the answer was refused: $answer" >&2
  retry=''
  held=''
done
