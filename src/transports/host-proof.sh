# Opens every script that drp sends to a host. In the session of the act itself it proves that this is the right machine
# and, where the act belongs to a run, that the run still holds the site. Nothing is written before both are proved.
#
#   sh -c 'self=$1; shift; eval "$self"' drp TEXT NONCE IDENTITY_FILE IDENTITY_TEXT SITE RUN EPOCH DRIVER ARGUMENT...
#
# SITE is empty where no claim is asked for. Answers are lines `drp1 NONCE WORD...`, so that nothing a login script
# prints can be taken for one. Exit 97 goes with a `refused` answer. Scripts that write of their own set the umask themselves.
set -u
nonce=$1 identity_file=$2 identity_text=$3 site=$4 run=$5 epoch=$6 driver=$7
shift 7
claims=${HOME:?}/.drp/claims

say() {
  printf 'drp1 %s %s\n' "$nonce" "$*"
}

refuse() {
  say refused "$@"
  exit 97
}

prove_identity() {
  found=
  [ -r "$identity_file" ] && IFS= read -r found <"$identity_file"
  [ -n "$found" ] && [ "$found" = "$identity_text" ] || refuse identity "$found"
}

# Sets held_run, held_epoch and held_by from a claim file; the first two are empty where there is none that can be read.
read_claim() {
  held_run= held_epoch= held_by=
  [ -r "$1" ] && read -r held_run held_epoch held_by held_rest <"$1"
  case $held_epoch in '' | *[!0-9]*) held_run= held_epoch= ;; esac
  held_by=${held_by:--}
}

prove_claim() {
  [ -n "$site" ] || return 0
  read_claim "$claims/$site"
  [ "$held_run" = "$run" ] && [ "$held_epoch" -le "$epoch" ] || refuse claim "${held_run:--}" "${held_epoch:-0}"
  # Equal epochs of two drivers: the record was copied, and both go on.
  [ "$held_epoch" -lt "$epoch" ] || [ "$driver" = - ] || [ "$held_by" = - ] || [ "$held_by" = "$driver" ] ||
    refuse claim "$held_run" "$held_epoch"
}

# Takes the lock on an open descriptor (8), shared (-s) or alone (-x); never waits for ever.
lock_claim() {
  tries=0
  until flock "$1" -n 8; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || refuse busy
    sleep 0.1
  done
}

prove_identity
prove_claim
