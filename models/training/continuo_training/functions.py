"""The layers of contract 3 as functions in ONNX: any runtime can run their bodies, Continuo has an operator for each.

`source`, `hidden`, `three`, … are sizes of vectors: values by pitch class, and plain values.
"""

from __future__ import annotations

import onnx
from onnx import parser

DOMAIN = "continuo"
VERSION = 3
OPSET = 17

_LINEAR = """
PitchLinear <source, grid, perm> (x, regular, plain, bias_regular, bias_plain) => (y)
{
  rows = Flatten <axis: int = -1> (x)
  sizes = Constant <value_ints: ints = @source> ()
  by_class, rest = Split <axis: int = 1> (rows, sizes)
  shape = Constant <value_ints: ints = @grid> ()
  untransposed = Reshape (by_class, shape)
  classes = Transpose <perm: ints = @perm> (untransposed)
  # For each class that is spoken of, the class that lies 0, 1, … semitones below it.
  below = Constant <value = int64[12, 12] {BELOW}> ()
  turned = Gather <axis: int = 1> (classes, below)
  flat = Constant <value_ints: ints = [0, 12, -1]> ()
  heard = Reshape (turned, flat)
  one = Constant <value_ints: ints = [1]> ()
  row = Unsqueeze (rest, one)
  twelve = Constant <value_ints: ints = [1, 12, 1]> ()
  repeated = Expand (row, twelve)
  all = Concat <axis: int = 2> (heard, repeated)
  columns = Transpose <perm: ints = [1, 0]> (regular)
  products = MatMul (all, columns)
  spoken = Add (products, bias_regular)
  line = Constant <value_ints: ints = [0, -1]> ()
  spoken_line = Reshape (spoken, line)
  sums = ReduceSum <keepdims: int = 0> (classes, one)
  unturned = Concat <axis: int = 1> (sums, rest)
  plain_columns = Transpose <perm: ints = [1, 0]> (plain)
  plain_products = MatMul (unturned, plain_columns)
  plain_spoken = Add (plain_products, bias_plain)
  y = Concat <axis: int = 1> (spoken_line, plain_spoken)
}
"""

_GATES = """
PitchGates <sizes> (values) => (reset, update, new)
{
  parts = Constant <value_ints: ints = @sizes> ()
  by_class, plain = Split <axis: int = 1> (values, parts)
  by_gate = Constant <value_ints: ints = [0, 12, 3, -1]> ()
  classes = Reshape (by_class, by_gate)
  gates = Transpose <perm: ints = [0, 2, 1, 3]> (classes)
  three = Constant <value_ints: ints = [0, 3, -1]> ()
  gates_flat = Reshape (gates, three)
  plain_flat = Reshape (plain, three)
  all = Concat <axis: int = 2> (gates_flat, plain_flat)
  reset, update, new = Split <axis: int = 1> (all)
}
"""

_GRU = """
PitchGru <source, grid, perm, hidden, gates> (x, h,
  regular, plain, bias_regular, bias_plain,
  recurrent_regular, recurrent_plain, recurrent_bias_regular, recurrent_bias_plain) => (after)
{
  heard = continuo.PitchLinear <source: ints = @source, grid: ints = @grid, perm: ints = @perm>
    (x, regular, plain, bias_regular, bias_plain)
  kept = continuo.PitchLinear <source: ints = @hidden, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (h, recurrent_regular, recurrent_plain, recurrent_bias_regular, recurrent_bias_plain)
  heard_reset, heard_update, heard_new = continuo.PitchGates <sizes: ints = @gates> (heard)
  kept_reset, kept_update, kept_new = continuo.PitchGates <sizes: ints = @gates> (kept)
  before = Transpose <perm: ints = [1, 0, 2]> (h)
  reset_sum = Add (heard_reset, kept_reset)
  reset = Sigmoid (reset_sum)
  update_sum = Add (heard_update, kept_update)
  update = Sigmoid (update_sum)
  kept_part = Mul (reset, kept_new)
  new_sum = Add (heard_new, kept_part)
  new = Tanh (new_sum)
  difference = Sub (before, new)
  left = Mul (update, difference)
  state = Add (new, left)
  after = Transpose <perm: ints = [1, 0, 2]> (state)
}
"""

_GRU_SEQUENCE = """
PitchGruSequence <source, grid, perm, hidden, gates, directions> (rows,
  regular, plain, bias_regular, bias_plain,
  recurrent_regular, recurrent_plain, recurrent_bias_regular, recurrent_bias_plain) => (out)
{
  parts = Constant <value_ints: ints = @hidden> ()
  size = ReduceSum <keepdims: int = 1> (parts)
  one_one = Constant <value_ints: ints = [1, 1]> ()
  shape = Concat <axis: int = 0> (one_one, size)
  silence = ConstantOfShape (shape)
  last, out = Scan <
    num_scan_inputs: int = 1, scan_input_directions: ints = @directions, scan_output_directions: ints = @directions,
    body: graph = one_step (float[1, 1, H] before, float[I] row) => (float[1, 1, H] after, float[H] said)
    {
      after = continuo.PitchGru <
        source: ints = @source, grid: ints = @grid, perm: ints = @perm, hidden: ints = @hidden, gates: ints = @gates
      > (row, before, regular, plain, bias_regular, bias_plain,
        recurrent_regular, recurrent_plain, recurrent_bias_regular, recurrent_bias_plain)
      flat = Constant <value_ints: ints = [-1]> ()
      said = Reshape (after, flat)
    }
  > (silence, rows)
}
"""

_NORM = """
PitchNorm (rows, gain_regular, gain_plain) => (out)
{
  twelve = Constant <value_ints: ints = [12]> ()
  by_class = Tile (gain_regular, twelve)
  gain = Concat <axis: int = 0> (by_class, gain_plain)
  squares = Mul (rows, rows)
  mean = ReduceMean <axes: ints = [-1], keepdims: int = 1> (squares)
  least = Constant <value_float: float = 0.000001> ()
  above = Add (mean, least)
  root = Sqrt (above)
  scaled = Div (rows, root)
  out = Mul (scaled, gain)
}
"""

_HEADS = """
PitchHeads <source, sizes> (x, regular, plain, bias_regular, bias_plain, order) => (OUTPUTS)
{
  values = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (x, regular, plain, bias_regular, bias_plain)
  dealt = Gather <axis: int = 1> (values, order)
  parts = Constant <value_ints: ints = @sizes> ()
  OUTPUTS = Split <axis: int = 1> (dealt, parts)
}
"""

_EXPERTS = """
PitchExperts <begin, end> (experts, features) => (logits)
{
  sizes = Constant <value_ints: ints = [12, 49, 60]> ()
  by_class, by_interval, by_register = Split <axis: int = 1> (experts, sizes)
  octaves = Constant <value_ints: ints = [1, 5]> ()
  classes = Tile (by_class, octaves)
  begin = Constant <value_ints: ints = @begin> ()
  end = Constant <value_ints: ints = @end> ()
  one = Constant <value_ints: ints = [1]> ()
  last = Slice (features, begin, end, one)
  last_pitch = ArgMax <axis: int = 1, keepdims: int = 1> (last)
  pitches = Constant <value = int64[1, 60] {PITCHES}> ()
  moves = Sub (pitches, last_pitch)
  lowest = Constant <value_int: int = -24> ()
  highest = Constant <value_int: int = 24> ()
  bounded = Clip (moves, lowest, highest)
  intervals = Add (bounded, highest)
  moved = GatherElements <axis: int = 1> (by_interval, intervals)
  told = ReduceSum <keepdims: int = 1> (last, one)
  moved_told = Mul (moved, told)
  still = Add (classes, by_register)
  logits = Add (still, moved_told)
}
"""

_TRANSFORMER = """
PitchTransformer <source, three, inner, by_class, by_head, share, joined, scale> (rows, steps, past,
  attention_gain_regular, attention_gain_plain, query_key_value_regular, query_key_value_plain, biases,
  mixed_regular, mixed_plain, mixed_bias_regular, mixed_bias_plain, inner_gain_regular, inner_gain_plain,
  widened_regular, widened_plain, widened_bias_regular, widened_bias_plain,
  narrowed_regular, narrowed_plain, narrowed_bias_regular, narrowed_bias_plain) => (out, ring)
{
  normed = continuo.PitchNorm (rows, attention_gain_regular, attention_gain_plain)
  zero = Constant <value_float: float = 0.0> ()
  projected = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (normed, query_key_value_regular, query_key_value_plain, zero, zero)
  parts = Constant <value_ints: ints = @three> ()
  projected_classes, projected_plain = Split <axis: int = 1> (projected, parts)
  by_class = Constant <value_ints: ints = @by_class> ()
  classes_first = Reshape (projected_classes, by_class)
  heads_first = Transpose <perm: ints = [1, 2, 0, 3]> (classes_first)
  by_head = Constant <value_ints: ints = @by_head> ()
  head_classes = Reshape (heads_first, by_head)
  head_plain = Reshape (projected_plain, by_head)
  heads = Concat <axis: int = 2> (head_classes, head_plain)
  one_two = Constant <value_ints: ints = [1, 2]> ()
  query, key_value = Split <axis: int = 0> (heads, one_two)
  around = Constant <value_ints: ints = [0, 3]> ()
  newest = Unsqueeze (key_value, around)
  # The ring: the newest step stands where the oldest stood.
  past_shape = Shape (past)
  axis = Constant <value_int: int = 3> ()
  length = Gather <axis: int = 0> (past_shape, axis)
  nought = Constant <value_int: int = 0> ()
  next = Constant <value_int: int = 1> ()
  places_whole = Range (nought, length, next)
  places = Cast <to: int = 1> (places_whole)
  context = Cast <to: int = 1> (length)
  newest_place = Mod <fmod: int = 1> (steps, context)
  is_newest = Equal (places, newest_place)
  ring_shape = Constant <value_ints: ints = [1, 1, 1, -1, 1]> ()
  is_newest_row = Reshape (is_newest, ring_shape)
  ring = Where (is_newest_row, newest, past)
  since = Sub (newest_place, places)
  since_round = Add (since, context)
  back = Mod <fmod: int = 1> (since_round, context)
  back_whole = Cast <to: int = 7> (back)
  flat = Constant <value_ints: ints = [-1]> ()
  back_flat = Reshape (back_whole, flat)
  bias = Gather <axis: int = 1> (biases, back_flat)
  is_empty = Greater (places, steps)
  far = Constant <value_float: float = -10000.0> ()
  mask = Where (is_empty, far, zero)
  keys_row, values_row = Split <axis: int = 1> (ring)
  outer = Constant <value_ints: ints = [0, 1]> ()
  keys_by_head = Squeeze (keys_row, outer)
  keys = Transpose <perm: ints = [0, 2, 1]> (keys_by_head)
  values = Squeeze (values_row, outer)
  queries = Transpose <perm: ints = [1, 0, 2]> (query)
  products = MatMul (queries, keys)
  ones = Constant <value_ints: ints = [1]> ()
  products_flat = Squeeze (products, ones)
  factor = Constant <value_float: float = @scale> ()
  scores = Mul (products_flat, factor)
  biased = Add (scores, bias)
  masked = Add (biased, mask)
  weights = Softmax <axis: int = 1> (masked)
  weights_row = Unsqueeze (weights, ones)
  read_row = MatMul (weights_row, values)
  read = Squeeze (read_row, ones)
  share = Constant <value_ints: ints = @share> ()
  read_classes, read_plain = Split <axis: int = 1> (read, share)
  joined = Constant <value_ints: ints = @joined> ()
  classes_last = Reshape (read_classes, joined)
  classes_again = Transpose <perm: ints = [1, 0, 2]> (classes_last)
  row = Constant <value_ints: ints = [1, -1]> ()
  classes_row = Reshape (classes_again, row)
  plain_row = Reshape (read_plain, row)
  joined_row = Concat <axis: int = 1> (classes_row, plain_row)
  mixed = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (joined_row, mixed_regular, mixed_plain, mixed_bias_regular, mixed_bias_plain)
  attended = Add (rows, mixed)
  attended_normed = continuo.PitchNorm (attended, inner_gain_regular, inner_gain_plain)
  widened = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (attended_normed, widened_regular, widened_plain, widened_bias_regular, widened_bias_plain)
  inner = Relu (widened)
  narrowed = continuo.PitchLinear <source: ints = @inner, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (inner, narrowed_regular, narrowed_plain, narrowed_bias_regular, narrowed_bias_plain)
  out = Add (attended, narrowed)
}
"""

_ENCODER = """
PitchEncoder <source, three, inner, by_class, by_head, share, share_by_class, scale, reach> (rows,
  attention_gain_regular, attention_gain_plain, query_key_value_regular, query_key_value_plain, biases,
  mixed_regular, mixed_plain, mixed_bias_regular, mixed_bias_plain, inner_gain_regular, inner_gain_plain,
  widened_regular, widened_plain, widened_bias_regular, widened_bias_plain,
  narrowed_regular, narrowed_plain, narrowed_bias_regular, narrowed_bias_plain) => (out)
{
  normed = continuo.PitchNorm (rows, attention_gain_regular, attention_gain_plain)
  zero = Constant <value_float: float = 0.0> ()
  projected = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (normed, query_key_value_regular, query_key_value_plain, zero, zero)
  parts = Constant <value_ints: ints = @three> ()
  projected_classes, projected_plain = Split <axis: int = 1> (projected, parts)
  by_class = Constant <value_ints: ints = @by_class> ()
  classes_first = Reshape (projected_classes, by_class)
  heads_first = Transpose <perm: ints = [2, 3, 0, 1, 4]> (classes_first)
  flat = Constant <value_ints: ints = [0, 0, 0, -1]> ()
  head_classes = Reshape (heads_first, flat)
  by_head = Constant <value_ints: ints = @by_head> ()
  plain_last = Reshape (projected_plain, by_head)
  head_plain = Transpose <perm: ints = [1, 2, 0, 3]> (plain_last)
  heads = Concat <axis: int = 3> (head_classes, head_plain)
  ones = Constant <value_ints: ints = [1, 1, 1]> ()
  query_row, key_row, value_row = Split <axis: int = 0> (heads, ones)
  first = Constant <value_ints: ints = [0]> ()
  query = Squeeze (query_row, first)
  keys_by_head = Squeeze (key_row, first)
  values = Squeeze (value_row, first)
  keys = Transpose <perm: ints = [0, 2, 1]> (keys_by_head)
  products = MatMul (query, keys)
  factor = Constant <value_float: float = @scale> ()
  scores = Mul (products, factor)
  # The bias of a key is that of how many steps it lies ahead.
  rows_shape = Shape (rows)
  nought = Constant <value_int: int = 0> ()
  next = Constant <value_int: int = 1> ()
  length = Gather <axis: int = 0> (rows_shape, nought)
  places = Range (nought, length, next)
  second = Constant <value_ints: ints = [1]> ()
  of_keys = Unsqueeze (places, first)
  of_queries = Unsqueeze (places, second)
  ahead = Sub (of_keys, of_queries)
  farthest = Constant <value_int: int = @reach> ()
  farthest_back = Neg (farthest)
  bounded = Clip (ahead, farthest_back, farthest)
  index = Add (bounded, farthest)
  bias = Gather <axis: int = 1> (biases, index)
  biased = Add (scores, bias)
  weights = Softmax <axis: int = 2> (biased)
  read = MatMul (weights, values)
  share = Constant <value_ints: ints = @share> ()
  read_classes, read_plain = Split <axis: int = 2> (read, share)
  share_by_class = Constant <value_ints: ints = @share_by_class> ()
  classes_last = Reshape (read_classes, share_by_class)
  classes_again = Transpose <perm: ints = [1, 2, 0, 3]> (classes_last)
  row = Constant <value_ints: ints = [0, -1]> ()
  classes_row = Reshape (classes_again, row)
  plain_again = Transpose <perm: ints = [1, 0, 2]> (read_plain)
  plain_row = Reshape (plain_again, row)
  joined_row = Concat <axis: int = 1> (classes_row, plain_row)
  mixed = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (joined_row, mixed_regular, mixed_plain, mixed_bias_regular, mixed_bias_plain)
  attended = Add (rows, mixed)
  attended_normed = continuo.PitchNorm (attended, inner_gain_regular, inner_gain_plain)
  widened = continuo.PitchLinear <source: ints = @source, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (attended_normed, widened_regular, widened_plain, widened_bias_regular, widened_bias_plain)
  inner = Relu (widened)
  narrowed = continuo.PitchLinear <source: ints = @inner, grid: ints = [0, 12, -1], perm: ints = [0, 1, 2]>
    (inner, narrowed_regular, narrowed_plain, narrowed_bias_regular, narrowed_bias_plain)
  out = Add (attended, narrowed)
}
"""

_NEEDS = {
    "PitchLinear": ("PitchLinear",),
    "PitchNorm": ("PitchNorm",),
    "PitchGru": ("PitchLinear", "PitchGates", "PitchGru"),
    "PitchGruSequence": ("PitchLinear", "PitchGates", "PitchGru", "PitchGruSequence"),
    "PitchHeads": ("PitchLinear", "PitchHeads"),
    "PitchExperts": ("PitchExperts",),
    "PitchTransformer": ("PitchLinear", "PitchNorm", "PitchTransformer"),
    "PitchEncoder": ("PitchLinear", "PitchNorm", "PitchEncoder"),
}
"""The functions that the body of each needs, and itself."""


def functions(used: set[str], heads: int) -> list[onnx.FunctionProto]:
    """The functions that a graph with nodes of the kinds `used` needs; `PitchHeads` has so many outputs."""
    outputs = ", ".join(f"head{index}" for index in range(heads))
    below = ", ".join(str((spoken - turn) % 12) for spoken in range(12) for turn in range(12))
    texts = {
        "PitchLinear": _LINEAR.replace("BELOW", below),
        "PitchGates": _GATES,
        "PitchGru": _GRU,
        "PitchGruSequence": _GRU_SEQUENCE,
        "PitchNorm": _NORM,
        "PitchHeads": _HEADS.replace("OUTPUTS", outputs),
        "PitchExperts": _EXPERTS.replace("PITCHES", ", ".join(map(str, range(60)))),
        "PitchTransformer": _TRANSFORMER,
        "PitchEncoder": _ENCODER,
    }
    needed = {need for kind in used & set(_NEEDS) for need in _NEEDS[kind]}
    return [_parsed(text) for name, text in texts.items() if name in needed]


def _parsed(text: str) -> onnx.FunctionProto:
    imports = f'<domain: "{DOMAIN}", opset_import: ["": {OPSET}, "{DOMAIN}": {VERSION}]>'
    return parser.parse_function(imports + text)
