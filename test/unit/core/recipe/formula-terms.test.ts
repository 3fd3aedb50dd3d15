import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { termsOf } from '../../../../src/core/recipe/formula-terms';

const ALIASES = ['base', 'chat', 'zh', 'naive'];
const terms = (text: string) => termsOf(text, ALIASES).map(({ from, to, alias }) => [text.slice(from, to), alias]);

describe('terms of a formula', () => {
  test('are its models with their coefficients', () => {
    expect(terms('base + 1.1*(chat - base) - 0.5 * (zh - base)')).toEqual([
      ['base', 'base'],
      ['1.1*(chat - base)', 'chat'],
      ['0.5 * (zh - base)', 'zh'],
    ]);
    expect(terms('0.3*chat + zh*2')).toEqual([
      ['0.3*chat', 'chat'],
      ['zh*2', 'zh'],
    ]);
    expect(terms('-1*chat + 2*-1*zh')).toEqual([
      ['-1*chat', 'chat'],
      ['2*-1*zh', 'zh'],
    ]);
  });

  test('of a method are its inputs, not its parameters', () => {
    expect(terms('ties(base; chat: 1.0, zh: 0.8; density: 0.5)')).toEqual([
      ['base', 'base'],
      ['chat: 1.0', 'chat'],
      ['zh: 0.8', 'zh'],
    ]);
  });

  test('of modules that are one model’s are what says so', () => {
    expect(terms('base + 1.1*(chat - base) with head of chat, vision_tower of zh')).toEqual([
      ['base', 'base'],
      ['1.1*(chat - base)', 'chat'],
      ['head of chat', 'chat'],
      ['vision_tower of zh', 'zh'],
    ]);
    expect(terms('ties(base; chat: 1.0; density: 0.5) with head of zh').at(-1)).toEqual(['head of zh', 'zh']);
  });

  test('a bracket over several vectors has no term but its names', () => {
    expect(terms('base + 0.5*(chat + zh - 2*base)').map(([text]) => text)).toEqual(['base', 'chat', 'zh', 'base']);
  });

  test('are there while the formula is not finished, and absent where there is no token', () => {
    expect(terms('base + 1.1*(chat - ')).toEqual([
      ['base', 'base'],
      ['1.1*(chat -', 'chat'],
    ]);
    expect(terms('base + nobody')).toEqual([['base', 'base']]);
    expect(terms('base + $')).toEqual([]);
    expect(terms('')).toEqual([]);
  });

  test('never overlap and are never empty, whatever is typed', () => {
    const piece = fc.constantFrom(...ALIASES, ' ', '+', '-', '*', '(', ')', '1.5', ',', ';', ':', 'ties');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        let end = 0;
        for (const { from, to, alias } of termsOf(pieces.join(''), ALIASES)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          expect(pieces.join('').slice(from, to)).toContain(alias);
          end = to;
        }
      }),
    );
  });
});
