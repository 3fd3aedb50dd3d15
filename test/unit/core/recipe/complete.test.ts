import { describe, expect, test } from 'vitest';
import { completionsAt } from '../../../../src/core/recipe/complete';

const TEXT = `merge_method: ties
base_model: base
models:
  - model: chat
    parameters:
      density: 0.5
slices:
- sources:
  - model: zh
modules:
  text_decoder:
lab:
  seed: 1
`;
/** What is offered at the end of `line`, written after the first line of TEXT that ends in `after`. */
function offered(after: string, line: string) {
  const at = after === '' ? 0 : TEXT.indexOf(after) + after.length + 1;
  const before = TEXT.slice(0, at) + line;
  return completionsAt(before, before + TEXT.slice(at), ['base', 'chat', 'zoo:zh-1']);
}

describe('what is offered while YAML is typed', () => {
  test.each([
    ['', 'merge_method: ', 'dare_ties'],
    ['', 'dty', 'dtype'],
    ['', 'out_dtype: bf', 'bfloat16'],
    ['base_model: base', 'base_model: zoo:', 'zoo:zh-1'],
    ['models:', '  - mod', 'model'],
    ['models:', '  - {model: ', 'chat'],
    ['model: chat', '    par', 'parameters'],
    ['parameters:', '      wei', 'weight'],
    ['parameters:', '      weight: [{filter: ', 'self_attn'],
    ['slices:', '- sou', 'sources'],
    ['- sources:', '  - layer', 'layer_range'],
    ['modules:', '  vis', 'vision_tower'],
    ['text_decoder:', '    mod', 'models'],
    ['lab:', '  elec', 'election'],
    ['lab:', '  election: ', 'paper'],
    ['', 'tokenizer_source: ', 'union'],
  ])('after "%s", at "%s": %s', (after, line, option) => expect(offered(after, line)?.options).toContain(option));

  test('replaces the word that was begun', () => {
    expect(offered('', 'out_dtype: bf')).toMatchObject({ from: 'out_dtype: '.length, kind: 'value' });
    expect(offered('', '  - mod')?.from).toBe(4);
  });

  test('offers the parameters of the method in the text, and nothing inside of a number', () => {
    expect(offered('parameters:', '      ')?.options).not.toContain('t');
    expect(offered('parameters:', '      weight: 0.')).toBeNull();
  });
});
