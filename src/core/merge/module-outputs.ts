import { LabError } from '../errors';
import { HEAD_MODULE, modulesIn, takenFrom } from '../recipe/modules';
import { METHODS } from '../recipe/schema';
import type { InputModel, MergeDoc, ModuleDoc } from '../recipe/types';
import { EMBEDDING, HEAD, shapeText } from './compat';
import { inModule, isHead, modulesOf, namesIn, plainName } from './modules';
import { sliceOutputs, sorted, wholeOutputs, withBase } from './outputs';
import type { Group, HeadOf, Output, Outputs, Restacked, Scope } from './outputs';
import { TAKEN, UNNAMED, type CheckpointHead } from './types';

type Named = readonly [name: string, module: ModuleDoc];
const modelsIn = ([, { models, slices }]: Named): string[] =>
  models?.map(({ model }) => model) ?? (slices ?? []).flatMap(({ sources }) => sources.map(({ model }) => model));

/**
 * The model whose layout, config and tokenizer the result takes: of the base and those that the modules list, the first
 * that has every named module. The head may be another's.
 * @throws LabError `merge/unknown-module`, `merge/no-frame`
 */
function frameOf(doc: MergeDoc, modules: readonly Named[], headOf: HeadOf): CheckpointHead {
  const aliases = [
    ...new Set([...(doc.base_model === undefined ? [] : [doc.base_model]), ...modules.flatMap(modelsIn)]),
  ];
  const heads = aliases.map(headOf);
  const asked = modules.map(([name]) => name).filter((name) => name !== HEAD_MODULE);
  const found = heads.find((head) => asked.every((name) => modulesOf(head).includes(name)));
  if (found) return found;
  // A name that nobody knows is a slip.
  for (const name of asked) if (!heads.some((head) => modulesOf(head).includes(name))) inModule(name, heads[0]!, false);
  const known = heads.map((head) => `${head.alias}: ${modulesOf(head).join(', ')}`).join('; ');
  throw new LabError(
    'merge/no-frame',
    `No model has all the modules that the recipe names (${asked.join(', ')}), so there is no layout that the result could take. What they have: ${known}. Name modules that one of the models has together.`,
    { modules: asked.join(', '), known },
  );
}

/** The same checkpoint with the tensors that one module holds, by plain names. */
function narrow(head: CheckpointHead, holds: (tensor: string) => boolean, rename = plainName): CheckpointHead {
  const tensors = new Map(
    [...head.index.tensors].filter(([name]) => holds(name)).map(([name, t]) => [rename(name), t]),
  );
  return { ...head, index: { ...head.index, tensors } };
}

/** A tied head is named as well; it is the embedding. @throws LabError `merge/no-head` */
function headNames(head: CheckpointHead, held: readonly string[]): readonly string[] {
  if (held.length > 0) return held;
  const namer = namesIn(head);
  if (head.index.tensors.has(namer(EMBEDDING)) && head.config?.['tie_word_embeddings'] !== false) return [namer(HEAD)];
  throw new LabError(
    'merge/no-head',
    `${head.alias} has no head that could be taken: neither lm_head nor score is among its tensors. Take the head of another model.`,
    { model: head.alias },
  );
}

/** A module of one model, as it is. */
function takenOutputs(
  module: string,
  head: CheckpointHead,
  holds: (tensor: string) => boolean,
  scopes: readonly Scope[],
): Output[] {
  const held = [...head.index.tensors.keys()].filter(holds);
  const names = module === HEAD_MODULE ? headNames(head, held) : held;
  return names.map((name) => {
    const own = { head, name, parameters: undefined };
    return { name, inputs: [], base: undefined, position: 0, scopes, reference: own, why: TAKEN };
  });
}

/** @returns the model that a module is taken from as it is, also where the only other one, the base, has no such module. */
function wholeFrom(
  doc: MergeDoc,
  name: string,
  models: readonly InputModel[],
  base: string | undefined,
): string | null {
  const [only, ...others] = models;
  const alone = only !== undefined && others.length === 0 && !only.parameters;
  return takenFrom(doc, name) ?? (alone && doc.base_model !== undefined && base === undefined ? only.model : null);
}

/** @throws LabError `merge/base-lacks-module` where there is nothing to measure from */
function refuseBaseless(doc: MergeDoc, name: string, models: readonly InputModel[], base: string | undefined): void {
  if (doc.base_model === undefined || base !== undefined || METHODS[doc.merge_method]?.base !== 'required') return;
  const listed = models.map(({ model }) => model).join(', ');
  throw new LabError(
    'merge/base-lacks-module',
    `${doc.base_model} has no ${name} that ${listed} could be measured from. List one model without parameters to take its ${name} as it is, or choose a base that has one.`,
    { model: doc.base_model, module: name, models: listed },
  );
}

/** @throws LabError `merge/module-differs`: nothing is cut to fit, and the frame's config must hold of every tensor. */
function refuseMisfit(module: string, outputs: readonly Output[], frame: CheckpointHead): void {
  const namer = namesIn(frame);
  const fail = (model: string, tensor: string, expected: string, found: string): never => {
    throw new LabError(
      'merge/module-differs',
      `${module} of ${model} does not fit ${frame.alias}, whose layout the result takes: ${tensor} is ${expected} in ${frame.alias} and ${found} in ${model}. Take both from models of one shape.`,
      { module, model, frame: frame.alias, tensor, expected, found },
    );
  };
  const shape = (head: CheckpointHead, name: string): readonly number[] | undefined =>
    head.index.tensors.get(name)?.shape;
  const given = new Map(outputs.map(({ name, reference }) => [name, reference] as const));
  const first = outputs[0]?.reference.head;
  if (!first) return;
  if (module === HEAD_MODULE) {
    const embedding = shape(frame, namer(EMBEDDING));
    for (const [name, { head, name: own }] of given) {
      const found = shape(head, own);
      if (!embedding || found?.length !== 2) continue;
      const rows = plainName(name) === HEAD ? embedding[0]! : found[0]!;
      if (found[0] !== rows || found[1] !== embedding[1])
        fail(head.alias, name, shapeText([rows, embedding[1]!]), shapeText(found));
    }
    return;
  }
  if (first === frame) return;
  const holds = inModule(module, frame, true);
  for (const [name, { shape: expected }] of frame.index.tensors)
    if (holds(name) && !given.has(name)) fail(first.alias, name, shapeText(expected), 'absent');
  for (const [name, { head, name: own }] of given) {
    if (isHead(name)) continue;
    const [expected, found] = [shape(frame, name), shape(head, own)];
    if (!expected || String(expected) !== String(found))
      fail(head.alias, name, expected ? shapeText(expected) : 'absent', found ? shapeText(found) : 'absent');
  }
}

/**
 * Which tensors a document makes of the modules of models, and of what. Names are matched across layouts by what a text
 * model by itself would call them; the result has the names of its frame.
 * @throws LabError `merge/...`
 */
export function moduleOutputs(doc: MergeDoc, global: Scope, headOf: HeadOf): Outputs {
  const modules = modulesIn(doc);
  const frame = frameOf(doc, modules, headOf);
  const namer = namesIn(frame);
  const apart = modules.some(([name]) => name === HEAD_MODULE);
  const tensors = new Map<string, Output>();
  const heads = new Set<CheckpointHead>([frame]);
  const restacked: Restacked[] = [];
  const groups: Group[] = [];
  for (const [name, module] of modules) {
    const scopes = [{ parameters: module.parameters, where: `module ${name}` }, global];
    const holdsOf = (head: CheckpointHead) => inModule(name, head, apart);
    const inFrame = (outputs: readonly Output[]): Output[] =>
      outputs.map((output) => ({
        ...output,
        module: name,
        name: frame.index.tensors.has(output.name) ? output.name : namer(plainName(output.name)),
      }));
    const take = (outputs: readonly Output[], own: readonly CheckpointHead[]): void => {
      for (const output of outputs) tensors.set(output.name, output);
      for (const head of own) heads.add(head);
    };
    if (module.slices?.length) {
      const part = (alias: string): CheckpointHead => narrow(headOf(alias), holdsOf(headOf(alias)), (own) => own);
      const made = sliceOutputs(module.slices, doc.base_model, scopes, part, name);
      take(
        inFrame(made.tensors),
        made.heads.map(({ alias }) => headOf(alias)),
      );
      restacked.push(made.restacked);
      groups.push({ module: name, whole: false, heads: made.heads.map((head) => narrow(head, () => true)) });
      continue;
    }
    const listed = module.models ?? [];
    const has = doc.base_model !== undefined && modulesOf(headOf(doc.base_model)).includes(name);
    const base = has ? doc.base_model : undefined;
    const whole = wholeFrom(doc, name, listed, base);
    if (whole === null) refuseBaseless(doc, name, listed, base);
    const own = (whole === null ? withBase(listed, base) : [{ model: whole }]).map(({ model }) => headOf(model));
    const reference = own.find(({ alias }) => alias === base) ?? own[0]!;
    for (const head of own) holdsOf(head);
    const outputs = inFrame(
      whole === null
        ? wholeOutputs(listed, base, scopes, headOf, holdsOf(reference))
        : takenOutputs(name, reference, holdsOf(reference), scopes),
    );
    refuseMisfit(name, outputs, frame);
    take(outputs, own);
    if (whole === null)
      groups.push({
        module: name,
        whole: true,
        heads: [reference, ...own.filter((head) => head !== reference)].map((head) => narrow(head, holdsOf(head))),
      });
  }
  // What no module names is the frame's own.
  for (const name of frame.index.tensors.keys())
    if (!tensors.has(name) && !(apart && isHead(name))) {
      const own = { head: frame, name, parameters: undefined };
      tensors.set(name, {
        name,
        inputs: [],
        base: undefined,
        position: 0,
        scopes: [global],
        reference: own,
        why: UNNAMED,
      });
    }
  const headFrom = apart ? takenFrom(doc, HEAD_MODULE) : null;
  return {
    tensors: sorted([...tensors.values()]),
    restacked,
    heads: [...heads],
    donor: frame,
    groups,
    ...(headFrom !== null && { headFrom: headOf(headFrom) }),
  };
}
