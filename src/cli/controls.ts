import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlTable } from '../core/lesson/controls';
import type { Rate } from '../core/probe/rates';

type ByAlias = Readonly<Record<string, Rate>>;
/** What training writes of one training: rates by class and judge, and shares by what is asked about. */
interface Measured {
  readonly text: Readonly<Record<string, ByAlias>>;
  /** By class: merged minus the control, or `<class>, over <judge>`. */
  readonly gain: Readonly<Record<string, { points: number; lo: number; hi: number }>>;
  readonly by_topic: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
interface Vision extends Measured {
  readonly picture: Readonly<Record<string, ByAlias>>;
}
/** A training, and what it measured of the first class. */
interface Seed {
  readonly seed: number;
  readonly correct: ByAlias;
  readonly gain: Measured['gain'];
}
interface Code extends Measured {
  readonly code: Readonly<Record<string, ByAlias>>;
}

const CLASSES = ['correct', 'style', 'trade'] as const;
/** Rows of the table, from what sees nothing to what saw all; what a report lacks is left out. */
const ROWS = [
  'base',
  'text',
  'unmerged',
  'unmerged_frozen',
  'vlm',
  'code_head',
  'random',
  'average',
  'one',
  'merged',
  'likelihood',
  'rival',
  'oracle',
] as const;
const TOPIC_COLUMNS = ['unmerged', 'text', 'merged', 'oracle'] as const;
const REPORTS = join(import.meta.dirname, '../../training/reports');

const shareOf = (rate: Rate | undefined): number | null => (rate ? rate.k / rate.n : null);
/** @returns those of the text judge where another name means it on texts: glasses change nothing there */
const ownAlias = (id: string): string => (id.startsWith('unmerged') ? 'text' : id);

/**
 * @param shipped rates of the shipped training by class; @param seeds those of every training, the shipped one first
 * @param gains keys of the report's differences, by the judge that merged is compared with
 * @returns the lesson's table; judges that were not measured have no row
 */
function tableOf(
  shipped: Readonly<Record<string, ByAlias>>,
  measured: Measured,
  seeds: readonly Seed[],
  gains: Readonly<Record<string, string>>,
): ControlTable {
  const rows = ROWS.filter((id) => shipped['correct']?.[id]).map((id) => ({
    id,
    rates: [...CLASSES.map((kind) => shipped[kind]?.[id]), measured.text['correct']?.[ownAlias(id)]].map(
      (rate) => rate ?? null,
    ),
    seeds: seeds.map(({ correct }) => shareOf(correct[id])),
  }));
  const topicColumns = TOPIC_COLUMNS.filter((id) => rows.some((row) => row.id === id)).slice(-3);
  return {
    seeds: seeds.map(({ seed }) => seed),
    n: shipped['correct']?.[rows[0]?.id ?? '']?.n ?? 0,
    seedPairs: seeds[0]?.correct['merged']?.n ?? 0,
    gains: Object.entries(gains).map(([over, key]) => ({
      over,
      values: seeds.flatMap(({ gain }) => gain[key] ?? []),
    })),
    classes: [...CLASSES, 'own'],
    rows,
    topicColumns,
    topics: Object.entries(measured.by_topic)
      .filter(([, shares]) => (shares['n'] ?? 0) > 0)
      .map(([topic, shares]) => ({ topic, n: shares['n'] ?? 0, shares: topicColumns.map((id) => shares[id] ?? 0) })),
  };
}

const read = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(join(REPORTS, `${name}.json`), 'utf8')) as T;

/** In the report of programs the model's own log-likelihood bears the model's name. */
const renamed = (rates: ByAlias): ByAlias => {
  const { code: likelihood, ...others } = rates;
  return likelihood ? { ...others, likelihood } : rates;
};

const READERS: Readonly<Record<string, () => Promise<ControlTable>>> = {
  'reward-vision': async () => {
    const { drawn } = await read<{ drawn: Vision }>('reward-vision');
    const seeds = await read<Record<string, Vision>>('reward-vision-seeds');
    return tableOf(
      drawn.picture,
      drawn,
      Object.entries(seeds).map(([seed, { picture, gain }]) => ({
        seed: Number(seed),
        correct: picture['correct'] ?? {},
        gain,
      })),
      { unmerged: 'correct', random: 'correct, over random' },
    );
  },
  'reward-code': async () => {
    const { test } = await read<{ test: Code }>('reward-code');
    const seeds = await read<Record<string, Code>>('reward-code-seeds');
    const all = [[0, test] as const, ...Object.entries(seeds).map(([seed, one]) => [Number(seed), one] as const)];
    return tableOf(
      Object.fromEntries(Object.entries(test.code).map(([kind, rates]) => [kind, renamed(rates)])),
      test,
      all.map(([seed, { code, gain }]) => ({ seed, correct: renamed(code['correct'] ?? {}), gain })),
      { text: 'correct, over text', random: 'correct, over random' },
    );
  },
};

/** @returns the controls of a lesson, from the reports that training wrote; null for a lesson that has none */
export const controlsOf = async (lesson: string): Promise<ControlTable | null> =>
  Object.hasOwn(READERS, lesson) ? READERS[lesson]!() : null;
