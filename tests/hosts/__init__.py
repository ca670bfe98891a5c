"""A lab: several hosts on one machine, for what only goes wrong between machines. Needs root and sshd on Linux.

    with lab("launcher", "head", "worker1") as hosts:
        launcher, head, worker1 = hosts
        launcher.run("ssh head hostname")                   # a login shell of the user `astro`, in its home
        search = head.start("cd galaxy-tuner && .venv/bin/galaxy search …")
        worker1.cut()                                       # its network cable is pulled
        worker1.heal()
        worker1.kill("raylet")
        search.wait(60)

A host has its own network, process numbers, name, /dev/shm, sshd and files: the machine's, copy on write, without its
/tmp, /home, /root and /run. /shared is the same in all, as from a file server. No packet leaves the lab. The first host
has the ssh key to all. Each has a copy of this checkout at ~/galaxy-tuner that is set up: its .venv has the packages of
the Python that runs the tests, our own five from ~/galaxy-tuner (all byte-compiled), and its stamp is newer than the
locks, so that `make setup` does nothing.

Everything lives below one process, the keeper, in namespaces of its own. When that ends, because the block is left or
because the process that made it is gone, however it ended, the kernel ends every process, mount and network with it.
Labs do not see each other: several may be up at once, with the same addresses.
"""

from hosts.host import Host, Process, Started
from hosts.lab import Lab, lab, missing
from hosts.plan import USER, LabError

__all__ = ["USER", "Host", "Lab", "LabError", "Process", "Started", "lab", "missing"]
