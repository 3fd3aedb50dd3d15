import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { seriousIssues, useLab, waitForFingerprint, type LabUnderTest } from './lab';

const lesson = '?lesson=neuron';
const COLUMNS = ['theta', 'yours', 'friend', 'merged'];

/** Contract C4 of a checkpoint whose only tensor is `weight`, computed without the lab. */
function fingerprint(weights: number[]): string {
  const bytes = createHash('sha256')
    .update(Buffer.from(Float32Array.from(weights).buffer))
    .digest('hex');
  return createHash('sha256').update(`weight\tF32\t1,${weights.length}\t${bytes}\n`).digest('hex');
}

const mergedWeights = async (page: LabPage): Promise<number[]> =>
  Promise.all([1, 2, 3].map(async (at) => Number(await page.text(`weight-merged-${at}`))));

/** Output and verdict of one task, by model. */
async function results(page: LabPage, task: string): Promise<string[]> {
  return Promise.all(
    COLUMNS.map(async (alias) => {
      const id = `result-${task}-${alias}`;
      const [output] = /-?[\d.]+/.exec((await page.text(id)).replace(alias, '')) ?? [];
      return `${output} ${await page.attr(id, 'data-verdict')}`;
    }),
  );
}

/** The lesson, once its first question is answered: until then what the merged neuron computes is covered. */
async function openGuessed(lab: LabUnderTest): Promise<LabPage> {
  const page = await lab.open(lesson);
  await page.click('guess-both');
  return page;
}

async function untilLive(page: LabPage): Promise<void> {
  await page.waitFor(
    'live neurons',
    async () =>
      (await page.attr('column-merged', 'data-source')) === 'live' &&
      (await page.attr('status', 'data-state')) === 'idle',
  );
}

describe.each(PANEL_ENGINES)('the neuron lesson in %s', (engine) => {
  const lab = useLab(engine);

  test('runs by itself: the merged neuron is (3, 2, -2), right on both tasks, and nothing is fetched for it', async () => {
    const page = await openGuessed(lab);
    await untilLive(page);
    expect(await mergedWeights(page)).toEqual([3, 2, -2]);
    expect(await results(page, 'A')).toEqual(['3 wrong', '2 right', '3 wrong', '2 right']);
    expect(await results(page, 'B')).toEqual(['3 wrong', '3 wrong', '5 right', '5 right']);
    expect(await waitForFingerprint(page, ['new'])).toBe(fingerprint([3, 2, -2]));
    expect(page.requests.filter((url) => url.includes('/zoo/'))).toEqual([]);
    expect(page.requests.filter((url) => !url.startsWith(lab.server.origin) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(lab.server.violations).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('what the merged neuron computes is covered until it is guessed; its weights and its parents are not', async () => {
    const page = await lab.open(lesson);
    await untilLive(page);
    expect(await mergedWeights(page)).toEqual([3, 2, -2]);
    for (const task of ['A', 'B']) {
      const found = await results(page, task);
      expect(found.slice(0, 3).every((one) => /^-?\d+ (right|wrong)$/.test(one))).toBe(true);
      expect(found[3]).toMatch(/none$/);
      expect(await page.text(`result-${task}-merged`)).toContain('Covered until you guess.');
    }
    expect(await page.text('column-merged-text')).toBe('…');
    expect(await page.text('status')).not.toMatch(/2/);
    await page.click('guess-both');
    await page.waitFor('the outputs', async () => (await results(page, 'B'))[3] === '5 right');
    expect(await page.text('column-merged-text')).toBe('2');
    await page.close();
  });

  test('where both tasks need the same weight, the merged neuron is wrong on both', async () => {
    const page = await openGuessed(lab);
    await page.click('example-same');
    await untilLive(page);
    expect(await mergedWeights(page)).toEqual([4, 2, -1]);
    expect(await results(page, 'A')).toEqual(['3 wrong', '4 right', '5 wrong', '6 wrong']);
    expect(await results(page, 'B')).toEqual(['0 wrong', '1 wrong', '2 right', '3 wrong']);
    await page.slide('slider-friend', 0);
    await page.waitFor('yours alone', async () => (await mergedWeights(page))[0] === 2);
    await untilLive(page);
    expect((await results(page, 'A'))[3]).toBe('4 right');
    await page.close();
  });

  test('every typed number reaches the merged neuron, and a reload finds it again', async () => {
    const page = await openGuessed(lab);
    await untilLive(page);
    await page.fill('weight-yours-3', '-3.5');
    await page.waitFor('the new merge', async () => (await mergedWeights(page))[2] === -3.5);
    await untilLive(page);
    expect(await mergedWeights(page)).toEqual([3, 2, -3.5]);
    expect(await results(page, 'A')).toEqual(['3 wrong', '0.5 wrong', '3 wrong', '0.5 wrong']);
    expect(await waitForFingerprint(page, ['new'])).toBe(fingerprint([3, 2, -3.5]));

    await page.fill('input-A-3', '-1');
    await page.waitFor('the new input', async () => (await results(page, 'A'))[3] === '7.5 wrong');
    await page.fill('target-A', '7.5');
    expect(await results(page, 'A')).toEqual(['5 wrong', '7.5 right', '5 wrong', '7.5 right']);
    // A new base: the vectors are (4, 0, -2.5) and (6, 0, 0) now.
    await page.fill('weight-theta-1', '-3');
    await page.waitFor('the new base', async () => (await mergedWeights(page))[0] === 7);

    await page.waitFor('the address', () => page.evaluate(() => location.hash.startsWith('#1.'), null));
    await waitForFingerprint(page, ['new']);
    const address = await page.evaluate(() => location.href, null);
    await page.evaluate(() => setTimeout(() => location.reload()), null);
    await page.waitFor('the reloaded page', async () => (await page.attr('status', 'data-run')) === '0');
    await untilLive(page);
    expect(await page.value('weight-yours-3')).toBe('-3.5');
    expect(await mergedWeights(page)).toEqual([7, 2, -3.5]);
    await page.close();

    const elsewhere = await lab.open(address);
    await elsewhere.waitFor('the card', () => elsewhere.exists('error'));
    expect(await elsewhere.exists('weight-yours-3')).toBe(false);
    await elsewhere.click('reset');
    await untilLive(elsewhere);
    expect(await mergedWeights(elsewhere)).toEqual([3, 2, -2]);
    await elsewhere.close();
  });

  test('an empty field, a text and a number out of range are refused and change nothing', async () => {
    const page = await lab.open(lesson);
    await untilLive(page);
    const runs = await page.attr('status', 'data-run');
    for (const typed of ['', 'e', '-']) {
      // The driver types over the old number, so the field is empty for a moment: refused as well.
      await page.fill('weight-friend-1', typed);
      expect(await page.attr('weight-friend-1', 'aria-invalid'), typed).toBe('true');
      expect(
        await page.evaluate(() => document.getElementById('neuron-refused')?.textContent?.trim() ?? '', null),
      ).toMatch(/1000/);
      await page.press('Tab');
      expect(await page.value('weight-friend-1'), typed).toBe('3');
      expect(await page.attr('weight-friend-1', 'aria-invalid'), typed).toBe('false');
    }
    expect(await mergedWeights(page)).toEqual([3, 2, -2]);
    expect(await page.attr('status', 'data-run')).toBe(runs);
    // 1, 10 and 100 are good numbers on the way; the field goes back to the last of them.
    await page.fill('weight-friend-1', '1001');
    expect(await page.attr('weight-friend-1', 'aria-invalid')).toBe('true');
    await page.press('Tab');
    expect(await page.value('weight-friend-1')).toBe('100');
    await page.waitFor('the last good number', async () => (await mergedWeights(page))[0] === 100);
    await page.close();
  });

  test('the lessons take turns, and a phone shows all of it', async () => {
    const page = await lab.open('');
    await page.resize(390, 844);
    await page.click('lesson-neuron');
    await untilLive(page);
    expect(await page.evaluate(() => location.search, null)).toBe(lesson);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth, null),
    ).toBeLessThanOrEqual(0);
    await page.click('lesson-addition');
    await page.waitFor('the answers', () => page.exists('column-naive'));
    expect(await page.exists('weight-merged-1')).toBe(false);
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core on the neuron lesson', () => {
  const lab = useLab('chromium');

  test.each(['light', 'dark'] as const)('finds nothing serious: %s', async (theme) => {
    for (const lang of ['en', 'zh-Hant', 'zh-Hans']) {
      const page = await lab.open(`${lesson}&lang=${lang}`);
      await page.emulate(theme);
      await untilLive(page);
      await page.fill('weight-friend-1', '');
      expect(await seriousIssues(page), lang).toEqual([]);
      await page.close();
    }
  });
});
