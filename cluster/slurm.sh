#!/bin/bash
# A search on the nodes of one Slurm job. The three commands, on a login node, in the checkout, which all nodes see:
#
#   make setup && .venv/bin/galaxy cluster check cluster/slurm.sh
#   sbatch cluster/slurm.sh /shared/gz.galaxy --name first --storage /shared/runs --trials 200
#   .venv/bin/galaxy leaderboard first --storage /shared/runs --watch
#
# Its arguments are those of `galaxy search`. The job goes on where it was when its time is up, when it is preempted or
# requeued, when a node is lost, and when the same command is given again. `scancel JOB` ends it, `galaxy stop` cleanly.
#SBATCH --job-name=galaxy-tuner
#SBATCH --nodes=3
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=galaxy-tuner-%j.log
#SBATCH --signal=B:USR1@120
##SBATCH --partition=my-partition
##SBATCH --gpus-per-node=1
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"

if [ $# -eq 0 ]; then
    echo "expected what \`galaxy search\` takes, found nothing: sbatch cluster/slurm.sh DATASET --name NAME …" >&2
    exit 2
fi
if ! [ -x cluster/ray ] || ! [ -x .venv/bin/ray ]; then
    echo "expected a checkout that is set up in $PWD, found none: \`cd\` to it, \`make setup\`, then sbatch" >&2
    exit 2
fi

# Ports and folder are the job's own: other jobs, of yours too, may be on the same nodes.
export GALAXY_RAY_FOLDER=/tmp/galaxy-$SLURM_JOB_ID
export RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S=10 # Slurm leaves a cancelled job 30 s (KillWait)
cpus=${SLURM_CPUS_PER_TASK:-1}
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
port=$((20000 + SLURM_JOB_ID % 5000 * 4))
listens() { (exec 3<>"/dev/tcp/$head/$port") 2>/dev/null; }
while listens; do port=$((port + 4)); done # another job's Ray, which this one would join
said=galaxy-tuner-$SLURM_JOB_ID-ray.log # what Ray says as it starts; its own logs go with it
on() { # NODES COUNT COMMAND…: a step on some of the job's nodes
    local where=(--nodelist="$1" --nodes="$2" --ntasks="$2")
    shift 2
    where+=(--cpus-per-task="$cpus")
    srun --overlap --quiet --output="$said" --open-mode=append "${where[@]}" "$@" 2>>"$said"
}
all=$(IFS=,; echo "${nodes[*]}")
start=(cluster/ray start --block --num-cpus="$cpus" --num-gpus="${SLURM_GPUS_ON_NODE:-0}"
    --min-worker-port=0 --max-worker-port=0 --dashboard-agent-listen-port=$((port + 1)))

end() {
    on "$all" "${#nodes[@]}" cluster/ray stop || true
    wait
}
trap end EXIT
if [ -z "${RAY_AUTH_TOKEN:-}" ]; then
    .venv/bin/galaxy cluster token # made where there is none, for your eyes alone; the nodes read it in your home directory
fi

on "$head" 1 "${start[@]}" --head --port="$port" --ray-client-server-port=$((port + 2)) --dashboard-port=$((port + 3)) &
until listens; do
    kill -0 $! 2>/dev/null || { echo "Ray did not start on $head: see $PWD/$said" >&2; exit 1; }
    sleep 1
done
if [ ${#nodes[@]} -gt 1 ]; then
    on "${all#*,}" $((${#nodes[@]} - 1)) "${start[@]}" --address="$head:$port" &
fi

.venv/bin/galaxy search "$@" --or-resume --address "$head:$port" &
driver=$! time_is_up=
trap 'time_is_up=yes; kill -TERM $driver 2>/dev/null || true' USR1
trap 'kill -TERM $driver 2>/dev/null || true' TERM
status=0
while kill -0 $driver 2>/dev/null; do # a signal ends the wait, not the driver
    wait $driver && status=0 || status=$?
done
trap - EXIT
end
# Slurm ends this script with the job that it puts back into the queue.
if [ -n "$time_is_up" ] && [ $status -ge 128 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit $status
