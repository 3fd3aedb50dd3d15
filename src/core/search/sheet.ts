import { itemsOf, Tally, type ProbeQuestion } from '../probe/measure';
import type { ProbeItem, ProbeSet } from '../probe/probe';
import type { Rate } from '../probe/rates';
import { randomIndex } from './random';

/**
 * Draws some of the items, one of each topic before a second of any: items of a topic are alike, so this says most.
 * @returns at most `count` items, in their own order; the same for the same seed
 */
export function drawn(items: readonly ProbeItem[], count: number, seed: number): ProbeItem[] {
  const shuffled = items.map((item, at) => ({ item, at }));
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = randomIndex(seed, i, i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const before = new Map<string, number>();
  const ranked = shuffled.map((one, order) => {
    const rank = before.get(one.item.topic) ?? 0;
    before.set(one.item.topic, rank + 1);
    return { ...one, rank, order };
  });
  return ranked
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, count)
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** The questions that each point of a search is asked, and what its answers come to. */
export class Sheet {
  readonly #asked: readonly { readonly set: ProbeSet; readonly item: ProbeItem }[];

  /**
   * @param count how many items are drawn of each class and language that a question is about; Infinity: all
   * @throws LabError probe/empty
   */
  constructor(
    private readonly questions: readonly ProbeQuestion[],
    sets: readonly ProbeSet[],
    count: number,
    seed: number,
  ) {
    this.#asked = sets.flatMap((set) => {
      const groups = new Map<string, ProbeItem[]>();
      for (const item of itemsOf(set, questions)) {
        const key = `${item.class}/${item.lang}`;
        groups.set(key, [...(groups.get(key) ?? []), item]);
      }
      return [...groups.values()].flatMap((items) => drawn(items, count, seed).map((item) => ({ set, item })));
    });
  }

  get prompts(): readonly string[] {
    return this.#asked.map(({ item }) => item.prompt);
  }

  /** @param answers to {@link prompts}, in their order. @returns one rate a question. */
  rates(answers: readonly string[]): Rate[] {
    const tallies = new Map(this.#asked.map(({ set }) => [set.id, new Tally(set.words)]));
    this.#asked.forEach(({ set, item }, i) => tallies.get(set.id)!.add(item, answers[i]!));
    return this.questions.map((question) => tallies.get(question.set)!.rate(question));
  }
}
