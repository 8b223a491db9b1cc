# Waiting for a program that a signal may end. Source this file.
#
# A shell takes a signal only when the program in its foreground has ended. So what takes long is started beside it, in a
# process group of its own, and waited for; the group can be ended with everything that the program started.
group=

# Runs a program; its exit code is the function's.
long() {
  local code=0
  setsid "$@" &
  group=$!
  wait "$group" || code=$?
  end_long
  return "$code"
}

# Ends the program of long, and all of its group: asked first, and then made to. Frozen ones are woken, to hear it.
end_long() {
  [ -n "$group" ] || return 0
  local ending="$group"
  group=
  kill -TERM -- "-$ending" 2>/dev/null || return 0
  kill -CONT -- "-$ending" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 -- "-$ending" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$ending" 2>/dev/null || true
}
