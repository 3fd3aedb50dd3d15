import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holds } from '../../../src/core/lesson/check';
import { benchAt, startOf } from '../../../src/core/lesson/play';
import type { Rate } from '../../../src/core/probe/rates';
import type { Recipe } from '../../../src/core/recipe/types';
import { allLessons } from '../../../src/lessons';
import { columnKey, weightsKey } from '../../../src/state/keys';
import { LANGUAGES } from '../../../src/state/language';

interface Bench {
  recipe: Recipe;
  columns: Record<string, Record<string, { text: string }>>;
  rates: Record<string, Record<string, Rate>>;
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../public/zoo/recorded/${name}.json`), 'utf8'));

const lessons = (await allLessons()).filter(({ neurons }) => !neurons);

describe.each(lessons.map((lesson) => [lesson.id, lesson] as const))(
  'what was recorded of the lesson %s',
  (id, lesson) => {
    const texts = new Map<string, string>();
    const rates = new Map<string, Record<string, Rate>>();
    for (const { recipe, columns, rates: counted } of [
      read(id) as Bench,
      ...(read(`${id}-steps`) as { states: Bench[] }).states,
    ]) {
      for (const [alias, byPrompt] of Object.entries(columns))
        for (const [prompt, { text }] of Object.entries(byPrompt))
          texts.set(columnKey({ ...recipe, run: { ...recipe.run, prompts: [prompt] } }, alias), text);
      for (const [alias, of] of Object.entries(counted)) {
        const key = weightsKey(recipe, alias);
        rates.set(key, { ...rates.get(key), ...of });
      }
    }

    test('covers every column of every step, in every script', () => {
      for (const lang of LANGUAGES) {
        const benches = lesson.steps.flatMap((_, at) => [
          benchAt(lesson, lang, at, false),
          benchAt(lesson, lang, at, true),
        ]);
        for (const bench of [startOf(lesson, lang), ...benches])
          for (const alias of bench.view?.columns ?? []) expect(texts.has(columnKey(bench, alias)), alias).toBe(true);
      }
    });

    test.each(lesson.steps.map((step, at) => [step.id, step, at] as const))(
      'bears out every claim of %s',
      (_, step, at) => {
        for (const lang of LANGUAGES) {
          const bench = benchAt(lesson, lang, at, true);
          const evidence = {
            answer: (column: string) => texts.get(columnKey(bench, column)) ?? null,
            rate: (column: string, key: string) => rates.get(weightsKey(bench, column))?.[key] ?? null,
            task: () => null,
          };
          for (const check of step.check) expect(holds(check, evidence), JSON.stringify(check)).toBe(true);
        }
      },
    );
  },
);
