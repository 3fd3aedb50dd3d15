import { afterAll, describe, expect, test } from 'vitest';
import type { Recipe } from '../../src/core/recipe/types';
import type { GenerateRequest, GenerateResult } from '../../src/engine/api';
import { createRuntime } from '../../src/runtime/client';
import golden from '../golden/text/divergence.json';
import { goldenLessons, goldenPrompt, goldenRecipe, zooId, type GoldenId } from '../zoo';

interface Golden {
  other: string;
  prompts: { prompt: string; columns: Record<string, { ids: number[]; p: number[]; kl: number[] }> }[];
}
const lessons = golden.lessons as unknown as Record<GoldenId, Golden>;

const runtime = createRuntime();
afterAll(() => runtime.dispose());
const never = new AbortController().signal;
const recipe = goldenRecipe(goldenLessons.addition);
const HARM = goldenPrompt('addition', 'harm_zh');
const ask = (prompt: string): GenerateRequest => ({ prompt, maxNewTokens: 32, temperature: 0, seed: 0 });
const answerOf = (column: string): number[] =>
  goldenLessons.addition.prompts.find(({ prompt }) => prompt === HARM)!.columns[column]!.tokens;

async function run(
  of: Recipe,
  column: string,
  request = ask(HARM),
): Promise<{ result: GenerateResult; loads: number }> {
  let [result, loads] = [null as GenerateResult | null, 0];
  const handlers = {
    onProgress: (_: string | null, { stage }: { stage: string }) => void (stage === 'session' && loads++),
    onEvent: () => undefined,
    onDone: (_: string, done: GenerateResult) => (result = done),
    onFailed: (_: string, error: { message: string }) => {
      throw new Error(error.message);
    },
  };
  await runtime.run(of, [column], request, handlers, never);
  return { result: result!, loads };
}

function withWeights(weights: Readonly<Record<string, number>>): Recipe {
  const merge = goldenLessons.addition.merge;
  const models = merge.models!.map((input) => ({
    ...input,
    parameters: { weight: weights[input.model] ?? input.parameters!['weight']! },
  }));
  return { ...recipe, merge: { ...merge, models } };
}

describe('how far two models are apart, token by token', () => {
  test.each(Object.keys(lessons) as GoldenId[])('is what torch computes: %s', async (id) => {
    const of = goldenRecipe(goldenLessons[id]);
    let largest = 0;
    for (const { prompt, columns } of lessons[id].prompts)
      for (const [column, { ids, p, kl }] of Object.entries(columns)) {
        const found = await runtime.divergence(of, column, lessons[id].other, prompt, ids, never);
        const worst = (a: number[], b: number[]) => Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
        expect(found.length).toBe(ids.length);
        expect(
          worst(
            found.map((one) => one.p),
            p,
          ),
          `${column}: p, ${prompt}`,
        ).toBeLessThan(1e-4);
        expect(
          worst(
            found.map((one) => one.kl),
            kl,
          ),
          `${column}: kl, ${prompt}`,
        ).toBeLessThan(1e-3);
        largest = Math.max(largest, ...kl);
      }
    // Otherwise the comparison says nothing.
    expect(largest).toBeGreaterThan(1);
  });

  test('a model is not apart from itself; the merged one is, most where it starts to refuse', async () => {
    const own = await runtime.divergence(recipe, 'base', 'base', HARM, answerOf('base'), never);
    expect(own.map(({ kl }) => kl)).toEqual(answerOf('base').map(() => 0));
    const merged = (await runtime.divergence(recipe, 'merged', 'base', HARM, answerOf('merged'), never)).map(
      ({ kl }) => kl,
    );
    expect(Math.min(...merged)).toBeGreaterThanOrEqual(0);
    expect(merged[0]).toBeGreaterThan(1);
  });

  test('the probabilities are those of the answer as it was given', async () => {
    const { result } = await run(recipe, 'merged');
    const found = await runtime.divergence(recipe, 'merged', 'base', HARM, result.ids, never);
    for (const [i, step] of result.steps.entries()) {
      expect(step.top5[0]!.id).toBe(step.id);
      expect(found[i]!.p).toBeCloseTo(step.top5[0]!.p, 4);
    }
  });

  test('an answer longer than the model reads is refused; the worker goes on', async () => {
    const long = runtime.divergence(
      recipe,
      'chat',
      'base',
      HARM,
      Array.from({ length: 5000 }, () => 5),
      never,
    );
    await expect(long).rejects.toMatchObject({ code: 'prompt/too-long' });
    const [first] = await runtime.divergence(recipe, 'chat', 'base', HARM, answerOf('chat'), never);
    expect(first!.kl).toBeGreaterThan(0);
  });

  test('models whose tokens mean different things are not compared', async () => {
    const names = ['config.json', 'generation_config.json', 'tokenizer_config.json', 'model.safetensors'];
    const fetched = (name: string) => fetch(`/zoo/${zooId('chat')}/${name}`);
    const files = await Promise.all(
      names.map(async (name) => ({ path: `mine/${name}`, file: new File([await (await fetched(name)).blob()], name) })),
    );
    const tokenizer = (await (await fetched('tokenizer.json')).json()) as { model: { vocab: Record<string, number> } };
    const { vocab } = tokenizer.model;
    const [a, , b] = answerOf('chat').map((id) => Object.keys(vocab).find((word) => vocab[word] === id)!);
    [vocab[a!], vocab[b!]] = [vocab[b!]!, vocab[a!]!];
    files.push({ path: 'mine/tokenizer.json', file: new File([JSON.stringify(tokenizer)], 'tokenizer.json') });
    const { src } = await runtime.addFiles('mine', files, () => undefined, never);
    const mixed: Recipe = { ...recipe, models: { ...recipe.models, mine: { src } } };
    const asked = (column: string) => runtime.divergence(mixed, column, 'mine', HARM, answerOf(column), never);
    await expect(asked('chat')).rejects.toMatchObject({ code: 'model/other-vocabulary' });
    // What is not said in swapped words can be compared.
    expect((await asked('zh')).length).toBe(answerOf('zh').length);
  });

  test('it can be given up, and the next call is answered', async () => {
    const controller = new AbortController();
    const given = runtime.divergence(
      withWeights({ zh: 0.3 }),
      'merged',
      'base',
      HARM,
      answerOf('zh'),
      controller.signal,
    );
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: 'aborted' });
    expect((await runtime.divergence(recipe, 'zh', 'base', HARM, answerOf('zh'), never)).length).toBe(
      answerOf('zh').length,
    );
  });
});

describe('an answer beside the bench', () => {
  test('is the merged model’s own, and leaves the merged column its session', async () => {
    await run(recipe, 'merged');
    const without = withWeights({ zh: 0 });
    const aside = await runtime.answer(without, ask(HARM), never);
    expect((await run(recipe, 'merged')).loads).toBe(0);
    const { result, loads } = await run(without, 'merged');
    expect(loads).toBe(1);
    expect([aside.text, aside.ids]).toEqual([result.text, result.ids]);
    expect(aside.ids).not.toEqual(answerOf('merged'));
  });
});
