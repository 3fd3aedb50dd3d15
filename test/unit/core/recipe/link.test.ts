import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalRecipe } from '../../../../src/core/recipe/canonical';
import { DICTIONARY_V1 } from '../../../../src/core/recipe/dictionary-v1';
import { decodeLink, encodeLink } from '../../../../src/core/recipe/link';
import { DTYPES, KEYS, LAB_VARIANTS, METHODS, PARAMETER_NAMES } from '../../../../src/core/recipe/schema';
import type { Recipe } from '../../../../src/core/recipe/types';
import { HEX64, lesson, recipes } from './recipes';

/** Packs any text as another maker of links would: zlib with the same dictionary. */
function pack(text: string | Uint8Array): string {
  return `#1.${deflateRawSync(Buffer.from(text as string), { level: 9, dictionary: Buffer.from(DICTIONARY_V1) }).toString('base64url')}`;
}
const codeOf = (link: string) =>
  decodeLink(link).then(
    () => 'opened',
    (error: { code: string }) => error.code,
  );

describe('dictionary 1', () => {
  it('is frozen: no link made with another one opens', () => {
    expect(createHash('sha256').update(DICTIONARY_V1).digest('hex')).toBe(
      'e52759cf0cc0713902dd584eb405bf0432a410e4a761b35408712acb1362c7ac',
    );
  });

  it('holds all words of the schema, so that later methods need no other', () => {
    const words = [
      ...Object.keys(METHODS),
      ...PARAMETER_NAMES,
      ...Object.values(KEYS).flat(),
      ...DTYPES,
      ...Object.values(LAB_VARIANTS).flat(),
    ];
    const ours = [
      'prompts',
      'max_new_tokens',
      'temperature',
      'columns',
      'probe',
      'panel',
      'weights',
      'texts',
      'expect',
      'merge',
      'zoo:',
      'hub:',
      'file:',
    ];
    // These two are for YAML only and never stand in a recipe.
    const missing = [...words, ...ours].filter(
      (word) => !DICTIONARY_V1.includes(word) && word !== 'aliases' && word !== 'fingerprints',
    );
    expect(missing).toEqual([]);
  });
});

describe('links', () => {
  it('are short', async () => {
    const link = await encodeLink(lesson());
    expect(link).toMatch(/^#1\.[A-Za-z0-9_-]+$/);
    expect(link.length).toBeLessThan(200);
  });

  it.each<[name: string, link: string, recipe: () => Recipe]>([
    ['the lesson', '#1.w56EE5Mog8MiC1AlVdMmvVIlTWKveamfLmEJsrYWAA', lesson],
    [
      'a two-stage recipe with text',
      '#1.w1omwkvBJ3sXPF26VyFGKTFGKSYPtVBMTKIMohaqFBVniERuipJyk_CrBAYRchEG0omSXUEW4S6uIZFnTkoRAi0pcWQ7Ip0OrMyMII7HUbZGA_M6qNoDltGwlhwkgyHSMah5lV-Urg_yvoOBoZGxiamZuYUlfhY4-yHMADejKE8E0MReCwA',
      stages,
    ],
  ])('made today open for ever: %s', async (_name, link, recipe) => {
    expect((await decodeLink(link)).recipe).toEqual(recipe());
    expect(await encodeLink(recipe())).toBe(link);
  });

  it('give the recipe back (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        recipes,
        fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.normalize('NFC'))),
        async (recipe, prompts) => {
          const full = { ...recipe, run: { prompts } };
          const { recipe: read, notices } = await decodeLink(await encodeLink(full));
          expect(read).toEqual(full);
          expect(notices.filter((notice) => notice.code === 'recipe/dropped-key')).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('open as a fragment, without its sign, and as a whole address', async () => {
    const link = await encodeLink(lesson());
    for (const form of [link, link.slice(1), `https://lab.test/x/?lang=en${link}`, ` ${link}\n`]) {
      expect((await decodeLink(form)).recipe).toEqual(lesson());
    }
  });

  it('of other makers open too', async () => {
    expect((await decodeLink(pack(canonicalRecipe(lesson())))).recipe).toEqual(lesson());
    expect((await decodeLink(pack(JSON.stringify(lesson(), null, 2)))).recipe).toEqual(lesson());
  });

  it('carry nothing but the recipe', async () => {
    const extra = {
      ...lesson(),
      token: 'hf_secret',
      models: { ...lesson().models, base: { src: 'zoo:base-1', path: 'C:/me' } },
    };
    expect(await encodeLink(extra as Recipe)).toBe(await encodeLink(lesson()));
  });

  it('too large to share are refused with the size', async () => {
    const prompts = Array.from({ length: 10 }, () => 'x'.repeat(10_000));
    await expect(encodeLink({ ...lesson(), run: { prompts } })).rejects.toMatchObject({
      code: 'link/too-large',
      params: { limit: 65536 },
    });
  });
});

describe('damage', () => {
  const json = canonicalRecipe(lesson());
  it.each<[name: string, link: string, code: string]>([
    ['nothing', '', 'link/not-a-link'],
    ['another fragment', '#about', 'link/not-a-link'],
    ['an address without fragment', 'https://lab.test/a.html', 'link/not-a-link'],
    ['a word as version', '#x.abc', 'link/not-a-link'],
    ['format 2', '#2.AAAA', 'link/version'],
    ['no payload', '#1.', 'link/truncated'],
    ['a foreign character', '#1.AAAA%20', 'link/base64'],
    ['padding', '#1.AAA=', 'link/base64'],
    ['plain base64', '#1.A+/A', 'link/base64'],
    ['one character', '#1.A', 'link/base64'],
    ['unused bits set', `${pack(json).slice(0, -1)}_`, 'link/base64'],
    ['no deflate data', `#1.${Buffer.from([7, 255, 255]).toString('base64url')}`, 'link/damaged'],
    ['no text', pack(Uint8Array.of(0xff, 0xfe)), 'link/damaged'],
    ['no JSON', pack('{"v":1'), 'recipe/json'],
    ['no recipe', pack('{"v":1}'), 'recipe/type'],
    ['another version of recipe', pack(json.replace('"v":1', '"v":2')), 'recipe/version'],
    ['a forbidden key', pack(json.replace('"v":1', '"__proto__":{},"v":1')), 'recipe/forbidden-key'],
    ['depth', pack('['.repeat(60_000)), 'recipe/too-deep'],
    ['a bomb', pack(' '.repeat(50_000_000)), 'link/too-large'],
    ['just over the cap', pack(' '.repeat(65_537)), 'link/too-large'],
    ['just at the cap', pack(json + ' '.repeat(65_536 - Buffer.byteLength(json))), 'opened'],
    ['length', `#1.${'A'.repeat(90_001)}`, 'link/too-large'],
  ])('%s', async (_name, link, code) => {
    expect(await codeOf(link)).toBe(code);
  });

  it('every cut is seen', async () => {
    const link = await encodeLink(lesson());
    for (let length = 3; length < link.length; length++) {
      expect(['link/truncated', 'link/base64']).toContain(await codeOf(link.slice(0, length)));
    }
  });

  it('a changed character never does worse than a LabError', async () => {
    const link = await encodeLink(lesson());
    for (let at = 3; at < link.length; at++) {
      for (const other of 'A_z5') {
        const damaged = link.slice(0, at) + other + link.slice(at + 1);
        expect(await codeOf(damaged)).toMatch(/^(?:opened|link\/\w+|recipe\/[\w-]+)$/);
      }
    }
  });

  it('a bomb stops early', async () => {
    const bomb = pack(' '.repeat(50_000_000));
    const begin = performance.now();
    expect(await codeOf(bomb)).toBe('link/too-large');
    expect(performance.now() - begin).toBeLessThan(500);
  });
});

function stages(): Recipe {
  const weighted = (model: string, weight: number) => ({ model, parameters: { weight } });
  return {
    v: 1,
    models: { a: { src: `hub:org/name@${'0123456789'.repeat(4)}` }, b: { src: `file:${HEX64}` } },
    merge: [
      { name: 'soup', merge_method: 'linear', models: [weighted('a', 0.5), weighted('b', 0.5)] },
      {
        merge_method: 'ties',
        base_model: 'a',
        models: [weighted('soup', 1), weighted('b', -0.25)],
        parameters: { density: [0.9, 0.1] },
        lab: { seed: 7, election: 'paper' },
      },
    ],
    expect: { weights: HEX64, texts: { merged: '你好 "a"\n' } },
  };
}
