# Ends what serves the copy of a drill, where the folder is this run's.
#   ROOT RUN STOP...
root=$1 run=$2
shift 2
owner=$(head -n 1 "$root/.drp-drill" 2>/dev/null)
if [ "$owner" != "$run" ]; then
  say fact absent 1
  exit 0
fi
cd "$root" || exit 1
exec "$@"
