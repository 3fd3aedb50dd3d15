import { LabError } from '../errors';
import { countNonFinite, decodeWhole, refuseNonFinite, type RunOptions } from '../merge/run';
import type { CheckpointHead, PlanTensor } from '../merge/types';
import { canDecode, elementCount } from '../tensor/dtype';
import { compareUtf8 } from '../tensor/utf8';
import { gridOf, largestOf, matrixOf, spreadOf, type Grid, type Spread } from './grid';
import { spectrumOf, type Spectrum } from './spectrum';

/** Cells of a drawn tensor, at most. */
const GRID_ROWS = 32;
const GRID_COLUMNS = 48;
/** Elements that the table names. */
const NAMED = 16;

/** One tensor of a checkpoint, as it is chosen from a list. */
export interface TensorChoice {
  name: string;
  shape: readonly number[];
}

/** One drawn tensor: a model's own values, or their difference to the reference's. */
export interface Panel {
  alias: string;
  kind: 'values' | 'delta';
  grid: Grid;
  spread: Spread;
  /** Of a difference, if asked for; null where there is none to give. */
  spectrum: Spectrum | null;
}

/** One tensor of two checkpoints side by side: the reference, the first, and what both changed. */
export interface TensorView {
  name: string;
  shape: readonly number[];
  elements: number;
  panels: Panel[];
  /** Elements that the first one changed most: where, and their value in each panel. */
  largest: { row: number; column: number; values: number[] }[];
}

/** Tensors that can be drawn: floats that all of these have in one shape, in the order of their names. */
export function drawableTensors(heads: readonly CheckpointHead[]): TensorChoice[] {
  const [first, ...others] = heads;
  if (!first) return [];
  return [...first.index.tensors.values()]
    .filter(({ name, dtype, shape }) => {
      const found = others.map((head) => head.index.tensors.get(name));
      return (
        canDecode(dtype) &&
        elementCount(shape) > 0 &&
        found.every((one) => one && canDecode(one.dtype) && String(one.shape) === String(shape))
      );
    })
    .map(({ name, shape }) => ({ name, shape }))
    .sort((a, b) => compareUtf8(a.name, b.name));
}

/**
 * The float32 values of one tensor of a checkpoint, as stored.
 * @throws LabError `analyze/no-tensor`, `merge/nan-input`, or what a source throws.
 */
export async function readTensor(
  head: CheckpointHead,
  name: string,
  options: RunOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const info = head.index.tensors.get(name);
  if (!info || !canDecode(info.dtype))
    throw new LabError(
      'analyze/no-tensor',
      `${head.alias} has no tensor "${name}" of floating-point numbers. Choose one that all compared models have.`,
      { tensor: name, model: head.alias },
    );
  const bytes = await info.source.read(info.begin, info.end, options.signal);
  options.onBytes?.(info.end - info.begin);
  const values = decodeWhole(bytes, info.dtype, null) as Float32Array<ArrayBuffer>;
  if (countNonFinite(values) > 0) {
    const input = { alias: head.alias, info, params: {} };
    refuseNonFinite({ name, dtype: info.dtype, inputs: [input] } as unknown as PlanTensor, [bytes], values);
  }
  return values;
}

/** One compared model: its values of the tensor, of the reference's length. */
export interface Compared {
  alias: string;
  values: Float32Array;
}

/**
 * @param first is drawn as it is and as a difference, `second` as a difference only.
 * @param spectra whether to decompose the differences, which takes seconds for a large matrix.
 */
export function viewTensor(
  name: string,
  shape: readonly number[],
  reference: Compared,
  first: Compared,
  second: Compared | null,
  spectra: boolean,
): TensorView {
  const minus = ({ alias, values }: Compared) => ({
    alias,
    kind: 'delta' as const,
    values: values.map((value, i) => Math.fround(value - reference.values[i]!)),
  });
  const plain = ({ alias, values }: Compared) => ({ alias, kind: 'values' as const, values });
  const shown = [plain(reference), plain(first), minus(first), ...(second ? [minus(second)] : [])];
  const { columns } = matrixOf(shape);
  return {
    name,
    shape,
    elements: reference.values.length,
    panels: shown.map(({ alias, kind, values }) => ({
      alias,
      kind,
      grid: gridOf(values, shape, GRID_ROWS, GRID_COLUMNS),
      spread: spreadOf(values),
      spectrum: spectra && kind === 'delta' ? spectrumOf(values, shape) : null,
    })),
    largest: largestOf(shown[2]!.values, NAMED).map((at) => ({
      row: Math.floor(at / columns),
      column: at % columns,
      values: shown.map(({ values }) => values[at]!),
    })),
  };
}
