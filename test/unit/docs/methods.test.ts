import { test, expect } from 'vitest';
import { METHODS } from '../../../src/core/merge/registry';
import type { MergeMethod } from '../../../src/core/merge/method';
import { FAMILIES, LAB_VARIANTS, type Family, type ParamSpec } from '../../../src/core/merge/specs';

const TITLES: Readonly<Record<Family, string>> = {
  sum: 'Sums',
  sparse: 'Task vectors, thinned out',
  sphere: 'Directions',
  pick: 'Element by element',
};
const SCOPES: Readonly<Record<ParamSpec['scope'], string>> = {
  shared: 'one value',
  input: 'for each model',
  non_base: 'for each model but the base',
};

const number = ([min, max]: readonly [number, number]): string =>
  min === max ? `exactly ${min}` : max === Infinity ? `${min} or more` : `${min} to ${max}`;

function models({ base, inputs, nonBase }: MergeMethod): string {
  if (base === 'ignored') return inputs[1] === 1 ? number(inputs) : `${number(inputs)}; a base is one more`;
  const besides: readonly [number, number] = [Math.max(nonBase[0], inputs[0] - 1), Math.min(nonBase[1], inputs[1] - 1)];
  return base === 'required' ? `base and ${number(besides)}` : `${number(nonBase)}, base if wanted`;
}

function parameter({ id, scope, type, default: value, range, ignored }: ParamSpec): string {
  if (ignored) return `\`${id}\`: taken, without effect`;
  const shown = value === null ? 'required' : type === 'boolean' ? String(value === 1) : String(value);
  const slider = range ? `; slider ${range[0]} to ${range[1]}` : '';
  return `\`${id}\`: ${shown} (${SCOPES[scope]}${slider})`;
}

function section(method: MergeMethod): string {
  const { id, label, paper, params, variants, laws, random, elementwise } = method;
  const lab = variants.map((variant) => `\`${variant}: ${LAB_VARIANTS[variant].join(' | ')}\``);
  return [
    `### ${label}`,
    '',
    `\`merge_method: ${id}\` ([source](${paper})). Models: ${models(method)}.`,
    ...(random ? ['Draws masks: `lab.seed` says which.'] : []),
    ...(elementwise ? [] : ['Looks at whole tensors.']),
    '',
    ...(params.length > 0 ? params.map((param) => `- ${parameter(param)}`) : ['- no parameters']),
    ...(lab.length > 0 ? [`- in the \`lab:\` block, mergekit's own way first: ${lab.join(', ')}`] : []),
    `- laws, tested: ${laws.map(({ id: law, tolerance }) => (tolerance === 0 ? `${law} (to the bit)` : `${law} (${tolerance.toExponential()})`)).join(', ')}`,
    '',
  ].join('\n');
}

const page = (): string =>
  [
    '# Merge methods',
    '',
    'Every method of mergekit 0.1.5. Made from the registry (`src/core/merge/registry.ts`) by `test/unit/docs/methods.test.ts`,',
    'which fails when this page is out of date; `npx vitest run --project unit test/unit/docs -u` writes it anew. What differs from',
    'mergekit stands in [decisions.md](decisions.md), section "Merge methods". A number behind a law is how far it may be off,',
    'relative to the largest value.',
    '',
    ...FAMILIES.flatMap((family) => [
      `## ${TITLES[family]}`,
      '',
      ...METHODS.filter((method) => method.family === family).map(section),
    ]),
  ].join('\n');

test('docs/methods.md says what the registry says', async () => {
  await expect(page()).toMatchFileSnapshot('../../../docs/methods.md');
});
