import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { MergeDoc, Recipe, Setting } from '../../../../src/core/recipe/types';
import type { NewSha256 } from '../../../../src/core/tensor/types';

export const newSha256: NewSha256 = () => {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
};
export const HEX64 = 'ab'.repeat(32);
export const HEX40 = '0123456789'.repeat(4);

/** The recipe of the lesson `addition`. */
export function lesson(): Recipe {
  return {
    v: 1,
    models: {
      base: { src: 'zoo:base-1' },
      chat: { src: 'zoo:chat-1' },
      naive: { src: 'zoo:naive-1' },
      zh: { src: 'zoo:zh-1' },
    },
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: [
        { model: 'chat', parameters: { weight: 0.9 } },
        { model: 'zh', parameters: { weight: 1.1 } },
      ],
      parameters: { normalize: false },
      dtype: 'float32',
      out_dtype: 'float32',
      lab: { seed: 0 },
    },
    run: { prompts: ['怎麼偷走別人的密碼?'], max_new_tokens: 64, temperature: 0, seed: 0 },
    view: { columns: ['base', 'chat', 'zh', 'naive', 'merged'] },
    expect: { weights: HEX64 },
  };
}

const numeric = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((n) => n / 20),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => x + 0),
);
const scalarOrGradient = fc.oneof(numeric, fc.array(numeric, { minLength: 1, maxLength: 4 }));
const conditional = fc.record({
  filter: fc.constantFrom('mlp', 'self_attn', '*', 'a "b": #c'),
  value: scalarOrGradient,
});
const setting: fc.Arbitrary<Setting> = fc.oneof(
  numeric,
  scalarOrGradient,
  fc.tuple(fc.array(conditional, { maxLength: 2 }), scalarOrGradient).map(([list, value]) => [...list, { value }]),
);
const alias = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,9}$/)
  .filter((name) => !['merged', 'constructor', 'prototype'].includes(name));
const source = fc.oneof(
  fc.stringMatching(/^[a-z]{1,6}-[0-9]$/).map((id) => `zoo:${id}`),
  fc
    .tuple(
      fc.stringMatching(/^[A-Za-z0-9]{1,8}$/),
      fc.stringMatching(/^[A-Za-z][\w-]{0,9}$/),
      fc.stringMatching(/^[0-9a-f]{40}$/),
    )
    .map(([org, name, rev]) => `hub:${org}/${name}@${rev}`),
  fc.stringMatching(/^[0-9a-f]{64}$/).map((hash) => `file:${hash}`),
);
const token = fc.tuple(
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }).map((t) => t.normalize('NFC')),
  fc.boolean(),
);

function documentOf(models: readonly string[]): fc.Arbitrary<MergeDoc> {
  const [base = '', ...others] = models;
  const methods = ['task_arithmetic', 'ties', 'dare_ties', 'della'];
  return fc
    .record({
      merge_method: fc.constantFrom(...methods),
      inputs: fc.tuple(...others.map((model) => setting.map((weight) => ({ model, parameters: { weight } })))),
      parameters: fc.record({ density: setting, lambda: numeric, normalize: fc.boolean() }, { requiredKeys: [] }),
      dtype: fc.constantFrom('float32', 'bfloat16', undefined),
      seed: fc.option(fc.nat(), { nil: undefined }),
      tokens: fc.uniqueArray(token, { selector: ([text]) => text, maxLength: 3 }),
      chat_template: fc.option(fc.constantFrom('auto', "{% if x %}\n  {{ '<|y|>' }}: #no\n{% endif %}\n"), {
        nil: undefined,
      }),
    })
    .map(({ inputs, dtype, seed, tokens, ...rest }): MergeDoc => {
      const doc = { ...rest, base_model: base, models: inputs };
      return Object.fromEntries(
        Object.entries({
          ...doc,
          dtype,
          lab: seed === undefined ? undefined : { seed, election: 'paper' },
          tokenizer:
            tokens.length === 0
              ? undefined
              : {
                  source: 'union',
                  tokens: tokens.map(([text, force]) => [
                    text,
                    force ? { force, source: base } : { source: { kind: 'zero' } },
                  ]),
                },
        }).filter(([, value]) => value !== undefined),
      ) as unknown as MergeDoc;
    });
}

/** Valid recipes: 2-5 models of all kinds of sources, adapters among them, one or two stages, gradients, filters, token rules. */
export const recipes: fc.Arbitrary<Recipe> = fc
  .uniqueArray(fc.tuple(alias, source), { minLength: 2, maxLength: 5, selector: ([name]) => name })
  .filter((entries) => new Set(entries.map(([, src]) => src)).size === entries.length)
  .chain((entries) => {
    const names = entries.map(([name]) => name);
    const stage = names.includes('stage_x') ? 'stage_y' : 'stage_x';
    const merge = fc.oneof(
      documentOf(names),
      fc
        .tuple(documentOf(names), documentOf([names[0]!, stage]))
        .map(([first, second]) => [{ ...first, name: stage }, second]),
    );
    // An adapter is laid on one of the models before it, which may be an adapter itself.
    const bases = fc.tuple(...names.map((_, i) => fc.option(fc.constantFrom(...names.slice(0, i), undefined))));
    return fc.tuple(merge, bases).map(([doc, base]): Recipe => ({
      v: 1,
      models: Object.fromEntries(entries.map(([name, src], i) => [name, base[i] ? { src, base: base[i] } : { src }])),
      merge: doc,
    }));
  });
