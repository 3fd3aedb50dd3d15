import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pairPrompt, parseAsk, tilePath, type PairAsk } from '../../../src/core/ask/ask';
import { parseProbe } from '../../../src/core/probe/probe';
import { askPair } from '../../../src/core/probe/pairs';
import { weightOf } from '../../../src/core/recipe/weights';
import type { MergeDoc } from '../../../src/core/recipe/types';
import { rewardCode } from '../../../src/lessons/reward-code/lesson';
import { rewardVision } from '../../../src/lessons/reward-vision/lesson';

const root = join(import.meta.dirname, '../../..');
const golden = JSON.parse(readFileSync(join(root, 'test/golden/reward/vision.json'), 'utf8')) as {
  models: Record<string, string>;
  recipe: { text: number; vlm?: number; code?: number };
  items: { picture: number; question: string; good: string; bad: string; class: string }[];
};

test.each([rewardVision, rewardCode])('the pairs of $id are written as the page writes them', ({ prompts }) => {
  for (const prompt of prompts.en) expect(pairPrompt(parseAsk(prompt) as PairAsk)).toBe(prompt);
});

test('the judge of programs merges what Python merged, by the weights that training chose', () => {
  const python = JSON.parse(readFileSync(join(root, 'test/golden/reward/code.json'), 'utf8')) as typeof golden;
  const { models, merge } = rewardCode.recipe;
  expect(models).toEqual(
    Object.fromEntries(Object.entries(python.models).map(([alias, id]) => [alias, { src: `zoo:${id}` }])),
  );
  expect(weightOf(merge as MergeDoc, 'text')).toBe(python.recipe.text);
  expect(weightOf(merge as MergeDoc, 'code')).toBe(python.recipe.code);
  const moved = rewardCode.steps.flatMap(({ move = [] }) => move).filter((action) => action.kind === 'set');
  for (const { weight } of moved) expect([0, python.recipe.code]).toContain(weight);
});

describe('the lesson of the judge with glasses', () => {
  const doc = rewardVision.recipe.merge as MergeDoc;
  const set = parseProbe(readFileSync(join(root, 'public/zoo/probes/reward-vision-test.json'), 'utf8'), 'x.json');

  test('merges the models that Python merged, by the weights that training chose', () => {
    expect(rewardVision.recipe.models).toEqual(
      Object.fromEntries(Object.entries(golden.models).map(([alias, id]) => [alias, { src: `zoo:${id}` }])),
    );
    for (const alias of ['text', 'vlm'] as const) expect(weightOf(doc, alias)).toBe(golden.recipe[alias]);
    // A step that puts a weight back puts back this one.
    const moved = rewardVision.steps.flatMap(({ move = [] }) => move).filter((action) => action.kind === 'set');
    for (const { alias, weight } of moved) expect([0, weightOf(doc, alias)]).toContain(weight);
  });

  test('counts the pairs that Python judged, and asks about pictures of its test set', () => {
    const asked = new Map(set.items.map((item) => [item.prompt, item]));
    for (const item of golden.items) {
      const { prompt, expect: better } = askPair({
        ...item,
        picture: tilePath('pictures/reward-vision-test.png', item.picture, 16),
      });
      expect(asked.get(prompt)).toMatchObject({ expect: better, class: item.class });
    }
    const pictures = new Set(set.items.map(({ prompt }) => (parseAsk(prompt) as PairAsk).picture));
    for (const prompt of rewardVision.prompts.en) expect(pictures).toContain((parseAsk(prompt) as PairAsk).picture);
  });
});
