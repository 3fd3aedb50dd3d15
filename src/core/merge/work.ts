/** One pass over all elements of a tensor before the merge itself, which takes from it what one element cannot tell. */
export interface Look {
  /** Blocks begin at multiples of this, and end there or at the tensor's end. */
  readonly unit: number;
  at(inputs: readonly Float32Array<ArrayBuffer>[], begin: number): void;
  end?(): void;
}

/**
 * A method at work on one tensor, block by block in rising order, in memory of the {@link Ops} it was started with. How a
 * tensor is cut, but for the units, changes no bit.
 */
export interface Work {
  readonly looks: readonly Look[];
  /** Blocks begin at multiples of {@link UNIT} where there are looks, anywhere where there are none. */
  merge(inputs: readonly Float32Array<ArrayBuffer>[], begin: number, out: Float32Array<ArrayBuffer>): void;
}

/** Elements of a block: what is computed of it stays in the fast caches. A multiple of all that is summed or drawn at once. */
export const UNIT = 16384;
/** Elements of the largest block, where a look's unit needs more. */
export const ROOM = 65536;
