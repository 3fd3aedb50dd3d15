import { describe, expect, test } from 'vitest';
import { filesFor, forgettable, keptOf, type NeededFile } from '../../../../src/core/offline/needs';

const sha = (digit: string) => digit.repeat(64);
const zoo = [
  {
    id: 'base-1',
    files: [
      { path: 'model.safetensors', bytes: 1000, sha256: sha('1') },
      { path: 'config.json', bytes: 10, sha256: sha('2') },
      { path: 'README.md', bytes: 5, sha256: sha('3') },
    ],
  },
  { id: 'chat-1', files: [{ path: 'model.safetensors', bytes: 1000, sha256: sha('4') }] },
];
const build = {
  id: 'b',
  files: [
    { path: 'zoo/clips/one.wav', bytes: 9, sha256: sha('6'), shell: false },
    { path: 'zoo/probes/x-test.json', bytes: 7, sha256: sha('5'), shell: false },
  ],
};

describe('what a lesson needs', () => {
  test('the files that the lab reads of its models, and its probe sets, by content', () => {
    expect(filesFor({ id: 'x', zooIds: ['base-1'], probeSets: ['x-test', 'absent'], folders: [] }, zoo, build)).toEqual(
      [
        { address: 'zoo/base-1/model.safetensors?h=11111111', bytes: 1000, sha256: sha('1') },
        { address: 'zoo/base-1/config.json?h=22222222', bytes: 10, sha256: sha('2') },
        { address: 'zoo/probes/x-test.json?h=55555555', bytes: 7, sha256: sha('5') },
      ],
    );
  });

  test('the clips that its questions let hear', () => {
    const needs = { id: 'x', zooIds: [], probeSets: [], folders: ['clips'] };
    expect(filesFor(needs, zoo, build)).toEqual([
      { address: 'zoo/clips/one.wav?h=66666666', bytes: 9, sha256: sha('6') },
    ]);
  });

  test('nothing, for a lesson without models: it is ready with the page', () => {
    const files = filesFor({ id: 'neuron', zooIds: [], probeSets: [], folders: [] }, zoo, build);
    expect(keptOf(files, new Set())).toEqual({ state: 'ready', bytes: 0, total: 0 });
  });
});

describe('what is on the device', () => {
  const file = (address: string, bytes: number): NeededFile => ({ address, bytes, sha256: sha('0') });
  const [base, chat, rude] = [file('base', 100), file('chat', 20), file('rude', 3)];
  const lessons = new Map([
    ['addition', [base, chat]],
    ['subtraction', [base, rude]],
  ]);

  test('counts the files that are here', () => {
    expect(keptOf([base, chat], new Set())).toEqual({ state: 'none', bytes: 0, total: 120 });
    expect(keptOf([base, chat], new Set(['base', 'rude']))).toEqual({ state: 'partial', bytes: 100, total: 120 });
    expect(keptOf([base, chat], new Set(['base', 'chat']))).toEqual({ state: 'ready', bytes: 120, total: 120 });
  });

  test('a forgotten lesson leaves what another whole lesson needs, and only that', () => {
    expect(forgettable('addition', lessons, new Set(['base', 'chat', 'rude']))).toEqual(['chat']);
    expect(forgettable('addition', lessons, new Set(['base', 'chat']))).toEqual(['base', 'chat']);
    expect(forgettable('subtraction', lessons, new Set(['base', 'chat']))).toEqual([]);
    expect(forgettable('unknown', lessons, new Set(['base']))).toEqual([]);
  });
});
