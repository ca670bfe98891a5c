"""Twenty thousand changed files, of every kind that is taken, sent to what decodes uploads: each must be answered.

    python tests/benchmarks/ui/fuzz.py [--count 20000] [--seed 2] [--notes fuzz-notes.json] [--seconds 100]

It goes on where its notes end, and leaves off after ``--seconds``: call it again until it says that all is done. What
crashes a decoder is kept beside the notes; one file in a hundred is followed by a good one of another visitor's, which
must be answered. Memory is that of this process and of the decoders, the highest that was seen.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from datasets_tests.hostile import mutations, picture

from datasets import DecodedImage, Decoding, UploadReader, uploads_of
from ui.predictions.keeping import Everyone, Visitor

HOW = Decoding(crop=1.0, image_size=64)


def memory(process: int | str) -> float:
    """Return the highest memory that a process had, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--notes", type=Path, default=Path("fuzz-notes.json"))
    parser.add_argument("--seconds", type=float, default=100.0)
    options = parser.parse_args()
    notes = {"done": 0, "answers": {}, "crashed": [], "slow": [], "longest": 0.0, "decoder_mb": 0.0}
    if options.notes.exists():
        notes = json.loads(options.notes.read_text())
    answers, end = Counter(notes["answers"]), time.monotonic() + options.seconds
    reader, other = UploadReader(processes=2), Visitor(Everyone())
    other.take([("kept.jpg", picture("JPEG"))])
    for name, data in islice(mutations(options.count, options.seed), notes["done"], None):
        began = time.monotonic()
        (upload,) = uploads_of([(name, data)])
        listing = reader.listing(upload)
        found = [str(listing.error)] if listing.error else []
        places = [(upload, number) for number in range(len(listing.names))]
        while places:
            read = reader.read(places, HOW)
            places = places[len(read) :]
            found += ["an image" if isinstance(image, DecodedImage) else str(image) for image in read]
        seconds = time.monotonic() - began
        answers.update("refused" if reason != "an image" else reason for reason in found)
        notes["longest"] = max(notes["longest"], round(seconds, 3))
        if any("crashed what decodes it" in reason for reason in found):
            notes["crashed"].append([notes["done"], name])
            options.notes.with_name(f"crash-{notes['done']}-{name}").write_bytes(data)
        if seconds > 10 or any("took longer" in reason for reason in found):
            notes["slow"].append([notes["done"], name, round(seconds, 1)])
        notes["done"] += 1
        if notes["done"] % 100 == 0:
            (good,) = other.uploads
            assert isinstance(reader.read([(good, 0)], HOW)[0], DecodedImage), "another visitor's upload was lost"
            processes = [decoder._process for decoder in reader._idle if decoder._process is not None]
            notes["decoder_mb"] = max([notes["decoder_mb"], *(round(memory(each.pid)) for each in processes)])
        if time.monotonic() > end:
            break
    reader.close()
    notes["answers"], notes["own_mb"] = dict(answers), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    options.notes.write_text(json.dumps(notes, indent=1))
    state = "all done" if notes["done"] >= options.count else "call it again"
    sys.stdout.write(f"{notes['done']:,} of {options.count:,} files: {state}\n{json.dumps(notes)}\n")


if __name__ == "__main__":
    main()
