"""The files that bring a cluster up, and what is wrong with one before it costs anything: `galaxy cluster check`.

Nothing here starts a machine, a job or a pod, nor connects to a Ray: what a running one lacks, `galaxy doctor` says.
"""
