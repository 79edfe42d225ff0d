# Logs in from here to the host that is copied from, as a copy would, and does nothing there. The scratch folder goes again.
#   LINK(7)
work=$(mktemp -d) || exit 95
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
link_up "$@"
sh "$work/ssh" -o ConnectTimeout=5 "$DRP_LINK_ADDRESS" true </dev/null
