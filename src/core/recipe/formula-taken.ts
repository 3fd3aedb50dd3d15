import { LabError } from '../errors';
import type { Formula, TakenModules } from './formula';
import type { TokenReader } from './formula-reader';
import { HEAD_MODULE, mergesAlone } from './modules';
import { didYouMean, suggest } from './suggest';

/** The word before the modules that a formula takes from one model each, and the one between a module and its model. */
export const WITH = 'with';
export const OF = 'of';
/**
 * What a formula may take beside the text half, which its sum is of. The head first: it is what makes the result one that
 * judges or one that writes.
 */
export const TAKEABLE: readonly string[] = [HEAD_MODULE, 'vision_tower', 'multi_modal_projector'];

function unknownModule(found: string, at: number): LabError {
  const suggestion = suggest(found, TAKEABLE);
  const known = TAKEABLE.join(', ');
  return new LabError(
    'formula/unknown-module',
    `A formula cannot take "${found}" (position ${at + 1}) from a model.${didYouMean(suggestion)} It can: ${known}.`,
    { at, module: found, suggestion, known },
  );
}

function takeWord(reader: TokenReader, word: string): boolean {
  return reader.next.text === word && reader.take('name');
}

/**
 * Reads `with head of rm, vision_tower of vlm` after a sum or a call.
 * @returns null where the formula has none
 * @throws LabError formula/*
 */
export function parseTaken(reader: TokenReader, formula: Formula): TakenModules | null {
  if (!takeWord(reader, WITH)) return null;
  const method = formula.kind === 'call' ? formula.method : formula.base === null ? 'linear' : 'task_arithmetic';
  const taken: Record<string, string> = {};
  do {
    const { text: module, at } = reader.next;
    if (!reader.take('name')) throw reader.unexpected('module', 'a module, such as head');
    if (!TAKEABLE.includes(module)) throw unknownModule(module, at);
    if (Object.hasOwn(taken, module))
      throw new LabError('formula/duplicate', `"${module}" (position ${at + 1}) stands twice. Keep one.`, {
        at,
        model: module,
      });
    if (!takeWord(reader, OF)) throw reader.unexpected('of', '"of" and a model');
    const model = reader.alias();
    const parameters = formula.kind === 'call' ? formula.parameters : undefined;
    const lone = { model, base: formula.base ?? undefined, parameters };
    if (module !== HEAD_MODULE && mergesAlone(method, lone))
      throw new LabError(
        'formula/merged-module',
        `${method} would merge the ${module} of ${model} (position ${at + 1}) with the base, as mergekit does. Choose a method that needs a weight of each model.`,
        { at, method, module, model },
      );
    taken[module] = model;
  } while (reader.take(','));
  return taken;
}
