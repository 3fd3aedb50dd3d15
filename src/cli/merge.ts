import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError, messageOf } from '../core/errors';
import { decodeLink } from '../core/recipe/link';
import { parseRecipeJson } from '../core/recipe/json';
import type { Recipe } from '../core/recipe/types';
import { recipeFromYaml, recipeToYaml } from '../core/recipe/yaml';
import { refuseBeyondRows } from '../core/vocab/facts';
import type { Checkpoint } from '../engine/checkpoint';
import { checkWeights, modelOf, openModels, planOf, type Order } from './models';
import { bundleWorker, mergeTogether, WORTH_A_THREAD } from './team';
import { writeFolder } from './write';

const USAGE =
  'usage: npm run merge -- RECIPE --models DIR --out OUT [--seed N] [--allow-nan] [--workers N]   (RECIPE: mergekit YAML, recipe JSON or a share link)';
const ZOO = join(import.meta.dirname, '../../public/zoo');

interface Options {
  recipe: string;
  models: string;
  out: string;
  seed: number | undefined;
  allowNonFinite: boolean;
  workers: number;
}

/** More threads than this wait for the disk, not for the processor. */
const MOST_WORKERS = 4;

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
        workers: { type: 'string' },
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
  const workers =
    values.workers === undefined ? Math.min(availableParallelism(), MOST_WORKERS) : Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new LabError('cli/usage', `--workers must be a whole number from 1 to 64, not ${values.workers}; ${USAGE}`);
  return {
    recipe: positionals[0]!,
    models: values.models,
    out: values.out,
    seed,
    allowNonFinite: values['allow-nan'],
    workers,
  };
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
  const string = strings?.[alias] ?? alias;
  // Of `model+adapter` the folder of the adapter; the model has an alias of its own.
  const name = string.slice(string.lastIndexOf('+') + 1);
  const folder = join(models, name);
  if (relative(models, folder).startsWith('..'))
    throw new LabError(
      'source/outside',
      `The model "${name}" lies outside of ${models}. A recipe may name folders below --models only.`,
      { model: name, folder: models },
    );
  return folder;
}

function foldersOf(recipe: Recipe, strings: Record<string, string> | null, models: string): Order['folders'] {
  return Object.fromEntries(
    Object.keys(recipe.models).map((alias) => [
      alias,
      { path: folderOf(alias, recipe, strings, models), title: strings?.[alias] ?? alias },
    ]),
  );
}

/** All that the models' files hold: near enough to what a merge reads. */
const weightBytes = (checkpoints: ReadonlyMap<string, Checkpoint>): number =>
  [...checkpoints.values()].reduce(
    (sum, { files }) => sum + [...files.values()].reduce((bytes, { size }) => bytes + size, 0),
    0,
  );

async function main(): Promise<void> {
  const started = performance.now();
  const options = readOptions(process.argv.slice(2));
  const { recipe, strings } = await readRecipe(options.recipe);
  if (!(await stat(options.models).catch(() => null))?.isDirectory())
    throw new LabError('cli/no-models', `--models ${options.models} is not a folder.`, { folder: options.models });
  if (options.seed !== undefined && !Array.isArray(recipe.merge))
    recipe.merge.lab = { ...recipe.merge.lab, seed: options.seed };
  const { allowNonFinite } = options;
  const order: Order = { recipe, folders: foldersOf(recipe, strings, options.models), allowNonFinite };
  const checkpoints = await openModels(order);
  const threads = weightBytes(checkpoints) < WORTH_A_THREAD ? 1 : options.workers;
  const script = threads > 1 ? bundleWorker() : null;
  script?.catch(() => undefined);
  if (!strings) await checkWeights(recipe, checkpoints);
  const plan = planOf(order, checkpoints);
  const donor = modelOf(recipe, plan.donor, checkpoints);
  refuseBeyondRows(plan, donor.text);
  const merge = (path: string) => mergeTogether(plan, order, path, threads, script);
  const written = await writeFolder(options.out, plan, donor, recipeToYaml(recipe), merge);
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
