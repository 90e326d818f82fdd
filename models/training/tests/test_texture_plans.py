"""Plans of textures: codebooks, phrases, sections, the prior and what it is measured against."""

import numpy as np
import pytest
import torch

from continuo_training.config import load_config
from continuo_training.networks.vae import Vae
from continuo_training.texture.bars import Origin, texture_set
from continuo_training.texture.plans.codebook import Codebook, perplexity, unused
from continuo_training.texture.plans.phrases import LONGEST, SECTION, echoes, forms, phrases
from continuo_training.texture.plans.prior import Counted, Prior, bits, loss, tensors
from continuo_training.texture.plans.sections import Sections, sections_of
from continuo_training.texture.plans.study import returns, study
from continuo_training.texture.training import shape
from continuo_training.texture.written import ROCK, SHUFFLE, WALKING, written

A, B = [1, 2, 1, 3], [4, 5, 4, 6]


def band(pieces=4, split="train", form=(A, A, B, A)):
    """Pieces of drums in which the bars of a form are played, with the codes of the bars."""
    made, codes = [], []
    for piece in range(pieces):
        bars = []
        for number, code in enumerate(code for section in form for code in section):
            bar = written("drums", "four", (ROCK, SHUFFLE)[code % 2], velocity=60 + code)
            bar.hits[:, code] = False
            bar.hits[code, code] = True
            bar.number = number
            bar.onsets = np.roll(bar.hits.any(1), code)
            bars.append(bar)
            codes.append(code)
        made.append((Origin(str(piece), "groove", split, 1), bars))
    return texture_set(made), np.array(codes)


def test_codes_that_stand_for_nothing_begin_anew():
    torch.manual_seed(0)
    values = torch.randn(4000, 4)
    book = Codebook(8, 4, decay=0.9)
    book(values[:512])
    book.vectors[2:] += 100
    book.sums[2:] = book.vectors[2:] * book.counts[2:, None]
    assert unused(book.eval()(values)[0], 8) == 6
    for _ in range(100):
        book.train()(values[torch.randint(4000, (512,))])
    code, vectors = book.eval()(values)
    assert unused(code, 8) == 0
    assert perplexity(code, 8) > 4
    assert (vectors - values).square().mean() < 0.7


def test_gradients_pass_a_codebook():
    book = Codebook(4, 3)
    values = torch.randn(16, 3, requires_grad=True)
    book(values)[1].sum().backward()
    assert (values.grad == 1).all()


def test_use_is_measured():
    assert perplexity(torch.tensor([0, 0, 0]), 4) == pytest.approx(1)
    assert unused(torch.tensor([0, 2, 2]), 4) == 2


def test_bars_that_follow_each_other_are_a_phrase():
    bars, code = band(2)
    made = phrases(bars, code)
    assert (len(made), made.code.shape[1]) == (2, LONGEST)
    assert made.code[0][made.valid[0]].tolist() == [*A, *A, *B, *A]
    assert made.form[0][made.valid[0]].tolist() == [0] * 4 + [1] * 4 + [0] * 4 + [2] * 4


def test_what_was_heard_before_is_an_echo():
    onsets = np.zeros((6, 24), bool)
    for bar, slot in enumerate((0, 3, 6, 9, 0, 3)):
        onsets[bar, slot] = True
    assert echoes(onsets).tolist() == [0, 0, 0, 0, 3, 3]
    assert not echoes(np.zeros((4, 24), bool)).any()


def test_a_form_may_differ_in_one_bar():
    assert forms(np.array([*A, *A[:3], 9, *B])).tolist() == [0] * 4 + [1] * 4 + [0] * 4


def test_a_prior_does_not_look_ahead():
    torch.manual_seed(0)
    prior = Prior(8, width=16, heads=2).eval()
    bars, code = band(2)
    batch = tensors(phrases(bars, code), np.arange(2))
    before = prior(batch)
    batch["code"][:, 7:] = 0
    after = prior(batch)
    assert torch.allclose(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:16], after[:, 8:16])
    assert torch.allclose(before.exp().sum(-1), torch.ones(2, LONGEST), atol=1e-5)


def test_a_prior_learns_what_returns():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    bars, code = band(6)
    made = phrases(bars, code)
    prior = Prior(8, width=32, heads=2, dropout=0.0)
    optimizer = torch.optim.Adam(prior.parameters(), 3e-3)
    for _ in range(120):
        told = rng.random((len(made), LONGEST // SECTION)) < 0.5
        optimizer.zero_grad()
        loss(prior, tensors(made, np.arange(len(made)), told)).backward()
        optimizer.step()
    assert bits(prior, made) < 0.2
    assert returns(prior, made)["f1_told"] == 1


def test_what_is_counted_is_a_chance():
    bars, code = band(3)
    made = phrases(bars, code)
    counted = Counted(made, 8, np.full(len(made), 1 / len(made)))
    assert counted.single.sum() == pytest.approx(1)
    assert counted.bits(made, "bigram", 0.1) < counted.bits(made, "unigram", 0)
    assert counted.tuned(made, "copy") in [0.05 * step for step in range(1, 20)]


def test_sections_come_back_from_their_codes():
    torch.manual_seed(0)
    bars, code = band(6)
    made = phrases(bars, code)
    four, part, phrase = (torch.from_numpy(values) for values in sections_of(made))
    assert (four.shape, phrase.max()) == ((24, SECTION), 5)
    sections = Sections(8, 2, width=8)
    optimizer = torch.optim.Adam(sections.parameters(), 1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        sections.loss(four, part)[0].backward()
        optimizer.step()
    _, nats, chosen = sections.eval().loss(four, part)
    assert nats < 0.1
    assert unused(chosen, 2) == 0


def test_the_study_measures_all_of_it():
    config = load_config("texture-plans")
    config["bars"] |= {"codes": dict.fromkeys(("drums", "bass"), 8), "batch": 64, "steps": 20}
    config["sections"] |= {"codes": 2, "batch": 16, "steps": 5}
    config["prior"] |= {"batch": 8, "steps": 5, "network": {"width": 16, "heads": 2, "depth": 1}}
    parts = [band(4, split)[0] for split in ("train", "valid", "test")]
    origin = Origin("bass", "pop909", "train", 1)
    walks = [written("bass", "four", WALKING) for _ in range(16)]
    for number, bar in enumerate(walks):
        bar.number = number
    basses = texture_set([(origin, walks)])
    everything = type(basses)(
        **{name: np.concatenate([getattr(part, name) for part in [*parts, basses]]) for name in vars(basses)}
    )
    torch.manual_seed(0)
    texture = load_config("texture")
    found = study(Vae(shape(texture["network"])).eval(), everything, texture["task"], config)
    assert set(found["bars"]["test"]) == {"drums"}
    assert found["bars"]["train"]["drums"]["codes"] == 8
    assert {"prior", "unigram", "bigram", "copy"} < set(found["prior"]["drums"]["test"])
    assert found["sections"]["test"]["codes"] == 2
