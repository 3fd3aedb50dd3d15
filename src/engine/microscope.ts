import { beforeAfter, beforeAfterBytes } from '../core/analyze/before-after';
import { kinBytes, kinshipsOf, referenceOf } from '../core/analyze/kinship';
import { drawableTensors, readTensor, viewTensor, type Compared, type TensorChoice } from '../core/analyze/tensor-view';
import { LabError } from '../core/errors';
import { mergeTensor } from '../core/merge/run';
import type { CheckpointHead, MergePlan } from '../core/merge/types';
import { MERGED } from '../core/recipe/schema';
import type { Recipe } from '../core/recipe/types';
import type { Looks, Progress, Seen } from './api';
import { counter } from './counter';
import { newSha256 } from './sha256';

/** What a look at weights needs of the merge worker. */
export interface Bench {
  recipe: Recipe;
  head(alias: string): CheckpointHead;
  /** Of the whole recipe. */
  plan(): MergePlan;
  signal: AbortSignal;
  report(progress: Progress): void;
}

/** Weights in memory are read without leaving the task, and a task cannot be cancelled. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

function reference({ recipe, head }: Bench): CheckpointHead {
  const alias = referenceOf(recipe);
  if (alias !== null) return head(alias);
  throw new LabError('analyze/no-models', 'There is no model on the bench to look at. Add one.');
}

function tensorsOf(bench: Bench, models: readonly string[]): TensorChoice[] {
  const aliases = models.filter((alias) => alias !== MERGED);
  const all = drawableTensors([reference(bench), ...aliases.map((alias) => bench.head(alias))]);
  if (aliases.length === models.length) return all;
  const merged = new Map(bench.plan().tensors.map(({ name, shape }) => [name, String(shape)]));
  return all.filter(({ name, shape }) => merged.get(name) === String(shape));
}

async function valuesOf(bench: Bench, alias: string, name: string): Promise<Compared> {
  const { signal } = bench;
  if (alias !== MERGED) return { alias, values: await readTensor(bench.head(alias), name, { signal }) };
  const plan = bench.plan();
  const tensor = plan.tensors.find((one) => one.name === name);
  const values = tensor && (await mergeTensor(plan, tensor, newSha256, { signal })).values;
  if (!values)
    throw new LabError(
      'analyze/no-tensor',
      `The merge makes no tensor "${name}" of floating-point numbers. Choose one that all compared models have.`,
      { tensor: name, model: MERGED },
    );
  return { alias, values };
}

async function viewOf(bench: Bench, { name, first, second, spectra }: Looks['tensor']): Promise<Seen['tensor']> {
  const base = reference(bench);
  const stored = base.index.tensors.get(name);
  const compared: Compared[] = [];
  for (const alias of [base.alias, first, ...(second === null ? [] : [second])]) {
    const one = await valuesOf(bench, alias, name);
    if (stored && compared[0] && one.values.length !== compared[0].values.length)
      throw new LabError(
        'analyze/no-tensor',
        `${name} has another shape in ${alias} than in ${base.alias}. Choose a tensor that all compared models have.`,
        { tensor: name, model: alias },
      );
    compared.push(one);
    await pause();
  }
  return viewTensor(name, stored!.shape, compared[0]!, compared[1]!, compared[2] ?? null, spectra);
}

const LOOKS: { [K in keyof Seen]: (bench: Bench, options: Looks[K]) => Promise<Seen[K]> } = {
  kin(bench) {
    const { recipe, head, signal, report } = bench;
    const base = reference(bench);
    const others = Object.keys(recipe.models).filter((alias) => alias !== base.alias);
    const heads = others.map((alias) => head(alias));
    return kinshipsOf(base, heads, { signal, pause, onBytes: counter('read', kinBytes(base, heads), report) });
  },
  tensors: (bench, { models }) => Promise.resolve(tensorsOf(bench, models)),
  tensor: viewOf,
  passage(bench, { tensor }) {
    const plan = bench.plan();
    const onBytes = counter('read', beforeAfterBytes(plan, tensor), bench.report);
    return beforeAfter(plan, tensor, newSha256, { signal: bench.signal, pause, onBytes });
  },
};

/** Looks at weights of the recipe's open models. @throws LabError `analyze/...`, `merge/...`, or what a source throws. */
export async function lookAt<K extends keyof Seen>(bench: Bench, kind: K, options: Looks[K]): Promise<Seen[K]> {
  return await LOOKS[kind](bench, options);
}
