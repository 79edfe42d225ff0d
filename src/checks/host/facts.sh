# Facts of a host for a check, as raw text; what they mean is decided elsewhere. Reads only. What cannot be read is said.
#   MARK ROOT QUESTION...      ROOT stands for / where settings and /proc are read; '' is /
# Questions: folder:PATH program:NAME version:NAME service:UNIT user:NAME sudo:ARGV(a line each) interface:NAME
#   peer:ADDRESS mysql:
# Answers: `MARK at NAME`, then the text, up to the next mark. `MARK absent REASON`: nobody can tell, and why.
mark=$1 root=$2
shift 2

at() {
  printf '%s at %s\n' "$mark" "$*"
}

absent() {
  printf '%s absent %s\n' "$mark" "$*"
}

# Seconds since 1970, with what fraction there is.
stamp() {
  at "$1"
  date +%s.%N 2>/dev/null || absent 'date does not work'
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# No command may hold up the others: a dead network file system answers never.
bounded() {
  if have timeout; then timeout "$@"; else shift && "$@"; fi
}

# NAME FILE: the text of a file, below ROOT where it is there.
show() {
  file=$root$2
  [ -e "$file" ] || file=$2
  at "$1"
  if [ -r "$file" ]; then
    head -c 65536 "$file" 2>/dev/null || cat "$file"
    echo
  else
    absent "$2 is not there, or cannot be read"
  fi
}

stamp began
show stat /proc/stat
at login
id -un 2>/dev/null || absent 'id does not work'
id -u 2>/dev/null
show loadavg /proc/loadavg
show uptime /proc/uptime
show meminfo /proc/meminfo
show mounts /proc/mounts
show mdstat /proc/mdstat
at cores
nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null || absent 'nproc does not work'

at processes
proc=$root/proc
[ -e "$proc/1/comm" ] || proc=/proc
cat "$proc"/[0-9]*/comm 2>/dev/null | sort | uniq -c
at listening
for file in tcp tcp6; do
  [ -r "$root/proc/net/$file" ] && file=$root/proc/net/$file || file=/proc/net/$file
  grep ' 0A ' "$file" 2>/dev/null
done

# Settings of systemd-logind, the weakest first: a file of the same name in a stronger folder hides the other.
at logind
have grep || absent 'grep is not installed'
for folder in /usr/lib /usr/local/lib /run /etc; do
  file=$root$folder/systemd/logind.conf
  [ -r "$file" ] && printf 'file %s %s\n' "$folder" logind.conf && grep -E '^[[:space:]]*(KillUserProcesses|KillOnlyUsers|KillExcludeUsers)[[:space:]]*=' "$file"
  for file in "$root$folder"/systemd/logind.conf.d/*.conf; do
    [ -r "$file" ] && printf 'file %s %s\n' "$folder" "logind.conf.d/${file##*/}" && grep -E '^[[:space:]]*(KillUserProcesses|KillOnlyUsers|KillExcludeUsers)[[:space:]]*=' "$file"
  done
done

at sudo-rules
if have sudo; then LC_ALL=C bounded 5 sudo -n -l 2>&1; fi

at disks
if have smartctl; then
  for disk in /dev/sd? /dev/nvme?n? /dev/vd?; do
    [ -b "$disk" ] || continue
    printf 'disk %s\n' "$disk"
    bounded 10 smartctl -H "$disk" 2>/dev/null | grep -iE 'health|open device|permission|unable' || echo 'no answer'
  done
else
  absent 'smartctl is not installed'
fi

at gnu-find
find / -maxdepth 0 -printf 'yes\n' 2>/dev/null || echo no

at home
printf '%s\n' "${HOME-}"
set -- "folder:${HOME-}/.drp/jobs" "folder:/" "folder:/tmp" "$@"
# Every disk that is mounted, once: containers show one disk in many places.
file=$root/proc/mounts
[ -r "$file" ] || file=/proc/mounts
seen=' '
while read -r device mount rest; do
  case $device in /dev/loop* | /dev/fuse*) continue ;; /dev/*) ;; *) continue ;; esac
  case $seen in *" $device "*) continue ;; esac
  seen="$seen$device "
  set -- "$@" "folder:$(printf %b "$mount")"
done <"$file" 2>/dev/null
for question in "$@"; do
  answer=${question#*:}
  case $question in
  folder:*)
    above=$answer
    while [ ! -d "$above" ] && [ -n "$above" ]; do
      case $above in */*) above=${above%/*} ;; *) above= ;; esac
    done
    at "folder $answer"
    bounded 5 df -Pk "${above:-/}" 2>/dev/null
    at "inodes $answer"
    bounded 5 df -Pi "${above:-/}" 2>/dev/null
    ;;
  program:* | version:*)
    at "$question"
    if found=$(command -v "$answer" 2>/dev/null); then
      printf '%s\n' "$found"
      case $question in version:*)
        option=--version
        [ "${answer##*/}" != ssh ] || option=-V
        bounded 5 "$answer" "$option" 2>&1 </dev/null | head -n 1
        ;;
      esac
    else
      echo none
    fi
    ;;
  service:*)
    at "$question"
    if have systemctl; then
      bounded 5 systemctl is-active "$answer" 2>&1 | head -n 1
    else
      absent 'systemctl is not installed'
    fi
    ;;
  user:*)
    at "$question"
    have id || absent 'id is not installed'
    id -u "$answer" 2>/dev/null || echo none
    ;;
  sudo:*)
    at "sudo $(printf %s "$answer" | tr '\n' ' ')"
    if [ "$(id -u)" = 0 ]; then
      echo root
    elif have sudo; then
      (
        set -f
        IFS='
'
        # shellcheck disable=SC2086 -- one word a line
        LC_ALL=C bounded 5 sudo -n -l $answer 2>&1
        echo "exit $?"
      )
    else
      echo none
    fi
    ;;
  interface:*)
    show "$question" "/sys/class/net/$answer/operstate"
    ;;
  peer:*)
    at "$question"
    if have ip; then
      bounded 5 ip -o route get "$answer" 2>&1 | head -n 1
    else
      absent 'ip is not installed'
    fi
    ;;
  mysql:*)
    at mysql
    client=mysql
    have mysql || client=mariadb
    if have "$client"; then
      # The first that the server knows: all sources of MariaDB, of MySQL from 8.0.22, and the old words of both.
      bounded 5 "$client" -e 'SHOW ALL REPLICAS STATUS\G' 2>&1 ||
        bounded 5 "$client" -e 'SHOW REPLICA STATUS\G' 2>&1 ||
        bounded 5 "$client" -e 'SHOW ALL SLAVES STATUS\G' 2>&1 ||
        bounded 5 "$client" -e 'SHOW SLAVE STATUS\G' 2>&1 ||
        echo 'ERROR: it gives no answer'
    else
      absent 'neither mysql nor mariadb is installed'
    fi
    ;;
  esac
done

at quota
if ! have grep; then
  absent 'grep is not installed'
elif grep -qE '[, ](usrquota|grpquota|prjquota|usrjquota=|uquota|pquota|quota)' "$root/proc/mounts" 2>/dev/null ||
  { [ ! -e "$root/proc/mounts" ] && grep -qE '[, ](usrquota|grpquota|prjquota|usrjquota=|uquota|pquota|quota)' /proc/mounts 2>/dev/null; }; then
  if have quota; then
    bounded 10 quota -w -p 2>&1 || true
  else
    absent 'file systems have quotas, and the program quota is not installed'
  fi
else
  echo off
fi

# Two looks at /proc/stat, some time apart, tell how busy the processors are.
sleep 0.3 2>/dev/null || sleep 1
show stat2 /proc/stat
stamp ended
