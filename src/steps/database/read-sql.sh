# One short SQL text against a database: password (may be empty) on the first line of stdin, SQL behind it.
#   PROGRAMS ADDRESS PORT USER DATABASE [-v NAME=VALUE]...
set -u
LC_ALL=C
[ -z "$1" ] || PATH=$1:$PATH
PGHOST=$2 PGPORT=$3 PGUSER=$4 PGCONNECT_TIMEOUT=10 PGAPPNAME=drp
unset PGDATABASE PGSERVICE PGPASSWORD PGOPTIONS PGSERVICEFILE
export LC_ALL PATH PGHOST PGPORT PGUSER PGCONNECT_TIMEOUT PGAPPNAME
database=$5
shift 5
command -v psql >/dev/null || {
  echo 'psql is not installed here' >&2
  exit 94
}
IFS= read -r password
if [ -n "$password" ]; then
  umask 077
  secret=$(mktemp) || exit 95
  trap 'rm -f "$secret"' EXIT
  trap 'exit 143' HUP INT TERM
  printf '*:*:*:*:%s\n' "$(printf %s "$password" | sed 's/[\\:]/\\&/g')" >"$secret"
  PGPASSFILE=$secret
  export PGPASSFILE
fi
psql -X -q -At -w -v ON_ERROR_STOP=1 -d "$database" "$@"
