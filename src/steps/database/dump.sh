#   PROGRAMS ADDRESS PORT USER DATABASE TARGET PAIRS COUNT_SQL CONTENTS LEVEL
pg_up "$1" "$2" "$3" "$4"
shift 4
# Users wait for it: the lightest compression takes a third of the time of the usual one for a file a little larger.
dump_database "$1" "$2" "$3" "$4" '' "$6" "$5"
