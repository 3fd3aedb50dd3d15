/** What one answer adds to a rate: a verdict that holds is 1 of 1, of a transcript so many words out of those said are wrong. */
export interface Count {
  readonly k: number;
  readonly n: number;
}
/** How often a verdict holds: k of n answers, or mistakes of n words, with the 95 % interval of k/n. */
export interface Rate extends Count {
  readonly lo: number;
  readonly hi: number;
}

/** Uniform 32-bit integers: Tommy Ettinger's mulberry32 (public domain). */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/**
 * The share that `topics` topics, all alike, cannot rule out: the exact 95 % interval of 0 of `topics` ends there
 * (Clopper and Pearson 1934, Biometrika 26, 404-413: 1 - 0.025^(1/topics)), and that of all of them begins at 1 minus it.
 * Rounded to a millionth, because the last bits of a power differ between machines.
 */
export const unseen = (topics: number): number => 1 - Math.floor(0.025 ** (1 / topics) * 1e6 + 0.5) / 1e6;

const sum = (counts: readonly Count[], of: keyof Count): number => counts.reduce((total, one) => total + one[of], 0);

/**
 * The share of what is counted, with the 95 % percentile interval of a bootstrap over topics: whole topics are drawn
 * with replacement (cluster bootstrap: Davison and Hinkley 1997, section 3.8), because answers within a topic are alike.
 * Drawing again what was drawn shows no topic of another kind, so that 0 of n would be "0 to 0 %": the interval never ends
 * nearer to 0 or 1 than the exact one of topics that are all alike, see {@link unseen}; with k = 0 or k = n it is that one.
 * Topics are put in order of (n, k), so neither their names nor their order matters. With fewer than two topics nothing
 * is known about others: lo 0, hi 1.
 * k may exceed n where mistakes are counted, not verdicts.
 * `bootstrap` of training/text/judges.py gives the same numbers to the last bit (test/golden/probe/verdicts.json).
 * @param byTopic per topic, what each answer adds
 */
export function rate(
  byTopic: ReadonlyMap<string, readonly Count[]>,
  { resamples = 2000, seed = 0 }: { resamples?: number; seed?: number } = {},
): Rate {
  const counts = [...byTopic.values()]
    .map((answers) => ({ n: sum(answers, 'n'), k: sum(answers, 'k') }))
    .filter((topic) => topic.n > 0)
    .sort((a, b) => a.n - b.n || a.k - b.k);
  const [n, k] = [sum(counts, 'n'), sum(counts, 'k')];
  if (counts.length < 2) return { n, k, lo: 0, hi: 1 };
  const draw = mulberry32(seed);
  const rates = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    let size = 0;
    let hits = 0;
    for (let j = 0; j < counts.length; j++) {
      const drawn = counts[Math.floor((draw() * counts.length) / 2 ** 32)]!;
      size += drawn.n;
      hits += drawn.k;
    }
    rates[i] = hits / size;
  }
  rates.sort();
  const cut = Math.floor(resamples / 40);
  const hidden = unseen(counts.length);
  return { n, k, lo: Math.min(rates[cut]!, 1 - hidden), hi: Math.max(rates[resamples - 1 - cut]!, hidden) };
}
