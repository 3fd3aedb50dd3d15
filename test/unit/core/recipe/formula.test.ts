import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../../../src/core/recipe/formula';
import { formulaToMerge, mergeToFormula } from '../../../../src/core/recipe/formula-merge';
import type { MergeDoc } from '../../../../src/core/recipe/types';

const ALIASES = ['base', 'chat', 'zh', 'rude', 'A', 'B', 'C', 'e5'];

function docOf(text: string): MergeDoc {
  const result = parseFormula(text, ALIASES);
  if (!result.ok) throw result.error;
  return formulaToMerge(result.formula);
}
const weights = (doc: MergeDoc) => Object.fromEntries((doc.models ?? []).map((m) => [m.model, m.parameters?.weight]));

describe('formula to recipe: the table of C2', () => {
  it.each<[formula: string, base: string | undefined, weights: Record<string, number | undefined>]>([
    ['base + 0.9*(chat - base) + 1.1*(zh - base)', 'base', { chat: 0.9, zh: 1.1 }],
    ['base + 1.0*(chat - base) + 0.8*(zh - base)', 'base', { chat: 1, zh: 0.8 }],
    ['C + (B - A)', 'C', { B: 1, A: -1 }],
    ['C - (A - B)', 'C', { A: -1, B: 1 }],
    ['C + B - A', 'C', { B: 1, A: -1 }],
    ['base - (rude - base)', 'base', { rude: -1 }],
    ['1.0*base + 0.5*(chat-base)', 'base', { chat: 0.5 }],
    ['base*1 + 0.5*(chat-base)', 'base', { chat: 0.5 }],
    ['base + 0.1*(chat-base) + 0.2*(chat-base)', 'base', { chat: 0.3 }],
    ['base + 2*0.25*(chat-base)', 'base', { chat: 0.5 }],
    ['base + (chat-base)*0.25', 'base', { chat: 0.25 }],
    ['base + 0.5*(2*(chat - base) - (zh - base))', 'base', { chat: 1, zh: -0.5 }],
    ['base + (1 - 0.3)*(chat - base)', 'base', { chat: 0.7 }],
    ['base + 0*(zh - base) + 0.5*(chat - base)', 'base', { chat: 0.5 }],
    ['base + 0.4*(zh - base) - 0.4*(zh - base) + 0.5*(chat - base)', 'base', { chat: 0.5 }],
    ['base - base + chat', 'base', { chat: 1 }],
    ['base', 'base', { base: undefined }],
    ['base + 0*(chat - base)', 'base', { base: undefined }],
    ['base \u2212 0.5\u00D7(rude \u2212 base)', 'base', { rude: -0.5 }],
    ['base + 0.5\u00B7(chat - base)', 'base', { chat: 0.5 }],
    ['base\uFF0B\uFF10\uFF0E\uFF15\uFF0A\uFF08chat\uFF0Dbase\uFF09', 'base', { chat: 0.5 }],
    ['base + 1e-1*(chat - base)', 'base', { chat: 0.1 }],
    ['base + 2*(e5 - base)', 'base', { e5: 2 }],
    ['0.5*A + 0.5*B', undefined, { A: 0.5, B: 0.5 }],
    ['0.1*A + 0.2*B + 0.7*C', undefined, { A: 0.1, B: 0.2, C: 0.7 }],
    ['A + B', undefined, { A: 1, B: 1 }],
    ['A + 0.5*B', undefined, { A: 1, B: 0.5 }],
    ['(A + B) - C', undefined, { A: 1, B: 1, C: -1 }],
    ['(A) + B - C', undefined, { A: 1, B: 1, C: -1 }],
    ['(0.5+0.5)*A + B - C', undefined, { A: 1, B: 1, C: -1 }],
    ['2*base - base + chat - chat', undefined, { base: 1 }],
    ['0.5*A + B - 0.5*A + 0*C', undefined, { B: 1 }],
    ['-A + 2*B', undefined, { A: -1, B: 2 }],
    ['- -A', 'A', { A: undefined }],
    ['.5*A + 1.5*A', undefined, { A: 2 }],
  ])('%s', (text, base, expected) => {
    const doc = docOf(text);
    expect(doc).toMatchObject({ dtype: 'float32', out_dtype: 'float32', parameters: { normalize: false } });
    expect(doc.merge_method).toBe(base === undefined ? 'linear' : 'task_arithmetic');
    expect(doc.base_model).toBe(base);
    expect(weights(doc)).toEqual(expected);
    expect(Object.keys(weights(doc))).toEqual(Object.keys(expected));
  });

  it.each([
    ['0.5*A + 0.5*B', '1', true],
    ['A + 0.5*B', '1.5', false],
    ['A - B', '0', false],
    ['0.1*A + 0.2*B', '0.3', false],
    ['-A - 0.25*B', '-1.25', false],
  ])('the sum of %s is %s', (text, sum, sumIsOne) => {
    const result = parseFormula(text, ALIASES);
    expect(result).toMatchObject({ ok: true, formula: { kind: 'sum', sum, sumIsOne } });
  });

  it('keeps the settings of the document it edits', () => {
    const previous: MergeDoc = {
      name: 'soup',
      merge_method: 'ties',
      base_model: 'zh',
      models: [{ model: 'chat', parameters: { weight: 1 } }],
      dtype: 'bfloat16',
      tokenizer: { source: 'base' },
      lab: { seed: 7 },
    };
    const result = parseFormula('A + 0.5*(B - A)', ALIASES);
    if (!result.ok) throw result.error;
    expect(formulaToMerge(result.formula, previous)).toEqual({
      name: 'soup',
      merge_method: 'task_arithmetic',
      base_model: 'A',
      models: [{ model: 'B', parameters: { weight: 0.5 } }],
      parameters: { normalize: false },
      dtype: 'bfloat16',
      tokenizer: { source: 'base' },
      lab: { seed: 7 },
    });
    expect(previous.merge_method).toBe('ties');
  });
});

describe('call form', () => {
  it.each<[text: string, doc: Partial<MergeDoc>]>([
    [
      'ties(base; chat: 1.0, zh: 0.8; density: 0.5)',
      {
        merge_method: 'ties',
        base_model: 'base',
        models: [
          { model: 'chat', parameters: { weight: 1 } },
          { model: 'zh', parameters: { weight: 0.8 } },
        ],
        parameters: { density: 0.5 },
      },
    ],
    [
      'dare_ties(base; chat: -0.5; density: 0.3, rescale: false)',
      { models: [{ model: 'chat', parameters: { weight: -0.5 } }], parameters: { density: 0.3, rescale: false } },
    ],
    [
      'slerp(A; B; t: 0.5)',
      { merge_method: 'slerp', base_model: 'A', models: [{ model: 'B' }], parameters: { t: 0.5 } },
    ],
    [
      'karcher(A, B, C; max_iter: 20)',
      {
        merge_method: 'karcher',
        models: [{ model: 'A' }, { model: 'B' }, { model: 'C' }],
        parameters: { max_iter: 20 },
      },
    ],
    ['model_stock(base; A, B)', { base_model: 'base', models: [{ model: 'A' }, { model: 'B' }] }],
    [
      'linear(A: 1.0, B: 2.0)',
      {
        merge_method: 'linear',
        models: [
          { model: 'A', parameters: { weight: 1 } },
          { model: 'B', parameters: { weight: 2 } },
        ],
      },
    ],
    ['nuslerp(A: 1.0, B: 2.0; nuslerp_flatten: false)', { parameters: { nuslerp_flatten: false } }],
    ['nuslerp(base; A: 1.0, B: 2.0)', { base_model: 'base' }],
    ['multislerp(A, B; weight: 0.5)', { models: [{ model: 'A' }, { model: 'B' }], parameters: { weight: 0.5 } }],
    ['passthrough(A; scale: 0.5)', { models: [{ model: 'A' }], parameters: { scale: 0.5 } }],
    ['arcee_fusion(base; A)', { base_model: 'base', models: [{ model: 'A' }] }],
  ])('%s reads, and prints back', (text, expected) => {
    const doc = docOf(text);
    expect(doc).toMatchObject(expected);
    expect(doc).toMatchObject({ dtype: 'float32', out_dtype: 'float32' });
    expect(mergeToFormula(doc)).toEqual({ text, editable: true });
  });

  it('reads full-width signs', () => {
    expect(docOf('ties\uFF08base\uFF1Bchat\uFF1A1.0\uFF0Czh\uFF1A0.8\uFF09')).toEqual(
      docOf('ties(base; chat: 1.0, zh: 0.8)'),
    );
  });
});

describe('errors name the position', () => {
  it.each<[text: string, code: string, at: number]>([
    ['', 'formula/empty', 0],
    ['   ', 'formula/empty', 0],
    ['base +', 'formula/expected-operand', 6],
    ['base + * chat', 'formula/expected-operand', 7],
    ['base chat', 'formula/expected-operator', 5],
    ['2 base', 'formula/expected-operator', 2],
    ['base + cht', 'formula/unknown-model', 7],
    ['base + 0.5*(chat - base', 'formula/unclosed', 11],
    ['base + 0.5*(chat base)', 'formula/expected-close', 17],
    ['base)', 'formula/expected-operator', 4],
    ['base + 1', 'formula/constant', 7],
    ['1 + base', 'formula/constant', 0],
    ['0.5', 'formula/constant', 0],
    ['base * chat', 'formula/product', 5],
    ['base / 2', 'formula/division', 5],
    ['base ^ 2', 'formula/character', 5],
    ['base + \u{1F600}', 'formula/character', 7],
    ['A - A', 'formula/cancels', 0],
    [`${'('.repeat(40)}A${')'.repeat(40)}`, 'formula/too-deep', 32],
    [`A + ${'1'.repeat(41)}*B`, 'formula/number', 4],
    ['A + 1e999*B', 'formula/number', 4],
    ['A + 1e30*B', 'formula/number', 0],
    ['tise(base; chat: 1)', 'formula/unknown-method', 0],
    ['toString(base; chat: 1)', 'formula/unknown-method', 0],
    ['ties(bse; chat: 1)', 'formula/unknown-model', 5],
    ['ties(base, chat: 1)', 'formula/expected-base', 9],
    ['ties(base; chat)', 'formula/weight', 0],
    ['ties(base; chat: x)', 'formula/expected-weight', 17],
    ['ties(base; chat: 1, chat: 2)', 'formula/duplicate', 20],
    ['ties(base; base: 1)', 'formula/duplicate', 11],
    ['ties(base; chat: 1; densty: 0.5)', 'formula/parameter', 20],
    ['ties(base; chat: 1; density 0.5)', 'formula/expected-colon', 28],
    ['ties(base; chat: 1; normalize: 1)', 'formula/expected-truth', 31],
    ['ties(base; chat: 1; lambda: 0.5)', 'formula/lambda', 20],
    ['ties(base; chat: 1; density: 1, density: 1)', 'formula/duplicate', 32],
    ['ties(base; chat: 1', 'formula/unclosed', 4],
    ['ties(base; chat: 1) + base', 'formula/expected-end', 20],
    ['karcher(A: 1)', 'formula/no-weight', 9],
    ['karcher(A, B; max_iter: 1.5)', 'formula/integer', 14],
    ['slerp(A; B, C; t: 0.5)', 'formula/inputs', 0],
    ['model_stock(A; B)', 'formula/inputs', 0],
    ['nuslerp(A: 1)', 'formula/inputs', 0],
  ])('%s', (text, code, at) => {
    const result = parseFormula(text, ALIASES);
    if (result.ok) throw new Error('accepted');
    expect({ code: result.error.code, at: result.error.params.at }).toEqual({ code, at });
  });

  it('refuses a formula of any length', () => {
    expect(parseFormula('A+'.repeat(1500), ALIASES)).toMatchObject({ error: { code: 'formula/too-long' } });
  });

  it('suggests the near name', () => {
    expect(parseFormula('base + caht', ALIASES)).toMatchObject({
      ok: false,
      error: { params: { model: 'caht', suggestion: 'chat' } },
    });
    expect(parseFormula('dare-ties(base; chat: 1)', ALIASES)).toMatchObject({ ok: false });
    expect(parseFormula('ties(base; chat: 1; densty: 0.5)', ALIASES)).toMatchObject({
      error: { params: { suggestion: 'density' } },
    });
  });
});

describe('recipe to formula', () => {
  const task = (models: Record<string, number>, extra: Partial<MergeDoc> = {}): MergeDoc => ({
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: Object.entries(models).map(([model, weight]) => ({ model, parameters: { weight } })),
    parameters: { normalize: false },
    dtype: 'float32',
    out_dtype: 'float32',
    ...extra,
  });

  it.each<[doc: MergeDoc, text: string]>([
    [task({ chat: 0.9, zh: 1.1 }), 'base + 0.9*(chat - base) + 1.1*(zh - base)'],
    [task({ rude: -0.5 }), 'base - 0.5*(rude - base)'],
    [task({ B: 1, A: -1 }, { base_model: 'C' }), 'C + 1.0*(B - A)'],
    [task({ A: -0.5, B: 0.5 }, { base_model: 'C' }), 'C - 0.5*(A - B)'],
    [task({ chat: 0, zh: 1 }), 'base + 0.0*(chat - base) + 1.0*(zh - base)'],
    [{ ...task({}), models: [{ model: 'base' }] }, 'base'],
    [
      { ...task({}), models: [{ model: 'base' }, { model: 'zh', parameters: { weight: 2 } }] },
      'base + 2.0*(zh - base)',
    ],
    [task({ A: 0.5, B: 0.5 }, { merge_method: 'linear', base_model: undefined }), '0.5*A + 0.5*B'],
    [task({ A: -1, B: 1 }, { merge_method: 'linear', base_model: undefined }), '-A + B'],
    [
      task({ A: 1, B: 1, C: -1 }, { merge_method: 'linear', base_model: undefined }),
      'linear(A: 1.0, B: 1.0, C: -1.0; normalize: false)',
    ],
    [
      task({ A: 1, B: 3 }, { merge_method: 'linear', base_model: undefined, parameters: { normalize: true } }),
      'linear(A: 1.0, B: 3.0; normalize: true)',
    ],
    [task({ A: 1, B: 1e-7 }), 'base + 1.0*(A - base) + 1e-7*(B - base)'],
    [task({ A: 1 }, { parameters: { density: 0.5 } }), 'task_arithmetic(base; A: 1.0; density: 0.5)'],
  ])('%j is editable', (doc, text) => {
    expect(mergeToFormula(doc)).toEqual({ text, editable: true });
  });

  it.each<[merge: MergeDoc | MergeDoc[], reasons: string[], text: string]>([
    [task({ chat: 1 }, { parameters: { lambda: 0.5 } }), ['lambda'], 'task_arithmetic(base; chat: 1.0; lambda: 0.5)'],
    [
      { ...task({}), models: [{ model: 'chat', parameters: { weight: [0, 1] } }] },
      ['gradient'],
      'task_arithmetic(base; chat: [0.0, 1.0]; normalize: false)',
    ],
    [
      { ...task({}), models: [{ model: 'chat', parameters: { weight: [{ filter: 'mlp', value: 1 }, { value: 0 }] } }] },
      ['filter'],
      'task_arithmetic(base; chat: [mlp: 1.0, 0.0]; normalize: false)',
    ],
    [
      task(
        { chat: 1 },
        { merge_method: 'ties', models: [{ model: 'chat', parameters: { weight: 1, density: 0.5 } }], parameters: {} },
      ),
      ['model-parameters'],
      'ties(base; chat: 1.0 (density: 0.5))',
    ],
    [
      { merge_method: 'passthrough', slices: [{ sources: [{ model: 'A', layer_range: [0, 8] }] }] },
      ['slices'],
      'passthrough(A [0..8])',
    ],
    [
      [task({ chat: 1 }, { name: 'soup' }), task({ soup: 1 })],
      ['stages'],
      'soup = base + 1.0*(chat - base); base + 1.0*(soup - base)',
    ],
    [task({ A: 1, B: 1 }, { merge_method: 'linear' }), ['base'], 'linear(base; A: 1.0, B: 1.0; normalize: false)'],
  ])('%j is a summary', (merge, reasons, text) => {
    expect(mergeToFormula(merge)).toMatchObject({ text, editable: false, summary: { reasons } });
  });

  it('parse(print(doc)) is the same document', () => {
    const weight = fc
      .oneof(
        fc.integer({ min: -40, max: 40 }).map((n) => n / 20),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      )
      .filter((w) => w !== 0);
    const inputs = fc
      .uniqueArray(fc.constantFrom(...ALIASES.slice(1)), { minLength: 1 })
      .chain((names) => fc.tuple(...names.map((model) => weight.map((w) => ({ model, parameters: { weight: w } })))));
    const document = fc
      .tuple(
        inputs,
        fc.constantFrom('task_arithmetic', 'linear', 'ties', 'della'),
        fc.constantFrom('float32', 'float16'),
      )
      .map(([models, merge_method, out_dtype]): MergeDoc => ({
        merge_method,
        ...(merge_method === 'linear' ? {} : { base_model: 'base' }),
        models,
        parameters: { normalize: false },
        dtype: 'float32',
        out_dtype: out_dtype as 'float32',
      }));
    fc.assert(
      fc.property(document, (doc) => {
        const { text, editable } = mergeToFormula(doc);
        const result = parseFormula(text, ALIASES);
        if (!result.ok) throw result.error;
        expect(formulaToMerge(result.formula, doc)).toEqual(doc);
        expect(editable).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on any text', () => {
    const piece = fc.constantFrom(
      ...ALIASES,
      '+',
      '-',
      '*',
      '(',
      ')',
      ' ',
      '0.5',
      '1',
      ';',
      ':',
      ',',
      'ties(',
      'density',
      'x',
      '\u2212',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const result = parseFormula(text, ALIASES);
        if (result.ok) return;
        expect(result.error.params.at).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 1000 },
    );
  });
});
