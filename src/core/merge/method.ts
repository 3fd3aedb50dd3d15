import type { Ops } from './ops';
import type { PhiloxKey } from './random';
import { type LAB_VARIANTS, specOf, type MethodSpec, type Variant } from './specs';
import type { Work } from './work';

/** What property tests check for every method that declares it. */
export interface Law {
  readonly id:
    | 'identical-inputs'
    | 'zero-weights-give-base'
    | 'density-zero-gives-base'
    | 'density-one-gives-task-arithmetic'
    | 'weight-zero-changes-nothing'
    | 'weight-one-gives-input'
    | 'negation'
    | 'order-of-inputs'
    | 'additive-in-weights'
    | 't-zero-gives-base'
    | 't-one-gives-other'
    | 'weights-one-zero-give-first'
    | 'homogeneous'
    | 'between-the-inputs'
    | 'each-from-an-input'
    | 'select-nothing-gives-base';
  /** Largest |difference| relative to the largest |expected|; 0 means to the bit. */
  readonly tolerance: number;
}

/** What a recipe's `lab:` block chooses where tools differ; what it does not say is done as in mergekit. */
export type Variants = { readonly [V in Variant]?: (typeof LAB_VARIANTS)[V][number] };

/** Values for one output tensor, in the order of the inputs. All arrays have the same length; `base` is an index or -1. */
export interface MergeContext {
  readonly base: number;
  /** Of the whole tensor: rows are along its last axis. An elementwise method may get a part of the tensor. */
  readonly shape: readonly number[];
  readonly shared: Readonly<Record<string, number>>;
  readonly perInput: readonly Readonly<Record<string, number>>[];
  readonly variants?: Variants | undefined;
  /** With `trim: model`, the least magnitude kept of each input's task vector, as float32 bits (see trim-model.ts). */
  readonly trimAt?: readonly number[] | undefined;
  /**
   * Random methods: fills `mask` with 1 (kept) and 0 for this tensor's elements of input `k`, whatever the other inputs are.
   * @param density one probability of keeping for all elements, or one for each
   */
  readonly drawMask: (k: number, density: number | Float32Array, mask: Uint8Array) => void;
  /** The key that `drawMask` draws input `k`'s mask with. */
  readonly maskKey?: (k: number) => PhiloxKey;
}

/** What a method computes. */
export interface Kernel {
  readonly laws: readonly Law[];
  /** true: element i of the result depends on element i of the inputs alone, so any chunking gives the same bits. */
  readonly elementwise: boolean;
  /**
   * Merges `length` float32 elements into `out`, stepwise in float32 in the order of the inputs.
   * A method that is not elementwise gets whole tensors. Inputs are read only.
   * @throws LabError where the parameters make the result undefined.
   */
  apply(inputs: readonly Float32Array[], context: MergeContext, length: number, out: Float32Array): void;
  /**
   * The same bits block by block, so that no input is held whole in float32.
   * @returns null where the parameters ask for whole tensors
   */
  start?(context: MergeContext, length: number, ops: Ops): Work | null;
}

/** A merge method is a value: sliders, YAML, docs table and property tests all come from it. */
export interface MergeMethod extends MethodSpec, Kernel {}

/** Joins what the table of specs says of the method `id` to what it computes. */
export function method(id: string, kernel: Kernel): MergeMethod {
  return { ...specOf(id)!, ...kernel };
}
