# The way from the host of a job to another host: `sh "$work/ssh" HOST COMMAND...`. Pinned host keys only, no prompt,
# and an end within a minute when the line dies. ADDRESS '' means the job's own host.
#   link_up ADDRESS PORT USER CONFIG ALIAS KEY_FILE HOST_KEYS [CIPHER]      (CIPHER first, where both programs know it)
link_up() {
  DRP_LINK_ADDRESS=$1 DRP_LINK_PORT=$2 DRP_LINK_USER=$3 DRP_LINK_CONFIG=$4 DRP_LINK_KEY=$6
  [ -z "$5" ] || DRP_LINK_ADDRESS=$5
  DRP_LINK_KNOWN=$work/known_hosts DRP_LINK_CIPHERS='' DRP_LINK_SHARE=''
  export DRP_LINK_ADDRESS DRP_LINK_PORT DRP_LINK_USER DRP_LINK_CONFIG DRP_LINK_KEY DRP_LINK_KNOWN DRP_LINK_CIPHERS DRP_LINK_SHARE
  printf '%s\n' "$7" | sed '/^$/d; s/^/drp-source /' >"$DRP_LINK_KNOWN"
  cat >"$work/ssh" <<'WRAPPER'
set -- -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=3 \
  -o HostKeyAlias=drp-source -o "UserKnownHostsFile=\"$DRP_LINK_KNOWN\"" -o GlobalKnownHostsFile=/dev/null \
  -o StrictHostKeyChecking=yes -o CheckHostIP=no -o LogLevel=ERROR "$@"
[ -z "$DRP_LINK_KEY" ] || set -- -o IdentitiesOnly=yes -i "$DRP_LINK_KEY" "$@"
[ -z "$DRP_LINK_CIPHERS" ] || set -- -o "Ciphers=$DRP_LINK_CIPHERS" "$@"
if [ -n "$DRP_LINK_SHARE" ] && cd "$DRP_LINK_SHARE"; then
  set -- -o ControlMaster=no -o ControlPath=link "$@"
fi
if [ -n "$DRP_LINK_CONFIG" ]; then
  exec ssh -F "$DRP_LINK_CONFIG" "$@"
fi
exec ssh -p "$DRP_LINK_PORT" -l "$DRP_LINK_USER" "$@"
WRAPPER
  [ -z "${8:-}" ] || link_cipher "$8"
}

# What this way is, all of it, in a word: a connection by another port, login, key, host between or pinned key is another one.
link_mark() {
  {
    [ -z "$DRP_LINK_ADDRESS" ] || (cd "$work" && exec sh ./ssh -G "$DRP_LINK_ADDRESS") |
      grep -E '^(host|hostname|port|user|identityfile|proxyjump|proxycommand) '
    cat "$DRP_LINK_KNOWN"
  } 2>/dev/null | cksum | tr ' ' -
}

# In front of the usual ones, never instead of them: a server that does not offer it is still reached.
link_cipher() {
  ! ssh -G -F /dev/null -o "Ciphers=^$1" localhost >/dev/null 2>&1 || DRP_LINK_CIPHERS=^$1
}

# Opens one connection that the sessions to come share: they skip the handshake. Where it dies they connect by themselves.
# FOLDER, where given, holds one that was left open: that is taken up. Called under `trap link_down EXIT`. The path of the
# socket is relative: sockets allow 107 characters.
link_share() {
  [ -n "$DRP_LINK_ADDRESS" ] || return 0
  link_tries=0
  while [ -n "${1:-}" ] && [ -e "$1/coming" ] && [ ! -S "$1/link" ] && [ "$link_tries" -lt 500 ]; do
    link_tries=$((link_tries + 1))
    sleep 0.02
  done
  if [ -n "${1:-}" ] && [ -S "$1/link" ]; then
    DRP_LINK_SHARE=$1 link_taken=1
    return 0
  fi
  (cd "$work" && exec sh ./ssh -M -N -o ControlPath=link "$DRP_LINK_ADDRESS") >/dev/null 2>"$work/error.link" </dev/null &
  link_shared=$!
  link_tries=0
  until [ -S "$work/link" ] || ! kill -0 "$link_shared" 2>/dev/null || [ "$link_tries" -ge 800 ]; do
    link_tries=$((link_tries + 1))
    sleep 0.02
  done
  [ ! -S "$work/link" ] || DRP_LINK_SHARE=$work
}

link_down() {
  [ -z "${link_shared:-}" ] || kill "$link_shared" 2>/dev/null
  [ -z "${link_taken:-}" ] || (cd "$DRP_LINK_SHARE" && exec timeout 5 ssh -O exit -o ControlPath=link drp-source) >/dev/null 2>&1 </dev/null
}

# Opens one in $work for whoever calls `link_share $work` next. It ends by itself when nobody has used it for a while.
link_leave() {
  [ -n "$DRP_LINK_ADDRESS" ] || return 0
  (cd "$work" && exec sh ./ssh -f -M -N -o ControlPath=link -o ControlPersist=20 "$DRP_LINK_ADDRESS") >/dev/null 2>"$work/error.link" </dev/null
  [ ! -S "$work/link" ] || DRP_LINK_SHARE=$work
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

# INPUT_FILE SCRIPT_FILE ARGUMENT...: the same, with a file on the script's stdin.
on_source_with() {
  input=$1 script=$2
  shift 2
  if [ -z "$DRP_LINK_ADDRESS" ]; then
    sh "$script" "$@" <"$input"
    return
  fi
  line="sh -c $(shell_word "$(cat "$script")") drp "
  for word in "$@"; do line="$line$(shell_word "$word")"; done
  sh "$work/ssh" "$DRP_LINK_ADDRESS" "$line" <"$input"
}
