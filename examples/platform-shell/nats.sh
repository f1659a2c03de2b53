#!/usr/bin/env bash
# Publishes to NATS, or asks, with nothing but bash: the protocol is lines of text.
#   nats.sh pub SUBJECT BODY
#   nats.sh req SUBJECT BODY     prints the reply
# The server is NATS_URL (nats://user:password@host:port), else that of the local system which `npm start` has started in this folder.
set -euo pipefail
url=${NATS_URL:-$(sed -n 's/.*"natsUrl": "\(.*\)".*/\1/p' "${VFLEET_DATA_DIR:-.vfleet}/endpoints.json")}
verb=$1 subject=$2 body=${3:-}
[[ $url =~ ^nats://(([^:@]+):([^@]+)@)?([^:/]+):([0-9]+)$ ]] || { echo "nats.sh: no address of a server: $url" >&2; exit 64; }
user=${BASH_REMATCH[2]} password=${BASH_REMATCH[3]} host=${BASH_REMATCH[4]} port=${BASH_REMATCH[5]}

# Bytes, not characters, are counted and read.
export LC_ALL=C
exec 3<>"/dev/tcp/$host/$port"
say() { printf '%s\r\n' "$@" >&3; }
hear() { IFS= read -r -t 5 line <&3 || { echo "nats.sh: no answer within 5 s" >&2; exit 1; }; line=${line%$'\r'}; }

# What is no message: INFO, +OK, and PING, which is to be answered.
next_message() {
  while hear; do
    case $line in
      PING) say PONG ;;
      -ERR*) echo "nats.sh: $line" >&2; exit 1 ;;
      PONG | MSG* | HMSG*) return ;;
    esac
  done
}

say "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true,\"user\":\"$user\",\"pass\":\"$password\",\"name\":\"nats.sh\"}"
if [[ $verb == req ]]; then
  inbox="_INBOX.$RANDOM$RANDOM$RANDOM"
  say "SUB $inbox 1" "PUB $subject $inbox ${#body}" "$body"
  next_message
  read -ra words <<<"$line"
  headers=0
  [[ ${words[0]} == HMSG ]] && headers=${words[-2]}
  IFS= read -r -N "$headers" -t 5 said <&3 || true
  [[ $said == *' 503'* ]] && { echo "nats.sh: nothing answers $subject" >&2; exit 1; }
  IFS= read -r -N $((words[-1] - headers)) -t 5 reply <&3
  printf '%s\n' "$reply"
else
  say "PUB $subject ${#body}" "$body" PING
  next_message
fi
