# PostgreSQL's own programs against the server of this job.
#   pg_up PROGRAMS ADDRESS PORT USER
pg_up() {
  [ -z "$1" ] || PATH=$1:$PATH
  PGHOST=$2 PGPORT=$3 PGUSER=$4 PGCONNECT_TIMEOUT=15 PGAPPNAME="drp $DRP_JOB"
  unset PGDATABASE PGSERVICE PGPASSWORD PGOPTIONS PGSERVICEFILE
  if [ -s "$DRP_SECRET_FILE" ]; then
    PGPASSFILE=$work/pgpass
    trap 'rm -f "$work/pgpass"' EXIT
    trap 'exit 143' HUP INT TERM
    (
      umask 077
      printf '*:*:*:*:%s\n' "$(sed 's/[\\:]/\\&/g' "$DRP_SECRET_FILE")" >"$PGPASSFILE"
    )
    export PGPASSFILE
  fi
  export PATH PGHOST PGPORT PGUSER PGCONNECT_TIMEOUT PGAPPNAME
  need_tools psql pg_restore pg_dump createdb dropdb vacuumdb
  echo 'select 1' | sql -d postgres >/dev/null 2>"$work/error" ||
    refuse server-unreachable "$(one_line <"$work/error")"
}

# SQL on stdin; stops at the first error; rows unaligned.
sql() {
  psql -X -q -At -w -v ON_ERROR_STOP=1 "$@"
}

cores() {
  count=$(nproc 2>/dev/null || echo 2)
  [ "$count" -le 8 ] || count=8
  echo "$count"
}
