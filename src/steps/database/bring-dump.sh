# Brings a dump from where it lies to PART, beside where it is to be. Goes on with what an earlier attempt brought.
#   bring_dump SOURCE PART       sets bytes
bring_dump() {
  source=$1 part=$2 beside=${2%/*}
  aes="grep -m 1 -cwE '^(flags|Features)[[:space:]]*:.*[[:space:]]aes' /proc/cpuinfo"
  echo '[ -f "$1" ] && [ -r "$1" ] || exit 44; wc -c <"$1"; '"$aes 2>/dev/null; exit 0" >"$work/size.sh"
  found=$(on_source "$work/size.sh" "$source" 2>"$work/error")
  code=$?
  [ "$code" != 44 ] || refuse source-unfit "$source is not there or cannot be read"
  [ "$code" = 0 ] || refuse source-unreachable "$(one_line <"$work/error")"
  bytes=$(printf '%s\n' "$found" | sed -n 1p | tr -dc 0-9)
  if [ "$(printf '%s\n' "$found" | sed -n 2p)" = 1 ] && [ "$(sh -c "$aes" 2>/dev/null)" = 1 ]; then
    link_cipher aes128-gcm@openssh.com
  fi
  [ "${bytes:-0}" -gt 0 ] || refuse source-unfit "$source is empty"
  have=0
  [ ! -f "$part" ] || have=$(wc -c <"$part")
  free=$(df -Pk "$beside" | awk 'NR == 2 { print $4 }')
  [ $((free * 1024)) -gt $((bytes - have + 67108864)) ] ||
    refuse no-room "$beside needs $((bytes - have)) bytes for the dump and 64 MiB to spare, there are $((free * 1024))"
  tries=0
  while :; do
    if [ -z "$DRP_LINK_ADDRESS" ]; then
      rsync -tS --partial --inplace --no-h "$source" "$part" 2>"$work/error" &
    else
      (cd "$work" && exec rsync -tS -s --partial --inplace --no-h -e 'sh ./ssh' "$DRP_LINK_ADDRESS:$source" "$part") 2>"$work/error" &
    fi
    copier=$!
    while sleep 1 && kill -0 "$$" 2>/dev/null; do
      [ ! -f "$part" ] || say progress "$(wc -c <"$part")" "$bytes" "fetching the dump"
    done &
    reporter=$!
    wait "$copier"
    code=$?
    kill "$reporter" 2>/dev/null
    wait "$reporter" 2>/dev/null
    [ "$code" != 0 ] || break
    tries=$((tries + 1))
    case $code in 10 | 12 | 20 | 30 | 35 | 255) ;; *) tries=99 ;; esac
    [ "$tries" -lt 5 ] || refuse source-unreachable "rsync ended with $code: $(one_line <"$work/error")"
    sleep $((tries * 3))
  done
}
