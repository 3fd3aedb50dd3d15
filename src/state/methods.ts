import { add, decimal, negate, ONE, toNumber, ZERO } from '../core/recipe/decimal';
import type { FormulaTerm } from '../core/recipe/formula';
import { formulaToMerge } from '../core/recipe/formula-merge';
import { LAB_VARIANTS, specOf, type MethodSpec, type ParamSpec, type Variant } from '../core/merge/specs';
import { mixedModels, remixed, takenModules, unmixed } from '../core/recipe/modules';
import type { InputModel, MergeDoc, Parameters } from '../core/recipe/types';
import { sharedParameters } from '../core/recipe/parameters';
import { weightOf } from '../core/recipe/weights';

/** What a document merges, whatever its method calls it. */
interface Parts {
  readonly base: string | null;
  /** The models that are not the base, with their shares. */
  readonly terms: readonly FormulaTerm[];
}

/** Why a method is not to be chosen: the document has layers or stages of its own, its sum is not 1, too few or many models. */
export type Obstacle = 'whole' | 'sum' | 'single' | 'one' | 'two' | 'more' | 'some';

/** The alias that says it is one. */
const BASE = 'base';

const weighs = (spec: MethodSpec | undefined): boolean => spec?.params.some(({ id }) => id === 'weight') ?? false;
/** Weights of which the value is the sum they make: those that a weighted sum can say too. */
const sums = (spec: MethodSpec): boolean => spec.id === 'linear' || (spec.base === 'required' && weighs(spec));
const weightSum = (terms: readonly FormulaTerm[]): number =>
  toNumber(terms.map(({ weight }) => decimal(String(weight ?? 0))).reduce(add, ZERO));

function partsOf(doc: MergeDoc, spec: MethodSpec): Parts {
  const base = spec.base === 'ignored' ? null : (doc.base_model ?? null);
  const models = (doc.models ?? []).map(({ model }) => model).filter((model) => model !== base);
  // A method without weights leaves no shares; t is one, and the rest is taken for equal.
  const { t } = doc.parameters ?? {};
  const equal =
    spec.id === 'slerp' && typeof t === 'number' ? t : Number((1 / Math.max(1, models.length)).toPrecision(3));
  const weight = (alias: string): number => (weighs(spec) ? (weightOf(doc, alias) ?? 0) : equal);
  return { base, terms: models.map((alias) => ({ alias, weight: weight(alias) })) };
}

/** The base of a method that needs one: the bench's own, the model of that name, else the first. */
function based(parts: Parts, from: MethodSpec, to: MethodSpec, aliases: readonly string[]): Parts {
  if (parts.base !== null) return parts;
  const listed = parts.terms.find(({ alias }) => alias === BASE);
  // From sum to sum the value stays: a model that is not in it cannot become its base.
  const elsewhere = !listed && aliases.includes(BASE) && !(sums(from) && sums(to)) ? BASE : null;
  const base = elsewhere ?? listed?.alias ?? parts.terms[0]?.alias ?? null;
  return { base, terms: parts.terms.filter(({ alias }) => alias !== base) };
}

const used = (terms: readonly FormulaTerm[]): FormulaTerm[] => terms.filter(({ weight }) => weight !== 0);

/** The models as the method `to` takes them; more or fewer than it takes where they do not fit. */
function fitted(parts: Parts, from: MethodSpec, to: MethodSpec, aliases: readonly string[]): Parts {
  if (to.base === 'required') {
    const { base, terms } = based(parts, from, to, aliases);
    // Of a sum as task vectors the base's own share says nothing; a muted model has no part in a merge without weights.
    return { base, terms: weighs(to) && parts.base !== null ? terms : used(terms) };
  }
  if (to.base === 'optional') {
    const fits = (terms: readonly FormulaTerm[]): boolean => terms.length <= to.nonBase[1];
    if (fits(parts.terms)) return parts;
    const terms = used(parts.terms);
    return fits(terms) || !terms.some(({ alias }) => alias === BASE)
      ? { ...parts, terms }
      : based({ ...parts, terms }, from, to, []);
  }
  const terms = used(parts.terms);
  if (parts.base === null) return { base: null, terms };
  if (to.id === 'linear') {
    const own = toNumber(add(ONE, negate(decimal(String(weightSum(parts.terms))))));
    return { base: null, terms: own === 0 ? parts.terms : [{ alias: parts.base, weight: own }, ...parts.terms] };
  }
  // One model alone passes as it is; a mean is of all of them.
  const alone = to.inputs[1] === 1 && terms.length > 0;
  return { base: null, terms: alone ? terms : [{ alias: parts.base, weight: 1 }, ...terms] };
}

function obstacleOfWhole(doc: MergeDoc, id: string, aliases: readonly string[]): Obstacle | null {
  const [from, to] = [specOf(doc.merge_method), specOf(id)];
  if (!from || !to || !doc.models) return 'whole';
  if (from === to) return null;
  const parts = partsOf(doc, from);
  if (sums(from) && sums(to) && parts.base === null && to.id !== 'linear' && weightSum(parts.terms) !== 1) return 'sum';
  const { base, terms } = fitted(parts, from, to, aliases);
  const all = terms.length + (base === null ? 0 : 1);
  const inside = (count: number, [min, max]: readonly [number, number]): boolean => count >= min && count <= max;
  // A base alone is what it was, whatever the method; where weights can bring a model in, that is a start.
  const some = weighs(to) || terms.length > 0;
  if (some && inside(all, to.inputs) && inside(terms.length, to.nonBase) && all > 0) return null;
  if (to.inputs[1] === 1) return 'single';
  if (to.inputs[1] === 2) return 'one';
  if (to.nonBase[1] === 2) return 'two';
  return to.inputs[0] > 2 ? 'more' : 'some';
}

/** @param aliases of the recipe, which may name a base that the merge does not use. @returns null: it may be chosen. */
export function obstacleTo(doc: MergeDoc, id: string, aliases: readonly string[] = []): Obstacle | null {
  const whole = unmixed(doc);
  const obstacle = whole ? obstacleOfWhole(whole, id, aliases) : 'whole';
  if (obstacle !== null || !doc.modules) return obstacle;
  // Another method might merge the modules that this one takes as they are.
  const taken = takenModules(remixed(doc, wholeWithMethod(whole!, id, aliases)));
  return taken !== null && String(taken) === String(takenModules(doc)) ? null : 'whole';
}

const same = (a: ParamSpec, b: ParamSpec): boolean =>
  a.id === b.id && a.type === b.type && a.default === b.default && String(a.range) === String(b.range);

/** Keeps of `parameters` what means the same in both methods, apart from switches, whose defaults are each method's own. */
function understood(from: MethodSpec, to: MethodSpec, parameters: Parameters | undefined): Parameters {
  const known = to.params
    .filter(
      (param) =>
        param.type === 'number' &&
        !param.ignored &&
        (param.id === 'weight' || from.params.some((other) => !other.ignored && same(param, other))),
    )
    .map(({ id }) => id);
  return Object.fromEntries(Object.entries(parameters ?? {}).filter(([id]) => known.includes(id)));
}

/** The lab block without choices that the method does not have. */
function labOf(doc: MergeDoc, to: MethodSpec): MergeDoc['lab'] {
  const gone = (Object.keys(LAB_VARIANTS) as Variant[]).filter((variant) => !to.variants.includes(variant));
  const kept = Object.entries(doc.lab ?? {}).filter(([key]) => !gone.some((variant) => variant === key));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/**
 * The same models under another method, with the values it needs. From sum to sum the value stays the same, but the last
 * bits may differ: they are the recipe's, not the formula's. A method that drops parts of the vectors starts by keeping
 * half; one that has no weights takes the models whose weight is not 0.
 * @returns the same document where {@link obstacleTo} says why not.
 */
export function withMethod(doc: MergeDoc, id: string, aliases: readonly string[] = []): MergeDoc {
  if (id === doc.merge_method || obstacleTo(doc, id, aliases) !== null) return doc;
  return remixed(doc, wholeWithMethod(unmixed(doc)!, id, aliases));
}

function wholeWithMethod(doc: MergeDoc, id: string, aliases: readonly string[]): MergeDoc {
  const [from, to] = [specOf(doc.merge_method), specOf(id)];
  if (!from || !to || from === to) return doc;
  const { lab: _lab, ...rest } = doc;
  const lab = labOf(doc, to);
  const previous: MergeDoc = lab ? { ...rest, lab } : rest;
  const { base, terms } = fitted(partsOf(doc, from), from, to, aliases);
  if (id === 'linear') return formulaToMerge({ kind: 'sum', base: null, terms, sum: '', sumIsOne: true }, previous);
  const own = (alias: string): Parameters =>
    understood(from, to, doc.models!.find(({ model }) => model === alias)?.parameters);
  const models = terms.map(({ alias, weight }): InputModel => {
    const parameters = { ...own(alias), ...(weighs(to) && { weight: own(alias)['weight'] ?? weight ?? 0 }) };
    return Object.keys(parameters).length > 0 ? { model: alias, parameters } : { model: alias };
  });
  // mergekit refuses an empty list; the base as its own input adds a difference of zero.
  if (models.length === 0 && base !== null) models.push({ model: base });
  const parameters = from.id === 'linear' ? {} : understood(from, to, doc.parameters);
  for (const { id: name, start } of to.params)
    if (start !== undefined && parameters[name] === undefined) parameters[name] = start;
  if (id === 'task_arithmetic') parameters['normalize'] = false;
  const { base_model: _base, parameters: _parameters, ...others } = previous;
  return {
    ...others,
    merge_method: id,
    ...(base !== null && { base_model: base }),
    models,
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

/** One choice of the `lab:` block, as a control shows it. */
export interface VariantChoice {
  readonly variant: Variant;
  readonly value: string;
  readonly choices: readonly string[];
}

/** The choices that have an effect on this merge: where nothing is given back, how is no question. */
export function variantsFor(doc: MergeDoc): VariantChoice[] {
  const rescales = sharedParameters(doc).some(({ spec, value }) => spec.id === 'rescale' && value !== 0);
  return (specOf(doc.merge_method)?.variants ?? [])
    .filter((variant) => mixedModels(doc) !== undefined && (variant !== 'rescale' || rescales))
    .map((variant) => ({
      variant,
      value: doc.lab?.[variant] ?? LAB_VARIANTS[variant][0],
      choices: LAB_VARIANTS[variant],
    }));
}

/** @returns the document with one choice; mergekit's own way leaves the recipe. */
export function withVariant(doc: MergeDoc, variant: Variant, value: string): MergeDoc {
  const choices: readonly string[] = LAB_VARIANTS[variant];
  if (!choices.includes(value) || value === (doc.lab?.[variant] ?? choices[0])) return doc;
  const { [variant]: _old, ...others } = doc.lab ?? {};
  const lab = value === choices[0] ? others : { ...others, [variant]: value };
  const { lab: _lab, ...rest } = doc;
  return Object.keys(lab).length > 0 ? { ...rest, lab } : rest;
}
