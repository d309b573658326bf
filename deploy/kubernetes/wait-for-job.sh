#!/bin/sh
# Waits until a Job has ended, and ends as it did. `kubectl wait --for=condition=complete` does not see that one failed.
#
#     sh deploy/kubernetes/wait-for-job.sh [JOB [SECONDS]]
#
# The log of the Job goes to stdout while it grows: that of a Job that fails is gone with its pod.
#
#     0   the Job is complete
#     1   it has failed: all its tries, or at its activeDeadlineSeconds
#     2   there is no such Job, or the cluster has not answered for a minute
#     3   it has not ended after SECONDS; without them this waits for as long as the Job may run
#
# KUBECTL is what is called, with its options: KUBECTL='kubectl --context staging --namespace app'
set -eu
job=${1:-imagor-studio-migrate}
limit=${2:-}
kubectl=${KUBECTL:-kubectl}
line_break='
'
ending='{.metadata.name}{range .status.conditions[?(@.status=="True")]}{"\nis "}{.type}{" "}{.reason}{": "}{.message}{end}'
hitches='{range .items[*].status.conditions[?(@.reason=="Unschedulable")]}{.reason}{": "}{.message}{"\n"}{end}'
hitches=$hitches'{range .items[*].status.containerStatuses[*].state.waiting}{.reason}{": "}{.message}{"\n"}{end}'
log=
told=

# stop CODE LINE...
stop() {
    code=$1
    shift
    printf '%s\n' "$@" >&2
    exit "$code"
}

# Say what is in the way, once.
tell() {
    case $told in *"<$1>"*) return 0 ;; esac
    told="$told<$1>"
    echo "waiting: ${1%: }" >&2
}

# Print what the log has grown by; all of it, where it is another one: that of the next try.
follow() {
    # shellcheck disable=SC2086  # a command with its options, here and below
    now=$($kubectl logs "job/$job" 2>/dev/null) || return 0
    case $now in
        "$log") return 0 ;;
        "$log"*) grown=${now#"$log"} ;;
        *) grown=$now ;;
    esac
    [ -z "$now" ] || printf '%s\n' "${grown#"$line_break"}"
    log=${now:-$log}
}

case $limit in
    *[!0-9]*) stop 2 "error: $limit is no number of seconds" "fix: sh $0 $job 900" ;;
esac
began=$(date +%s)
answered=$began
while :; do
    # shellcheck disable=SC2086
    if found=$($kubectl get job "$job" --ignore-not-found -o jsonpath="$ending" 2>&1); then
        answered=$(date +%s)
        follow
        case $found in
            *"${line_break}is Complete "*) stop 0 "complete: job/$job" ;;
            *"${line_break}is Failed "*)
                reason=${found#*"${line_break}is Failed "}
                reason=${reason%%"$line_break"*}
                case $reason in
                    DeadlineExceeded*) fix="give it more time, activeDeadlineSeconds" ;;
                    *) fix="what its log above asks for" ;;
                esac
                [ -n "$log$told" ] || fix="see why:  $kubectl describe job $job"
                stop 1 "error: job/$job has failed: $reason" \
                    "fix: $fix; then  $kubectl delete job $job  and apply it again"
                ;;
            *"$job"*) ;; # it is there, and a warning may be, too
            *) stop 2 "error: there is no job/$job here" \
                "fix: apply it; where it is elsewhere:  KUBECTL='kubectl --context NAME --namespace NAME' sh $0 $job" ;;
        esac
        # shellcheck disable=SC2086
        waiting=$($kubectl get pods --selector "job-name=$job" -o jsonpath="$hitches" 2>/dev/null) || waiting=
        while IFS= read -r line; do
            [ -z "$line" ] || tell "$line"
        done <<LINES
$waiting
LINES
    else
        tell "${found##*"$line_break"}"
        [ $(($(date +%s) - answered)) -lt 60 ] || stop 2 "error: the cluster has not answered for a minute" \
            "fix: $kubectl get job $job"
    fi
    if [ -n "$limit" ] && [ $(($(date +%s) - began)) -ge "$limit" ]; then
        stop 3 "error: job/$job has not ended after $limit s" "fix: wait longer, or see what it waits for:" \
            "     $kubectl describe job $job; $kubectl describe pods --selector job-name=$job"
    fi
    sleep 2
done
