# Brings a dump beside the database and reads all of it. Nothing live is touched.
#   ROUTE(7) SOURCE TARGET SHA256 PROGRAMS ADDRESS PORT USER
need_tools rsync sha256sum find df
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7"
shift 7
source=$1 target=$2 expected=$3
pg_up "$4" "$5" "$6" "$7"
folder=${target%/*}
(umask 077 && mkdir -p "$folder") || refuse no-room "cannot make $folder"
part=$folder/.${target##*/}.fetching

cat >"$work/size.sh" <<'SIZE'
[ -f "$1" ] && [ -r "$1" ] || exit 44
wc -c <"$1"
SIZE
bytes=$(on_source "$work/size.sh" "$source" 2>"$work/error")
code=$?
[ "$code" != 44 ] || refuse source-unfit "$source is not there or cannot be read"
[ "$code" = 0 ] || refuse source-unreachable "$(one_line <"$work/error")"
bytes=$(printf %s "$bytes" | tr -dc 0-9)
[ "${bytes:-0}" -gt 0 ] || refuse source-unfit "$source is empty"

if [ ! -f "$target" ]; then
  have=0
  [ ! -f "$part" ] || have=$(wc -c <"$part")
  free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  [ $((free * 1024)) -gt $((bytes - have + 67108864)) ] ||
    refuse no-room "$folder needs $((bytes - have)) bytes for the dump and 64 MiB to spare, there are $((free * 1024))"
  tries=0
  while :; do
    if [ -z "$DRP_LINK_ADDRESS" ]; then
      rsync -tS --partial --inplace --no-h "$source" "$part" 2>"$work/error" &
    else
      (cd "$work" && exec rsync -tS -s --partial --inplace --no-h -e 'sh ./ssh' "$DRP_LINK_ADDRESS:$source" "$part") 2>"$work/error" &
    fi
    copier=$!
    while kill -0 "$copier" 2>/dev/null; do
      sleep 0.5
      [ ! -f "$part" ] || say progress "$(wc -c <"$part")" "$bytes" "fetching the dump"
    done
    wait "$copier"
    code=$?
    [ "$code" != 0 ] || break
    tries=$((tries + 1))
    case $code in 10 | 12 | 20 | 30 | 35 | 255) ;; *) tries=99 ;; esac
    [ "$tries" -lt 5 ] || refuse source-unreachable "rsync ended with $code: $(one_line <"$work/error")"
    sleep $((tries * 3))
  done
  read_from=$part
else
  read_from=$target
fi
[ "$(wc -c <"$read_from")" -eq "$bytes" ] || refuse dump-unfit "the copy has $(wc -c <"$read_from") bytes, the source $bytes"

say progress "$bytes" "$bytes" "checking the checksum"
digest=$(sha256sum <"$read_from" | cut -d ' ' -f 1)
[ -z "$expected" ] || [ "$digest" = "$expected" ] || refuse dump-unfit "its checksum is $digest, the backup server says $expected"
[ "$(head -c 5 "$read_from")" = PGDMP ] || refuse dump-unfit "$source is no custom-format dump (pg_dump -Fc)"
pg_restore -l "$read_from" >"$work/toc" 2>"$work/error" || refuse dump-unfit "$(one_line <"$work/error")"
say progress "$bytes" "$bytes" "reading the whole dump"
# A truncated dump has a perfect table of contents: only reading all of it tells.
pg_restore -f /dev/null "$read_from" 2>"$work/error" || refuse dump-unfit "it cannot be read to its end: $(one_line <"$work/error")"
tables=$(grep -v '^;' "$work/toc" | grep -c ' TABLE DATA ')
[ "$tables" -gt 0 ] || refuse dump-unfit "it holds no table data"

made_by=$(sed -n 's/^;.*Dumped from database version: *\([0-9.]*\).*/\1/p' "$work/toc" | head -n 1)
server=$(echo 'show server_version' | sql -d postgres | sed 's/[^0-9.].*//')
[ "${made_by%%.*}" -le "${server%%.*}" ] ||
  refuse dump-unfit "it comes from PostgreSQL $made_by, the server here is $server"
sync "$read_from" && mv -f "$read_from" "$target" && sync "$folder" || refuse no-room "cannot keep $target"
say fact path "$target"
say fact bytes "$bytes"
say fact sha256 "$digest"
say fact archivedAt "$(sed -n 's/^; *Archive created at //p' "$work/toc")"
say fact dumpVersion "$made_by"
say fact serverVersion "$server"
say fact entries "$(grep -vc '^;' "$work/toc")"
say fact tables "$tables"
