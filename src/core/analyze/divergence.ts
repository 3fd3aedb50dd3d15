/** What one token was chosen from, seen by the model that chose it and by another one. */
export interface TokenDivergence {
  /** Probability of the token, by the model that chose it. */
  p: number;
  /** Kullback-Leibler divergence of the other model's distribution from this one's, in nats; 0 where they agree. */
  kl: number;
}

/** log(sum(exp(logits))), shifted by the largest logit so that no exponential overflows. */
function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (const logit of logits) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}

/**
 * KL(p || q) = sum over i of p_i (log p_i - log q_i), of two next-token distributions that are given as logits of equal
 * length; sums in float64 (Kullback and Leibler 1951, "On Information and Sufficiency").
 * @returns nats; never negative, not a number where a logit is none, infinite where q excludes what p allows
 */
export function klOfLogits(p: Float32Array, q: Float32Array): number {
  const [logP, logQ] = [logSumExp(p), logSumExp(q)];
  let kl = 0;
  for (let i = 0; i < p.length; i++) {
    const log = p[i]! - logP;
    const share = Math.exp(log);
    // A probability of 0 adds nothing, whatever the other model thinks of it.
    if (share !== 0) kl += share * (log - (q[i]! - logQ));
  }
  // What is below zero is rounding.
  return kl < 0 ? 0 : kl;
}

/**
 * @param own logits of the model that chose the tokens, [ids.length x vocabulary]: row i is what ids[i] was chosen from
 * @param other logits of another model after the same text, of the same shape
 */
export function divergences(own: Float32Array, other: Float32Array, ids: readonly number[]): TokenDivergence[] {
  const width = own.length / ids.length;
  return ids.map((id, i) => {
    const [p, q] = [own, other].map((logits) => logits.subarray(i * width, (i + 1) * width)) as [
      Float32Array,
      Float32Array,
    ];
    return { p: Math.exp(p[id]! - logSumExp(p)), kl: klOfLogits(p, q) };
  });
}
