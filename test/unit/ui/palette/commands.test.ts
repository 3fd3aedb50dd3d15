import { beforeEach, describe, expect, test, vi } from 'vitest';
import { palette as en } from '../../../../src/i18n/en/palette';
import { palette as hans } from '../../../../src/i18n/zh-Hans/palette';
import { palette as hant } from '../../../../src/i18n/zh-Hant/palette';
import { LESSON_ORDER, READY } from '../../../../src/lessons';
import { addition } from '../../../../src/lessons/addition/lesson';
import { lab } from '../../../../src/state/bench';
import { commandsOf, find } from '../../../../src/ui/palette/commands';
import type { PaletteTools } from '../../../../src/ui/palette/rows';
import { say } from '../../../../src/ui/palette/words';

// The bench reads the page's address as soon as it is imported.
vi.hoisted(() => {
  vi.stubGlobal('location', { href: 'http://localhost/' });
  vi.stubGlobal('document', { querySelector: () => null });
  vi.stubGlobal('CSS', { escape: (text: string) => text });
});

const openLesson = vi.fn();
const tools: PaletteTools = { lessons: READY, shortcuts: [], view: 'bench', openLesson, goToView: vi.fn() };
const list = () => commandsOf(tools);
const idsOf = (query: string) => find(list(), query).map(({ id }) => id);

beforeEach(() => lab.open(addition.recipe, 'addition'));

describe('messages of the palette', () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  test.each([hant, hans])('have the same keys and placeholders', (other) => {
    expect(Object.keys(other)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en))
      expect(holes(other[key as keyof typeof en]), key).toEqual(holes(text));
  });
  test('name every lesson', () => {
    for (const id of LESSON_ORDER) expect(Object.keys(en)).toContain(`name.${id}`);
  });
});

describe('commands', () => {
  test('have one id each, and a title without gaps in every language', () => {
    const all = list();
    expect(all.length).toBeGreaterThan(25);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { key, params } of all)
      for (const lang of ['en', 'zh-Hant', 'zh-Hans'] as const)
        expect(say(key, params, lang)).not.toMatch(/[{}@]|undefined/);
  });

  test('are found by words of any language, in any order', () => {
    expect(idsOf('mute zh')).toContain('mute-zh');
    expect(idsOf('zh mute')).toContain('mute-zh');
    expect(idsOf('變號 zh')).toContain('negate-zh');
    expect(idsOf('变号 zh')).toContain('negate-zh');
    expect(idsOf('lesson subtraction')).toEqual(['lesson-subtraction']);
    expect(idsOf('减法')).toEqual(['lesson-subtraction']);
    expect(idsOf('減法')).toEqual(['lesson-subtraction']);
    expect(idsOf('ties')).toContain('method-ties');
    expect(idsOf('nothing like this')).toEqual([]);
    expect(idsOf('')).toEqual(list().map(({ id }) => id));
  });

  test('that begin with the words come first', () => {
    expect(idsOf('run')[0]).toBe('run');
  });

  test('do what they say', () => {
    const act = (id: string) =>
      list()
        .find((command) => command.id === id)
        ?.run();
    act('zero-chat');
    expect(lab.weight('chat')).toBe(0);
    expect(list().some(({ id }) => id === 'zero-chat')).toBe(false);
    act('one-chat');
    expect(lab.weight('chat')).toBe(1);
    act('negate-zh');
    expect(lab.weight('zh')).toBe(-1);
    act('mute-zh');
    expect(lab.weight('zh')).toBe(0);
    expect(say(list().find(({ id }) => id === 'mute-zh')!.key, { alias: 'zh' }, 'en')).toBe('Unmute zh');
    act('mute-zh');
    act('method-ties');
    expect(lab.doc?.merge_method).toBe('ties');
    act('lesson-subtraction');
    expect(openLesson).toHaveBeenCalledWith('subtraction');
  });
});
