# Opens every job of a step. Lines `@TOKEN WORD REST` are for drp; all else a job prints is for people.
set -u
LC_ALL=C
export LC_ALL
job=${DRP_SECRET_FILE%/*}
work=$job/work
umask_before=$(umask)
umask 077
mkdir -p "$work"
umask "$umask_before"

say() {
  printf '@%s %s\n' "$DRP_JOB" "$*"
}

# CODE FACTS...: nothing was overwritten, and why it will not go on.
refuse() {
  say refuse "$@"
  exit 90
}

one_line() {
  tr '\n' ' ' | cut -c 1-600
}

# By a clock that nobody sets.
uptime_seconds() {
  cut -d . -f 1 /proc/uptime
}

need_tools() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || refuse tools "$tool"
  done
}
