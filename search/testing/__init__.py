"""For authors of oracles: what every oracle keeps to, as tests to run over one's own. Needs pytest.

Never imported by anything but tests.
"""

from trainer import import_tensorflow

import_tensorflow()  # before Keras Tuner does, noisily

from search.testing.oracle_contract import OracleContract as OracleContract  # noqa: E402
