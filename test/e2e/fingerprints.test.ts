import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mergesForAllEngines } from '../merges';
import { ALL_ENGINES } from './engines';
import { useLab } from './lab';

const known = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/merge/fingerprints-engines.json'), 'utf8'),
) as Record<string, string>;

const ASSETS = join(process.env.LAB_DIST ?? 'dist', 'assets');

describe.each(ALL_ENGINES)('%s computes the fingerprints that Node computes', (engine) => {
  const lab = useLab(engine);

  test('of twenty merges of every kind', async () => {
    const page = await lab.open('?lesson=neuron');
    const worker = readdirSync(ASSETS).find((name) => /^merge\.worker-.*\.js$/.test(name))!;
    // The worker of the production build, spoken to as Comlink does: its bits are the page's bits.
    const found = await page.evaluate(
      async ({ url, recipes }) => {
        const merge = new Worker(new URL(url, document.baseURI), { type: 'module' });
        let next = 1;
        const call = (method: string, ...args: unknown[]): Promise<unknown> =>
          new Promise((resolve, reject) => {
            const id = `engines-${next++}`;
            merge.addEventListener('message', function heard({ data }: MessageEvent<Record<string, unknown>>) {
              if (data['id'] !== id) return;
              merge.removeEventListener('message', heard);
              if (data['type'] === 'RAW') resolve(data['value']);
              else reject(new Error(JSON.stringify(data['value'])));
            });
            const argumentList = args.map((value) => ({ type: 'RAW', value }));
            merge.postMessage({ id, type: 'APPLY', path: [method], argumentList });
          });
        await call('configure', document.baseURI);
        const sha256: Record<string, string> = {};
        for (const { name, recipe } of recipes) {
          await call('open', next, recipe);
          sha256[name] = ((await call('fingerprint', next, recipe, 'merged')) as { sha256: string }).sha256;
        }
        merge.terminate();
        return sha256;
      },
      { url: `assets/${worker}`, recipes: mergesForAllEngines },
    );
    expect(found).toEqual(known);
    await page.close();
  });
});
