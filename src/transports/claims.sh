# Takes (which raises the run's own), releases and reads the claim of a run on a site: one file `RUN EPOCH DRIVER` a site,
# changed only by rename and under a lock that starting jobs share, so that no job of an overtaken driver starts once `take` has
# answered.
#
#   VERB SITE RUN EPOCH DRIVER OVERTAKES KNOWN
#
# DRIVER tells drivers apart whose epochs are equal or grew side by side: two records of one run, where a journal was copied
# and both go on. A claim of the run's own is only changed by a record that knows the driver who made it (KNOWN, by commas),
# or was adopted above its epoch (below OVERTAKES). '-' for DRIVER asks for none of this.
verb=$1 claimed=$2 claimant=$3 wanted=$4 by=$5 overtakes=$6 known=$7
claim=$claims/$claimed claim_new=$claims/.$claimed.new last=$claims/.$claimed.last jobs=$HOME/.drp/jobs

# Puts the claim that is wanted in the place of what is held, if anything is. Its bytes are on disk before they get the name, and
# with them, in one call, the folders given: a power cut leaves the old claim or the new one, never an empty file. The name itself
# is on disk when $claims has been synchronised, last of all.
place() {
  place_as "$claim" "$@"
}

place_as() {
  name=$1
  shift
  printf '%s %s %s\n' "$claimant" "$wanted" "$by" >"$claim_new" && sync "$claim_new" "$@" && mv -f "$claim_new" "$name" ||
    refuse room
}

answer() {
  read_claim "$claim"
  say claim "${held_run:--}" "${held_epoch:-0}" "$held_by"
  exit 0
}

# What is held was made by a driver this record knows nothing of: it is a copy, or lacks its end.
is_unknown() {
  [ "$by" != - ] && [ "$held_by" != - ] && [ "$held_epoch" -ge "$overtakes" ] || return 1
  case ",$known," in *",$held_by,"*) return 1 ;; esac
}

refuse_unknown() {
  ! is_unknown || refuse claim "$held_run" "$held_epoch"
}

[ "$verb" != read ] || answer
umask 077
command -v flock >/dev/null || refuse tools flock
[ -d "$claims" ] && [ -d "$jobs" ] || mkdir -p "$claims" "$jobs" || refuse room
exec 8>>"$claims/.$claimed.lock"
lock_claim -x
read_claim "$claim"
# A claim file that cannot be read as one is somebody's: never overwritten.
[ -n "$held_run" ] || [ ! -e "$claim" ] || refuse claim '?' 0
[ -z "$held_run" ] || [ "$held_run" = "$claimant" ] || refuse claim "$held_run" "$held_epoch"
[ -z "$held_run" ] || [ "$held_epoch" -le "$wanted" ] || refuse claim "$held_run" "$held_epoch"
[ -z "$held_run" ] || refuse_unknown
# Word for word what is wanted: then nothing is written again.
[ "$held_run $held_epoch $held_by" = "$claimant $wanted $by" ] && stands=yes || stands=
case $verb in
take)
  if [ -z "$held_run" ]; then
    # After a release only the driver that was last may come back, never an overtaken one of the same run.
    read_claim "$last"
    if [ "$held_run" = "$claimant" ]; then
      [ "$held_epoch" -le "$wanted" ] || refuse claim "$held_run" "$held_epoch"
      refuse_unknown
    fi
    # Tells a host where no job of the run ever began from one whose jobs were removed: on disk before the claim is.
    : >"$jobs/.$claimant" || refuse room
    place "$jobs" "$HOME/.drp" "$HOME"
  elif [ -z "$stands" ]; then
    place
  fi
  ;;
release)
  # The claim itself becomes what is remembered of it, in one step: it is never neither of them.
  if [ -n "$held_run" ]; then
    [ -n "$stands" ] || place
    mv -f "$claim" "$last" || refuse room
  else
    # Also that it is given back where nobody holds it: a take of an overtaken driver that is still on its way here finds that.
    read_claim "$last"
    if [ "$held_run" != "$claimant" ] || { [ "$held_epoch" -lt "$wanted" ] && ! is_unknown; }; then
      place_as "$last"
    fi
  fi
  ;;
*) refuse usage ;;
esac
# Also where nothing was written: whoever wrote it may have been cut off before this.
sync "$claims" || refuse room
answer
