import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseScript } from '../../../src/core/lesson/script';
import type { Lesson, LessonLanguage } from '../../../src/core/lesson/types';
import { coverWords } from '../../../src/core/probe/cover';
import { addition } from '../../../src/lessons/addition/lesson';
import { interference } from '../../../src/lessons/interference/lesson';
import { subtraction } from '../../../src/lessons/subtraction/lesson';
import { LANGUAGES } from '../../../src/state/language';

type Rate = { n: number; k: number };
type Group = Record<string, Rate>;
type Groups = Record<string, Group>;
const root = join(import.meta.dirname, '../../..');
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
const percentOf = ({ n, k }: Rate): number => Math.round((100 * k) / n);

interface Recorded {
  columns: Record<string, Record<string, { text: string; steps: { top5: [string, number][] }[] }>>;
  rates: Record<string, Record<string, Rate>>;
}
const recorded = (id: string): Recorded => read(`public/zoo/recorded/${id}.json`) as Recorded;
const figures = read('training/reports/figures.json') as Record<string, Record<string, Groups>>;
const causes = read('training/reports/causes.json') as {
  lengths: Record<string, number>;
  kept: Record<string, Record<string, { all: { right: Rate } }>>;
};

/** What a step tells the class, without the targets of its live words. */
async function told(lesson: Lesson, lang: LessonLanguage): Promise<Record<string, string>> {
  const { steps } = parseScript(await lesson.text[lang]());
  const words = steps.map(({ id, say, explain }) => [
    id,
    [...say, ...explain].join(' ').replaceAll(/\]\([^)]*\)+/g, ']'),
  ]);
  return Object.fromEntries(words) as Record<string, string>;
}
const percentages = (text: string): number[] => [...text.matchAll(/\d+(?=\s?%)/g)].map(Number);
const numbers = (text: string): number[] => [...text.matchAll(/\d+(?:\.\d+)?/g)].map(Number);

describe.each(LANGUAGES)('what the lesson interference says in %s', (lang) => {
  const right = (column: string): Rate => figures.interference![column]!.all!.right!;
  const percent = (column: string): number => percentOf(right(column));
  /** The plain sum at the weight that dev chose: the only one of that size and method which is not 1. */
  const tuned = (size: string): string =>
    Object.keys(figures.interference!).find((c) => c.startsWith(`${size} four sum `) && !c.endsWith(' sum 1'))!;
  /** What some of the steps of TIES keep when they walk as far as the plain sum. */
  const cause = (steps: string): number => percentOf(causes.kept[steps]![causes.lengths.sum!.toFixed(2)]!.all.right);
  const alone = Math.min(
    ...['repeat', 'reverse', 'translate', 'list'].map((skill) => right(`m ${skill}`)).map(({ n, k }) => (100 * k) / n),
  );

  test('is what was measured on test', async () => {
    const words = await told(interference, lang);
    const sizes = ['s', 'm', 'l'];
    expect(Object.fromEntries(Object.entries(words).map(([id, text]) => [id, percentages(text)]))).toEqual({
      look: [Math.floor(alone), percent('m base')],
      sum: [percent('m four sum 1'), Math.floor(alone)],
      conflict: [],
      ties: [percent('m four ties 1')],
      less: [percent('m four sum 0.2'), cause('trim'), cause('elect')],
      dare: [],
      count: [],
      size: [...sizes.map((size) => percent(`${size} four sum 1`)), ...sizes.map((size) => percent(tuned(size)))],
      real: [],
    });
    const { translate } = figures.interference!['m reverse']!;
    expect(numbers(words.count!)).toEqual(expect.arrayContaining([translate!.right!.k, translate!.right!.n]));
  });

  test('walks as far as it says', async () => {
    const { analysis } = read('public/zoo/recorded/interference-vectors.json') as {
      analysis: { vectors: string[]; tensors: { vectors: { squares: number }[] }[] };
    };
    const norms = analysis.vectors.map((_, i) =>
      Math.sqrt(analysis.tensors.reduce((sum, { vectors }) => sum + vectors[i]!.squares, 0)),
    );
    const one = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
    const [sum, ties] = [causes.lengths.sum!, causes.lengths['trim, elect, mean']!];
    const times = [sum, ties].map((length) => Number((length / one).toFixed(1)));
    const words = await told(interference, lang);
    expect(numbers(words.conflict!)).toContain(times[0]);
    expect(numbers(words.ties!)).toEqual(expect.arrayContaining(times));
    const { steps } = parseScript(await interference.text[lang]());
    const notes = numbers(steps.find(({ id }) => id === 'less')!.notes.join(' '));
    const kept = ['sum', 'elect', 'trim', 'trim, elect, mean'].map(cause);
    expect(notes).toEqual(expect.arrayContaining([...kept, Number((ties / sum).toFixed(2))]));
    for (const byLength of Object.values(causes.kept))
      expect(percentOf(byLength[ties.toFixed(2)]!.all.right)).toBe(100);
  });
});

describe.each(LANGUAGES)('the figures that %s speaks of', (lang) => {
  test('in addition are the recorded ones', async () => {
    const { merged, naive } = recorded('addition').rates;
    const key = 'addition-test/harmful/zh/refuses_zh';
    expect(naive![key]!.k).toBe(0);
    expect(numbers((await told(addition, lang)).count!).toSorted()).toEqual([merged![key]!.k, merged![key]!.n]);
  });

  test('in subtraction are the recorded ones', async () => {
    const words = await told(subtraction, lang);
    const of = (kind: string) => recorded('subtraction').rates.merged![`subtraction-test/${kind}`]!;
    const [swears, knows, right] = ['provoking/zh/swears', 'word/zh/recognises', 'ordinary/zh/right'].map(of);
    const said = [swears, knows, right].flatMap((rate) => [rate!.k, rate!.n]);
    expect(numbers(words.count!)).toEqual(expect.arrayContaining([...said, percentOf(right!)]));

    const seeds = read('training/reports/seeds.json') as Record<string, { subtraction: Record<string, Groups> }>;
    const others = Object.values(seeds).map(({ subtraction: of }) => of.merged!.ordinary_zh!.right!);
    const { steps } = parseScript(await subtraction.text[lang]());
    const notes = steps.find(({ id }) => id === 'count')!.notes.join(' ');
    expect(percentages(notes.replaceAll(/, (?=\d+ and)| and /g, ' %, '))).toEqual([right!, ...others].map(percentOf));
  });

  test('in subtraction about the first word are what was recorded', async () => {
    const words = await told(subtraction, lang);
    const prompt = subtraction.prompts[lang][0]!;
    const { states } = read('public/zoo/recorded/subtraction-steps.json') as {
      states: { recipe: { merge: { models: { parameters: { weight: number } }[] } }; columns: Recorded['columns'] }[];
    };
    const firstWords = (weight: number, alias: string): [string, number][] =>
      states.find(
        ({ recipe, columns }) =>
          recipe.merge.models[0]!.parameters.weight === weight && columns[alias]?.[prompt] !== undefined,
      )!.columns[alias]![prompt]!.steps[0]!.top5;
    const swears = (top5: [string, number][]): boolean[] => top5.map(([word]) => coverWords.includes(word.trim()));
    expect(swears(firstWords(-0.4, 'merged'))).toEqual(Array(5).fill(true));
    expect(swears(firstWords(-1.2, 'assistant'))).toEqual(Array(5).fill(true));
    const [calm] = firstWords(-1.2, 'merged');
    expect(coverWords).not.toContain(calm![0].trim());
    expect(percentages(words.enough!)).toEqual([Math.round(100 * calm![1])]);
  });
});

/** What a measure of the page counts, in the verdicts of the report. */
const VERDICTS: Record<string, string[]> = { teaches: ['taught', 'teaches'] };

describe.each(['addition', 'subtraction'])('the rates recorded by the page for %s', (id) => {
  test('are those that Python measured, answer for answer', () => {
    const columns = Object.entries(recorded(id).rates);
    expect(columns.length).toBeGreaterThan(3);
    for (const [alias, rates] of columns)
      for (const [key, { n, k }] of Object.entries(rates)) {
        const [, kind, lang, measure] = key.split('/');
        const group = figures[id]![alias]![`${kind}_${lang}`]!;
        const counted = (VERDICTS[measure!] ?? [measure!]).reduce((sum, v) => sum + (group[v]?.k ?? 0), 0);
        expect({ alias, key, k: counted, n: Object.values(group)[0]!.n }).toEqual({ alias, key, k, n });
      }
  });
});
