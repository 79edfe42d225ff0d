# Takes, raises, releases and reads the claim of a run on a site: one file `RUN EPOCH` a site, changed only by rename and
# under a lock that starting jobs share, so that no job of an overtaken driver starts once `raise` has answered.
#
#   VERB SITE RUN EPOCH
verb=$1 claimed=$2 claimant=$3 wanted=$4
claim=$claims/$claimed last=$claims/.$claimed.last

keep() {
  printf '%s %s\n' "$claimant" "$wanted" >"$claims/.$claimed.new" && sync "$claims/.$claimed.new" &&
    mv "$claims/.$claimed.new" "$1" && sync "$claims" || refuse room
}

answer() {
  read_claim "$claim"
  say claim "${held_run:--}" "${held_epoch:-0}"
  exit 0
}

[ "$verb" != read ] || answer
command -v flock >/dev/null || refuse tools flock
mkdir -p "$claims" && sync "$HOME/.drp" || refuse room
exec 8>>"$claims/.$claimed.lock"
lock_claim -x
read_claim "$claim"
# A claim file that cannot be read as one is somebody's: never overwritten.
[ -n "$held_run" ] || [ ! -e "$claim" ] || refuse claim '?' 0
[ -z "$held_run" ] || [ "$held_run" = "$claimant" ] || refuse claim "$held_run" "$held_epoch"
[ -z "$held_run" ] || [ "$held_epoch" -le "$wanted" ] || refuse claim "$held_run" "$held_epoch"
case $verb in
take)
  if [ -z "$held_run" ]; then
    # After a release only the driver that was last may come back, never an overtaken one of the same run.
    read_claim "$last"
    [ "$held_run" != "$claimant" ] || [ "$held_epoch" -le "$wanted" ] || refuse claim "$held_run" "$held_epoch"
  fi
  keep "$claim"
  ;;
raise)
  [ -n "$held_run" ] || refuse claim - 0
  keep "$claim"
  ;;
release)
  [ -z "$held_run" ] || { keep "$last" && rm -f "$claim" && sync "$claims" || refuse room; }
  ;;
*) refuse usage ;;
esac
answer
