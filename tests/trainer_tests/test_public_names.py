import re
import subprocess
import sys
from pathlib import Path

import trainer


def test_every_public_name_is_there() -> None:
    for name in trainer.__all__:
        assert getattr(trainer, name) is not None


def test_light_names_import_no_tensorflow() -> None:
    script = (
        "import sys, trainer\n"
        "trainer.Objective, trainer.TrainingOptions, trainer.InfeasibleError, trainer.read_manifest, trainer.Scores\n"
        "trainer.Decide, trainer.model_card, trainer.ExportFormat, trainer.quiet_tensorflow()\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'scipy', 'cv2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_keras_and_tensorflow_are_imported_quietly_and_nowhere_else() -> None:
    loud = re.compile(r"^ *(from|import) (keras|tensorflow)\b", re.MULTILINE)
    modules = Path(trainer.__file__).parent.rglob("*.py")
    assert {path.name for path in modules if loud.search(path.read_text())} == {"frameworks.py", "quiet.py"}
