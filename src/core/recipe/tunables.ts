import { LabError } from '../errors';
import { mixedModels } from './modules';
import { sharedParameters, vectorParameters, withParameter } from './parameters';
import type { MergeDoc } from './types';
import { differenceOf, setCoupled, vectorAliases, weightOf } from './weights';

/** One number of a recipe that a search or a map may vary. */
export interface Tunable {
  /** `weight/B`, `weight/B-A` (the one number of C + w*(B - A)), `density`, `density/B`: unique in its document. */
  readonly id: string;
  /** mergekit's name of the parameter. */
  readonly parameter: string;
  /** The model whose number it is; null: it holds for all that have none of their own. */
  readonly alias: string | null;
  /** The model whose weight is the opposite one; null where there is none. */
  readonly partner: string | null;
  readonly value: number;
  /** What a slider offers; any finite number may be set. */
  readonly range: readonly [min: number, max: number];
  readonly integer: boolean;
}

/** What a weight's slider offers. */
const WEIGHT_RANGE = [-2, 2] as const;

const idOf = (parameter: string, alias: string | null, partner: string | null = null): string =>
  [parameter, ...(alias === null ? [] : [partner === null ? alias : `${alias}-${partner}`])].join('/');

/**
 * Every number of a document that may be tuned: the weights in the document's order, then the method's parameters, first
 * what holds for all models, then what a model has of its own. A number that a gradient or a filter says is none, nor is a
 * switch, a seed or a tolerance (a parameter without a range).
 * @param coupled the two models whose weights are one number, if any; where a document's weights are opposite by chance,
 *   the caller knows better (`null`)
 */
export function tunablesOf(
  doc: MergeDoc,
  coupled: readonly [plus: string, minus: string] | null = differenceOf(doc),
): Tunable[] {
  const weights = vectorAliases(doc).flatMap((alias): Tunable[] => {
    const value = weightOf(doc, alias);
    if (value === null || alias === coupled?.[1]) return [];
    const partner = alias === coupled?.[0] ? coupled[1] : null;
    const id = idOf('weight', alias, partner);
    return [{ id, parameter: 'weight', alias, partner, value, range: WEIGHT_RANGE, integer: false }];
  });
  const own = vectorAliases(doc).map((alias) => ({ alias, parameters: vectorParameters(doc, alias) }));
  const parameters = sharedParameters(doc).flatMap(({ spec, value }): Tunable[] => {
    const { id: parameter, range } = spec;
    if (!range || spec.type === 'boolean') return [];
    const integer = spec.type === 'integer';
    const ofModels = own.flatMap(({ alias, parameters: of }) => {
      const found = of.find((candidate) => candidate.spec.id === parameter);
      return found ? [{ alias, ...found }] : [];
    });
    // A common number that no model takes would be tuned without any effect.
    const common = value !== null && (ofModels.length === 0 || ofModels.some(({ written }) => !written));
    const shared = { id: idOf(parameter, null), parameter, alias: null, partner: null, range, integer };
    return [
      ...(common ? [{ ...shared, value }] : []),
      ...ofModels.flatMap(({ alias, value: of }) =>
        of === null ? [] : [{ ...shared, id: idOf(parameter, alias), alias, value: of }],
      ),
    ];
  });
  return [...weights, ...parameters];
}

/**
 * Sets one number of {@link tunablesOf}, rounded to twelve significant digits, and to an integer where it is one.
 * @returns a new document
 * @throws LabError recipe/not-tunable where the document has no such number
 */
export function withTunable(doc: MergeDoc, id: string, value: number): MergeDoc {
  const [parameter = '', of] = id.split('/');
  const [alias, partner] = of?.split('-') ?? [];
  const fail = (): LabError =>
    new LabError('recipe/not-tunable', `The merge has no number "${id}" that could be set to ${value}.`, {
      id,
      value: String(value),
    });
  if (!Number.isFinite(value)) throw fail();
  if (parameter === 'weight' && alias !== undefined) {
    const vectors = vectorAliases(doc).filter((vector) => weightOf(doc, vector) !== null);
    if (![alias, partner ?? alias].every((one) => vectors.includes(one))) throw fail();
    return setCoupled(doc, alias, value, partner ?? null);
  }
  const spec = sharedParameters(doc).find((known) => known.spec.id === parameter)?.spec;
  const listed = alias === undefined || mixedModels(doc)?.some(({ model }) => model === alias);
  if (!spec?.range || spec.type === 'boolean' || !listed) throw fail();
  return withParameter(doc, parameter, spec.type === 'integer' ? Math.round(value) : value, alias ?? null);
}
