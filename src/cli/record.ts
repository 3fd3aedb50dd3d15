import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness } from '../app/harness';
import type { Recipe } from '../core/recipe/types';
import { withHarness } from './harness';
import { recordVectors } from './record-vectors';

const FOLDER = join(import.meta.dirname, '../../public/zoo/recorded');

await mkdir(FOLDER, { recursive: true });
await withHarness(async (page, version) => {
  await page.exposeFunction('report', (line: string) => console.log(line));
  const ids = await page.evaluate(() => (globalThis as unknown as { harness: Harness }).harness.recordable());
  for (const id of ids) {
    const madeBy = `npm run record, Chromium ${version.split('.')[0]}, onnxruntime-web (wasm, one thread)`;
    const recorded = await page.evaluate(
      ([lesson, by]) => (globalThis as unknown as { harness: Harness }).harness.record(lesson!, by!),
      [id, madeBy],
    );
    const path = join(FOLDER, `${id}.json`);
    await writeFile(path, `${JSON.stringify(recorded, null, 1)}\n`);
    const vectors = await recordVectors((recorded as { recipe: Recipe }).recipe);
    if (vectors) await writeFile(join(FOLDER, `${id}-vectors.json`), `${JSON.stringify(vectors)}\n`);
    console.log(`recorded ${id}`);
  }
});
