import { expect, test } from 'vitest';
import { isBuiltIn } from '../../../src/state/keys';

test('only what is made of built-in models speaks their language', () => {
  const [zoo, hub] = [{ src: 'zoo:base-1' }, { src: 'hub:someone/something@0' }];
  expect(isBuiltIn({ base: zoo, zh: zoo }, 'zh')).toBe(true);
  expect(isBuiltIn({ base: zoo, zh: zoo }, 'merged')).toBe(true);
  expect(isBuiltIn({ base: zoo, other: hub }, 'base')).toBe(true);
  expect(isBuiltIn({ base: zoo, other: hub }, 'other')).toBe(false);
  expect(isBuiltIn({ base: zoo, other: hub }, 'merged')).toBe(false);
  expect(isBuiltIn({ base: zoo, other: hub })).toBe(false);
  expect(isBuiltIn({})).toBe(false);
});
