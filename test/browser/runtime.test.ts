import { afterAll, describe, expect, test } from 'vitest';
import { createRuntime } from '../../src/runtime/client';
import type { GenerateEvent, GenerateRequest, GenerateResult, Progress } from '../../src/engine/api';
import type { Recipe } from '../../src/core/recipe/types';
import fingerprints from '../golden/merge/fingerprints.json';
import { goldenLessons, goldenPrompt, goldenRecipe, zooId } from '../zoo';

const { addition } = goldenLessons;
const COLUMNS = [...Object.keys(addition.models), 'merged'];
const [HARM, SAFE] = [goldenPrompt('addition', 'harm_zh'), goldenPrompt('addition', 'safe_en')];
const FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];

/** The lesson `addition`, with other weights where given. */
function lesson(...weights: number[]): Recipe {
  const recipe = goldenRecipe(addition);
  const models = addition.merge.models!.map((input, i) => ({
    ...input,
    parameters: { weight: weights[i] ?? input.parameters!['weight']! },
  }));
  return { ...recipe, merge: { ...addition.merge, models } };
}
const fetchFile = async (name: string): Promise<{ path: string; file: File }> => ({
  path: `mine/${name}`,
  file: new File([await (await fetch(`/zoo/${zooId('chat')}/${name}`)).blob()], name),
});
const request = (prompt: string, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt,
  maxNewTokens: 32,
  temperature: 0,
  seed: 0,
  ...more,
});

const runtime = createRuntime();
afterAll(() => runtime.dispose());
const never = new AbortController().signal;

async function run(recipe: Recipe, columns: readonly string[], req: GenerateRequest, signal = never) {
  const results: Record<string, GenerateResult> = {};
  const failures: Record<string, string> = {};
  const events: [string, GenerateEvent][] = [];
  const progress: Progress[] = [];
  await runtime.run(
    recipe,
    columns,
    req,
    {
      onProgress: (_column, p) => progress.push(p),
      onEvent: (column, event) => events.push([column, event]),
      onDone: (column, result) => (results[column] = result),
      onFailed: (column, error) => (failures[column] = error.code),
    },
    signal,
  );
  return { results, failures, events, progress };
}

describe('the whole road in a real browser: folder, merge, graph, session, text', () => {
  test.each(
    Object.entries(goldenLessons).flatMap(([id, golden]) =>
      golden.prompts.map(({ prompt, columns }) => [id, prompt, golden, columns] as const),
    ),
  )('%s: %s answers as Python transformers does', async (_, prompt, golden, answers) => {
    const columns = Object.keys(answers);
    const { results, failures, events } = await run(goldenRecipe(golden), columns, request(prompt));
    expect(failures).toEqual({});
    for (const [column, want] of Object.entries(answers)) {
      expect(results[column]!.ids, column).toEqual(want.tokens);
      expect(results[column]!.text).toBe(want.text);
      results[column]!.steps.forEach((step, i) => {
        expect(step.top5[0]!.id).toBe(step.id);
        step.top5.forEach((choice, k) => expect(Math.abs(choice.p - want.top5[i]![k]![2])).toBeLessThan(1e-4));
      });
    }
    const streamed = events.filter(([column, e]) => column === 'merged' && e.type === 'step').length;
    expect(streamed).toBe(results['merged']!.ids.length);
  });

  test('the fingerprint of the merged weights is the one computed in Python', async () => {
    for (const [id, golden] of Object.entries(goldenLessons)) {
      const recipe = goldenRecipe(golden);
      await runtime.open(recipe, () => undefined, never);
      expect((await runtime.fingerprint(recipe, () => undefined, never)).sha256, id).toBe(golden.weights);
    }
    for (const { name, merge, weights } of fingerprints.merges) {
      const models = Object.fromEntries(
        Object.entries(fingerprints.models).map(([alias, { src }]) => [alias, { src }]),
      );
      const recipe = { v: 1, models, merge } as unknown as Recipe;
      await runtime.open(recipe, () => undefined, never);
      expect((await runtime.fingerprint(recipe, () => undefined, never)).sha256, name).toBe(weights);
    }
  });

  test('other coefficients give another model, and a repeat gives the same answer from returned buffers', async () => {
    const first = await run(lesson(), ['merged'], request(HARM));
    const other = await run(lesson(0, 0), ['merged'], request(HARM));
    const again = await run(lesson(), ['merged'], request(HARM));
    expect(other.results['merged']!.text).not.toBe(first.results['merged']!.text);
    expect(again.results['merged']!.ids).toEqual(first.results['merged']!.ids);
  });

  test('sampling repeats with its seed and differs with another', async () => {
    const sample = async (seed: number) =>
      (await run(lesson(), ['base'], request(SAFE, { temperature: 1.5, seed, maxNewTokens: 24 }))).results['base']!.ids;
    const [a, b] = [await sample(1), await sample(1)];
    expect(a).toEqual(b);
    const others = await Promise.all([2, 3, 4].map(sample));
    expect(others.some((ids) => ids.join() !== a.join())).toBe(true);
  });

  test('characters the model has never seen are named, and Simplified ones are not among them', async () => {
    const named = async (prompt: string) => {
      const { events } = await run(lesson(), ['base'], request(prompt));
      return events.flatMap(([, event]) => (event.type === 'prompt' ? [event.unknown] : []));
    };
    const simplified = addition.prompts.filter(({ set }) => set.endsWith('_hans')).map(({ prompt }) => prompt);
    expect(simplified.length).toBeGreaterThan(1);
    for (const prompt of simplified) expect(await named(prompt), prompt).toEqual([[]]);
    expect(await named(`${simplified[0]}鱟鱟龘`)).toEqual([['鱟', '龘']]);
  });

  test('a prompt that is too long says the limit and the next one works', async () => {
    const long = await run(lesson(), ['base'], request(`${SAFE} `.repeat(60)));
    expect(long.failures).toEqual({ base: 'prompt/too-long' });
    expect((await run(lesson(), ['base'], request(SAFE))).failures).toEqual({});
  });

  test('a cancelled run rejects at once and leaves the workers usable', async () => {
    const controller = new AbortController();
    const running = run(lesson(0.01), COLUMNS, request(SAFE), controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    const after = await run(lesson(0.01), ['merged'], request(SAFE));
    expect(after.results['merged']!.text.length).toBeGreaterThan(0);
  });

  // base-0 was a pilot: links that were made with it must say so plainly.
  test.each(['nobody-9', 'base-0'])(
    '%s is no model of the zoo, and is refused with the list of those there are',
    async (id) => {
      const recipe = { ...lesson(), models: { ...lesson().models, base: { src: `zoo:${id}` } } };
      await expect(run(recipe, ['base'], request('x'))).rejects.toMatchObject({
        code: 'zoo/unknown-model',
        params: { id, known: expect.stringContaining(zooId('base')) as string },
      });
    },
  );

  test('a dropped folder gets the fingerprint of its weights as its name and runs like the built-in model', async () => {
    const files = await Promise.all(FILES.map(fetchFile));
    const summary = await runtime.addFiles('local_1', files, () => undefined, never);
    expect(summary).toMatchObject({
      src: `file:${fingerprints.models.chat.stored}`,
      title: 'mine',
      architecture: 'LlamaForCausalLM',
      tensors: 38,
    });
    const recipe = { ...lesson(), models: { ...lesson().models, local_1: { src: summary.src } } };
    const { results } = await run(recipe, ['local_1'], request(HARM));
    expect(results['local_1']!.text).toBe(addition.prompts.find((p) => p.prompt === HARM)!.columns['chat']!.text);
  });

  test('a checkpoint with NaN fails in its column and names the place', async () => {
    const files = await Promise.all(FILES.map(fetchFile));
    const weights = files.pop()!;
    const bytes = new Uint8Array(await weights.file.arrayBuffer());
    bytes.set([0xff, 0x7f], bytes.length - 2);
    const { src } = await runtime.addFiles(
      'local_1',
      [...files, { path: weights.path, file: new File([bytes], weights.file.name) }],
      () => undefined,
      never,
    );
    const { failures } = await run({ ...lesson(), models: { local_1: { src } } } as Recipe, ['local_1'], request('x'));
    expect(failures).toEqual({ local_1: 'merge/nan-input' });
  });

  test('the merged folder comes as a zip that carries the fingerprint', async () => {
    const blob = await runtime.exportZip(lesson(), null, () => undefined, never);
    const bytes = new Uint8Array(await blob!.arrayBuffer());
    const text = new TextDecoder('latin1').decode(bytes);
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors', 'merge.yml', 'README.md'])
      expect(text).toContain(`merged/${name}`);
    expect(text).toContain(`"merge_lab.weights":"${addition.weights}"`);
    expect(bytes.length).toBeGreaterThan(4 * 1_138_000);
  });
});
