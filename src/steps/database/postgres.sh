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

# Jobs for a restore: its workers also wait for the disk, so two more than there are cores (measured: 4 on 2 cores).
restore_jobs() {
  count=$(($(nproc 2>/dev/null || echo 2) + 2))
  [ "$count" -le 8 ] || count=8
  echo "$count"
}

# FILE: its SHA-256, by openssl where it is there: it uses what the processor computes by itself.
digest_of() {
  case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in
  e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*) openssl dgst -sha256 -r <"$1" ;;
  *) sha256sum <"$1" ;;
  esac | cut -d ' ' -f 1
}
