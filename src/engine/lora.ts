import { adapterNorms } from '../core/lora/apply';
import { extractAdapter, extractBytes } from '../core/lora/extract';
import type { Adapter } from '../core/lora/types';
import { stageHead } from '../core/merge/stage';
import type { CheckpointHead } from '../core/merge/types';
import { MERGED } from '../core/recipe/schema';
import type { AdapterSize, ExtractedLora, LoraOrder } from './api';
import { counter } from './counter';
import { adapterZip } from './lora-folder';
import type { Bench } from './microscope';
import { newSha256 } from './sha256';

/** Weights in memory are read without leaving the task, and a task cannot be cancelled. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

/** The model of an alias, or what the recipe makes, computed as it is read. */
function headOfTarget({ head, plan }: Bench, target: string): CheckpointHead {
  if (target !== MERGED) return head(target);
  const merged = plan();
  return stageHead(MERGED, merged, head(merged.donor), newSha256, {});
}

/** What adapter_config.json calls a base: what the Hub or the zoo does; a local one has no name that others know. */
const publicName = (src: string): string | null =>
  src.startsWith('file:') ? null : src.replace(/^(zoo|hub):/, '').replace(/@.*$/, '');

/** @throws LabError of the group lora/, or what a source throws */
export async function extractLora(
  bench: Bench,
  { base, model, rank, energy, rest }: LoraOrder,
): Promise<ExtractedLora> {
  const { signal, report, recipe } = bench;
  const [from, to] = [bench.head(base), headOfTarget(bench, model)];
  const onBytes = counter('read', extractBytes(from, to), report);
  const options = { rank, energy, rest, baseName: publicName(recipe.models[base]!.src) };
  const extracted = await extractAdapter(from, to, options, { signal, pause, onBytes });
  const { stream, size } = adapterZip(extracted, model);
  const zip = await new Response(stream, { headers: { 'content-type': 'application/zip' } }).blob();
  const whole = [...to.index.tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
  return { zip, bytes: size, whole, tensors: [...extracted.tensors] };
}

/** How large an adapter's change is beside the matrices of its base that it changes. */
export async function adapterSize(base: CheckpointHead, adapter: Adapter, signal: AbortSignal): Promise<AdapterSize> {
  const norms = await adapterNorms(base, adapter, { signal, onTensor: pause });
  const sum = (of: 'base' | 'delta') => Math.sqrt(norms.reduce((total, one) => total + one[of], 0));
  return { delta: sum('delta'), base: sum('base') };
}
