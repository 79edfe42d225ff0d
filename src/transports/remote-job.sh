# A remote command that outlives its connection: started at most once a token, for ever.
#
#   start TOKEN SHA256 SCRIPT_BYTES TOTAL_BYTES <script, then secret   → state
#   poll TOKEN OFFSET WAIT_MS                                          → state, bytes of output, output from OFFSET
#   cancel TOKEN GRACE_MS                                              → what is left running
#   find RUN                                                           → token and state of each job of the run
#   run TOKEN MASK      (the job's own leader: `start` puts it into a session of its own)
#
# $HOME/.drp/jobs/TOKEN holds, in the order they appear:
#   command   the script, linked into place only when the whole of it has arrived
#   secret    given to the script, removed at its end
#   lock      held by the leader while it lives: a death or a reboot drops it, and no process id has to be trusted
#   started   leader's pid, its birth and the boot it belongs to; on disk before the command begins
#   output    both streams of the command
#   rc        exit code; on disk before the lock is dropped
#   cancel    bars the token from ever starting
# $HOME/.drp/jobs/.RUN is put there with the first claim of the run: where it is missing, the folder was removed since.
verb=$1 token=$2
shift 2
# The command itself begins under the mask of the login.
[ "$verb" != start ] || mask=$(umask)
umask 077
case $token in '' | .* | -* | *[!A-Za-z0-9._-]*) refuse token ;; esac
jobs=$HOME/.drp/jobs
job=$jobs/$token

alive() {
  [ -e "$job/lock" ] && ! flock -s -n "$job/lock" true
}

state() {
  if [ -e "$job/started" ]; then
    # Looked at twice: the code is written before the lock is dropped, so no lock and still no code means no end.
    if [ -s "$job/rc" ]; then
      echo "done $(cat "$job/rc")"
    elif alive; then
      echo running
    elif [ -s "$job/rc" ]; then
      echo "done $(cat "$job/rc")"
    elif [ -e "$job/cancel" ]; then
      echo cancelled
    elif goes_on; then
      # Not lost yet: whoever began it again now would have it run twice.
      echo running
    else
      echo lost
    fi
  elif [ -e "$job/cancel" ]; then
    echo cancelled
  elif [ -e "$job/command" ]; then
    echo accepted
  elif [ -n "$(marked)" ]; then
    # Somebody removed its folder; it runs all the same.
    echo running
  elif [ ! -e "$jobs/.${token%%.*}" ] && cat "$claims"/* 2>/dev/null | grep -q "^${token%%.*} "; then
    # What the run's claim put here is gone: the folder was removed since, and what ran cannot be told.
    echo lost
  else
    echo absent
  fi
}

# Pids of processes that carry the mark of the job.
marked() {
  grep -slzxF -- "DRP_JOB=$token" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 | tr '\n' ' '
}

# Sets `leader`; 0: there is none, or its number was given away again.
find_leader() {
  leader=0
  [ -e "$job/started" ] || return 0
  read -r leader born booted <"$job/started"
  [ "$booted" = "$(boot)" ] && { [ ! -e "/proc/$leader" ] || [ "$(birth "$leader")" = "$born" ]; } || leader=0
}

# All that runs, a line each: PID STATE PARENT GROUP SESSION, then the rest of its stat.
processes() {
  cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) /\1 /'
}

# The leader alone was killed: its command works on in its session. A service that was started has a session of its own.
goes_on() {
  find_leader
  [ "$leader" != 0 ] &&
    processes | awk -v leader="$leader" '$5 == leader && $2 != "Z" && $2 != "X" { found = 1 } END { exit !found }'
}

answer_state() {
  say state "$(state)"
  exit 0
}

# A secret has no use once its job cannot run any more.
forget_secret() {
  case $(state) in done* | lost | cancelled) rm -f "$job/secret" "$job"/in.* ;; esac
}

digest() {
  sha256sum <"$1" | cut -d ' ' -f 1
}

# A start that cannot go on. Another session may have settled the token meanwhile and cleaned up under this one: then its
# state is the answer.
give_up() {
  [ ! -e "$job/command" ] || [ "$(digest "$job/command")" = "$wanted" ] || refuse reused
  case $(state) in absent | accepted) refuse "$@" ;; esac
  answer_state
}

start_job() {
  wanted=$1 script_bytes=$2 total_bytes=$3
  for tool in flock setsid sha256sum mktemp; do
    command -v "$tool" >/dev/null || refuse tools "$tool"
  done
  if [ -e "$job/started" ]; then
    [ "$(digest "$job/command")" = "$wanted" ] || refuse reused
    forget_secret
    answer_state
  fi
  [ -e "$job/command" ] || [ "$(state)" != running ] || answer_state
  mkdir -p "$job" && input=$(mktemp "$job/in.XXXXXX") || refuse room
  trap 'rm -f "$input" "$input".*' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  cat >"$input" || give_up room
  # A connection that was cut leaves a script that is short and may still be runnable: it must never be run.
  [ -e "$input" ] && [ "$(wc -c <"$input")" -eq "$total_bytes" ] && head -c "$script_bytes" "$input" >"$input.command" &&
    [ "$(digest "$input.command")" = "$wanted" ] || give_up incomplete
  printf '%s\n' "$self" >"$input.leader" && mv -f "$input.leader" "$job/leader" || give_up room
  sync "$input.command" || give_up room
  ln "$input.command" "$job/command" 2>/dev/null || [ -e "$job/command" ] || give_up room
  [ "$(digest "$job/command")" = "$wanted" ] || refuse reused
  if [ "$total_bytes" -gt "$script_bytes" ]; then
    tail -c "+$((script_bytes + 1))" "$input" >"$input.secret" && mv -f "$input.secret" "$job/secret" || give_up room
  fi
  sync "$job" "$jobs" "$HOME/.drp" "$HOME" || give_up room
  # Ends when the leader closes its output: it has started, or has said why not.
  said=$(setsid sh "$job/leader" "$nonce" "$identity_file" "$identity_text" "$site" "$run" "$epoch" "$driver" \
    run "$token" "$mask" </dev/null 2>/dev/null &)
  # A second start may have put the secret back after the job had ended.
  forget_secret
  [ -n "$said" ] || answer_state
  printf '%s\n' "$said"
}

birth() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

boot() {
  cat /proc/sys/kernel/random/boot_id
}

# Under the lock, so that of many leaders one runs; under the site's claim, so that none runs for an overtaken driver.
run_job() {
  trap : HUP INT TERM PIPE
  exec 9>>"$job/lock"
  until flock -n 9; do
    [ ! -e "$job/started" ] || answer_state
    sleep 0.05
  done
  [ ! -e "$job/started" ] || answer_state
  if [ -n "$site" ]; then
    exec 8>>"$claims/.$site.lock"
    lock_claim -s
    prove_claim
  fi
  [ ! -e "$job/cancel" ] || answer_state
  printf '%s %s %s\n' "$$" "$(birth "$$")" "$(boot)" >"$job/started.new" && sync "$job/started.new" &&
    mv "$job/started.new" "$job/started" && sync "$job" || refuse room
  exec 8>&-
  say state running
  exec >/dev/null
  (
    umask "$1"
    DRP_JOB=$token DRP_SECRET_FILE=$job/secret
    export DRP_JOB DRP_SECRET_FILE
    exec sh "$job/command"
  ) >>"$job/output" 2>&1 </dev/null 9>&-
  code=$?
  [ ! -e "$job/cancel" ] || code="$code after-cancel"
  printf '%s\n' "$code" >"$job/rc.new" && sync "$job/output" "$job/rc.new" && mv "$job/rc.new" "$job/rc" && sync "$job"
  rm -f "$job/secret" "$job"/in.*
}

poll_job() {
  offset=$1 wait_ms=$2
  # The leader holds the lock while it lives: whoever waits for it hears of the end at once. A flock that cannot wait for
  # so long a time fails at once, and whoever asked waits by himself.
  if [ "$wait_ms" -gt 0 ] && [ "$(state)" = running ] && [ -e "$job/lock" ]; then
    flock -s -w "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))" "$job/lock" true 2>/dev/null
  fi
  # State first: what has ended writes no more, so the size that follows is the last one.
  now=$(state)
  size=0
  [ ! -e "$job/output" ] || size=$(wc -c <"$job/output")
  say poll "$size" "$now"
  count=$((size - offset))
  [ "$count" -le 1048576 ] || count=1048576
  [ "$count" -le 0 ] || tail -c "+$((offset + 1))" "$job/output" | head -c "$count"
}

# Oldest first: by the arrival of the whole script, which never changes after.
find_jobs() {
  say found
  ls -1tr "$jobs/$token".*/command 2>/dev/null | while IFS= read -r path; do
    job=${path%/command}
    printf '%s %s\n' "${job##*/}" "$(state)"
  done
}

# Pids of the job but its leader: everything that carries its mark, everything of the leader's session, and all their
# children. So those that left the group or the session are found, and those under sudo, which scrubs the mark.
family() {
  marked=$(marked)
  find_leader
  processes | awk -v leader="$leader" -v marked="$marked" '
    BEGIN { count = split(marked, list, " "); for (i = 1; i <= count; i++) ours[list[i]] = 1; if (leader) ours[leader] = 1 }
    $2 != "Z" && $2 != "X" { parent[$1] = $3; if (leader && $5 == leader) ours[$1] = 1 }
    END {
      do {
        changed = 0
        for (pid in parent) if (!(pid in ours) && (parent[pid] in ours)) { ours[pid] = 1; changed = 1 }
      } while (changed)
      for (pid in ours) if (pid != leader && (pid in parent)) printf "%s ", pid
    }'
}

# Another user's process (the job went through sudo) is asked to end through sudo, if that asks for no password.
send() {
  signal=$1
  shift
  for pid in "$@"; do
    kill -s "$signal" "$pid" 2>/dev/null || [ ! -e "/proc/$pid" ] || sudo -n kill -s "$signal" "$pid" 2>/dev/null
  done
}

cancel_job() {
  grace=$(($1 / 100))
  for tool in flock awk grep; do
    command -v "$tool" >/dev/null || refuse tools "$tool"
  done
  # What ended before stays as it ended, and the services it was to start go on.
  case $(state) in
  done*after-cancel) ;;
  done*)
    say remaining
    exit 0
    ;;
  esac
  mkdir -p "$job" && printf '%s\n' "$run" >>"$job/cancel" && sync "$job/cancel" "$job" "$jobs" "$HOME/.drp" ||
    refuse room
  # The leader is spared: it writes down how its command ended, then ends by itself.
  tick=0
  while pids=$(family) && { [ -n "$pids" ] || alive; }; do
    if [ "$tick" -ge "$grace" ]; then
      send KILL $pids
    elif [ $((tick % 10)) -eq 0 ]; then
      send TERM $pids
    fi
    tick=$((tick + 1))
    if [ "$tick" -gt $((grace + 50)) ]; then
      if alive && read -r leader _ <"$job/started"; then pids="$pids $leader"; fi
      break
    fi
    sleep 0.1
  done
  forget_secret
  say remaining $pids
}

case $verb in
start) start_job "$@" ;;
run) run_job "$@" ;;
poll) poll_job "$@" ;;
find) find_jobs ;;
cancel) cancel_job "$@" ;;
*) refuse usage ;;
esac
