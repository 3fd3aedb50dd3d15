import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError, messageOf } from '../core/errors';
import { planCheckpoint, planRecipe } from '../core/merge/plan';
import { fingerprintPlan } from '../core/merge/run';
import { decodeLink } from '../core/recipe/link';
import { parseRecipeJson } from '../core/recipe/json';
import { usedModels } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import { recipeFromYaml, recipeToYaml } from '../core/recipe/yaml';
import { headOf, type Checkpoint } from '../engine/checkpoint';
import { newSha256, openFolder } from './disk';
import { writeFolder } from './write';

const USAGE =
  'usage: npm run merge -- RECIPE --models DIR --out OUT [--seed N] [--allow-nan]   (RECIPE: mergekit YAML, recipe JSON or a share link)';
const ZOO = join(import.meta.dirname, '../../public/zoo');

interface Options {
  recipe: string;
  models: string;
  out: string;
  seed: number | undefined;
  allowNonFinite: boolean;
}

function readOptions(argv: string[]): Options {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        models: { type: 'string' },
        out: { type: 'string' },
        seed: { type: 'string' },
        'allow-nan': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new LabError('cli/usage', `${messageOf(error)}; ${USAGE}`);
  }
  const { positionals, values } = parsed;
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  if (positionals.length !== 1 || !values.models || !values.out) throw new LabError('cli/usage', USAGE);
  if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0))
    throw new LabError('cli/usage', `--seed must be a whole number from 0 up, not ${values.seed}; ${USAGE}`);
  return { recipe: positionals[0]!, models: values.models, out: values.out, seed, allowNonFinite: values['allow-nan'] };
}

/** A recipe, and for YAML the model strings behind its aliases: there they name folders. */
async function readRecipe(text: string): Promise<{ recipe: Recipe; strings: Record<string, string> | null }> {
  const link = /#1\.[A-Za-z0-9_-]*$/.exec(text);
  if (link) return { recipe: (await decodeLink(link[0])).recipe, strings: null };
  let content: string;
  try {
    content = await readFile(text, 'utf8');
  } catch {
    throw new LabError('cli/no-recipe', `The recipe ${text} is neither a readable file nor a share link.`, {
      recipe: text,
    });
  }
  if (content.trimStart().startsWith('{')) return { recipe: parseRecipeJson(content).recipe, strings: null };
  const { recipe, aliases } = recipeFromYaml(content);
  return { recipe, strings: aliases };
}

/** Where a model lies on this disk (contract C1). */
function folderOf(alias: string, recipe: Recipe, strings: Record<string, string> | null, models: string): string {
  const src = recipe.models[alias]!.src;
  if (src.startsWith('zoo:')) return join(ZOO, src.slice('zoo:'.length));
  if (src.startsWith('hub:')) return join(models, src.slice('hub:'.length).split('@')[0]!);
  const name = strings?.[alias] ?? alias;
  const folder = join(models, name);
  if (relative(models, folder).startsWith('..'))
    throw new LabError(
      'source/outside',
      `The model "${name}" lies outside of ${models}. A recipe may name folders below --models only.`,
      { model: name, folder: models },
    );
  return folder;
}

async function openModels(
  recipe: Recipe,
  strings: Record<string, string> | null,
  options: Options,
): Promise<Map<string, Checkpoint>> {
  const used = usedModels(recipe);
  const checkpoints = new Map<string, Checkpoint>();
  for (const alias of Object.keys(recipe.models)) {
    if (!used.has(alias)) continue;
    const checkpoint = await openFolder(folderOf(alias, recipe, strings, options.models), strings?.[alias] ?? alias);
    const { src } = recipe.models[alias]!;
    if (!strings && src.startsWith('file:')) {
      const { sha256 } = await fingerprintPlan(planCheckpoint(headOf(alias, checkpoint), null), newSha256);
      if (src !== `file:${sha256}`)
        throw new LabError(
          'source/other-weights',
          `The folder of "${alias}" holds other weights than the recipe asks for (fingerprint ${sha256.slice(0, 12)}…, wanted ${src.slice(5, 17)}…).`,
          { model: alias },
        );
    }
    checkpoints.set(alias, checkpoint);
  }
  return checkpoints;
}

async function main(): Promise<void> {
  const started = performance.now();
  const options = readOptions(process.argv.slice(2));
  const { recipe, strings } = await readRecipe(options.recipe);
  if (!(await stat(options.models).catch(() => null))?.isDirectory())
    throw new LabError('cli/no-models', `--models ${options.models} is not a folder.`, { folder: options.models });
  if (options.seed !== undefined && !Array.isArray(recipe.merge))
    recipe.merge.lab = { ...recipe.merge.lab, seed: options.seed };
  const checkpoints = await openModels(recipe, strings, options);
  const { allowNonFinite } = options;
  const plan = planRecipe(recipe, (alias) => headOf(alias, checkpoints.get(alias)!), newSha256, { allowNonFinite });
  const written = await writeFolder(options.out, plan, checkpoints.get(plan.donor)!, recipeToYaml(recipe), {
    allowNonFinite,
  });
  for (const notice of plan.notices) console.error(`note: ${notice.message}`);
  const seconds = (performance.now() - started) / 1000;
  console.log(
    JSON.stringify({
      ...written,
      seconds: Math.round(seconds * 1000) / 1000,
      peak_rss: process.resourceUsage().maxRSS * 1024,
    }),
  );
}

main().catch((error: unknown) => {
  const message =
    error instanceof LabError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`merge: ${message.replaceAll('\n', ' ')}`);
  process.exitCode = 1;
});
