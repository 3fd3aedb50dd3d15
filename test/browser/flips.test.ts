import { afterAll, describe, expect, test } from 'vitest';
import { findFlips } from '../../src/core/analyze/flips';
import { act } from '../../src/core/lesson/action';
import { openSum } from '../../src/core/recipe/open-sum';
import type { Recipe } from '../../src/core/recipe/types';
import type { GenerateRequest, GenerateResult } from '../../src/engine/api';
import { addition } from '../../src/lessons/addition/lesson';
import { subtraction } from '../../src/lessons/subtraction/lesson';
import { createRuntime } from '../../src/runtime/client';

const runtime = createRuntime();
const never = new AbortController().signal;
const ask = (prompt: string): GenerateRequest => ({ prompt, maxNewTokens: 32, temperature: 0, seed: 0 });

afterAll(() => runtime.dispose());

async function merged(recipe: Recipe, request: GenerateRequest): Promise<GenerateResult> {
  let found: GenerateResult | null = null;
  const handlers = {
    onProgress: () => undefined,
    onEvent: () => undefined,
    onDone: (_: string, result: GenerateResult) => (found = result),
    onFailed: (_: string, error: { message: string }) => {
      throw new Error(error.message);
    },
  };
  await runtime.run(recipe, ['merged'], request, handlers, never);
  return found!;
}

const withWeight = (recipe: Recipe, alias: string, weight: number): Recipe =>
  act(recipe, { kind: 'set', alias, weight }, { prompts: [], neurons: [], recipe });

describe('a graph that takes the coefficients as inputs', () => {
  test('gives the greedy tokens of the merged model, at every coefficient', async () => {
    await runtime.open(addition.recipe, () => undefined, never);
    const sum = openSum(addition.recipe)!;
    expect(sum).toEqual({ base: 'base', vectors: ['chat', 'zh'], coefficients: [1.1, 1] });
    const texts = new Set<string>();
    for (const prompt of addition.prompts.en.slice(0, 3)) {
      for (const chat of [-1, 0, 0.3, 0.7, 1.1, 1.35, 1.6, 2]) {
        const plain = await merged(withWeight(addition.recipe, 'chat', chat), ask(prompt));
        const mixed = await runtime.mix(addition.recipe, sum.base, sum.vectors, [chat, 1], ask(prompt), never);
        expect({ prompt, chat, ids: mixed.ids }).toEqual({ prompt, chat, ids: plain.ids });
        texts.add(plain.text);
      }
    }
    expect(texts.size).toBeGreaterThan(4);
  });

  test(
    'what it finds as flip points are places where the merged model changes its answer',
    { timeout: 300_000 },
    async () => {
      const prompt = addition.prompts.en[0]!;
      const sum = openSum(addition.recipe)!;
      const started = performance.now();
      const flips = await findFlips(
        async (chat) => (await runtime.mix(addition.recipe, sum.base, sum.vectors, [chat, 1], ask(prompt), never)).text,
        { min: -2, max: 2, step: 0.1, precision: 0.01 },
      );
      console.log(`${flips.length} flip points in ${((performance.now() - started) / 1000).toFixed(1)} s`);
      expect(flips.length).toBeGreaterThan(1);
      for (const { at, from, to } of flips) {
        const text = async (chat: number) =>
          (await merged(withWeight(addition.recipe, 'chat', Math.round(chat * 100) / 100), ask(prompt))).text;
        expect([await text(at - 0.01), await text(at)]).toEqual([from, to]);
      }
      // Between 0 and 1.1 the refusal begins, between 1.1 and 1.6 it changes its language.
      expect(flips.some(({ at, to }) => at > 0 && at <= 1.1 && to.includes('抱歉'))).toBe(true);
      expect(flips.some(({ at, to }) => at > 1.1 && at <= 1.6 && to.includes('sorry'))).toBe(true);
    },
  );

  test('a search that is given up leaves the worker usable', async () => {
    const sum = openSum(subtraction.recipe)!;
    await runtime.open(subtraction.recipe, () => undefined, never);
    const controller = new AbortController();
    const asked = runtime.mix(
      subtraction.recipe,
      sum.base,
      sum.vectors,
      [-1.2, 1.2],
      ask(subtraction.prompts.en[0]!),
      controller.signal,
    );
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    const { text } = await runtime.mix(
      subtraction.recipe,
      sum.base,
      sum.vectors,
      [-1.2, 1.2],
      ask(subtraction.prompts.en[0]!),
      never,
    );
    expect(text).toBe((await merged(subtraction.recipe, ask(subtraction.prompts.en[0]!))).text);
  });
});
