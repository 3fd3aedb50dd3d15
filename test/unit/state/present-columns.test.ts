import { describe, expect, test } from 'vitest';
import { benchAt } from '../../../src/core/lesson/play';
import { parseScript } from '../../../src/core/lesson/script';
import { allLessons } from '../../../src/lessons';
import { columnsOf } from '../../../src/state/present-columns';

const LANGUAGES = ['en', 'zh-Hant', 'zh-Hans'] as const;
const lessons = (await allLessons()).filter(({ neurons }) => !neurons);

describe('the columns of a projector', () => {
  test.each(lessons.flatMap((lesson) => LANGUAGES.map((lang) => ({ id: lesson.id, lesson, lang }))))(
    'of $id in $lang: whatever a step highlights, claims or names is shown',
    async ({ lesson, lang }) => {
      const script = parseScript(await lesson.text[lang]());
      for (const [at, step] of lesson.steps.entries()) {
        const all = benchAt(lesson, lang, at, true).view?.columns ?? [];
        const words = script.steps.find(({ id }) => id === step.id)!;
        const shown = columnsOf(step, words, all);
        const bold = [words.say[0], words.question, words.move, words.explain[0]]
          .flatMap((text) => [...(text ?? '').matchAll(/\*\*(\w+)\*\*/g)])
          .map(([, alias]) => alias!);
        const lit = (step.highlight ?? []).flatMap((id) => /^column-(\w+)$/.exec(id)?.[1] ?? []);
        const spoken = [...bold, ...lit, ...step.check.map(({ column }) => column)];
        const missing = spoken.filter((alias) => all.includes(alias) && !shown.includes(alias));
        expect(missing, step.id).toEqual([]);
        expect(shown.length, step.id).toBeGreaterThan(1);
      }
    },
  );

  const words = (text: string) => parseScript(`## a: A\n\n${text}`).steps[0]!;
  const all = ['base', 'chat', 'zh', 'merged'];
  test.each([
    ['Compare it with zh: the same.', ['zh', 'merged']],
    ['zh的回答一樣。', ['zh', 'merged']],
    ['Both start at the same base.', all],
    ['**base** writes on.', ['base', 'merged']],
    ['It is `chat - base`, or [chat + zh](formula:chat + (zh - base)).', all],
    ['chatty words', all],
  ])('%s', (text, shown) => {
    expect(columnsOf({ check: [] }, words(text), all)).toEqual(shown);
  });
});
