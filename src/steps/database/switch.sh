# Swaps names: the live database is kept aside, the imported one takes its name. Both renames are one transaction.
#   PROGRAMS ADDRESS PORT USER LIVE FRESH ASIDE MARK
pg_up "$1" "$2" "$3" "$4"
shift 4
live=$1 fresh=$2 aside=$3 mark=$4

mark_of() {
  echo "select coalesce(shobj_description(oid, 'pg_database'), '-') from pg_database where datname = :'name'" |
    sql -d postgres -v name="$1"
}
report() {
  say fact live "$live"
  [ -z "$(mark_of "$aside")" ] || say fact aside "$aside"
  exit 0
}

if [ -z "$(mark_of "$fresh")" ]; then
  [ "$(mark_of "$live")" = "$mark" ] && report
  refuse import-refused "neither '$fresh' nor its data under the name '$live' is here"
fi
[ "$(mark_of "$fresh")" = "$mark" ] || refuse import-refused "'$fresh' does not carry the mark of a finished import"
# A second import of one run: what was live is kept under a name of its own.
number=2
first=$aside
while [ -n "$(mark_of "$aside")" ] && [ -n "$(mark_of "$live")" ]; do
  aside=${first}_$number
  number=$((number + 1))
done

renames='alter database :"fresh" rename to :"live";'
if [ -n "$(mark_of "$live")" ]; then
  renames="alter database :\"live\" rename to :\"aside\"; $renames"
  echo 'alter database :"live" allow_connections false;' | sql -d postgres -v live="$live" 2>"$work/error" ||
    refuse import-refused "connections to '$live' cannot be barred: $(one_line <"$work/error")"
fi
tries=0
until echo "begin; $renames commit;" | sql -d postgres -v live="$live" -v fresh="$fresh" -v aside="$aside" 2>"$work/error"; do
  tries=$((tries + 1))
  if [ "$tries" -ge 10 ]; then
    echo 'alter database :"live" allow_connections true;' | sql -d postgres -v live="$live" 2>&1
    refuse import-refused "'$live' stays as it was: $(one_line <"$work/error")"
  fi
  echo "select pg_terminate_backend(pid) from pg_stat_activity where datname in (:'live', :'fresh') and backend_type = 'client backend';" |
    psql -X -q -At -w -d postgres -v live="$live" -v fresh="$fresh" 2>&1 >/dev/null
  say progress 0 0 "ending sessions on $live"
  sleep 1
done
[ "$(mark_of "$live")" = "$mark" ] || refuse import-failed "'$live' does not carry the mark of the import"
[ "$(echo 'select current_database()' | sql -d "$live")" = "$live" ] || refuse import-failed "'$live' takes no connection"
report
