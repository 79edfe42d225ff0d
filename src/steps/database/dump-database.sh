# Dumps a database and counts its rows in the very snapshot of the dump.
#   dump_database NAME TARGET PAIRS COUNT_SQL [SINCE] [LEVEL] [CONTENTS]      (works in $work; refuses where it cannot)
# LEVEL: how hard pg_dump compresses, 0 to 9; '' as it does by itself. CONTENTS: what is read of the rows (count.sql).
dump_database() {
  name=$1 target=$2 pairs=$3 count_sql=$4 since=${5:-} level=${6:-} contents=${7:-none}
  [ -n "$since" ] || since='{}'
  folder=${target%/*}
  (umask 077 && mkdir -p "$folder") || refuse no-room "cannot make $folder"
  cd "$work" || exit 1
  [ "$(echo "select count(*) from pg_database where datname = :'name'" | sql -d postgres -v name="$name")" = 1 ] ||
    refuse source-unfit "there is no database '$name'"
  size=$(echo "select pg_database_size(:'name')" | sql -d postgres -v name="$name")
  free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  # A dump that is not compressed may be larger than its database: numbers and bytes are written out.
  [ "$level" != 0 ] || [ $((free * 1024)) -gt $((size * 2)) ] || level=1
  printf "%s\n" "$count_sql" >count.sql
  mkfifo session
  sql -d "$name" -v pairs="$pairs" -v since="$since" -v contents="$contents" >rows 2>error <session &
  reader=$!
  exec 3>session
  printf '%s\n' 'begin isolation level repeatable read read only;' '\o snapshot' 'select pg_export_snapshot();' '\o' '\echo ready' >&3
  until grep -q '^ready$' rows; do
    kill -0 "$reader" 2>/dev/null || refuse source-unfit "no session on '$name': $(one_line <error)"
    sleep 0.1
  done
  taken=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
  umask 077
  pg_dump -w -Fc ${level:+-Z "$level"} --snapshot="$(cat snapshot)" -f "$target.part" "$name" 2>messages &
  dumper=$!
  while sleep 1 && kill -0 "$$" 2>/dev/null; do
    [ ! -f "$target.part" ] || say progress "$(wc -c <"$target.part")" 0 "dumping $name ($size bytes before compression)"
  done &
  reporter=$!
  # Rows are counted in the same snapshot while it is dumped. The snapshot lives until the dump has ended: pg_dump may not
  # have taken it over yet.
  cat count.sql >&3
  wait "$dumper"
  code=$?
  kill "$reporter" 2>/dev/null
  wait "$reporter" 2>/dev/null
  [ "$code" = 0 ] || refuse step-failed "pg_dump: $(tail -n 2 messages | one_line)"
  printf '%s\n' 'commit;' '\echo counted' >&3
  exec 3>&-
  say progress "$(wc -c <"$target.part")" 0 "reading the whole dump"
  pg_restore -f /dev/null "$target.part" 2>error.read &
  reading=$!
  digest=$(digest_of "$target.part")
  wait "$reader" && grep -q '^counted$' rows || refuse step-failed "counting: $(one_line <error)"
  wait "$reading" || refuse dump-unfit "$(one_line <error.read)"
  sync "$target.part" && mv -f "$target.part" "$target" && printf '%s  %s\n' "$digest" "${target##*/}" >"$target.sha256" && sync "$target.sha256" "$folder" ||
    refuse no-room "cannot keep $target"
  grep '^{' rows | while IFS= read -r line; do say count "$line"; done
  say fact path "$target"
  say fact bytes "$(wc -c <"$target")"
  say fact databaseBytes "$size"
  say fact sha256 "$digest"
  say fact takenAt "$taken"
}
