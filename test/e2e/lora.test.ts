import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLink } from '../../src/core/recipe/link';
import { openSafetensors } from '../../src/core/tensor/safetensors';
import { memorySource } from '../../src/core/tensor/source';
import { layout } from '../../src/core/tensor/writer';
import { columnTexts, seriousIssues, useLab, waitForFingerprint } from './lab';

const PICKER = 'input[type="file"]:not([webkitdirectory])';
/** Any matrix of the built-in models: [width, width of the MLP]. */
const MODULE = 'model.layers.1.mlp.down_proj';

/** A rank-1 adapter, as PEFT would save it, that moves one matrix of `base-1` far. */
async function writeAdapter(folder: string): Promise<string[]> {
  const [out, inner] = await readShape();
  const tensors = [
    { name: `base_model.model.${MODULE}.lora_A.weight`, dtype: 'F32' as const, shape: [1, inner] },
    { name: `base_model.model.${MODULE}.lora_B.weight`, dtype: 'F32' as const, shape: [out, 1] },
  ];
  const { header, order } = layout(tensors, new Map([['format', 'pt']]));
  const values = new Map(
    tensors.map(({ name, shape }) => [
      name,
      Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => Math.sin(1 + 3 * i)),
    ]),
  );
  const weights = Buffer.concat([header, ...order.map((name) => new Uint8Array(values.get(name)!.buffer))]);
  const settings = { peft_type: 'LORA', r: 1, lora_alpha: 4, bias: 'none', base_model_name_or_path: 'zoo/base-1' };
  const files = { 'adapter_config.json': JSON.stringify(settings), 'adapter_model.safetensors': weights };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return Object.keys(files).map((name) => join(folder, name));
}

async function readShape(): Promise<[number, number]> {
  const bytes = new Uint8Array(await readFile('public/zoo/base-1/model.safetensors'));
  const { tensors } = await openSafetensors(memorySource('base-1', bytes));
  return tensors.get(`${MODULE}.weight`)!.shape as [number, number];
}

describe('LoRA adapters in Chromium', () => {
  const lab = useLab('chromium');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'merge-lab-lora-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a dropped adapter is laid on the model it names, answers, merges, and is in the fingerprint', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.click('run');
    await page.waitForRuns(1);
    const before = await columnTexts(page, ['base', 'merged']);
    const weights = await waitForFingerprint(page, ['match', 'new']);

    await page.setFiles(PICKER, await writeAdapter(folder));
    await page.waitFor('the question where it belongs', () => page.exists('lora-add'));
    expect(await page.text('lora')).toContain('zoo/base-1');
    expect(await seriousIssues(page)).toEqual([]);
    expect(
      await page.evaluate(() => document.querySelector<HTMLInputElement>('[name="lora-base"]:checked')?.value, null),
    ).toBe('base');
    await page.click('lora-add');
    await page.waitFor('its column', () => page.exists('column-local_1'));
    await page.waitFor('its button', () => page.exists('add-local_1'));
    await page.click('add-local_1');
    await page.waitFor('another fingerprint', async () => {
      const now = await page.attr('fingerprint', 'data-sha256');
      return now !== null && now !== '' && now !== weights;
    });
    expect(await page.value('formula')).toContain('local_1');
    await page.click('run');
    await page.waitFor('its own answer', async () => ((await page.text('column-local_1-text')) ?? '').trim() !== '');
    await page.waitFor('rest', async () => (await page.attr('status', 'data-state')) === 'idle');
    const after = await columnTexts(page, ['base', 'local_1', 'merged']);
    expect(after['base']).toBe(before['base']);
    expect(after['local_1']).not.toBe(before['base']);
    expect(after['merged']).not.toBe(before['merged']);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('a LoRA is extracted from a vector, says what it keeps, and is a folder that PEFT reads', async () => {
    // The smallest built-in models: a large SVD takes seconds.
    const small = { base: { src: 'zoo:base-s-1' }, reverse: { src: 'zoo:reverse-s-1' } };
    const models = [{ model: 'reverse', parameters: { weight: 1 } }];
    const merge = { merge_method: 'task_arithmetic', base_model: 'base', models };
    const page = await lab.open(`?lang=en${await encodeLink({ v: 1, models: small, merge })}`);
    await page.click('extract-reverse');
    await page.waitFor('the dialog', () => page.exists('extract-start'));
    await page.fill('extract-rank', '2');
    await page.click('extract-start');
    await page.waitFor('the adapter', () => page.exists('extract-result'));
    expect(await seriousIssues(page)).toEqual([]);
    const fidelity = Number(await page.attr('extract-result', 'data-fidelity'));
    expect(fidelity).toBeGreaterThan(0.1);
    expect(fidelity).toBeLessThan(1);
    const zip = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const create = URL.createObjectURL.bind(URL);
          URL.createObjectURL = (blob: Blob) => {
            const reader = new FileReader();
            reader.onload = () => resolve((reader.result as string).split(',')[1]!);
            reader.readAsDataURL(blob);
            return create(blob);
          };
          document.querySelector<HTMLButtonElement>('[data-testid="extract-save"]')!.click();
        }),
      null,
    );
    const files = unzipSync(new Uint8Array(Buffer.from(zip, 'base64')));
    expect(Object.keys(files).sort()).toEqual([
      'lora/README.md',
      'lora/adapter_config.json',
      'lora/adapter_model.safetensors',
    ]);
    const settings = JSON.parse(new TextDecoder().decode(files['lora/adapter_config.json'])) as Record<string, unknown>;
    expect(settings).toMatchObject({ peft_type: 'LORA', r: 2, lora_alpha: 2, base_model_name_or_path: 'base-s-1' });
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
