import { LabError } from '../errors';
import { takenFrom } from './modules';
import { child } from './plain';
import { METHODS, type MethodSchema } from './schema';
import type { InputModel, MergeDoc, ModuleDoc, Notice, Parameters, Slice, SliceSource } from './types';

/** Models that are merged with each other: a document's, a module's or one slice's. */
interface Group {
  readonly path: string;
  readonly inputs: readonly InputModel[];
  readonly base: string | undefined;
  /** mergekit adds a base that `models:` does not list; in a slice it must be listed. */
  readonly baseAdded: boolean;
  /** Parameter scopes outside the inputs' own. */
  readonly scopes: readonly (Parameters | undefined)[];
}

function groupsOf(doc: MergeDoc, path: string): Group[] {
  const groups: Group[] = [];
  const whole = (part: ModuleDoc | MergeDoc, where: string, scopes: Group['scopes']) => {
    if (part.models?.length) {
      groups.push({ path: child(where, 'models'), inputs: part.models, base: doc.base_model, baseAdded: true, scopes });
    }
    part.slices?.forEach((slice, index) => {
      const at = child(child(where, 'slices'), index);
      checkLayerCounts(slice, at);
      groups.push({
        path: child(at, 'sources'),
        inputs: slice.sources,
        base: slice.base_model ?? doc.base_model,
        baseAdded: false,
        scopes: [slice.parameters, ...scopes],
      });
    });
  };
  whole(doc, path, [doc.parameters]);
  for (const [name, module] of Object.entries(doc.modules ?? {})) {
    // Nothing of it is merged, so the method has no say.
    if (takenFrom(doc, name) !== null) continue;
    whole(module, child(child(path, 'modules'), name), [module.parameters, doc.parameters]);
  }
  return groups;
}

function checkLayerCounts(slice: Slice, path: string): void {
  const count = (source: SliceSource) => source.layer_range[1] - source.layer_range[0];
  const first = slice.sources[0];
  const other = slice.sources.find((source) => first && count(source) !== count(first));
  if (!first || !other) return;
  throw new LabError(
    'recipe/layer-counts',
    `The sources of ${path} have different numbers of layers (${count(first)} and ${count(other)}). Give all the same.`,
    { path, first: count(first), other: count(other) },
  );
}

function checkDuplicates(group: Group): void {
  const seen = new Set<string>();
  group.inputs.forEach((input, index) => {
    if (seen.has(input.model)) {
      throw new LabError(
        'recipe/duplicate-model',
        `${group.path} lists the model "${input.model}" twice. Keep one entry with the sum of the weights.`,
        { path: child(group.path, index), model: input.model },
      );
    }
    seen.add(input.model);
  });
}

const bounds = ([min, max]: readonly [number, number]) => (min === max ? `exactly ${min}` : `at least ${min}`);

function checkArity(group: Group, name: string, method: MethodSchema): void {
  const listed = group.base !== undefined && group.inputs.some((input) => input.model === group.base);
  if (method.base === 'required' && group.base === undefined) {
    throw new LabError('recipe/base-required', `${name} needs a base model (${group.path}). Add "base_model:".`, {
      path: group.path,
      method: name,
    });
  }
  if (method.base !== 'ignored' && group.base !== undefined && !group.baseAdded && !listed) {
    throw new LabError(
      'recipe/base-not-listed',
      `The base model "${group.base}" is not among ${group.path}. A slice must list its base as a source.`,
      { path: group.path, model: group.base },
    );
  }
  const count = group.inputs.length + (group.base !== undefined && group.baseAdded && !listed ? 1 : 0);
  const nonBase = count - (group.base === undefined || method.base === 'ignored' ? 0 : 1);
  const check = (found: number, limits: readonly [number, number], what: 'models' | 'models besides the base') => {
    if (found >= limits[0] && found <= limits[1]) return;
    throw new LabError('recipe/inputs', `${name} takes ${bounds(limits)} ${what}; ${group.path} gives it ${found}.`, {
      path: group.path,
      method: name,
      expected: bounds(limits),
      what,
      found,
    });
  };
  check(nonBase, method.nonBase, 'models besides the base');
  check(count, method.inputs, 'models');
}

function checkRequired(group: Group, name: string, method: MethodSchema): void {
  for (const [parameter, schema] of Object.entries(method.parameters)) {
    if (schema.default !== null) continue;
    if (group.scopes.some((scope) => scope?.[parameter] !== undefined)) continue;
    const fail = (path: string, model: string) => {
      const whose = model === '' ? '' : ` for the model "${model}"`;
      throw new LabError(
        'recipe/missing-parameter',
        `${name} needs the parameter "${parameter}"${whose} (${path}). Write it under "parameters:".`,
        { path, method: name, parameter, model },
      );
    };
    if (schema.scope === 'shared') fail(group.path, '');
    group.inputs.forEach((input, index) => {
      if (schema.scope === 'non_base' && input.model === group.base) return;
      if (input.parameters?.[parameter] === undefined) fail(child(group.path, index), input.model);
    });
    const added = group.baseAdded && group.base !== undefined && !group.inputs.some((i) => i.model === group.base);
    if (schema.scope === 'input' && added) fail(group.path, group.base ?? '');
  }
}

function noticeMisplaced(group: Group, name: string, method: MethodSchema, notices: Notice[]): void {
  group.inputs.forEach((input, index) => {
    for (const parameter of Object.keys(input.parameters ?? {})) {
      if (method.parameters[parameter]?.scope !== 'shared') continue;
      notices.push({
        code: 'recipe/shared-parameter',
        message: `"${parameter}" under the model "${input.model}" has no effect: ${name} takes one value for all models.`,
        params: { path: child(group.path, index), parameter, model: input.model, method: name },
      });
    }
  });
}

/**
 * What mergekit checks before it reads a tensor: bases, numbers of inputs, duplicate inputs, required parameters, equal
 * layer counts in a slice. A value that only some filters give is left to the planner, which knows the tensor names.
 * @throws LabError recipe/duplicate-model, recipe/base-required, recipe/base-not-listed, recipe/inputs,
 *   recipe/missing-parameter, recipe/layer-counts
 */
export function checkMethodRules(doc: MergeDoc, path: string, notices: Notice[]): void {
  const method = METHODS[doc.merge_method]!;
  for (const group of groupsOf(doc, path)) {
    checkDuplicates(group);
    checkArity(group, doc.merge_method, method);
    checkRequired(group, doc.merge_method, method);
    noticeMisplaced(group, doc.merge_method, method, notices);
  }
}
