import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness } from '../app/harness';
import type { Recipe } from '../core/recipe/types';
import { controlsOf } from './controls';
import { withHarness } from './harness';
import { recordHeard } from './record-heard';
import { recordVectors } from './record-vectors';

const FOLDER = join(import.meta.dirname, '../../public/zoo/recorded');

await mkdir(FOLDER, { recursive: true });
await withHarness(async (page, version) => {
  await page.exposeFunction('report', (line: string) => console.log(line));
  const ids = await page.evaluate(() => (globalThis as unknown as { harness: Harness }).harness.recordable());
  // `npm run record -- analogy`: only what is named.
  const named = process.argv.slice(2);
  for (const id of named.length > 0 ? ids.filter((one) => named.includes(one)) : ids) {
    const madeBy = `npm run record, Chromium ${version.split('.')[0]}, onnxruntime-web (wasm, one thread)`;
    const recorded = await page.evaluate(
      async ([lesson, by]) => {
        const { record, recordSteps } = (globalThis as unknown as { harness: Harness }).harness;
        const first = await record(lesson!, by!);
        return [first, await recordSteps(lesson!, first as never, by!)];
      },
      [id, madeBy],
    );
    for (const [i, name] of [id, `${id}-steps`].entries())
      await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(recorded[i], null, 1)}\n`);
    const vectors = await recordVectors((recorded[0] as { recipe: Recipe }).recipe);
    if (vectors) await writeFile(join(FOLDER, `${id}-vectors.json`), `${JSON.stringify(vectors)}\n`);
    const controls = await controlsOf(id);
    if (controls) await writeFile(join(FOLDER, `${id}-controls.json`), `${JSON.stringify(controls)}\n`);
    if (id === 'analogy')
      await writeFile(join(FOLDER, 'analogy-training.json'), `${JSON.stringify(await recordHeard())}\n`);
    console.log(`recorded ${id}`);
  }
});
