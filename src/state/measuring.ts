import { LabError } from '../core/errors';
import { itemsOf, rateKey, Tally, type ProbeQuestion } from '../core/probe/measure';
import { parseProbe, type ProbeSet } from '../core/probe/probe';
import type { Rate } from '../core/probe/rates';
import type { Recipe } from '../core/recipe/types';
import type { LabRuntime, RunHandlers } from '../runtime/types';

/** Rates by the key of their question (contract C5). */
export type Rates = Readonly<Record<string, Rate>>;

/** The zoo's cards are measured with this limit; another would give other answers. */
const MAX_NEW_TOKENS = 32;

/**
 * Fetches a built-in probe set.
 * @throws LabError zoo/unreachable, zoo/missing-file, and those of `parseProbe`
 */
async function loadProbe(id: string, signal: AbortSignal): Promise<ProbeSet> {
  const file = `zoo/probes/${id}.json`;
  let response: Response;
  try {
    response = await fetch(new URL(file, document.baseURI), { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new LabError(
      'zoo/unreachable',
      `${file} could not be loaded: the lab's own server does not answer. Check the connection and try again.`,
      { file },
    );
  }
  if (!response.ok)
    throw new LabError(
      'zoo/missing-file',
      `${file} could not be loaded (HTTP ${response.status}). The page and its zoo do not fit together: reload the page.`,
      { file, status: response.status },
    );
  return parseProbe(await response.text(), file);
}

/** @returns the probe sets that the questions name. */
export const loadProbes = (questions: readonly ProbeQuestion[], signal: AbortSignal): Promise<ProbeSet[]> =>
  Promise.all([...new Set(questions.map(({ set }) => set))].map((id) => loadProbe(id, signal)));

/** @returns how many answers the questions take. */
export const answersOf = (questions: readonly ProbeQuestion[], sets: readonly ProbeSet[]): number =>
  sets.reduce((sum, set) => sum + itemsOf(set, questions).length, 0);

/**
 * Asks one column every question that is counted, greedily and one after the other, so that its model is loaded once.
 * @param onCount called with answers done and answers in all
 * @throws LabError of the first answer that fails, `probe/empty`, `aborted`
 */
export async function measure(
  runtime: LabRuntime,
  recipe: Recipe,
  column: string,
  questions: readonly ProbeQuestion[],
  sets: readonly ProbeSet[],
  onCount: (done: number, total: number) => void,
  onProgress: RunHandlers['onProgress'],
  signal: AbortSignal,
): Promise<Rates> {
  const asked = sets.map((set) => ({ set, items: itemsOf(set, questions), tally: new Tally(set.words) }));
  const total = answersOf(questions, sets);
  let done = 0;
  onCount(done, total);
  for (const { items, tally } of asked) {
    for (const item of items) {
      let failure: LabError | null = null;
      await runtime.run(
        recipe,
        [column],
        { prompt: item.prompt, maxNewTokens: MAX_NEW_TOKENS, temperature: 0, seed: 0 },
        {
          onProgress,
          onEvent: () => undefined,
          onDone: (_column, { text }) => tally.add(item, text),
          onFailed: (_column, { code, message, params }) => (failure = new LabError(code, message, params)),
        },
        signal,
      );
      if (failure) throw failure as LabError;
      onCount(++done, total);
    }
  }
  const tallies = new Map(asked.map(({ set, tally }) => [set.id, tally]));
  return Object.fromEntries(
    questions.map((question) => [rateKey(question), tallies.get(question.set)!.rate(question)]),
  );
}
