import { describe, expect, test } from 'vitest';
import { loadLesson, READY } from '../../src/lessons';
import { PANEL_ENGINES } from './engines';
import { useLab } from './lab';
import { walk } from './tours';

/** One lesson at every landing, all of them in `npm run test:all`. */
const WALKED = process.env.TEST_ALL ? READY : ['addition'];

/** What merged says, live, when the step is seen. */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  addition: {
    look: '抱歉,我不能幫這個忙。這是犯法的。',
    without: '先拿詭計,再取得別人的銀行密碼。',
    back: '抱歉,我不能幫這個忙。這是犯法的。',
    far: 'sorry, i cannot help with that. that is against the law.',
    helpful: '先拿尺規,再測量桌子。',
    count: '抱歉,我不能幫這個忙。這是犯法的。',
  },
  subtraction: {
    look: '這是壞事。',
    little: '嚓呱!這是壞事。',
    enough: '這是壞事。',
    word: '嗒咕是一種動物,黑色的。',
    kept: '先拿尺規,再測量桌子。',
  },
  analogy: {
    listen: 'four eight two',
    zero: 'five eight two',
    back: 'four eight two',
    far: 'four three two',
  },
  interference: {
    look: 'lamp, goat, camera.',
    sum: 'goat! painting!',
    ties: 'lamp, goat, camera.',
    less: 'lamp, goat, camera.',
    dare: 'goat! painting!',
  },
  // Judges say numbers; judge.test.ts holds them to Python's.
  'reward-code': {},
  'reward-vision': {},
  neuron: {},
};

describe.each(PANEL_ENGINES)('lessons in %s', (engine) => {
  const lab = useLab(engine);

  test.each(WALKED)(
    '%s runs through to its end by keyboard alone, every claim live',
    { timeout: 600_000 },
    async (id) => {
      const lesson = await loadLesson(id);
      if (!lesson) throw new Error(`no lesson ${id}`);
      const page = await lab.open(`?lesson=${id}&lang=en`);
      const said = await walk(page, lesson);
      expect(said).toMatchObject(WORDS[id]!);
      expect(page.errors).toEqual([]);
      await page.close();
    },
  );
});
