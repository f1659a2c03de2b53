#!/bin/sh
# Writes passwords for docker-compose.yml into .env, once; only its owner may read it.
set -eu
umask 077
file=${1:-.env}
[ ! -e "$file" ] || { echo "$file is there and stays as it is"; exit 0; }
for name in VFLEET_PG_ADMIN_PASSWORD VFLEET_PG_PASSWORD VFLEET_PG_DASHBOARD_PASSWORD \
  VFLEET_NATS_PASSWORD VFLEET_NATS_HOSTS_PASSWORD VFLEET_NATS_H1_PASSWORD VFLEET_NATS_PLATFORM_PASSWORD VFLEET_NATS_READER_PASSWORD \
  VFLEET_DASHBOARD_TOKEN; do
  # Letters, digits, - and _ only: they stand in addresses as they are. A letter first, for NATS reads digits as a number.
  echo "$name=p$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')"
done >"$file"
echo "$file written"
