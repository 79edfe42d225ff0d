# Brings a dump beside the database and reads all of it. Nothing live is touched.
#   ROUTE(7) SOURCE TARGET SHA256 PROGRAMS ADDRESS PORT USER READ
# READ=1: a file of this checksum was read to its end where it was made; then the checksum says that this one can be.
need_tools rsync sha256sum find df
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7"
shift 7
source=$1 target=$2 expected=$3
pg_up "$4" "$5" "$6" "$7"
read_before=$8
folder=${target%/*}
(umask 077 && mkdir -p "$folder") || refuse no-room "cannot make $folder"
part=$folder/.${target##*/}.fetching

if [ -f "$target" ]; then
  read_from=$target bytes=$(wc -c <"$target")
else
  bring_dump "$source" "$part"
  read_from=$part
fi
# A retry must not find it again: it may have been damaged on the way, or here.
unfit() {
  rm -f "$read_from"
  refuse dump-unfit "$@"
}
[ "$(wc -c <"$read_from")" -eq "$bytes" ] || unfit "the copy has $(wc -c <"$read_from") bytes, the source $bytes"

say progress "$bytes" "$bytes" "reading the whole dump, and its checksum"
# A truncated dump has a perfect table of contents: only reading all of it tells. Both readers go side by side.
reading=
if [ "$read_before" != 1 ] || [ -z "$expected" ]; then
  pg_restore -f /dev/null "$read_from" 2>"$work/error.read" &
  reading=$!
fi
digest=$(digest_of "$read_from")
readable=0
if [ -n "$reading" ]; then
  wait "$reading"
  readable=$?
fi
[ -z "$expected" ] || [ "$digest" = "$expected" ] || unfit "its checksum is $digest, the backup server says $expected"
[ "$(head -c 5 "$read_from")" = PGDMP ] || unfit "$source is no custom-format dump (pg_dump -Fc)"
pg_restore -l "$read_from" >"$work/toc" 2>"$work/error" || unfit "$(one_line <"$work/error")"
[ "$readable" = 0 ] || unfit "it cannot be read to its end: $(one_line <"$work/error.read")"
tables=$(grep -v '^;' "$work/toc" | grep -c ' TABLE DATA ')
[ "$tables" -gt 0 ] || unfit "it holds no table data"

made_by=$(sed -n 's/^;.*Dumped from database version: *\([0-9.]*\).*/\1/p' "$work/toc" | head -n 1)
server=$(echo 'show server_version' | sql -d postgres | sed 's/[^0-9.].*//')
[ "${made_by%%.*}" -le "${server%%.*}" ] ||
  unfit "it comes from PostgreSQL $made_by, the server here is $server"
sync "$read_from" && mv -f "$read_from" "$target" && sync "$folder" || refuse no-room "cannot keep $target"
say fact path "$target"
say fact bytes "$bytes"
say fact sha256 "$digest"
say fact archivedAt "$(sed -n 's/^; *Archive created at //p' "$work/toc")"
say fact dumpVersion "$made_by"
say fact serverVersion "$server"
say fact entries "$(grep -vc '^;' "$work/toc")"
say fact tables "$tables"
