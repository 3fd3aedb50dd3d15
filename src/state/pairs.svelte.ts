import { pairPrompt, parseAsk, type PairAsk } from '../core/ask/ask';
import { swapped } from '../core/probe/pairs';
import { WordList } from '../core/probe/word-level';
import { MERGED } from '../core/recipe/schema';
import type { Recipe } from '../core/recipe/types';
import { fetchZooJson } from '../runtime/zoo';
import { weightsKey } from './keys';
import type { Lab } from './lab.svelte';
import { loadProbes } from './measuring';
import { rateBook } from './rates.svelte';

/** A pair of the open lesson's test set. */
export interface Pair {
  readonly prompt: string;
  readonly ask: PairAsk;
  /** The better reply. */
  readonly expect: 'A' | 'B';
  /** What parts the replies: `correct`, `style` or `trade`. */
  readonly class: string;
  /** What is asked about, by the word before "is" in the replies; '' where they do not say. */
  readonly about: string;
}
/** What a judge's numbers are, and whether it is shown the picture. */
export interface JudgeKind {
  readonly score: 'reward' | 'likelihood';
  readonly sees: boolean;
}

const STATEMENT = /\b(\w+) is (\w+)/;
const ZOO = 'zoo:';

/** @returns what a model of this class does with a pair. */
const kindOf = (architecture: string): JudgeKind => ({
  score: architecture.endsWith('ForSequenceClassification') ? 'reward' : 'likelihood',
  sees: architecture.startsWith('Llava'),
});

/** What the page knows of pairs: those that the lesson counts, the words that its models know, and what its judges see. */
class Pairs {
  all = $state.raw<readonly Pair[]>([]);
  words = $state.raw<WordList | null>(null);
  #architectures = $state.raw<Readonly<Record<string, string>>>({});
  #byPrompt = $state.raw<ReadonlyMap<string, Pair>>(new Map());
  /** What is on a picture, in the words of the models' world, by its path. */
  #scenes = $state.raw<ReadonlyMap<string, string>>(new Map());
  readonly #asked = new Set<string>();

  /** Fetches what the bench is about; to be called whenever its models or questions change. */
  async load(lab: Lab): Promise<void> {
    const sources = Object.values(lab.recipe.models)
      .map(({ src }) => src)
      .filter((src) => src.startsWith(ZOO));
    const base = lab.recipe.models[lab.doc?.base_model ?? '']?.src ?? sources[0];
    const sets = [...new Set(rateBook.questions.map(({ set }) => set))];
    await Promise.all([
      this.#once(`set ${sets.join()}`, () => this.#loadPairs(sets)),
      base?.startsWith(ZOO) && this.#once(`words ${base}`, () => this.#loadWords(base.slice(ZOO.length))),
      ...sources.map((src) => this.#once(src, () => this.#loadArchitecture(src))),
    ]);
  }

  /** Without the files (offline, not kept) truths and hints are missing; a run says what is wrong. */
  async #once(what: string, fetchIt: () => Promise<void>): Promise<void> {
    if (this.#asked.has(what)) return;
    this.#asked.add(what);
    try {
      await fetchIt();
    } catch {
      this.#asked.delete(what);
    }
  }

  async #loadPairs(ids: readonly string[]): Promise<void> {
    const sets = await loadProbes(
      ids.map((set) => ({ set })),
      new AbortController().signal,
    );
    const scenes: [picture: string, scene: string][] = [];
    this.all = sets
      .filter(({ task }) => task === 'reward')
      .flatMap(({ items }) =>
        items.map(({ prompt, expect, class: kind, topic }): Pair => {
          const ask = parseAsk(prompt) as PairAsk;
          if (ask.picture !== null) scenes.push([ask.picture, topic]);
          return { prompt, ask, expect: expect as 'A' | 'B', class: kind, about: STATEMENT.exec(ask.a)?.[1] ?? '' };
        }),
      );
    this.#byPrompt = new Map(this.all.map((pair) => [pair.prompt, pair]));
    this.#scenes = new Map(scenes);
  }

  async #loadWords(id: string): Promise<void> {
    this.words = WordList.read(await fetchZooJson(`${id}/tokenizer.json`));
  }

  async #loadArchitecture(src: string): Promise<void> {
    const { architectures } = (await fetchZooJson(`${src.slice(ZOO.length)}/config.json`)) as {
      architectures?: string[];
    };
    this.#architectures = { ...this.#architectures, [src]: architectures?.[0] ?? '' };
  }

  /** @returns what a prompt asks of a judge; null for one that asks something else, or is damaged. */
  asked(prompt: string): PairAsk | null {
    try {
      const ask = parseAsk(prompt);
      return ask.kind === 'pair' ? ask : null;
    } catch {
      return null;
    }
  }

  /** @returns the pair that a prompt asks for, in whichever order; null for one of the visitor's own. */
  of(ask: PairAsk): Pair | null {
    const turned = this.#byPrompt.get(pairPrompt(swapped(ask)));
    if (turned) return { ...turned, ask, expect: turned.expect === 'A' ? 'B' : 'A' };
    return this.#byPrompt.get(pairPrompt(ask)) ?? null;
  }

  /**
   * @returns the better reply, by the test set, or because just one of them says what is on its picture; null where neither
   * tells: only the visitor knows which of their own replies is better
   */
  truth(ask: PairAsk): 'A' | 'B' | null {
    const known = this.of(ask);
    if (known) return known.expect;
    const scene = ask.picture === null ? [] : this.scene(ask.picture);
    const [a, b] = [ask.a, ask.b].map((reply) => scene.includes(STATEMENT.exec(reply)?.[2] ?? ''));
    return a === b ? null : a ? 'A' : 'B';
  }

  /** @returns the words for what is on a picture; none where it is not of the test set */
  scene(picture: string): readonly string[] {
    return this.#scenes.get(picture)?.split(' ') ?? [];
  }

  /** @returns what a column's numbers are; null while its models are not known. */
  kind(lab: Lab, alias: string): JudgeKind | null {
    const own = (name: string | undefined): JudgeKind | null => {
      const src = name === undefined ? undefined : lab.recipe.models[name]?.src;
      const architecture = (src && this.#architectures[src]) ?? (name && lab.runner.models[name]?.architecture);
      return architecture ? kindOf(architecture) : null;
    };
    if (alias !== MERGED) return own(alias);
    const parts = partsOf(lab.recipe);
    const head = own(parts.head);
    const frame = parts.all.map(own);
    if (!head || frame.includes(null)) return null;
    return { score: head.score, sees: parts.sees ?? frame.some((kind) => kind?.sees) };
  }
}

/** Where a merge has its head from, which models take part, and whether a part of it says that it sees. */
function partsOf(recipe: Recipe): { head: string | undefined; all: string[]; sees: boolean | null } {
  const doc = Array.isArray(recipe.merge) ? recipe.merge.at(-1)! : recipe.merge;
  const modules = Object.entries(doc.modules ?? {});
  const models = modules.length > 0 ? modules.flatMap(([, { models: of = [] }]) => of) : (doc.models ?? []);
  const all = [...new Set([doc.base_model, ...models.map(({ model }) => model)])].filter((name) => name !== undefined);
  const head = doc.modules?.['head']?.models?.[0]?.model ?? all[0];
  return { head, all, sees: modules.length > 0 ? 'vision_tower' in (doc.modules ?? {}) : null };
}

export const pairs = new Pairs();

/** What changes when another bench is opened, as a key for an effect. */
export const pairsKey = (recipe: Recipe): string =>
  Object.keys(recipe.models)
    .map((alias) => weightsKey(recipe, alias))
    .join();
