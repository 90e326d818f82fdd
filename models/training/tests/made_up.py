"""Pieces and configurations for the tests: small ones, made up."""

import gzip
import json

import numpy as np

from continuo_training.config import MODELS, load_config
from continuo_training.corpus import piece_from_record

BAR = 96
PROGRESSION = ((0, "maj"), (9, "min"), (5, "maj"), (7, "7"))
TRIADS = {"maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7)}


def record(title="a tune", tonic=0, bars=8, split="train", style="folk", seed=0, **changes):
    """A line of the corpus: quarter notes of the chords of a progression, and steps between them."""
    rng = np.random.default_rng(seed)
    melody, chords = [], []
    for bar in range(bars):
        root, quality = PROGRESSION[bar % len(PROGRESSION)]
        root = (tonic + root) % 12
        chords.append([bar * BAR, BAR, root, quality, root, quality])
        for beat in range(4):
            tone = TRIADS[quality][rng.integers(3)] + (2 if beat == 3 else 0)
            melody.append([bar * BAR + 24 * beat, 20, 60 + (root + tone) % 12])
    made = {
        "id": title,
        "title": title,
        "composer": "nobody",
        "source": "made up",
        "licence": "CC0",
        "tier": "A",
        "style": style,
        "split": split,
        "meter": [[0, 4, 4]],
        "bars": [bar * BAR for bar in range(bars)],
        "key": [[0, tonic, "maj"]],
        "melody": melody,
        "chords": chords,
        "chords_src": "symbols",
    }
    return made | changes


def piece(source="made-up", **choices):
    """The same as a piece."""
    return piece_from_record(source, record(**choices))


def write_corpus(folder, records, name="mine"):
    """A folder with one file of the corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(entry) + "\n" for entry in records)
    return folder


def contract_blocks(role):
    """Offset and size of each block of the feature vector of `role`, by its name in docs/models.md."""
    text = (MODELS.parent / "docs" / "models.md").read_text(encoding="utf-8")
    table = text.partition(f"role `{role}`")[2].partition("| block | size | meaning |")[2].partition("\n\n")[0]
    blocks, offset = {}, 0
    for row in table.strip().splitlines()[1:]:
        name, size = (cell.strip() for cell in row.split("|")[1:3])
        blocks[name] = (offset, int(size))
        offset += int(size)
    return blocks, offset


def small_config(role, **task):
    """The configuration of `role` with a small network, small batches and three steps."""
    config = load_config(role)
    config["network"] |= {
        "gru": {"hidden": [[4, 8], [4, 8]]},
        "lstm": {"hidden": [[4, 8], [4, 8]]},
        "transformer": {"hidden": [[4, 8], [4, 8]], "attention": [2, 8, 2]},
        "encoder": {"hidden": [[4, 8], [4, 8]], "attention": [2, 8, 2]},
        "convolution": {"hidden": [[4, 8], [4, 8]]},
        "bidirectional-gru": {"hidden": [[4, 8], [4, 8]]},
    }
    config["training"] |= {"steps": 3, "validate_every": 3, "checkpoint_every": 1, "loss_batches": 1}
    config["fine_tuning"]["steps"] = 2
    config["pruning"] |= {"keep": 0.5, "batches": 2}
    config["task"] |= {"batch": 6, "length": 48} | task
    return config
