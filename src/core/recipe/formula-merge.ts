import { canonicalJson } from './canonical';
import { add, decimal, equals, ONE, ZERO } from './decimal';
import { parseFormula, type Formula, type TakenModules } from './formula';
import { OF, TAKEABLE, WITH } from './formula-taken';
import { mixedModels, mixedModule, takenModules, TEXT_MODULE, unmixed, withMixedModels } from './modules';
import { METHODS } from './schema';
import { referencedModels } from './stages';
import type { InputModel, MergeDoc, Parameters, Scalar, Setting } from './types';

/** Why a recipe has no editable formula. */
export type ReadOnlyReason =
  'stages' | 'slices' | 'modules' | 'lambda' | 'gradient' | 'filter' | 'model-parameters' | 'base';
export interface FormulaText {
  /** A formula that `parseFormula` takes when editable, else a description in the same notation. */
  readonly text: string;
  readonly editable: boolean;
  readonly summary?: {
    readonly method: string;
    readonly models: readonly string[];
    readonly reasons: readonly ReadOnlyReason[];
  };
}

/**
 * Turns a formula into a mergekit document by the table of C2.
 * @param previous the document being edited: its dtypes, tokenizer, chat template, name and lab block stay. Without one,
 *   `dtype` and `out_dtype` are float32.
 */
export function formulaToMerge(formula: Formula, previous?: MergeDoc): MergeDoc {
  const {
    merge_method: _method,
    base_model: _base,
    models: _models,
    slices: _slices,
    modules: _modules,
    parameters: _parameters,
    ...rest
  }: Partial<MergeDoc> = previous ?? { dtype: 'float32', out_dtype: 'float32' };
  const base = formula.base === null ? {} : { base_model: formula.base };
  const models: InputModel[] = formula.terms.map(({ alias, weight }) =>
    weight === null ? { model: alias } : { model: alias, parameters: { weight } },
  );
  // mergekit refuses an empty list; the base as its own input adds a difference of zero.
  if (models.length === 0 && formula.base !== null) models.push({ model: formula.base });
  const merged = formula.taken ? { modules: withTaken(models, formula.taken) } : { models };
  if (formula.kind === 'call') {
    const parameters = Object.keys(formula.parameters).length > 0 ? { parameters: { ...formula.parameters } } : {};
    return { ...rest, merge_method: formula.method, ...base, ...merged, ...parameters };
  }
  const merge_method = formula.base === null ? 'linear' : 'task_arithmetic';
  return { ...rest, merge_method, ...base, ...merged, parameters: { normalize: false } };
}

/** The formula's sum is of the text half. */
function withTaken(models: InputModel[], taken: TakenModules): NonNullable<MergeDoc['modules']> {
  const listed = TAKEABLE.filter((module) => Object.hasOwn(taken, module));
  const whole = listed.map((module) => [module, { models: [{ model: taken[module]! }] }]);
  return { [TEXT_MODULE]: { models }, ...Object.fromEntries(whole) };
}

/** The shortest decimal that reads back as the same float64, with a decimal point so that it looks like a weight. */
function weightText(weight: number): string {
  const text = String(weight);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function scalarText(method: string, parameter: string, value: Scalar): string {
  const type = METHODS[method]?.parameters[parameter]?.type;
  return typeof value === 'number' && type !== 'integer' ? weightText(value) : String(value);
}

function settingText(method: string, parameter: string, setting: Setting): string {
  if (Array.isArray(setting)) return `[${setting.map((item) => settingText(method, parameter, item)).join(', ')}]`;
  if (typeof setting !== 'object') return scalarText(method, parameter, setting);
  const value = settingText(method, parameter, setting.value);
  return setting.filter === undefined ? value : `${setting.filter}: ${value}`;
}

function parametersText(method: string, parameters: Parameters | undefined): string {
  return Object.entries(parameters ?? {})
    .map(([name, value]) => `${name}: ${settingText(method, name, value)}`)
    .join(', ');
}

function inputText(method: string, input: InputModel): string {
  const { weight, ...others } = input.parameters ?? {};
  const more = parametersText(method, others);
  return `${input.model}${weight === undefined ? '' : `: ${settingText(method, 'weight', weight)}`}${more && ` (${more})`}`;
}

/** A document in call notation; documents that the call form cannot say come out as a description. */
function callText(doc: MergeDoc): string {
  const slices = (doc.slices ?? []).map((slice) =>
    slice.sources.map((s) => `${inputText(doc.merge_method, s)} [${s.layer_range.join('..')}]`).join(' with '),
  );
  const models = (doc.models ?? []).map((input) => inputText(doc.merge_method, input));
  const inputs = [...models, ...slices, ...Object.keys(doc.modules ?? {})].join(', ');
  const parts = [doc.base_model, inputs, parametersText(doc.merge_method, doc.parameters)];
  return `${doc.merge_method}(${parts.filter((part) => part).join('; ')})`;
}

/** What a formula says of a document, so that two documents with the same merged weights and formula compare equal. */
function tidy(doc: MergeDoc): MergeDoc {
  const { parameters = {}, ...rest } = doc;
  const models = mixedModels(doc) ?? [];
  const method = METHODS[doc.merge_method];
  const own = models.filter((input) => method?.base === 'ignored' || input.model !== doc.base_model);
  const kept = isSum(doc) ? own.filter((input) => input.parameters?.weight !== 0) : own;
  const normalize: Parameters = doc.merge_method === 'task_arithmetic' ? { normalize: false } : {};
  return { ...withMixedModels(rest, kept), parameters: { ...normalize, ...parameters } };
}

/** Only weights, none normalised: a plain sum of models. */
function isSum(doc: MergeDoc): boolean {
  const isTask = doc.merge_method === 'task_arithmetic';
  if (!isTask && doc.merge_method !== 'linear') return false;
  const { normalize = !isTask, ...others } = doc.parameters ?? {};
  return normalize === false && Object.keys(others).length === 0 && (isTask || doc.base_model === undefined);
}

function signed(terms: readonly [weight: number, text: string][]): string {
  return terms
    .map(([weight, text], index) =>
      index === 0 ? (weight < 0 ? `-${text}` : text) : `${weight < 0 ? ' - ' : ' + '}${text}`,
    )
    .join('');
}

/** @returns the sum in words of the formula bar, or null where the document needs the call form. */
function sumText(doc: MergeDoc): string | null {
  if (!isSum(doc)) return null;
  const terms: [string, number][] = [];
  for (const { model, parameters = {} } of doc.models ?? []) {
    if (model === doc.base_model) continue;
    if (typeof parameters.weight !== 'number' || Object.keys(parameters).length !== 1) return null;
    terms.push([model, parameters.weight]);
  }
  const base = doc.base_model;
  if (base !== undefined) {
    const [first, second] = terms;
    // An analogy reads better without its base: C + 1.0*(B - A).
    if (first && second && terms.length === 2 && first[1] !== 0 && first[1] === -second[1]) {
      return signed([
        [1, base],
        [first[1], `${weightText(Math.abs(first[1]))}*(${first[0]} - ${second[0]})`],
      ]);
    }
    return signed([
      [1, base],
      ...terms.map(([alias, w]): [number, string] => [w, `${weightText(Math.abs(w))}*(${alias} - ${base})`]),
    ]);
  }
  const sum = terms.map(([, w]) => decimal(String(w))).reduce(add, ZERO);
  // Written as a sum it would read back as task_arithmetic.
  if (terms[0]?.[1] === 1 && equals(sum, ONE)) return null;
  return signed(
    terms.map(([alias, w]): [number, string] => [w, Math.abs(w) === 1 ? alias : `${weightText(Math.abs(w))}*${alias}`]),
  );
}

/** @returns what a formula says after its sum; null for a document that is no text half with modules of one model each. */
function saysModules(doc: MergeDoc): string | null {
  const taken = mixedModule(doc) === TEXT_MODULE ? takenModules(doc) : null;
  const models = new Map(taken);
  const modules = TAKEABLE.filter((module) => models.has(module));
  if (modules.length === 0 || modules.length < models.size) return null;
  const said = modules.map((module) => `${module} ${OF} ${models.get(module)!}`);
  return ` ${WITH} ${said.join(', ')}`;
}

function settings(doc: MergeDoc): Setting[] {
  const scopes = [doc.parameters, ...(mixedModels(doc) ?? []).map((input) => input.parameters)];
  return scopes.flatMap((scope) => Object.values(scope ?? {}));
}

function reasonsOf(doc: MergeDoc): ReadOnlyReason[] {
  const isFilter = (item: unknown) => typeof item === 'object' && !Array.isArray(item);
  const reasons: [ReadOnlyReason, boolean][] = [
    ['slices', doc.slices !== undefined],
    ['modules', doc.modules !== undefined && saysModules(doc) === null],
    ['lambda', doc.parameters?.lambda !== undefined],
    ['filter', settings(doc).some((s) => isFilter(s) || (Array.isArray(s) && s.some(isFilter)))],
    ['gradient', settings(doc).some((s) => Array.isArray(s) && !s.some(isFilter))],
    ['base', doc.base_model !== undefined && METHODS[doc.merge_method]?.base === 'ignored'],
  ];
  const found = reasons.filter(([, holds]) => holds).map(([reason]) => reason);
  return found.length > 0 ? found : ['model-parameters'];
}

/**
 * Prints a recipe's merge as a formula, such as `base + 0.9*(chat - base) + 1.1*(zh - base)`. It is editable exactly
 * when reading the text gives the same document again, apart from inputs that cannot matter (weight 0, the base itself);
 * else it is a summary with the reasons: lambda, gradients, filters, slices, modules, stages, parameters of one model.
 */
export function mergeToFormula(merge: MergeDoc | readonly MergeDoc[]): FormulaText {
  if (!('merge_method' in merge)) {
    const text = merge
      .map((doc) => `${doc.name === undefined ? '' : `${doc.name} = `}${mergeToFormula(doc).text}`)
      .join('; ');
    const last = merge.at(-1)?.merge_method ?? '';
    return {
      text,
      editable: false,
      summary: { method: last, models: merge.flatMap(referencedModels), reasons: ['stages'] },
    };
  }
  const taken = saysModules(merge);
  const whole = taken === null ? merge : unmixed(merge)!;
  const text = (sumText(whole) ?? callText(tidyBase(whole))) + (taken ?? '');
  const models = referencedModels(merge);
  const read = parseFormula(text, models);
  if (read.ok && canonicalJson(tidy(formulaToMerge(read.formula, merge))) === canonicalJson(tidy(merge))) {
    return { text, editable: true };
  }
  return { text, editable: false, summary: { method: merge.merge_method, models, reasons: reasonsOf(merge) } };
}

/** The call form has no place for a base among the models, where it changes nothing. */
function tidyBase(doc: MergeDoc): MergeDoc {
  return doc.models ? { ...doc, models: tidy({ ...doc, parameters: { normalize: true } }).models } : doc;
}
