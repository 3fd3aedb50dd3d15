const f = Math.fround;

/**
 * TIES' sign election (Yadav et al. 2023, arXiv:2306.01708): the sign of the sum of votes wins, + where the sum is 0, and
 * only terms whose vote has the winning sign are added up. mergekit 0.1.5 takes the weighted terms themselves for votes.
 * @param terms weighted task vectors, at least one.
 * @param weights float32 weights of the terms.
 * @param mixed takes the sum of the agreeing terms.
 * @param divisor takes the sum of the weights of the agreeing terms, 1 where it is 0.
 * @param votes one vector for each term; what is 0 in it (a dropped element) agrees with nobody.
 */
export function electSigns(
  terms: readonly Float32Array[],
  weights: readonly number[],
  length: number,
  mixed: Float32Array,
  divisor: Float32Array,
  votes: readonly Float32Array[] = terms,
): void {
  const elected = new Float32Array(length);
  elected.set(votes[0]!.subarray(0, length));
  for (const vote of votes.slice(1)) for (let i = 0; i < length; i++) elected[i] = f(elected[i]! + vote[i]!);
  // -0 + 0 is +0: from here on the sign bit alone says who won.
  for (let i = 0; i < length; i++) elected[i] = elected[i]! + 0;
  const winner = new Int32Array(elected.buffer);
  divisor.fill(0, 0, length);
  terms.forEach((term, k) => {
    const weight = weights[k]!;
    const vote = votes[k]!;
    const bits = new Int32Array(vote.buffer, vote.byteOffset, length);
    if (k === 0) mixed.fill(-0, 0, length);
    for (let i = 0; i < length; i++) {
      const size = bits[i]! & 0x7fffffff;
      // 1 where the sign bits are equal and the value is not 0. Signs are as good as random: a branch would miss often.
      const agrees = (((bits[i]! ^ winner[i]!) >>> 31) ^ 1) & ((size | -size) >>> 31);
      // A product, not a choice: a NaN that was voted down must still be seen.
      mixed[i] = f(mixed[i]! + f(term[i]! * agrees));
      divisor[i] = f(divisor[i]! + f(weight * agrees));
    }
  });
  for (let i = 0; i < length; i++) if (divisor[i] === 0) divisor[i] = 1;
}
