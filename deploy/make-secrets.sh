#!/bin/sh
# Writes the passwords of docker-compose.yml that .env does not have yet; only its owner may read it.
set -eu
umask 077
file=${1:-.env}
there=no
[ ! -e "$file" ] || there=yes
added=0
for name in VFLEET_PG_ADMIN_PASSWORD VFLEET_PG_PASSWORD VFLEET_PG_DASHBOARD_PASSWORD \
  VFLEET_NATS_ALLOCATOR_PASSWORD VFLEET_NATS_MIGRATOR_PASSWORD VFLEET_NATS_INVENTORY_PASSWORD VFLEET_NATS_DASHBOARD_PASSWORD \
  VFLEET_NATS_OPERATOR_PASSWORD VFLEET_NATS_PLATFORM_PASSWORD VFLEET_NATS_READER_PASSWORD VFLEET_NATS_SIMULATION_PASSWORD \
  VFLEET_NATS_H1_PASSWORD VFLEET_DASHBOARD_TOKEN; do
  ! grep -qs "^$name=" "$file" || continue
  # Letters, digits, - and _ only: they stand in addresses as they are. A letter first, for NATS reads digits as a number.
  echo "$name=p$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')" >>"$file"
  added=$((added + 1))
done
case "$there $added" in
  no*) echo "$file written" ;;
  "yes 0") echo "$file is there and stays as it is" ;;
  *) echo "$file had $added passwords too few, which are there now" ;;
esac
