import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError, messageOf } from '../core/errors';
import { extractAdapter, fidelityOf, type ExtractOptions } from '../core/lora/extract';
import { headOf, type Checkpoint } from '../engine/checkpoint';
import { adapterFiles } from '../engine/lora-folder';
import { openFolder } from './disk';

const USAGE =
  'usage: npm run lora -- BASE MODEL --out OUT [--rank N] [--energy SHARE] [--leave-rest]   (BASE, MODEL: folders of a base and its fine-tune)';
const USUAL_RANK = 16;

interface Order {
  base: string;
  model: string;
  out: string;
  options: ExtractOptions;
}

function readOrder(argv: string[]): Order {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        rank: { type: 'string', default: String(USUAL_RANK) },
        energy: { type: 'string' },
        'leave-rest': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new LabError('cli/usage', `${messageOf(error)}; ${USAGE}`);
  }
  const { positionals, values } = parsed;
  const [base, model, ...more] = positionals;
  if (base === undefined || model === undefined || more.length > 0 || !values.out)
    throw new LabError('cli/usage', USAGE);
  const options: ExtractOptions = {
    rank: Number(values.rank),
    energy: values.energy === undefined ? null : Number(values.energy),
    rest: values['leave-rest'] ? 'leave' : 'save',
    baseName: basename(resolve(base)),
  };
  return { base, model, out: values.out, options };
}

/** A whole model's folder. @throws LabError cli/usage for an adapter */
async function openWhole(folder: string): Promise<Checkpoint> {
  const checkpoint = await openFolder(folder, basename(resolve(folder)));
  if (!checkpoint.adapter) return checkpoint;
  throw new LabError('cli/usage', `${folder} is a LoRA adapter already; name folders of whole models.`);
}

async function main(): Promise<void> {
  const started = performance.now();
  const { base, model, out, options } = readOrder(process.argv.slice(2));
  const [from, to] = [await openWhole(base), await openWhole(model)];
  const existing = await readdir(out).catch(() => null);
  if (existing && existing.length > 0)
    throw new LabError(
      'cli/out-exists',
      `The output ${out} exists already and is not an empty folder. Choose another, or remove it.`,
      { out },
    );
  const extracted = await extractAdapter(headOf('base', from), headOf('model', to), options);
  await mkdir(out, { recursive: true });
  let bytes = 0;
  try {
    for (const { name, chunks, size } of adapterFiles(extracted, to.title)) {
      const file = await open(join(out, name), 'w');
      try {
        for await (const part of chunks()) await file.write(part);
      } finally {
        await file.close();
      }
      bytes += size;
    }
  } catch (error) {
    await rm(out, { recursive: true, force: true });
    throw error;
  }
  const left = extracted.tensors.filter(({ how }) => how === 'left').map(({ tensor }) => tensor);
  if (left.length > 0) console.error(`note: not in the adapter, though they changed: ${left.join(', ')}`);
  const seconds = Math.round(performance.now() - started) / 1000;
  console.log(
    JSON.stringify({ fidelity: fidelityOf(extracted.tensors), tensors: extracted.weights.length, bytes, seconds }),
  );
}

main().catch((error: unknown) => {
  const message =
    error instanceof LabError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`lora: ${message.replaceAll('\n', ' ')}`);
  process.exitCode = 1;
});
