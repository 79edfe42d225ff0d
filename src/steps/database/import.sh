# Restores a dump into a fresh database beside the live one.
#   ROUTE(7) SOURCE AGAIN PROGRAMS ADDRESS PORT USER FRESH LEFTOVERS DUMP SHA256 BENIGN PAIRS MARK COUNT_SQL CONTENTS DATABASE_BYTES
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7"
shift 7
source=$1 again=$2
shift 2
pg_up "$1" "$2" "$3" "$4"
fresh=$5 leftovers=$6 dump=$7 expected=$8
shift 8
benign=$1 pairs=$2 mark=$3 count_sql=$4 contents=$5 database_bytes=$6
need_tools sha256sum
cd "$work" || exit 1
is_fetched() {
  [ -f "$1" ] && [ "$(digest_of "$1")" = "$expected" ]
}
say progress 0 0 "checking the dump once more"
if ! is_fetched "$dump"; then
  fault="its checksum has changed"
  [ -f "$dump" ] || fault="it is not there any more"
  [ -n "$source" ] || refuse dump-unfit "$dump is not what was fetched: $fault"
  [ "$again" = 1 ] || refuse dump-unfit "$dump is not what was fetched: $fault; a retry fetches it again"
  need_tools rsync df
  part=${dump%/*}/.${dump##*/}.again
  rm -f "$part"
  (umask 077 && mkdir -p "${dump%/*}") || refuse no-room "cannot make ${dump%/*}"
  bring_dump "$source" "$part"
  if ! is_fetched "$part"; then
    rm -f "$part"
    refuse dump-unfit "$dump is not what was fetched ($fault), nor is $source any more"
  fi
  sync "$part" && mv -f "$part" "$dump" && sync "${dump%/*}" || refuse no-room "cannot keep $dump"
  say fact fetchedAgain "$fault"
fi
size=$(wc -c <"$dump")
pg_restore -l "$dump" >toc 2>error || refuse dump-unfit "$(one_line <error)"

# Every role and extension it needs, looked for before anything is made.
grep -E '^[0-9]+; [0-9]+ [0-9]+ (DEFAULT )?ACL ' toc >acl.list
{
  grep -v '^;' toc | grep -v ' EXTENSION ' | sed 's/.* //' | grep -v '^-*$'
  pg_restore -L acl.list -f - "$dump" | sed -n 's/^\(GRANT\|ALTER DEFAULT PRIVILEGES.* GRANT\) .* TO \([^ ;]*\).*;$/\2/p'
} | tr -d '"' | grep -vix public | sort -u >roles
echo 'select rolname from pg_roles' | sql -d postgres | sort -u >roles.here
missing=$(comm -23 roles roles.here | tr '\n' ' ')
[ -z "$missing" ] || refuse import-refused "roles the dump needs are not on this server: $missing"
grep -v '^;' toc | awk '$4 == "EXTENSION" { print $6 }' | sort -u >extensions
echo 'select name from pg_available_extensions' | sql -d postgres | sort -u >extensions.here
missing=$(comm -23 extensions extensions.here | tr '\n' ' ')
[ -z "$missing" ] || refuse import-refused "extensions the dump needs are not installed here: $missing"
data=$(echo 'show data_directory' | sql -d postgres 2>/dev/null)
if [ -n "$data" ] && free=$(df -Pk "$data" 2>/dev/null | awk 'NR == 2 { print $4 }') && [ -n "$free" ]; then
  room=$((size * 3)) why="three times the dump"
  [ "$database_bytes" = 0 ] || { room=$((database_bytes + database_bytes / 4)) why="the database it was made from, and a quarter"; }
  [ $((free * 1024)) -gt "$room" ] || refuse no-room "$data should have $room bytes ($why), there are $((free * 1024))"
fi

# What earlier attempts of this run left behind; never one that somebody uses.
echo "select datname from pg_database where starts_with(datname, :'prefix')" | sql -d postgres -v prefix="$leftovers" |
  while IFS= read -r name; do dropdb -w "$name" 2>&1; done

pg_restore -C -s -f - "$dump" 2>/dev/null | grep -m 1 '^CREATE DATABASE' >created
part_of() {
  sed -n "s/.* $1 = '\([^']*\)'.*/\1/p" created
}
set -- -T template0
[ -z "$(part_of ENCODING)" ] || set -- "$@" -E "$(part_of ENCODING)"
[ -z "$(part_of LOCALE)" ] || set -- "$@" --locale="$(part_of LOCALE)"
[ -z "$(part_of LC_COLLATE)" ] || set -- "$@" --lc-collate="$(part_of LC_COLLATE)" --lc-ctype="$(part_of LC_CTYPE)"
createdb -w "$@" "$fresh" 2>error || refuse import-refused "createdb: $(one_line <error)"

give_up() {
  dropdb -w -f "$fresh" 2>&1 || dropdb -w "$fresh" 2>&1
  refuse "$@"
}

printf '%s\n' "$benign" | sed '/^$/d' >benign
jobs=$(restore_jobs)
set -- -w -v -j "$jobs" -d "$fresh"
[ -s benign ] || set -- "$@" --exit-on-error
items=$(grep -vc '^;' toc)
: >messages
pg_restore "$@" "$dump" 2>>messages &
restorer=$!
harmful() {
  grep -E '^pg_restore: error: ' messages | if [ -s benign ]; then grep -vEf benign; else cat; fi
}
while sleep 1 && kill -0 "$$" 2>/dev/null; do
  here=$(echo "select pg_database_size(:'name')" | sql -d postgres -v name="$fresh" 2>/dev/null)
  say progress "${here:-0}" 0 "restored $(grep -Ec '^pg_restore: (finished|processing|skipping) item ' messages) of $items items"
  [ -z "$(harmful | head -n 1)" ] || kill "$restorer" 2>/dev/null
done &
reporter=$!
wait "$restorer"
code=$?
kill "$reporter" 2>/dev/null
wait "$reporter" 2>/dev/null
first=$(harmful | head -n 1 | one_line)
[ -z "$first" ] || give_up import-failed "$first"
if [ "$code" != 0 ]; then
  # Errors that were all harmless: it must still have come to its end, and say so.
  grep -q '^pg_restore: warning: errors ignored on restore: ' messages && [ -s benign ] ||
    give_up import-failed "pg_restore ended with $code: $(tail -n 2 messages | one_line)"
fi
grep -E '^(pg_restore: (error|warning): |WARNING: |NOTICE: )' messages | grep -v 'errors ignored on restore' >notable
while IFS= read -r pattern; do
  say benign "$(grep -cE -- "$pattern" notable)" "$pattern"
done <benign
if [ -s benign ]; then grep -vEf benign notable; else cat notable; fi | head -n 20 | while IFS= read -r line; do say message "$line"; done

say progress "$size" 0 "collecting statistics and counting rows"
vacuumdb -w -q --analyze-only -j "$jobs" -d "$fresh" 2>error.analyze &
analyzer=$!
printf "%s\n" "$count_sql" >count.sql
sql -d "$fresh" -v pairs="$pairs" -v contents="$contents" -f count.sql >rows 2>error || give_up import-failed "counting: $(one_line <error)"
wait "$analyzer" || give_up import-failed "analyze: $(one_line <error.analyze)"
wanted=$(grep -v '^;' toc | awk '$4 == "TABLE" && $5 != "DATA" && $5 != "ATTACH"' | wc -l)
found=$(echo "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where relkind in ('r','p') and nspname <> 'information_schema' and nspname !~ '^pg_'" | sql -d "$fresh")
[ "$found" -ge "$wanted" ] || give_up import-failed "the dump has $wanted tables, the new database $found"
broken=$(echo 'select count(*) from pg_index where not indisvalid' | sql -d "$fresh")
[ "$broken" = 0 ] || give_up import-failed "$broken indexes are not valid"
printf "comment on database :\"name\" is :'mark';" | sql -d postgres -v name="$fresh" -v mark="$mark" || give_up import-failed "the mark could not be set"
while IFS= read -r line; do say count "$line"; done <rows
say fact database "$fresh"
say fact bytes "$(echo "select pg_database_size(:'name')" | sql -d postgres -v name="$fresh")"
