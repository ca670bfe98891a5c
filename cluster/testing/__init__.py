"""For authors of oracles and schedulers: searches replayed from recorded learning curves, hours of them in seconds.

    from cluster.testing import judge, read_curves, replay

    curves = read_curves("tests/benchmarks/search/curves/galaxies.jsonl")
    steps = replay(curves, SearchSettings(name="mine", oracle="tpe", trials=60), most_epochs=240)

Never imported by anything but tests and benchmarks.
"""

from cluster.testing.curves import Curve as Curve, read_curves as read_curves
from cluster.testing.replaying import replay as replay
from cluster.testing.simulated_runner import Step as Step, run_simulated as run_simulated
