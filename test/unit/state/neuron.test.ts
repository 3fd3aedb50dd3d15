import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Recipe } from '../../../src/core/recipe/types';
import type { NumericResult } from '../../../src/engine/api';
import { neuron as lesson } from '../../../src/lessons/neuron/lesson';
import type { LabRuntime } from '../../../src/runtime/types';
import { errors } from '../../../src/state/errors.svelte';
import { Lab } from '../../../src/state/lab.svelte';

const [different, same] = lesson.neurons!;

/** Sources by weights: those of the lesson, and a made-up one for anything else. */
function sourceOf(weights: readonly number[]): string {
  for (const { recipe, weights: known } of lesson.neurons!)
    for (const [alias, row] of Object.entries(known))
      if (String(row) === String(weights)) return recipe.models[alias]!.src;
  return `file:typed ${String(weights)}`;
}

/** A runtime whose every model has the weights 1, 10, 100: unit rows give them back. */
function fake() {
  const asked: { recipe: Recipe; columns: readonly string[]; rows: number[][] }[] = [];
  const written: Record<string, string> = {};
  const runtime = {
    addFiles: async (alias: string, files: { path: string; file: File }[]) => {
      const bytes = await files.find(({ path }) => path.endsWith('.safetensors'))!.file.arrayBuffer();
      const src = sourceOf([...new Float32Array(bytes.slice(-12))]);
      written[alias] = src;
      return { alias, src };
    },
    open: (recipe: Recipe) => {
      if (Object.values(recipe.models).some(({ src }) => !Object.values(written).includes(src)))
        return Promise.reject(new Error('missing'));
      return Promise.resolve([]);
    },
    plan: () => Promise.resolve({ copied: [], notices: [] }),
    compute: (recipe: Recipe, columns: readonly string[], rows: number[][]) => {
      asked.push({ recipe, columns, rows });
      const sums = rows.map((row) => [row[0]! + 10 * row[1]! + 100 * row[2]!]);
      const result: NumericResult = { sum: sums, output: sums };
      return Promise.resolve(Object.fromEntries(columns.map((alias) => [alias, result])));
    },
    fingerprint: () => new Promise(() => undefined),
  } as unknown as LabRuntime;
  const lab = new Lab(() => Promise.resolve(runtime));
  lab.neuron.examples = lesson.neurons!;
  return { lab, neuron: lab.neuron, asked };
}

describe('typed neurons', () => {
  beforeEach(() => {
    for (const { id } of errors.list) errors.dismiss(id);
    const stored = new Map<string, string>();
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    });
  });

  test('opening the lesson runs all models, and reads every weight off a unit row', async () => {
    const { lab, neuron, asked } = fake();
    lab.open(lesson.recipe, 'neuron');
    expect(neuron.weights).toEqual(different!.weights);
    expect(neuron.isRight('merged', 0)).toBeNull();
    await neuron.compute();
    expect(asked[0]!.columns).toEqual(['theta', 'yours', 'friend', 'merged']);
    expect(asked[0]!.rows).toEqual([...different!.tasks.map(({ inputs }) => inputs), [1, 0, 0], [0, 1, 0], [0, 0, 1]]);
    expect(neuron.outcome?.readings['merged']).toEqual({ weights: [1, 10, 100], sums: [120, 11], outputs: [120, 11] });
    expect(neuron.live).toBe(true);
    expect(lab.edited).toBe(false);
    expect(lab.runner.finished).toBe(1);
  });

  test('a typed weight makes the readings old, then a new recipe with another source', async () => {
    const { lab, neuron, asked } = fake();
    lab.open(lesson.recipe, 'neuron');
    await neuron.compute();
    neuron.setWeight('yours', 0, 5);
    expect(neuron.live).toBe(false);
    await neuron.compute();
    expect(neuron.live).toBe(true);
    expect(lab.edited).toBe(true);
    expect(asked[1]!.recipe.models).toEqual({ ...lesson.recipe.models, yours: { src: 'file:typed 5,2,-2' } });
    expect(lab.recipe).toEqual(asked[1]!.recipe);
  });

  test('follow asks only when a number, a slider or the formula changed; a target is judged without asking', async () => {
    const { lab, neuron, asked } = fake();
    lab.open(lesson.recipe, 'neuron');
    const runs = async (): Promise<number> => {
      neuron.follow();
      await vi.waitFor(() => expect(lab.runner.busy).toBe(false));
      return asked.length;
    };
    expect(await runs()).toBe(1);
    expect(await runs()).toBe(1);
    neuron.setTarget(0, 120);
    expect(await runs()).toBe(1);
    expect(neuron.isRight('merged', 0)).toBe(true);
    neuron.setInput(0, 2, 0);
    expect(await runs()).toBe(2);
    expect(neuron.isRight('merged', 0)).toBe(false);
    lab.setWeight('yours', 0.5);
    expect(await runs()).toBe(3);
  });

  test('a link finds its numbers among the examples, and what was typed in this tab after a reload', async () => {
    const first = fake();
    first.lab.open(same!.recipe, null);
    expect(first.neuron.example?.id).toBe('same');
    expect(first.neuron.weights).toEqual(same!.weights);
    first.neuron.setWeight('friend', 2, 0.25);
    await first.neuron.compute();
    const reloaded = fake();
    reloaded.lab.open(first.lab.recipe, null);
    expect(reloaded.neuron.example?.id).toBe('same');
    expect(reloaded.neuron.weights).toEqual({ ...same!.weights, friend: [3, 2, 0.25] });
  });

  test('numbers typed elsewhere are not invented: a card says so, and the lesson starts anew', async () => {
    const { lab, neuron } = fake();
    const models = { ...lesson.recipe.models, yours: { src: 'file:elsewhere' } };
    lab.open({ ...lesson.recipe, models }, null);
    expect(neuron.weights).toEqual({});
    await lab.run();
    expect(neuron.outcome).toBeNull();
    expect(errors.list).toHaveLength(1);
    neuron.choose(neuron.example!);
    expect(neuron.weights).toEqual(different!.weights);
  });

  test('damaged memory is as good as none', () => {
    sessionStorage.setItem('neuron', '{"file:elsewhere": ["x"], ');
    const { lab, neuron } = fake();
    lab.open(lesson.recipe, 'neuron');
    expect(neuron.weights).toEqual(different!.weights);
  });
});
