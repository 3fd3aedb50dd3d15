import { describe, expect, test } from 'vitest';
import { planComparison } from '../../../../src/core/analyze/vectors';
import { planMerge, planRecipe } from '../../../../src/core/merge/plan';
import { mergeTensor } from '../../../../src/core/merge/run';
import type { CheckpointHead, MergePlan } from '../../../../src/core/merge/types';
import type { MergeDoc, Recipe } from '../../../../src/core/recipe/types';
import { refuseBeyondRows, vocabulariesOf } from '../../../../src/core/vocab/facts';
import { vocabularyOf } from '../../../../src/core/vocab/tokenizer';
import { newSha256 } from '../../../../src/cli/disk';
import { madeHead } from '../merge/helpers';

/** Users' reports of mergekit as small cases (references: mergekit, section 4.1, R6 to R10). */

const HEAD = 'lm_head.weight';
const EMBEDDING = 'model.embed_tokens.weight';
const WIDTH = 4;

const wordLevel = (tokens: readonly string[]) => ({
  model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), unk_token: 'w0' },
  added_tokens: [],
});
/** Row r is r, r + 0.25, …: which row it was is seen in the value. @param offset told apart from other models by it */
const rows = (count: number, offset: number) =>
  Float32Array.from({ length: count * WIDTH }, (_, i) => offset + i / WIDTH);

function model(alias: string, tokens: readonly string[], tensors: Record<string, Float32Array>): CheckpointHead {
  const tokenizer = wordLevel(tokens);
  const shaped = Object.fromEntries(
    Object.entries(tensors).map(([name, values]) => [name, { shape: [values.length / WIDTH, WIDTH], values }]),
  );
  const config = { architectures: ['LlamaForCausalLM'], vocab_size: tensors[EMBEDDING]!.length / WIDTH };
  return {
    ...madeHead(alias, shaped, { config, vocabulary: new Map(vocabularyOf(tokenizer)) }),
    text: { tokenizer, tokenizerConfig: {}, generationConfig: { eos_token_id: 1 } },
  };
}
const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`);
const heads = (...all: CheckpointHead[]) => new Map(all.map((head) => [head.alias, head]));
const valuesOf = async (plan: MergePlan, name: string): Promise<number[]> => {
  const tensor = plan.tensors.find((one) => one.name === name)!;
  return [...(await mergeTensor(plan, tensor, newSha256, {})).values!];
};
const average = (a: string, b: string, more: Partial<MergeDoc> = {}): MergeDoc => ({
  merge_method: 'linear',
  models: [a, b].map((alias) => ({ model: alias, parameters: { weight: 0.5 } })),
  ...more,
});
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

test('R6: a head trained apart from a tied embedding becomes a tensor of its own, the embedding stays', async () => {
  const base = model('base', words(10), { [EMBEDDING]: rows(10, 0) });
  const head = rows(10, 0).map((x) => x + 1);
  const tune = model('tune', words(10), { [EMBEDDING]: rows(10, 0), [HEAD]: head });
  const doc: MergeDoc = {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'tune', parameters: { weight: 1 } }],
  };
  for (const more of [{}, { tokenizer: { source: 'union' } }]) {
    const plan = planMerge({ ...doc, ...more }, heads(base, tune));
    expect(plan.config!['tie_word_embeddings']).toBe(false);
    expect(await valuesOf(plan, EMBEDDING)).toEqual([...rows(10, 0)]);
    expect(await valuesOf(plan, HEAD)).toEqual([...head]);
  }
});

test('R7: a tied base counts in the head by its embedding', async () => {
  const base = model('base', words(10), { [EMBEDDING]: rows(10, 0) });
  const tune = model('tune', words(10), { [EMBEDDING]: rows(10, 2), [HEAD]: rows(10, 6) });
  for (const more of [{}, { tokenizer: { source: 'base' } }]) {
    const plan = planMerge(average('base', 'tune', { ...more, base_model: 'base' }), heads(base, tune));
    expect(plan.config!['tie_word_embeddings']).toBe(false);
    expect(await valuesOf(plan, EMBEDDING)).toEqual([...rows(10, 1)]);
    expect(await valuesOf(plan, HEAD)).toEqual([...rows(10, 3)]);
  }
});

describe('R8: 100 tokens and 104, the shared ones in another order', () => {
  const shuffled = [...words(100).reverse(), 'x0', 'x1', 'x2', 'x3'];
  const base = model('base', words(100), { [EMBEDDING]: rows(100, 0) });
  // Row n of the tune is the base's row of the same token, plus a thousand.
  const moved = Float32Array.from({ length: 104 * WIDTH }, (_, i) => {
    const row = Math.floor(i / WIDTH);
    return 1000 + (row < 100 ? 99 - row : row) + (i % WIDTH) / WIDTH;
  });
  const tune = model('tune', shuffled, { [EMBEDDING]: moved });

  test('a union has 104 rows, by token; new tokens have the rows of the model that knows them', async () => {
    const plan = planMerge(average('base', 'tune', { base_model: 'base', tokenizer: {} }), heads(base, tune));
    const values = await valuesOf(plan, EMBEDDING);
    expect(values).toHaveLength(104 * WIDTH);
    expect(values.slice(0, 100 * WIDTH)).toEqual([...rows(100, 500)]);
    expect(values.slice(100 * WIDTH)).toEqual([...moved.slice(100 * WIDTH)]);
    expect(plan.config!['vocab_size']).toBe(104);
    expect([...vocabularyOf(plan.tokenizer!.tokenizer).keys()].slice(100)).toEqual(['x0', 'x1', 'x2', 'x3']);
  });
  test('a task vector of a token that only one model has is zero, so the result has its row', async () => {
    const doc: MergeDoc = {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: [{ model: 'tune', parameters: { weight: 0.3 } }],
      tokenizer_source: 'union',
    };
    const values = await valuesOf(planMerge(doc, heads(base, tune)), EMBEDDING);
    expect(values.slice(100 * WIDTH)).toEqual([...moved.slice(100 * WIDTH)]);
  });
  test('special tokens keep their token where its number changes', () => {
    const doc = average('base', 'tune', { base_model: 'base', tokenizer: { source: 'tune' } });
    const plan = planMerge(doc, heads({ ...base, config: { ...base.config, eos_token_id: [1, 2] } }, tune));
    expect(plan.config!['eos_token_id']).toEqual([98, 97]);
    // The tokenizer's own model says what ends an answer.
    expect(plan.tokenizer!.generationConfig['eos_token_id']).toBe(1);
  });
  test('without a tokenizer it is refused before anything is read, with the way out', () => {
    const plain = average('base', 'tune');
    expect(code(() => planMerge(plain, heads(base, tune)))).toBe('merge/vocabulary-size');
    expect(() => planMerge(plain, heads(base, tune))).toThrow(/tokenizer source: union or base/);
    const same = model('tune', words(100).reverse(), { [EMBEDDING]: rows(100, 0) });
    expect(code(() => planMerge(plain, heads(base, same)))).toBe('merge/tokenizer-differs');
  });
  test('is told as data', () => {
    const [, facts] = vocabulariesOf([base, tune]);
    expect(facts).toMatchObject({ tokens: 104, rows: 104, own: { count: 4 }, missing: { count: 0 }, unused: 0 });
    expect(facts!.own.shown.map(({ token }) => token)).toEqual(['x0', 'x1', 'x2', 'x3']);
    expect(facts!.moved.count).toBe(100);
  });
});

describe('documents of other shapes', () => {
  const base = model('base', words(6), { [EMBEDDING]: rows(6, 0), 'model.norm.weight': rows(1, 0) });
  const tune = model('tune', [...words(6).reverse(), 'x'], {
    [EMBEDDING]: rows(7, 100),
    'model.norm.weight': rows(1, 2),
  });
  const models = { base: { src: 'zoo:base-1' }, tune: { src: 'zoo:tune-1' } };
  const all = heads(base, tune);

  test('a stage hands its vocabulary on, to later stages and to the files of the result', async () => {
    const soup = average('base', 'tune', { name: 'soup', base_model: 'base', tokenizer: { source: 'union' } });
    const last: MergeDoc = { merge_method: 'linear', models: [{ model: 'soup', parameters: { weight: 2 } }] };
    const plan = planRecipe({ v: 1, models, merge: [soup, last] }, (alias) => all.get(alias)!, newSha256);
    expect(vocabularyOf(plan.tokenizer!.tokenizer).get('x')).toBe(6);
    expect(plan.config!['vocab_size']).toBe(7);
    // w0 is row 0 of the base and row 5 of the tune; x is row 6 of the tune.
    const values = await valuesOf(plan, EMBEDDING);
    expect([values[0], values[6 * WIDTH]]).toEqual([(0 + 105) / 2, 106]);
  });

  test('a model named for a token alone gives its row, and takes no other part', async () => {
    const tokens: [string, object][] = [['x', { source: 'tune' }]];
    const doc: MergeDoc = {
      merge_method: 'linear',
      models: [{ model: 'base', parameters: { weight: 1 } }],
      tokenizer: { source: 'base', tokens },
    };
    const values = await valuesOf(planMerge(doc, all), EMBEDDING);
    expect(values).toEqual([...rows(6, 0), ...rows(7, 100).slice(6 * WIDTH)]);
  });

  test('the microscope compares vectors in one vocabulary', () => {
    const other = { ...tune, alias: 'other' };
    const merge: MergeDoc = {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: ['tune', 'other'].map((alias) => ({ model: alias, parameters: { weight: 1 } })),
      tokenizer: { source: 'union' },
    };
    const recipe: Recipe = { v: 1, models: { ...models, other: { src: 'zoo:tune-1' } }, merge };
    const open = (alias: string) => (alias === 'other' ? other : all.get(alias)!);
    const { tensors } = planComparison(recipe, open);
    expect(tensors.find(({ name }) => name === EMBEDDING)!.shape).toEqual([7, WIDTH]);
  });

  test('is warned of tokens that the base’s rules for cutting text may never make', () => {
    const { tokenizer, ...rest } = tune.text!;
    const other = { ...tune, text: { ...rest, tokenizer: { ...tokenizer, pre_tokenizer: { type: 'Whitespace' } } } };
    const doc = (source: string): MergeDoc => average('base', 'tune', { base_model: 'base', tokenizer: { source } });
    const codes = (source: string) => planMerge(doc(source), heads(base, other)).notices.map((notice) => notice.code);
    expect(codes('union')).toEqual(['vocabulary/other-cutting']);
    expect(codes('base')).toEqual([]);
  });

  test('weights that are tried do not make the tokenizer anew', () => {
    const tried = (weight: number) =>
      planMerge(
        {
          merge_method: 'task_arithmetic',
          base_model: 'base',
          models: [{ model: 'tune', parameters: { weight } }],
          tokenizer: { source: 'union' },
        },
        all,
      ).tokenizer;
    expect(tried(0.5)).toBe(tried(1));
  });
});

describe('R9: tokens beyond the rows', () => {
  const base = model('base', [...words(10), 'late', 'later'], { [EMBEDDING]: rows(10, 0) });
  const tune = model('tune', [...words(10), 'late', 'later'], { [EMBEDDING]: rows(10, 1) });
  test('are listed, and block the export', () => {
    const plan = planMerge(average('base', 'tune'), heads(base, tune));
    expect(vocabulariesOf([base])[0]!.beyond).toEqual({
      count: 2,
      shown: [
        { token: 'late', id: 10 },
        { token: 'later', id: 11 },
      ],
    });
    expect(code(() => refuseBeyondRows(plan, base.text!))).toBe('vocabulary/beyond-rows');
    expect(() => refuseBeyondRows(plan, base.text!)).toThrow(/late \(10\), later \(11\)/);
  });
  test('are left out by a tokenizer source', () => {
    for (const source of ['base', 'union', 'tune']) {
      const plan = planMerge(average('base', 'tune', { base_model: 'base', tokenizer: { source } }), heads(base, tune));
      expect(code(() => refuseBeyondRows(plan, base.text!))).toBe('none');
      expect(vocabularyOf(plan.tokenizer!.tokenizer).size).toBe(10);
    }
  });
});

test('R10: a token that nobody has is zeros, a row that nobody uses is dropped or a mean; nothing is NaN', async () => {
  const base = model('base', words(10), { [EMBEDDING]: rows(16, 0) });
  const tune = model('tune', words(10), { [EMBEDDING]: rows(16, 1) });
  const tokenizer = { source: 'base', tokens: [['<new>', {}]] as [string, object][], pad_to_multiple_of: 8 };
  const plan = planMerge(average('base', 'tune', { base_model: 'base', tokenizer }), heads(base, tune));
  const values = await valuesOf(plan, EMBEDDING);
  expect(values).toHaveLength(16 * WIDTH);
  expect(values.every(Number.isFinite)).toBe(true);
  expect(values.slice(10 * WIDTH, 11 * WIDTH)).toEqual([0, 0, 0, 0]);
  const mean = [0, 1, 2, 3].map((i) => {
    const column = values.filter((_, at) => at < 11 * WIDTH && at % WIDTH === i);
    return Math.fround(column.reduce((sum, x) => sum + x, 0) / 11);
  });
  for (let row = 11; row < 16; row++)
    values.slice(row * WIDTH, (row + 1) * WIDTH).forEach((x, i) => expect(x).toBeCloseTo(mean[i]!, 5));
  expect(vocabulariesOf([base])[0]!.unused).toBe(6);
});
