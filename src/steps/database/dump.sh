#   PROGRAMS ADDRESS PORT USER DATABASE TARGET PAIRS COUNT_SQL
pg_up "$1" "$2" "$3" "$4"
shift 4
dump_database "$@"
