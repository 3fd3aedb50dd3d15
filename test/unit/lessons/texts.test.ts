import { beforeAll, describe, expect, test } from 'vitest';
import { parseAction, type Action } from '../../../src/core/lesson/action';
import { benchAt, contextOf, startOf } from '../../../src/core/lesson/play';
import { parseScript, type Script } from '../../../src/core/lesson/script';
import type { Lesson } from '../../../src/core/lesson/types';
import { METHODS } from '../../../src/core/merge/registry';
import { canonicalJson } from '../../../src/core/recipe/canonical';
import { mergeToFormula } from '../../../src/core/recipe/formula-merge';
import { parseRecipe } from '../../../src/core/recipe/validate';
import type { MergeDoc } from '../../../src/core/recipe/types';
import { addition } from '../../../src/lessons/addition/lesson';
import { analogy } from '../../../src/lessons/analogy/lesson';
import { interference } from '../../../src/lessons/interference/lesson';
import { allLessons, LESSON_ORDER, loadLesson, READY } from '../../../src/lessons';
import { neuron } from '../../../src/lessons/neuron/lesson';
import { rewardCode } from '../../../src/lessons/reward-code/lesson';
import { rewardVision } from '../../../src/lessons/reward-vision/lesson';
import { subtraction } from '../../../src/lessons/subtraction/lesson';
import { readFormula } from '../../../src/state/algebra';
import { LANGUAGES } from '../../../src/state/language';
import { parseInlines } from '../../../src/ui/primitives/markdown';
import { goldenLessons, goldenRecipe } from '../../zoo';

const all: readonly Lesson[] = [neuron, addition, subtraction, analogy, rewardCode, rewardVision, interference];

const paragraphs = (script: Script): string[] => [
  script.note,
  ...script.steps.flatMap(({ say, question, move, explain, notes }) => [...say, question, move, ...explain, ...notes]),
  ...Object.values(script.figures).flatMap(({ unit, caption }) => [unit, caption]),
];
const targets = (script: Script): string[] =>
  paragraphs(script).flatMap((text) =>
    parseInlines(text).flatMap((part) => (part.type === 'link' ? [part.target] : [])),
  );
const actions = (script: Script): (Action | null)[] => targets(script).map(parseAction);
const docOf = (merge: MergeDoc | MergeDoc[]): MergeDoc => {
  if (Array.isArray(merge)) throw new Error('a lesson has one stage');
  return merge;
};

test('every lesson that is ready can be fetched, and stands in the teaching order', async () => {
  expect((await allLessons()).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  expect(READY.every((id) => (LESSON_ORDER as readonly string[]).includes(id))).toBe(true);
  expect(await loadLesson('neuron')).toBe(neuron);
  expect(await loadLesson('store')).toBeNull();
  expect(await loadLesson('constructor')).toBeNull();
});

describe.each(all.map((lesson) => [lesson.id, lesson] as const))('the lesson %s', (_, lesson) => {
  const doc = docOf(lesson.recipe.merge);
  const aliases = Object.keys(lesson.recipe.models);
  const scripts = new Map<string, Script>();
  const scriptOf = (lang: string): Script => scripts.get(lang)!;

  beforeAll(async () => {
    for (const lang of LANGUAGES) scripts.set(lang, parseScript(await lesson.text[lang]()));
  });

  test('has a valid recipe that the formula bar can say and edit', () => {
    expect(parseRecipe(JSON.parse(JSON.stringify(lesson.recipe))).notices).toEqual([]);
    const { text, editable } = mergeToFormula(doc);
    expect(editable).toBe(true);
    expect(canonicalJson(readFormula(text, aliases, doc))).toBe(canonicalJson(doc));
  });

  test('has a bench at every step that is a valid recipe of the page', () => {
    for (const lang of LANGUAGES) {
      for (const at of lesson.steps.keys()) {
        for (const moved of [false, true]) {
          const bench = benchAt(lesson, lang, at, moved);
          expect(parseRecipe(JSON.parse(JSON.stringify(bench))).notices).toEqual([]);
          const method = METHODS.find(({ id }) => id === docOf(bench.merge).merge_method);
          // What the page writes says its seed, so that a typed formula is the step's own recipe.
          if (method?.random) expect(docOf(bench.merge).lab?.seed).toBe(0);
        }
      }
    }
  });

  test.each(LANGUAGES)('says everything that its steps need, in %s', (lang) => {
    const script = scriptOf(lang);
    expect(script.title).not.toBe('');
    expect(script.note).not.toBe('');
    expect(script.steps.map(({ id }) => id)).toEqual(lesson.steps.map(({ id }) => id));
    expect(Object.keys(script.figures)).toEqual(lesson.figures.map(({ id }) => id));
    for (const { id, bars } of lesson.figures) {
      const words = script.figures[id]!;
      expect(words.unit, id).not.toBe('');
      expect(words.caption, id).not.toBe('');
      expect(Object.keys(words.bars), id).toEqual(bars.map((bar) => bar.id));
    }
    for (const [i, step] of lesson.steps.entries()) {
      const words = script.steps[i]!;
      expect(words.title, step.id).not.toBe('');
      expect(words.notes.length, step.id).toBeGreaterThan(0);
      expect(words.say.length, step.id).toBeGreaterThan(0);
      expect(Object.keys(words.options), step.id).toEqual([...(step.predict?.options ?? [])]);
      expect(words.question !== '', step.id).toBe(step.predict !== undefined);
      expect(words.move !== '', step.id).toBe(step.move !== undefined);
      expect(words.explain.length > 0, step.id).toBe(i < lesson.steps.length - 1);
    }
  });

  test('asks only what can be answered, and what a move changes', () => {
    for (const { predict, check } of lesson.steps) {
      if (!predict) continue;
      expect(predict.options).toContain(predict.answer);
      expect(new Set(predict.options).size).toBeGreaterThan(1);
      expect(check.length).toBeGreaterThan(0);
    }
    for (const [at, { move, start }] of lesson.steps.entries()) {
      const before = canonicalJson(benchAt(lesson, 'en', at, false));
      if (move) expect(canonicalJson(benchAt(lesson, 'en', at, true))).not.toBe(before);
      if (start && at > 0) expect(before).not.toBe(canonicalJson(benchAt(lesson, 'en', at - 1, true)));
    }
    expect(lesson.steps.filter(({ predict }) => predict).length).toBeGreaterThan(1);
  });

  test.each(LANGUAGES)('does what its live words say, in %s', (lang) => {
    const found = actions(scriptOf(lang));
    expect(found).not.toContain(null);
    for (const action of found) {
      if (action?.kind === 'set') expect(aliases).toContain(action.alias);
      else if (action?.kind === 'ask') expect(lesson.prompts[lang]).toContain(action.prompt);
      else if (action?.kind === 'lesson') expect(READY).toContain(action.id);
      else if (action?.kind === 'formula') expect(() => readFormula(action.text, aliases, doc)).not.toThrow();
      else if (action?.kind === 'models') expect(Object.keys(action.sources)).toEqual(aliases);
    }
  });

  test.each(LANGUAGES)('leaves no mark of Markdown in what is read, in %s', (lang) => {
    for (const text of paragraphs(scriptOf(lang)))
      expect(
        parseInlines(text)
          .filter(({ type }) => type !== 'code')
          .map((part) => (part.type === 'link' ? '' : part.text))
          .join(''),
      ).not.toMatch(/[[\]*`]/);
  });

  test('a formula that a step asks to type is the one of its move', () => {
    for (const [at, step] of lesson.steps.entries()) {
      const formula = step.move?.find((action) => action.kind === 'formula');
      if (!formula) continue;
      const target = benchAt(lesson, 'en', at, true);
      for (const lang of LANGUAGES) {
        const words = scriptOf(lang).steps[at]!.move;
        const [typed] = parseInlines(words).flatMap((part) => (part.type === 'link' ? [parseAction(part.target)] : []));
        if (typed?.kind !== 'formula') throw new Error(`${step.id}: no formula in ${lang}`);
        const { lab: _seed, ...meant } = docOf(target.merge);
        const { lab: _ours, ...said } = readFormula(typed.text, aliases, doc);
        expect(canonicalJson(said)).toBe(canonicalJson(meant));
      }
    }
  });

  test('says the same in every language', () => {
    const kinds = LANGUAGES.map((lang) => actions(scriptOf(lang)).map((a) => (a?.kind === 'ask' ? 'ask' : a)));
    expect(kinds[1]).toEqual(kinds[0]);
    expect(kinds[2]).toEqual(kinds[0]);
    const shapes = LANGUAGES.map((lang) =>
      scriptOf(lang).steps.map(({ say, explain, notes }) => [say.length, explain.length, notes.length]),
    );
    expect(shapes).toEqual(LANGUAGES.map(() => shapes[0]));
    expect(new Set(LANGUAGES.map((lang) => lesson.prompts[lang].length)).size).toBe(1);
    const chinese = new Set(paragraphs(scriptOf('zh-Hant')));
    expect(paragraphs(scriptOf('en')).filter((text) => text !== '' && chinese.has(text))).toEqual([]);
  });

  test('opens with the first question of its language, and is itself in English', () => {
    for (const lang of LANGUAGES)
      expect(startOf(lesson, lang).run?.prompts?.[0]).toBe(lesson.prompts[lang][0] ?? lesson.recipe.run?.prompts?.[0]);
    expect(canonicalJson(startOf(lesson, 'en'))).toBe(canonicalJson(lesson.recipe));
    expect(contextOf(lesson, 'en').prompts).toBe(lesson.prompts.en);
  });

  test('names a paper, its place and its address for each figure on real models, or where figures could be found', () => {
    // Tables that could not be checked are not quoted.
    if (lesson.figures.length === 0)
      for (const lang of LANGUAGES) expect(paragraphs(scriptOf(lang)).join(' ')).toMatch(/arXiv \d{4}\.\d{5}/);
    for (const { paper, url, place, bars } of lesson.figures) {
      expect(paper).toMatch(/20\d\d/);
      expect(new URL(url).protocol).toBe('https:');
      expect(place).not.toBe('');
      expect(bars.length).toBeGreaterThan(1);
    }
  });
});

describe.each(Object.entries(goldenLessons))('Python answered for the lesson %s', (id, golden) => {
  const lesson = all.find((one) => one.id === id);

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
