import { afterAll, describe, expect, test } from 'vitest';
import type { Recipe } from '../../src/core/recipe/types';
import { createRuntime } from '../../src/runtime/client';
import golden from '../golden/text/fifty.json';

const runtime = createRuntime();
afterAll(() => runtime.dispose());
const never = new AbortController().signal;

async function answer(recipe: Recipe, alias: string, prompt: string): Promise<string> {
  let text = '';
  await runtime.run(
    recipe,
    [alias],
    { prompt, maxNewTokens: 32, temperature: 0, seed: 0 },
    {
      onProgress: () => undefined,
      onEvent: () => undefined,
      onDone: (_column, result) => (text = result.text),
      onFailed: (_column, error) => {
        throw new Error(error.message);
      },
    },
    never,
  );
  return text;
}

describe('fifty test questions to every built-in text model', () => {
  test.each(Object.entries(golden))('%s answers as in Python transformers', async (id, pairs) => {
    const recipe: Recipe = {
      v: 1,
      models: { model: { src: `zoo:${id}` } },
      merge: { merge_method: 'linear', models: [] },
    };
    const found: string[][] = [];
    for (const [prompt] of pairs) found.push([prompt!, await answer(recipe, 'model', prompt!)]);
    expect(found).toEqual(pairs);
    expect(pairs).toHaveLength(50);
  });
});
