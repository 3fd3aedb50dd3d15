import { describe, expect, test } from 'vitest';
import { encodeLink } from '../../src/core/recipe/link';
import type { Recipe } from '../../src/core/recipe/types';
import { goldenLessons, goldenRecipe, zooId } from '../zoo';
import { COLUMNS, QUESTION, columnSources, columnTexts, goldenTexts, useLab, waitForFingerprint } from './lab';
import { ENGINES } from './engines';

describe.each(ENGINES)('a share link in %s', (engine) => {
  const lab = useLab(engine);

  test('opens the same bench, and says match only after recomputing', async () => {
    const author = await lab.open('?lesson=addition');
    await author.fill('formula', 'base + 0.5*(chat - base) + 0.6*(zh - base)');
    await author.click('run');
    await author.waitForRuns(1);
    const sha256 = await waitForFingerprint(author, ['new']);
    const formula = await author.value('formula');
    const texts = await columnTexts(author);
    const before = await author.attr('share-link', 'href');
    await author.waitFor('the link', async () => ((await author.attr('share-link', 'href')) ?? '').includes('#1.'));
    // The link is rewritten a moment after the fingerprint is known.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const link = (await author.attr('share-link', 'href')) ?? before ?? '';
    await author.close();

    const reader = await lab.open(link);
    const states = new Set<string | null>();
    await reader.waitFor('a match', async () => {
      states.add(await reader.attr('fingerprint', 'data-state'));
      return states.has('match');
    });
    expect(await reader.attr('fingerprint', 'data-sha256')).toBe(sha256);
    await reader.waitForRuns(1);
    expect(await reader.value('formula')).toBe(formula);
    expect(await reader.value('prompt')).toBe(QUESTION);
    expect(await columnTexts(reader)).toEqual(texts);
    expect(await columnSources(reader)).toEqual(COLUMNS.map(() => 'live'));
    await reader.close();
  });

  test('a damaged link explains itself and leaves a bench that works', async () => {
    const author = await lab.open('?lesson=addition');
    await author.slide('slider-chat', 0.5);
    await author.waitFor('the link', async () => ((await author.attr('share-link', 'href')) ?? '').includes('#1.'));
    const link = (await author.attr('share-link', 'href')) ?? '';
    await author.close();

    const reader = await lab.open(`${link.slice(0, link.length - 12)}AAAA`);
    await reader.waitFor('an error card', () => reader.exists('error'));
    expect((await reader.text('error')).length).toBeGreaterThan(20);
    await reader.click('run');
    await reader.waitForRuns(1);
    expect(await columnTexts(reader)).toEqual(goldenTexts().get(QUESTION));
    await reader.close();
  });

  test('a link to the pilot models says that they are gone, and which there are', async () => {
    const pilots = Object.keys(goldenLessons.addition.models).map((alias) => [alias, { src: `zoo:${alias}-0` }]);
    const recipe = { ...goldenRecipe(goldenLessons.addition), models: Object.fromEntries(pilots) as Recipe['models'] };
    const reader = await lab.open(await encodeLink(recipe));
    await reader.waitFor('an error card', () => reader.exists('error'));
    const card = await reader.text('error');
    expect(card).toContain('zoo/unknown-model');
    expect(card).toMatch(/\w+-0\b/);
    expect(card).toContain(zooId('base'));
    await reader.close();
  });
});
