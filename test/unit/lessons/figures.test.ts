import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseScript } from '../../../src/core/lesson/script';
import { interference as lesson } from '../../../src/lessons/interference/lesson';
import { LANGUAGES } from '../../../src/state/language';

type Rate = { n: number; k: number };
const file = join(import.meta.dirname, '../../../training/reports/figures.json');
const { interference } = JSON.parse(readFileSync(file, 'utf8')) as {
  interference: Record<string, { all: { right: Rate } }>;
};
const columns = Object.keys(interference);
const percent = (column: string): number => {
  const { n, k } = interference[column]!.all.right;
  return Math.round((100 * k) / n);
};
/** The plain sum at the weight that dev chose: the only one of that size and method which is not 1. */
const tuned = (size: string): string =>
  columns.find((c) => c.startsWith(`${size} four sum `) && !c.endsWith(' sum 1'))!;

describe.each(LANGUAGES)('what the lesson interference says in %s', (lang) => {
  test('is what was measured on test', async () => {
    const { steps } = parseScript(await lesson.text[lang]());
    const said = steps
      .filter(({ id }) => id !== 'real')
      .flatMap(({ say, explain }) => [...say, ...explain])
      .flatMap((text) =>
        [...text.replaceAll(/\]\([^)]*\)+/g, ']').matchAll(/\d+(?= %|, \d+ and)|(?<=80, )\d+/g)].map(Number),
      );
    const sizes = ['s', 'm', 'l'];
    expect(said).toEqual([
      ...[percent('m four sum 1'), percent('m four ties 1'), percent('m four sum 0.2')],
      ...sizes.map((size) => percent(`${size} four sum 1`)),
      ...sizes.map((size) => percent(tuned(size))),
    ]);
  });
});

type Group = Record<string, Rate>;
const figures = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, Record<string, Group>>>;
/** What a measure of the page counts, in the verdicts of the report. */
const VERDICTS: Record<string, string[]> = { teaches: ['taught', 'teaches'] };

describe.each(['addition', 'subtraction'])('the rates recorded by the page for %s', (id) => {
  const recorded = JSON.parse(
    readFileSync(join(import.meta.dirname, `../../../public/zoo/recorded/${id}.json`), 'utf8'),
  ) as { rates: Record<string, Record<string, Rate>> };

  test('are those that Python measured, answer for answer', () => {
    const columns = Object.entries(recorded.rates);
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
