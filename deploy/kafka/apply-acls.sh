#!/bin/sh
# Adds the ACLs of acls.csv, which are those of the task type "default" and KAFKA_GROUP_PREFIX=taskwire: add a line for each
# topic of your own types. Safe to repeat; to take a line back, use kafka-acls.sh --remove.
#   deploy/kafka/apply-acls.sh BROKER [--command-config admin.properties]
# KAFKA_ACLS names Kafka's program if it is not in the path.
set -eu
broker=$1
shift
tail -n +2 "$(dirname "$0")/acls.csv" | while IFS=, read -r principal resource pattern name operations; do
  options=
  for operation in $operations; do options="$options --operation $operation"; done
  # The program must not read the lines that are left. Operations are words without spaces.
  # shellcheck disable=SC2086
  "${KAFKA_ACLS:-kafka-acls.sh}" --bootstrap-server "$broker" "$@" --add --allow-principal "User:$principal" \
    "--$resource" "$name" --resource-pattern-type "$pattern" $options </dev/null
done
