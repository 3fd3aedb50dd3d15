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

/** Deterministic, and neither on the sweep's grid nor on the prompts' order. */
const SPREAD = Array.from({ length: 24 }, (_, i) => Math.round((((i * 0.618034) % 1) * 4 - 2) * 1000) / 1000);

const withWeight = (recipe: Recipe, alias: string, weight: number): Recipe =>
  act(recipe, { kind: 'set', alias, weight }, { prompts: [], neurons: [], recipe });

describe('a graph that takes the coefficients as inputs', () => {
  test('gives the greedy tokens of the merged model, at every coefficient', async () => {
    await runtime.open(addition.recipe, () => undefined, never);
    const sum = openSum(addition.recipe)!;
    expect(sum).toEqual({ base: 'base', vectors: ['chat', 'zh'], coefficients: [1.1, 1] });
    const texts = new Set<string>();
    for (const [i, chat] of SPREAD.entries()) {
      const zh = SPREAD[(i * 7 + 3) % SPREAD.length]!;
      const prompt = addition.prompts.en[i % addition.prompts.en.length]!;
      const recipe = withWeight(withWeight(addition.recipe, 'chat', chat), 'zh', zh);
      const plain = await merged(recipe, ask(prompt));
      const mixed = await runtime.mix(recipe, sum.base, sum.vectors, [chat, zh], ask(prompt), never);
      expect({ prompt, chat, zh, ids: mixed.ids }).toEqual({ prompt, chat, zh, ids: plain.ids });
      texts.add(plain.text);
    }
    expect(texts.size).toBeGreaterThan(8);
  });

  test('gives them too where an earlier answer is confirmed instead of generated', async () => {
    const sum = openSum(addition.recipe)!;
    const prompt = addition.prompts.en[0]!;
    const said = new Set<string>();
    // Up and down again, so that each answer is met by drafts of its own and of its neighbours.
    for (const chat of [0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 1.5, 1.2, 0.9, 0.6, 0.3, 0, 1.8, 0]) {
      const plain = await merged(withWeight(addition.recipe, 'chat', chat), ask(prompt));
      const mixed = await runtime.mix(addition.recipe, sum.base, sum.vectors, [chat, 1], ask(prompt), never);
      expect([chat, mixed.ids, mixed.text]).toEqual([chat, plain.ids, plain.text]);
      said.add(mixed.text);
    }
    expect(said.size).toBeGreaterThan(2);
    // A shorter answer to the same question is another one, not the beginning of a longer draft.
    const short = { ...ask(prompt), maxNewTokens: 3 };
    const cut = await runtime.mix(addition.recipe, sum.base, sum.vectors, [0, 1], short, never);
    expect(cut.ids).toHaveLength(3);
  });

  test(
    'what it finds as flip points are places where the merged model changes its answer',
    { timeout: 300_000 },
    async () => {
      const prompt = addition.prompts.en[0]!;
      const sum = openSum(addition.recipe)!;
      const flips = await findFlips(
        async (chat) => (await runtime.mix(addition.recipe, sum.base, sum.vectors, [chat, 1], ask(prompt), never)).text,
        { min: -2, max: 2, step: 0.1, precision: 0.01 },
      );
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

  test('a search that gives way while its models are still loading holds nobody up', async () => {
    const prompt = addition.prompts.en[0]!;
    await merged(addition.recipe, ask(prompt));
    for (const [i, ms] of [5, 15, 25, 35, 50, 70].entries()) {
      // Another order of the vectors is another sum: it must be loaded.
      const vectors = i % 2 ? ['zh', 'chat'] : ['chat', 'zh'];
      const controller = new AbortController();
      const asked = runtime.mix(addition.recipe, 'base', vectors, [1, 1], ask(prompt), controller.signal);
      const ended = asked.then(
        () => 'answered',
        (error: { code: string }) => error.code,
      );
      await new Promise((resolve) => setTimeout(resolve, ms));
      controller.abort();
      const weight = 0.5 + i / 10;
      const result = await merged(withWeight(addition.recipe, 'chat', weight), ask(prompt));
      expect({ ms, text: result.text !== '' }).toEqual({ ms, text: true });
      expect(['aborted', 'answered']).toContain(await ended);
    }
  });

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
