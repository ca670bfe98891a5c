"""For authors of oracles and schedulers: searches replayed from recorded learning curves, hours of them in seconds.

    from cluster.testing import compare, judge, read_curves
    from search import GalaxyHyperModel, SearchSettings, discover

    curves = [read_curves("tests/benchmarks/search/curves/galaxies.jsonl", beginning=one) for one in (0, 1)]
    space = discover(GalaxyHyperModel(input_shape=(64, 64, 3), num_classes=5))
    mine = judge(curves, SearchSettings(name="mine", oracle="my_oracles:make"), space=space)
    other = judge(curves, SearchSettings(name="other", oracle="tpe"), space=space)
    print(compare(mine, other))  # epochs until within 1 % of the best, as a multiple of the other's

Never imported by anything but tests and benchmarks.
"""

from cluster.testing.curves import Curve as Curve, read_curves as read_curves
from cluster.testing.judging import judge as judge, pool as pool
from cluster.testing.regret import WITHIN as WITHIN, Compared as Compared, Course as Course, compare as compare
from cluster.testing.replaying import replay as replay
from cluster.testing.simulated_runner import Step as Step, run_simulated as run_simulated
from cluster.workers.trainable import METRIC as METRIC, TIME as TIME
