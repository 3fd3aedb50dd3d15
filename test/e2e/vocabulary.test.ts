import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zooId } from '../zoo';
import { goldenTexts, QUESTION, seriousIssues, useLab } from './lab';

const PICKER = 'input[type="file"]:not([webkitdirectory])';
const FORMULA = (chat: string) => `base + 1.1*(${chat} - base) + 1.0*(zh - base)`;

/** The lesson's chat model with its tokens numbered backwards from the first word on: rows and tokenizer agree, ids are others. */
async function writeMoved(folder: string): Promise<string[]> {
  const source = join('public/zoo', zooId('chat'));
  await mkdir(folder);
  const tokenizer = JSON.parse(await readFile(join(source, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
    added_tokens: { id: number }[];
  };
  const { vocab } = tokenizer.model;
  const count = Object.keys(vocab).length;
  const special = new Set(tokenizer.added_tokens.map(({ id }) => id));
  const moved = (id: number): number => (special.has(id) ? id : special.size + count - 1 - id);
  for (const token of Object.keys(vocab)) vocab[token] = moved(vocab[token]!);
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));

  const bytes = await readFile(join(source, 'model.safetensors'));
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, begin).toString('utf8')) as Record<
    string,
    { shape: [number, number]; data_offsets: [number, number] }
  >;
  const { shape, data_offsets } = header['model.embed_tokens.weight']!;
  const width = (data_offsets[1] - data_offsets[0]) / shape[0];
  const rows = Buffer.from(bytes.subarray(begin + data_offsets[0], begin + data_offsets[1]));
  for (let id = 0; id < shape[0]; id++)
    rows.copy(bytes, begin + data_offsets[0] + moved(id) * width, id * width, (id + 1) * width);
  await writeFile(join(folder, 'model.safetensors'), bytes);
  const others = ['config.json', 'generation_config.json', 'tokenizer_config.json'];
  for (const file of others) await copyFile(join(source, file), join(folder, file));
  return [...others, 'tokenizer.json', 'model.safetensors'].map((file) => join(folder, file));
}

const lab = useLab('chromium');
let root = '';
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'merge-lab-vocabulary-'))));
afterAll(() => rm(root, { recursive: true }));

test('a model whose tokens have other numbers is refused, united by one click, and merges as if they had the same', async () => {
  const page = await lab.open('?lesson=addition&lang=en');
  await page.setFiles(PICKER, await writeMoved(join(root, 'moved')));
  await page.waitFor('the model', () => page.exists('column-local_1'));
  await page.fill('formula', FORMULA('local_1'));
  await page.click('run');
  await page.waitFor('the refusal', () => page.exists('error'));
  expect(await page.text('error')).toContain('merge/tokenizer-differs');
  await page.click('error-unite');
  const wanted = goldenTexts().get(QUESTION)!.merged;
  await page.waitFor('the merged answer', async () => (await page.text('column-merged-text')).trim() === wanted);
  expect(await page.exists('error')).toBe(false);

  await page.evaluate(
    (id) => document.querySelector<HTMLElement>(`[data-testid="${id}"] summary`)?.click(),
    'vocabulary',
  );
  await page.waitFor('the prompt as it is read', () => page.exists('vocabulary-preview-merged'));
  expect(await page.value('vocabulary-source')).toBe('union');
  const facts = await page.text('vocabulary-facts');
  expect(facts).toMatch(/local_1\s*3,503\s*3,503\s*0\s*0\s*3,49\d\s*0/);
  expect(facts).toMatch(/merged\s*3,503\s*3,503\s*0\s*0\s*0\s*0/);

  await page.select('vocabulary-template', 'llama3');
  const isLlama3 = async () => (await page.text('vocabulary-preview-merged')).includes('<|start_header_id|>user');
  await page.waitFor('the template', isLlama3);
  expect(await page.text('vocabulary-preview-base')).toContain('<|user|>');
  expect(await seriousIssues(page)).toEqual([]);
  await page.close();
});
