import { LabError } from '../core/errors';
import { itemsOf, rateKey, Tally, type ProbeQuestion } from '../core/probe/measure';
import type { ProbeItem, ProbeSet } from '../core/probe/probe';
import type { Rate } from '../core/probe/rates';
import type { Recipe } from '../core/recipe/types';
import type { LabRuntime, RunHandlers } from '../runtime/types';
import { fetchZooText } from '../runtime/zoo';

/** Rates by the key of their question (contract C5). */
export type Rates = Readonly<Record<string, Rate>>;

/** The zoo's cards are measured with this limit; another would give other answers. */
export const MAX_NEW_TOKENS = 32;

/**
 * Fetches a built-in probe set.
 * @throws LabError zoo/unreachable, zoo/missing-file, and those of `parseProbe`
 */
async function loadProbe(id: string, signal: AbortSignal): Promise<ProbeSet> {
  const path = `probes/${id}.json`;
  const text = await fetchZooText(path, signal);
  // What reads the sets is fetched with the first of them.
  const { parseProbe } = await import('../core/probe/probe');
  return parseProbe(text, `zoo/${path}`);
}

/** @returns the probe sets that the questions name, each once. */
export const loadProbes = (
  questions: readonly Pick<ProbeQuestion, 'set'>[],
  signal: AbortSignal,
): Promise<ProbeSet[]> => Promise.all([...new Set(questions.map(({ set }) => set))].map((id) => loadProbe(id, signal)));

/** The answers of one column that are to be counted, and how far that is: ended midway, it goes on where it was. */
export class ColumnCount {
  done = 0;
  readonly #questions: readonly ProbeQuestion[];
  readonly #asked: readonly { item: ProbeItem; tally: Tally }[];
  readonly #tallies: ReadonlyMap<string, Tally>;

  /** @throws LabError probe/empty */
  constructor(questions: readonly ProbeQuestion[], sets: readonly ProbeSet[]) {
    this.#questions = questions;
    this.#tallies = new Map(sets.map((set) => [set.id, new Tally(set.words)]));
    this.#asked = sets.flatMap((set) =>
      itemsOf(set, questions).map((item) => ({ item, tally: this.#tallies.get(set.id)! })),
    );
  }

  get total(): number {
    return this.#asked.length;
  }

  /**
   * Asks what has not been asked yet, greedily and one after the other, so that the model is loaded once.
   * @param onCount called with the answers done
   * @throws LabError of the first answer that fails, `aborted`
   */
  async go(
    runtime: LabRuntime,
    recipe: Recipe,
    column: string,
    onCount: (done: number) => void,
    onProgress: RunHandlers['onProgress'],
    signal: AbortSignal,
  ): Promise<Rates> {
    onCount(this.done);
    while (this.done < this.total) {
      const { item, tally } = this.#asked[this.done]!;
      let answer: string | null = null;
      let failure: LabError | null = null;
      await runtime.run(
        recipe,
        [column],
        { prompt: item.prompt, maxNewTokens: MAX_NEW_TOKENS, temperature: 0, seed: 0 },
        {
          onProgress,
          onEvent: () => undefined,
          onDone: (_column, { text }) => (answer = text),
          onFailed: (_column, { code, message, params }) => (failure = new LabError(code, message, params)),
        },
        signal,
      );
      if (failure) throw failure as LabError;
      if (signal.aborted || answer === null) throw new LabError('aborted', 'The answer was ended before it was there.');
      tally.add(item, answer);
      onCount(++this.done);
    }
    return Object.fromEntries(
      this.#questions.map((question) => [rateKey(question), this.#tallies.get(question.set)!.rate(question)]),
    );
  }
}
