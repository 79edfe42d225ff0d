# The way from the host of a job to another host: `sh "$work/ssh" HOST COMMAND...`. Pinned host keys only, no prompt,
# and an end within a minute when the line dies. ADDRESS '' means the job's own host.
#   link_up ADDRESS PORT USER CONFIG ALIAS KEY_FILE HOST_KEYS
link_up() {
  DRP_LINK_ADDRESS=$1 DRP_LINK_PORT=$2 DRP_LINK_USER=$3 DRP_LINK_CONFIG=$4 DRP_LINK_KEY=$6
  [ -z "$5" ] || DRP_LINK_ADDRESS=$5
  DRP_LINK_KNOWN=$work/known_hosts
  export DRP_LINK_ADDRESS DRP_LINK_PORT DRP_LINK_USER DRP_LINK_CONFIG DRP_LINK_KEY DRP_LINK_KNOWN
  printf '%s\n' "$7" | sed '/^$/d; s/^/drp-source /' >"$DRP_LINK_KNOWN"
  cat >"$work/ssh" <<'WRAPPER'
set -- -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=3 \
  -o HostKeyAlias=drp-source -o "UserKnownHostsFile=\"$DRP_LINK_KNOWN\"" -o GlobalKnownHostsFile=/dev/null \
  -o StrictHostKeyChecking=yes -o CheckHostIP=no -o LogLevel=ERROR "$@"
[ -z "$DRP_LINK_KEY" ] || set -- -o IdentitiesOnly=yes -i "$DRP_LINK_KEY" "$@"
if [ -n "$DRP_LINK_CONFIG" ]; then
  exec ssh -F "$DRP_LINK_CONFIG" "$@"
fi
exec ssh -p "$DRP_LINK_PORT" -l "$DRP_LINK_USER" "$@"
WRAPPER
}

shell_word() {
  printf "'%s' " "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

# SCRIPT_FILE ARGUMENT...: runs a script on the source, its text on stdin, its arguments quoted once.
on_source() {
  script=$1
  shift
  if [ -z "$DRP_LINK_ADDRESS" ]; then
    sh "$script" "$@"
    return
  fi
  line='sh -s -- '
  for word in "$@"; do line="$line$(shell_word "$word")"; done
  sh "$work/ssh" "$DRP_LINK_ADDRESS" "$line" <"$script"
}
