#!/usr/bin/env bash
# A virtualisation platform in bash: a VM starts with a device, another one is refused, the VM stops.
set -euo pipefail
here=$(dirname "$0")
report() { bash "$here/nats.sh" req vfleet.api.vms.report "$1"; }
now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
# One field of flat JSON; a platform has a JSON library.
field() { grep -o "\"$1\":\"[^\"]*\"" | cut -d'"' -f4 | paste -sd' '; }

reply=$(report '{"vmId":"vm-sh","state":"starting","hostId":"sim-07","devices":[{"device":"GPU"}],"occurredAt":"'"$(now)"'"}')
echo "vm-sh got $(field address <<<"$reply")"

reply=$(report '{"vmId":"vm-sh-2","state":"starting","hostId":"sim-07","devices":[{"device":"GPU","count":3}],"occurredAt":"'"$(now)"'"}')
echo "vm-sh-2 got nothing: $(field message <<<"$reply")"

report '{"vmId":"vm-sh","state":"stopped","hostId":"sim-07","occurredAt":"'"$(now)"'"}' >/dev/null
echo "vm-sh gave it back"
