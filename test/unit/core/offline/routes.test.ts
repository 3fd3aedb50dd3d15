import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRange, routeOf, unusedCaches, zooPath, type Build } from '../../../../src/core/offline/routes';

const SCOPE = 'https://lab.example/sub/path/';
const build: Build = {
  id: 'b1',
  files: [
    { path: 'index.html', bytes: 10, sha256: 'a'.repeat(64), shell: true },
    { path: 'assets/main-12345678.js', bytes: 10, sha256: 'b'.repeat(64), shell: true },
    { path: 'zoo/index.json', bytes: 10, sha256: 'c'.repeat(64), shell: true },
    { path: 'zoo/recorded/addition.json', bytes: 10, sha256: 'd'.repeat(64), shell: true },
    { path: 'zoo/probes/addition-test.json', bytes: 10, sha256: 'e'.repeat(64), shell: false },
  ],
};
const ask = (url: string, mode = 'cors', method = 'GET') => routeOf({ url, mode, method }, SCOPE, build);

describe('where a request is answered from', () => {
  test('the page, whatever its query and fragment, is the kept page', () => {
    for (const address of ['', 'index.html', '?lesson=addition&step=2', '#1.abc', '?lang=en#1.abc'])
      expect(ask(SCOPE + address, 'navigate'), address).toEqual({ kind: 'shell', path: 'index.html' });
  });

  test('no other address is answered with the page', () => {
    for (const address of ['zoo/base-1/README.md', 'nothing', 'assets/', 'zoo/'])
      expect(ask(SCOPE + address, 'navigate'), address).toEqual({ kind: 'network' });
    expect(ask(`${SCOPE}zoo/base-1/model-00002.safetensors`)).toEqual({ kind: 'network' });
  });

  test('files of this build come from its cache, scripts of another from any', () => {
    expect(ask(`${SCOPE}assets/main-12345678.js`)).toEqual({ kind: 'shell', path: 'assets/main-12345678.js' });
    expect(ask(`${SCOPE}assets/main-87654321.js`)).toEqual({ kind: 'asset' });
    expect(ask(`${SCOPE}zoo/index.json`)).toEqual({ kind: 'shell', path: 'zoo/index.json' });
    expect(ask(`${SCOPE}zoo/recorded/addition.json`).kind).toBe('shell');
  });

  test('models go by their content, probe sets by the content that this build has of them', () => {
    const key = `${SCOPE}zoo/base-1/model.safetensors?h=0123abcd`;
    expect(ask(key)).toEqual({ kind: 'zoo', key, sha256: '0123abcd' });
    expect(ask(`${SCOPE}zoo/base-1/model.safetensors?h=0123abcd#x`)).toEqual({ kind: 'zoo', key, sha256: '0123abcd' });
    expect(ask(`${SCOPE}zoo/probes/addition-test.json`)).toEqual({
      kind: 'zoo',
      key: `${SCOPE}zoo/probes/addition-test.json?h=eeeeeeee`,
      sha256: 'e'.repeat(64),
    });
    expect(ask(`${SCOPE}zoo/base-1/model.safetensors?h=0123`)).toEqual({ kind: 'network' });
    expect(ask(`${SCOPE}zoo/base-1/model.safetensors?hh=0123abcd`)).toEqual({ kind: 'network' });
  });

  test('nothing else is touched: other origins, other folders, other methods, the worker itself', () => {
    expect(ask('https://huggingface.co/zoo/base-1/config.json?h=0123abcd')).toEqual({ kind: 'network' });
    expect(ask('https://lab.example/sub/zoo/base-1/config.json?h=0123abcd')).toEqual({ kind: 'network' });
    expect(ask(`${SCOPE}zoo/index.json`, 'cors', 'HEAD')).toEqual({ kind: 'network' });
    expect(ask(`${SCOPE}zoo/index.json`, 'cors', 'POST')).toEqual({ kind: 'network' });
    expect(ask(`${SCOPE}sw.js`)).toEqual({ kind: 'network' });
  });

  test('a name with marks is found under the address that the lab asks for', () => {
    const path = 'zoo/base-1/a b#ü%.json';
    const key = SCOPE + zooPath(path, '0123abcd'.padEnd(64, '0'));
    expect(key).toBe(`${SCOPE}zoo/base-1/a%20b%23%C3%BC%25.json?h=0123abcd`);
    expect(ask(key)).toEqual({ kind: 'zoo', key, sha256: '0123abcd' });
    expect(ask(`${SCOPE}zoo/base-1/%E0%A4%A?h=0123abcd`).kind).toBe('zoo');
  });
});

describe('ranges', () => {
  test('first to last, from the first on, the last ones', () => {
    expect(parseRange('bytes=0-7', 100)).toEqual({ start: 0, end: 8 });
    expect(parseRange('bytes=90-', 100)).toEqual({ start: 90, end: 100 });
    expect(parseRange('bytes=90-200', 100)).toEqual({ start: 90, end: 100 });
    expect(parseRange('bytes=-10', 100)).toEqual({ start: 90, end: 100 });
    expect(parseRange('bytes=-200', 100)).toEqual({ start: 0, end: 100 });
  });

  test('what means nothing gives the whole, what lies beyond is refused', () => {
    for (const header of [null, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,4-5', 'items=0-1', 'bytes=a-b'])
      expect(parseRange(header, 100), String(header)).toBeNull();
    expect(parseRange('bytes=100-', 100)).toBe('unsatisfiable');
    expect(parseRange('bytes=0-0', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-0', 100)).toBe('unsatisfiable');
  });

  test('a range never leaves the body and is never empty', () => {
    const bound = fc.option(fc.nat(300), { nil: '' });
    fc.assert(
      fc.property(bound, bound, fc.nat(200), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (range === null || range === 'unsatisfiable') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThan(range.start);
        expect(range.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('caches of builds that are not this one', () => {
  const names = ['shell-a', 'shell-b', 'shell-c', 'zoo', 'another'];

  test('go when every page is of another build, and nothing but builds goes', () => {
    expect(unusedCaches(names, 'c', ['c', 'c'], false)).toEqual(['shell-a', 'shell-b']);
    expect(unusedCaches(names, 'c', [], false)).toEqual(['shell-a', 'shell-b']);
  });

  test('stay while a page is of that build, or does not say of which', () => {
    expect(unusedCaches(names, 'c', ['b', 'c'], false)).toEqual(['shell-a']);
    expect(unusedCaches(names, 'c', ['c', null], false)).toEqual([]);
  });

  test('stay while another build is on its way', () => {
    expect(unusedCaches(names, 'b', ['b'], true)).toEqual([]);
  });
});
