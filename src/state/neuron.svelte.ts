import { untrack } from 'svelte';
import { isRight, type NeuronExample, type NumericTask } from '../core/probe/numeric';
import type { Recipe } from '../core/recipe/types';
import { MERGED } from './keys';
import type { Lab } from './lab.svelte';

/** Name of the lesson, and of the panel that a recipe of its models asks for (`view.panel`). */
export const NEURON = 'neuron';
/** Where this tab keeps the numbers behind the address, which never carries weights: a reload finds them again. */
const STORAGE = 'neuron';

/** What the engine says of one model: its weights, and per task the sum before and the output after the activation. */
export interface NeuronReading {
  readonly weights: readonly number[];
  readonly sums: readonly number[];
  readonly outputs: readonly number[];
}

type Numbers = Readonly<Record<string, readonly number[]>>;

const replaced = <T>(list: readonly T[], at: number, value: T): T[] => list.map((old, i) => (i === at ? value : old));

/** Small models whose weights are typed: the page writes them as files, and everything else is the engine's. */
export class Neuron {
  /** Every example of the lesson; the page sets it before anything is opened. */
  examples: readonly NeuronExample[] = [];
  example = $state.raw<NeuronExample | null>(null);
  /** By alias. Empty for a recipe whose numbers were typed on another device. */
  weights = $state.raw<Numbers>({});
  tasks = $state.raw<readonly NumericTask[]>([]);
  /** `key`: what was asked, so that older readings are known as such. */
  outcome = $state.raw<{ key: string; readings: Readonly<Record<string, NeuronReading>> } | null>(null);
  readonly #lab: Lab;
  #asked = '';

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** What the readings depend on. Sources are left out: they follow from the weights. */
  get key(): string {
    return JSON.stringify([this.#lab.recipe.merge, this.weights, this.tasks.map(({ inputs }) => inputs)]);
  }

  get live(): boolean {
    return this.outcome?.key === this.key;
  }

  /** @returns null while the engine has not said. */
  isRight(alias: string, task: number): boolean | null {
    const output = this.outcome?.readings[alias]?.outputs[task];
    const target = this.tasks[task]?.target;
    return output === undefined || target === undefined ? null : isRight(output, target);
  }

  /** Another recipe is on the bench: finds the numbers of its models among the examples and what was typed in this tab. */
  opened(recipe: Recipe): void {
    const sources = Object.values(recipe.models).map(({ src }) => src);
    const shared = ({ recipe: { models } }: NeuronExample) =>
      Object.values(models).filter(({ src }) => sources.includes(src)).length;
    this.example = this.examples.toSorted((a, b) => shared(b) - shared(a))[0] ?? null;
    this.tasks = this.example?.tasks ?? [];
    this.outcome = null;
    this.#asked = '';
    const known = new Map<string, readonly number[]>(Object.entries(recall()));
    for (const { recipe: own, weights } of this.examples)
      for (const [alias, { src }] of Object.entries(own.models)) known.set(src, weights[alias] ?? []);
    const found = Object.entries(recipe.models).map(([alias, { src }]) => [alias, known.get(src)] as const);
    this.weights = found.every(([, numbers]) => numbers)
      ? (Object.fromEntries(found) as Record<string, readonly number[]>)
      : {};
  }

  choose(example: NeuronExample): void {
    this.#lab.open(example.recipe, NEURON);
  }

  setWeight(alias: string, at: number, value: number): void {
    this.weights = { ...this.weights, [alias]: replaced(this.weights[alias] ?? [], at, value) };
  }

  setInput(task: number, at: number, value: number): void {
    this.#setTask(task, (old) => ({ ...old, inputs: replaced(old.inputs, at, value) }));
  }

  setTarget(task: number, target: number): void {
    this.#setTask(task, (old) => ({ ...old, target }));
  }

  #setTask(task: number, change: (old: NumericTask) => NumericTask): void {
    this.tasks = this.tasks.map((old, i) => (i === task ? change(old) : old));
  }

  /** To be called from an effect: asks the engine again when a number, a slider or the formula has changed. */
  follow(): void {
    const { key } = this;
    untrack(() => {
      if (key !== this.#asked) void this.compute(this.outcome !== null);
    });
  }

  /** Writes the models as files, merges, and runs every task through all of them. */
  async compute(quiet = false): Promise<void> {
    const { key, weights, tasks } = this;
    const { runner } = this.#lab;
    this.#asked = key;
    const columns = [...Object.keys(weights), MERGED];
    const width = Math.max(0, ...Object.values(weights).map((row) => row.length));
    // A unit row makes the sum one weight exactly, so the merged weights are read from the network that runs.
    const units = Array.from({ length: width }, (_, i) => Array.from({ length: width }, (__, j) => Number(i === j)));
    const rows = [...tasks.map(({ inputs }) => [...inputs]), ...units];
    const readings = await runner.compute(quiet, async (runtime, signal) => {
      const { neuronFiles } = await import('./neuron-files');
      const sources: Record<string, string> = {};
      for (const [alias, row] of Object.entries(weights))
        sources[alias] = (await runtime.addFiles(alias, neuronFiles(alias, row), runner.onProgress, signal)).src;
      this.#lab.setSources(sources);
      remember(Object.fromEntries(Object.entries(sources).map(([alias, src]) => [src, weights[alias] ?? []])));
      const { recipe } = this.#lab;
      await runner.open(runtime, recipe, signal);
      const onProgress = (_: string | null, progress: Parameters<typeof runner.onProgress>[0]) =>
        runner.onProgress(progress);
      return { recipe, value: await runtime.compute(recipe, columns, rows, onProgress, signal) };
    });
    if (!readings) return;
    const first = (list: readonly number[][] | undefined): number[] => (list ?? []).map(([value]) => value ?? NaN);
    this.outcome = {
      key,
      readings: Object.fromEntries(
        Object.entries(readings).map(([alias, { sum, output }]) => [
          alias,
          {
            sums: first(sum?.slice(0, tasks.length)),
            outputs: first(output?.slice(0, tasks.length)),
            weights: first(sum?.slice(tasks.length)),
          },
        ]),
      ),
    };
  }
}

function recall(): Record<string, number[]> {
  // Storage may be forbidden, or hold something else; the lesson's own numbers are there without it.
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORAGE) ?? '{}') as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(stored).filter(
        (entry): entry is [string, number[]] => Array.isArray(entry[1]) && entry[1].every(Number.isFinite),
      ),
    );
  } catch {
    return {};
  }
}

function remember(numbers: Numbers): void {
  try {
    sessionStorage.setItem(STORAGE, JSON.stringify(numbers));
  } catch {
    return;
  }
}
