import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { analyzeVectors, comparisonOf, mostAtOdds, planComparison, type VectorAnalysis } from '../core/analyze/vectors';
import type { Recipe } from '../core/recipe/types';
import { memorySource } from '../core/tensor/source';
import { headOf, openCheckpoint } from '../engine/checkpoint';

const ZOO = join(import.meta.dirname, '../../public/zoo');

/**
 * What the microscope shows of a lesson before any weight is there: all figures, the finer ones of the whole model only, and one
 * tensor weight by weight.
 * @returns null for a recipe with nothing to compare.
 */
export async function recordVectors(recipe: Recipe): Promise<{ recipe: Recipe; analysis: VectorAnalysis } | null> {
  const comparison = comparisonOf(recipe);
  if (!comparison) return null;
  const used = [comparison.base, ...comparison.vectors];
  const heads = new Map(
    await Promise.all(
      used.map(async (alias) => {
        const folder = join(ZOO, recipe.models[alias]!.src.replace(/^zoo:/, ''));
        const files = (await readdir(folder)).map(async (name) => {
          return [name, memorySource(name, new Uint8Array(await readFile(join(folder, name))))] as const;
        });
        return [alias, headOf(alias, await openCheckpoint(alias, new Map(await Promise.all(files))))] as const;
      }),
    ),
  );
  const analysis = await analyzeVectors(planComparison(recipe, (alias) => heads.get(alias)!));
  const drawn = mostAtOdds(analysis.tensors);
  const tensors = analysis.tensors.map((tensor) => ({
    ...tensor,
    piece: tensor === drawn ? tensor.piece : null,
    fine: null,
  }));
  return { recipe, analysis: { ...analysis, tensors } };
}
