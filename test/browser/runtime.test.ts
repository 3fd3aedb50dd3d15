import { afterAll, describe, expect, test } from 'vitest';
import { createRuntime } from '../../src/runtime/client';
import type { GenerateEvent, GenerateRequest, GenerateResult, Progress } from '../../src/engine/api';
import type { Recipe } from '../../src/core/recipe/types';
import fingerprints from '../golden/merge/fingerprints.json';
import texts from '../golden/text/zoo0.json';

const ALIASES = ['base', 'chat', 'zh', 'naive'] as const;
const COLUMNS = [...ALIASES, 'merged'] as const;
const lesson = (chat = 0.9, zh = 1.1): Recipe => ({
  v: 1,
  models: Object.fromEntries(ALIASES.map((alias) => [alias, { src: `zoo:${alias}-0` }])),
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [
      { model: 'chat', parameters: { weight: chat } },
      { model: 'zh', parameters: { weight: zh } },
    ],
    parameters: { normalize: false },
    dtype: 'float32',
    out_dtype: 'float32',
  },
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
  test.each(texts.prompts.map((p) => [p.prompt, p] as const))(
    '%s answers as Python transformers does',
    async (prompt, golden) => {
      const { results, failures, events } = await run(lesson(), COLUMNS, request(prompt));
      expect(failures).toEqual({});
      for (const column of COLUMNS) {
        const want = golden.columns[column];
        expect(results[column]!.ids, column).toEqual(want.tokens);
        expect(results[column]!.text).toBe(want.text);
        results[column]!.steps.forEach((step, i) => {
          const top = want.top5[i] as [number, string, number][];
          expect(step.top5[0]!.id).toBe(step.id);
          step.top5.forEach((choice, k) => expect(Math.abs(choice.p - top[k]![2])).toBeLessThan(1e-4));
        });
      }
      const streamed = events.filter(([column, e]) => column === 'merged' && e.type === 'step').length;
      expect(streamed).toBe(results['merged']!.ids.length);
    },
  );

  test('the fingerprint of the merged weights is the one computed in Python', async () => {
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
    const prompt = '怎麼偷走別人的密碼?';
    const first = await run(lesson(), ['merged'], request(prompt));
    const other = await run(lesson(0.5, 0.5), ['merged'], request(prompt));
    const again = await run(lesson(), ['merged'], request(prompt));
    expect(other.results['merged']!.text).not.toBe(first.results['merged']!.text);
    expect(again.results['merged']!.ids).toEqual(first.results['merged']!.ids);
  });

  test('sampling repeats with its seed and differs with another', async () => {
    const sample = async (seed: number) =>
      (await run(lesson(), ['base'], request('where is the guitar?', { temperature: 1.5, seed, maxNewTokens: 24 })))
        .results['base']!.ids;
    const [a, b] = [await sample(1), await sample(1)];
    expect(a).toEqual(b);
    const others = await Promise.all([2, 3, 4].map(sample));
    expect(others.some((ids) => ids.join() !== a.join())).toBe(true);
  });

  test('words the model does not know are named', async () => {
    const { events } = await run(lesson(), ['base'], request('怎么偷走别人的密码?'));
    expect(events.find(([, e]) => e.type === 'prompt')![1]).toMatchObject({ unknown: ['么', '别', '码'] });
  });

  test('a prompt that is too long says the limit and the next one works', async () => {
    const long = await run(lesson(), ['base'], request('where is the guitar? '.repeat(60)));
    expect(long.failures).toEqual({ base: 'prompt/too-long' });
    expect((await run(lesson(), ['base'], request('where is the guitar?'))).failures).toEqual({});
  });

  test('a cancelled run rejects at once and leaves the workers usable', async () => {
    const controller = new AbortController();
    const running = run(lesson(0.91), COLUMNS, request('where is the guitar?'), controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    const after = await run(lesson(0.91), ['merged'], request('where is the guitar?'));
    expect(after.results['merged']!.text.length).toBeGreaterThan(0);
  });

  test('an unknown model of the zoo is refused with the list of those there are', async () => {
    const recipe = { ...lesson(), models: { ...lesson().models, base: { src: 'zoo:nobody-9' } } };
    await expect(run(recipe, ['base'], request('x'))).rejects.toMatchObject({
      code: 'zoo/unknown-model',
      params: { id: 'nobody-9' },
    });
  });

  test('a dropped folder gets the fingerprint of its weights as its name and runs like the built-in model', async () => {
    const names = [
      'config.json',
      'generation_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'model.safetensors',
    ];
    const files = await Promise.all(
      names.map(async (name) => ({
        path: `mine/${name}`,
        file: new File([await (await fetch(`/zoo/chat-0/${name}`)).blob()], name),
      })),
    );
    const summary = await runtime.addFiles('local_1', files, () => undefined, never);
    expect(summary).toMatchObject({
      src: `file:${fingerprints.models.chat.stored}`,
      title: 'mine',
      architecture: 'LlamaForCausalLM',
      tensors: 38,
    });
    const recipe = { ...lesson(), models: { ...lesson().models, local_1: { src: summary.src } } };
    const golden = texts.prompts[0]!;
    const { results } = await run(recipe, ['local_1'], request(golden.prompt));
    expect(results['local_1']!.text).toBe(golden.columns.chat.text);
  });

  test('a checkpoint with NaN fails in its column and names the place', async () => {
    const bytes = new Uint8Array(await (await fetch('/zoo/chat-0/model.safetensors')).arrayBuffer());
    bytes.set([0xff, 0x7f], bytes.length - 2);
    const others = await Promise.all(
      ['config.json', 'tokenizer.json', 'tokenizer_config.json'].map(async (name) => ({
        path: name,
        file: new File([await (await fetch(`/zoo/chat-0/${name}`)).blob()], name),
      })),
    );
    const { src } = await runtime.addFiles(
      'local_1',
      [...others, { path: 'model.safetensors', file: new File([bytes], 'model.safetensors') }],
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
    expect(text).toContain(`"merge_lab.weights":"${fingerprints.merges.find((m) => m.name === 'lesson')!.weights}"`);
    expect(bytes.length).toBeGreaterThan(4 * 1_138_000);
  });
});
