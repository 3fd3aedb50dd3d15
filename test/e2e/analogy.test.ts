import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserEnvironment, CHROMIUM_FLAGS, findBrowser } from '../../src/cli/browsers';
import { wordErrors } from '../../src/core/probe/wer';
import { readWav, writeWav } from '../../src/core/sound/wav';
import golden from '../golden/speech/analogy.json';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { columnSources, columnTexts, seriousIssues, useLab } from './lab';

const LESSON = '?lesson=analogy';
const COLUMNS = ['a', 'b', 'c', 'merged', 'oracle'] as const;
const ZOO = join(import.meta.dirname, '../../public/zoo');
type Clip = (typeof golden.clips)[number];
const textsOf = ({ columns }: Clip): Record<string, string> =>
  Object.fromEntries(COLUMNS.map((alias) => [alias, columns[alias].text]));

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'merge-lab-sound-'))));
afterAll(() => rm(folder, { recursive: true }));

const file = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};
const clipSound = async ({ audio }: Clip) => readWav(new Uint8Array(await readFile(join(ZOO, audio))), audio);
const take = (page: LabPage, path: string): Promise<void> => page.setFiles('[data-testid="sound-file"]', [path]);
const prompt = (page: LabPage): Promise<string> =>
  page.evaluate(() => document.querySelector<HTMLSelectElement>('[data-testid="clip"]')?.value ?? '', null);
const tokens = (page: LabPage, alias: string): Promise<number> =>
  page.evaluate(
    (column) => document.querySelectorAll(`[data-testid="column-${column}-text"] .token`).length,
    alias as string,
  );

/** Chooses a clip and waits until every column has heard it. */
async function hear(page: LabPage, { audio }: Clip): Promise<void> {
  const runs = Number(await page.attr('status', 'data-run'));
  if ((await prompt(page)) === `clip:${audio}`) await page.click('run');
  else await page.select('clip', `clip:${audio}`);
  await page.waitForRuns(runs + 1);
  expect(await columnSources(page, COLUMNS)).toEqual(COLUMNS.map(() => 'live'));
  await page.waitFor('marks', async () => (await page.exists('said')) && (await page.exists('heard-merged')));
}

describe.each(ENGINES)('the analogy lesson in %s', (engine) => {
  const lab = useLab(engine);
  // Every clip in one engine, a few in the other: the engines' own part is the same for all of them.
  const clips = engine === 'chromium' ? golden.clips : golden.clips.filter((_, i) => i % 6 === 0);

  test('writes down each clip as Python transformers does, word for word, and marks what is wrong', async () => {
    const page = await lab.open(LESSON);
    await page.waitFor('the clips', () => page.exists('clip'));
    for (const clip of clips) {
      await hear(page, clip);
      expect(await columnTexts(page, COLUMNS), clip.audio).toEqual(textsOf(clip));
      expect(await page.text('said')).toBe(clip.expect);
      for (const alias of COLUMNS) {
        const { text, tokens: ids } = clip.columns[alias];
        // One more: the end.
        expect(await tokens(page, alias), `${clip.audio} ${alias}`).toBe(ids.length + 1);
        const { errors, words } = wordErrors(clip.expect, text);
        expect(await page.attr(`heard-${alias}`, 'data-errors')).toBe(String(errors));
        expect(await page.attr(`heard-${alias}`, 'data-words')).toBe(String(words));
      }
    }
    expect(lab.server.violations).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('one slider moves both sides of b - a: at 0 merged writes what c writes', async () => {
    const page = await lab.open(LESSON);
    const clip = golden.clips.find(({ columns }) => columns.c.text !== columns.merged.text)!;
    await page.waitFor('the clips', () => page.exists('clip'));
    await hear(page, clip);
    expect(await page.exists('slider-a')).toBe(false);
    expect(Number(await page.value('slider-b'))).toBe(golden.lambda);
    const runs = Number(await page.attr('status', 'data-run'));
    await page.slide('slider-b', 0);
    await page.waitForRuns(runs + 1);
    await page.waitFor(
      'merged to write what c writes',
      async () => (await columnTexts(page, ['merged'])).merged === clip.columns.c.text,
    );
    await page.close();
  });
});

describe.each(PANEL_ENGINES)("a sound of one's own in %s", (engine) => {
  const lab = useLab(engine);

  test('hears a file as it hears the clip, a part of a long one, and says why it takes no other', async () => {
    const page = await lab.open(LESSON);
    await page.waitFor('the clips', () => page.exists('clip'));
    const clip = golden.clips[1]!;
    const sound = await clipSound(clip);
    // A bench in memory only: the file's name is not kept, its sound is.
    await take(page, await file('mine.wav', writeWav(sound)));
    await page.waitForRuns(1);
    expect(await columnTexts(page, COLUMNS)).toEqual(textsOf(clip));
    expect(await page.exists('said')).toBe(false);
    expect(await page.exists('heard-merged')).toBe(false);
    expect(await page.attr('share-link', 'href')).not.toContain('mine');

    const samples = new Float32Array(5 * sound.rate);
    samples.set(sound.samples, 3 * sound.rate);
    await take(page, await file('long.wav', writeWav({ rate: sound.rate, samples })));
    await page.waitFor('the choice of two seconds', () => page.exists('sound-window'));
    expect(Number(await page.value('sound-window'))).toBeGreaterThan(1);

    for (const [name, bytes, code] of [
      ['cut.wav', writeWav(sound).subarray(0, 60), 'sound/damaged'],
      ['text.wav', 'RIFF, it says, and no more', 'sound/not-wav'],
      ['nothing.mp3', 'no sound at all', 'sound/unreadable'],
    ] as const) {
      await take(page, await file(name, bytes));
      await page.waitFor(code, async () => (await page.attr('sound-problem', 'data-code')) === code);
    }
    await page.close();
  });

  test('a link to a recording says that it stayed where it was made', async () => {
    const page = await lab.open(LESSON);
    await page.waitFor('the clips', () => page.exists('clip'));
    await take(page, await file('mine.wav', writeWav(await clipSound(golden.clips[0]!))));
    await page.waitForRuns(1);
    await page.waitFor('the link', async () => /#1\./.test((await page.attr('share-link', 'href')) ?? ''));
    const link = (await page.attr('share-link', 'href')) ?? '';
    await page.close();
    const other = await lab.open(link);
    await other.waitFor('the explanation', () => other.exists('sound-problem'));
    expect(await other.text('sound-problem')).toContain('stayed on the device');
    await other.close();
  });
});

const CHROMIUM = findBrowser('chromium');
describe.skipIf(CHROMIUM === null)('the sound box in chromium', () => {
  const lab = useLab('chromium');

  test('has no serious accessibility issue, light or dark', async () => {
    const page = await lab.open(LESSON);
    await page.waitFor('the clips', () => page.exists('clip'));
    await page.waitFor('the wave', () => page.exists('play'));
    await page.waitFor('marks', () => page.exists('heard-merged'));
    for (const theme of ['light', 'dark'] as const) {
      await page.emulate(theme);
      expect(await seriousIssues(page), theme).toEqual([]);
    }
    await page.close();
  });

  test('records two seconds from the microphone at the click, and transcribes them', async () => {
    const clip = golden.clips[0]!;
    const { rate, samples } = await clipSound(clip);
    // The fake microphone plays its file from the start when it is opened, and over again: silence follows.
    const padded = new Float32Array(4 * rate);
    padded.set(samples, rate / 10);
    const pcm = writeWav({ rate, samples: padded });
    const browser = await chromium.launch({
      executablePath: CHROMIUM ?? undefined,
      args: [
        ...CHROMIUM_FLAGS,
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${await file('voice.wav', pcm)}`,
      ],
      env: browserEnvironment(),
    });
    try {
      const page = await browser.newPage();
      await page.goto(new URL(LESSON, lab.server.url).href);
      const record = page.getByTestId('record');
      await record.click();
      await page.getByTestId('level').waitFor();
      await page.waitForFunction(
        () => Number(document.querySelector<HTMLElement>('[data-testid="status"]')?.dataset.run) > 0,
        undefined,
        { timeout: 30_000 },
      );
      expect(await page.getByTestId('sound-problem').count()).toBe(0);
      expect((await page.getByTestId('column-oracle-text').textContent())?.trim()).not.toBe('');
      await record.click();
      await page.getByTestId('record-cancel').click();
      await record.waitFor();
    } finally {
      await browser.close();
    }
  });
});
