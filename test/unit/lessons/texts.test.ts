import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/core/recipe/canonical';
import { mergeToFormula } from '../../../src/core/recipe/formula-merge';
import { parseRecipe } from '../../../src/core/recipe/validate';
import type { MergeDoc } from '../../../src/core/recipe/types';
import { lessons } from '../../../src/lessons';
import { startOf } from '../../../src/lessons/start';
import { readFormula } from '../../../src/state/algebra';
import { LANGUAGES } from '../../../src/state/settings.svelte';
import { parseAction, type Action } from '../../../src/ui/primitives/actions';
import { parseMarkdown } from '../../../src/ui/primitives/markdown';
import { goldenLessons, goldenRecipe } from '../../zoo';

const all = Object.values(lessons);

const targets = (text: string): string[] =>
  parseMarkdown(text).flatMap(({ inlines }) => inlines.flatMap((part) => (part.type === 'link' ? [part.target] : [])));
const actions = (text: string): (Action | null)[] => targets(text).map(parseAction);
const docOf = (merge: MergeDoc | MergeDoc[]): MergeDoc => {
  if (Array.isArray(merge)) throw new Error('a lesson has one stage');
  return merge;
};

describe.each(all.map((lesson) => [lesson.id, lesson] as const))('the lesson %s', (_, lesson) => {
  const doc = docOf(lesson.recipe.merge);
  const aliases = Object.keys(lesson.recipe.models);

  test('has a valid recipe that the formula bar can say and edit', () => {
    expect(parseRecipe(JSON.parse(JSON.stringify(lesson.recipe))).notices).toEqual([]);
    const { text, editable } = mergeToFormula(doc);
    expect(editable).toBe(true);
    expect(canonicalJson(readFormula(text, aliases, doc))).toBe(canonicalJson(doc));
  });

  test.each(LANGUAGES)('does what its live words say, in %s', (lang) => {
    const found = actions(lesson.text[lang]);
    expect(found.length).toBeGreaterThan(0);
    expect(found).not.toContain(null);
    for (const action of found) {
      if (action?.kind === 'set') {
        expect(aliases).toContain(action.alias);
        expect(action.weight).toBeGreaterThanOrEqual(-1);
        expect(action.weight).toBeLessThanOrEqual(2);
      } else if (action?.kind === 'ask') expect(lesson.prompts[lang]).toContain(action.prompt);
      else if (action?.kind === 'formula') expect(() => readFormula(action.text, aliases, doc)).not.toThrow();
      else if (action) expect(Object.keys(action.sources)).toEqual(aliases);
    }
  });

  test('says the same in every language', () => {
    const kinds = LANGUAGES.map((lang) => actions(lesson.text[lang]).map((a) => (a?.kind === 'ask' ? 'ask' : a)));
    expect(kinds[1]).toEqual(kinds[0]);
    expect(kinds[2]).toEqual(kinds[0]);
    const shapes = LANGUAGES.map((lang) => parseMarkdown(lesson.text[lang]).map(({ type }) => type));
    expect(shapes).toEqual(LANGUAGES.map(() => shapes[0]));
    expect(new Set(LANGUAGES.map((lang) => lesson.prompts[lang].length)).size).toBe(1);
  });

  test('opens with the first question of its language, and is itself in English', () => {
    for (const lang of LANGUAGES)
      expect(startOf(lesson, lang).run?.prompts?.[0]).toBe(lesson.prompts[lang][0] ?? lesson.recipe.run?.prompts?.[0]);
    expect(canonicalJson(startOf(lesson, 'en'))).toBe(canonicalJson(lesson.recipe));
  });
});

describe.each(Object.entries(goldenLessons))('Python answered for the lesson %s', (id, golden) => {
  const lesson = lessons[id];

  test('with the same models and merge', () => {
    const { models, merge } = lesson?.recipe ?? {};
    expect(JSON.parse(JSON.stringify({ v: 1, models, merge }))).toEqual(goldenRecipe(golden));
  });

  test('to every question that the lesson offers', () => {
    const offered = LANGUAGES.flatMap((lang) => lesson?.prompts[lang] ?? []);
    const answered = golden.prompts.map(({ prompt }) => prompt);
    expect(offered.filter((prompt) => !answered.includes(prompt))).toEqual([]);
    expect(offered.length).toBeGreaterThan(0);
  });
});

describe('live words', () => {
  test('one of the formulas of a lesson goes back to its own merge', () => {
    const withFormulas = all.filter(({ text }) => actions(text.en).some((a) => a?.kind === 'formula'));
    expect(withFormulas.length).toBeGreaterThan(1);
    for (const lesson of withFormulas) {
      const doc = docOf(lesson.recipe.merge);
      const formulas = actions(lesson.text.en).flatMap((a) => (a?.kind === 'formula' ? [a.text] : []));
      const merges = formulas.map((text) => canonicalJson(readFormula(text, Object.keys(lesson.recipe.models), doc)));
      expect(
        merges.filter((merge) => merge === canonicalJson(doc)),
        lesson.id,
      ).toHaveLength(1);
    }
  });

  test('a target may hold brackets', () => {
    expect(targets('a [b](formula:x + (y - x)) c [d](set:y=-0.5).')).toEqual(['formula:x + (y - x)', 'set:y=-0.5']);
    expect(parseAction('set:y=-0.5')).toEqual({ kind: 'set', alias: 'y', weight: -0.5 });
    expect(parseAction('models:a=b-s-1, c=d-2')).toEqual({
      kind: 'models',
      sources: { a: 'zoo:b-s-1', c: 'zoo:d-2' },
    });
  });

  test.each(['set:y=', 'set:y', 'ask:', 'models:', 'models:a', 'models:a=b,', 'https://example.org', ''])(
    '%j is none',
    (target) => {
      expect(parseAction(target)).toBeNull();
    },
  );
});
