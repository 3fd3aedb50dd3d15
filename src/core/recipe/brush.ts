import { specOf } from '../merge/specs';
import { readScope, strongest, withScope, type Scope } from './scope';
import type { MergeDoc } from './types';
import { vectorAliases } from './weights';

/** Layers by number, both ends included. */
export interface LayerRange {
  readonly from: number;
  readonly to: number;
}
/** `only` these layers are merged; all but these are. */
export type BrushMode = 'only' | 'without';

/** A merge as the brush sees it: its models with a weight, and the one among them that the others are measured from. */
interface Brushable {
  readonly scopes: ReadonlyMap<string, Scope>;
  /** Of a sum of whole models: what is left where the others are left out. */
  readonly base: string | null;
}

/**
 * @param base the model that vectors are measured from; where the method adds up whole models it stays in their place.
 * @returns null where a weight of 0 would not leave the base as it is, or a weight is no scope of layers.
 */
function brushable(doc: MergeDoc, base: string): Brushable | null {
  const whole = doc.merge_method === 'linear';
  const vectors = specOf(doc.merge_method)?.params.some(({ id }) => id === 'lambda') ?? false;
  const scopes = new Map(vectorAliases(doc).map((alias) => [alias, readScope(doc, alias)] as const));
  if (!(whole ? scopes.has(base) : vectors) || scopes.size === 0) return null;
  const known = [...scopes].flatMap(([alias, scope]) => (scope?.parts === null ? [[alias, scope] as const] : []));
  return known.length < scopes.size ? null : { scopes: new Map(known), base: whole ? base : null };
}

/** @returns whether {@link brushLayers} can write into a document. */
export const canBrush = (doc: MergeDoc, base: string): boolean => brushable(doc, base) !== null;

const weightIn = ({ layers, ...scope }: Scope, layer: number, count: number): number =>
  typeof layers === 'number' ? layers : layers.length === count ? layers[layer]! : strongest({ layers, ...scope });

/**
 * Writes into the weights of all vectors that only some layers are merged, or all but some, as mergekit's own gradients;
 * what is left out is as in the base. Leaving out adds up with what was left out before.
 * @param count how many layers the models have.
 * @param base see {@link brushable}.
 * @returns a new document, or the same one where {@link canBrush} says no.
 */
export function brushLayers(doc: MergeDoc, base: string, range: LayerRange, mode: BrushMode, count: number): MergeDoc {
  const merge = brushable(doc, base);
  if (!merge) return doc;
  const inside = (layer: number): boolean => layer >= range.from && layer <= range.to;
  return [...merge.scopes].reduce((next, [alias, scope]) => {
    const nothing = Number(alias === merge.base);
    const weight = (layer: number): number => {
      if (inside(layer) !== (mode === 'only')) return nothing;
      return mode === 'only' ? full(scope, alias === merge.base) : weightIn(scope, layer, count);
    };
    return withScope(next, alias, {
      layers: Array.from({ length: count }, (_, layer) => weight(layer)),
      outside: mode === 'only' ? nothing : scope.outside,
      parts: null,
    });
  }, doc);
}

/** The weight a model has where it is merged; the base of a sum has 1 where it is not, so any other is its own. */
function full(scope: Scope, isBase: boolean): number {
  const all = typeof scope.layers === 'number' ? [scope.layers] : [...scope.layers, scope.outside];
  return isBase ? (all.find((weight) => weight !== 1) ?? 1) : strongest(scope);
}

/** Gives every vector one weight for all layers again. @returns a new document, or the same one as above */
export function unbrush(doc: MergeDoc, base: string): MergeDoc {
  const merge = brushable(doc, base);
  if (!merge) return doc;
  return [...merge.scopes].reduce((next, [alias, scope]) => {
    const weight = full(scope, alias === merge.base);
    return withScope(next, alias, { layers: weight, outside: weight, parts: null });
  }, doc);
}

/**
 * @param count how many layers the models have.
 * @returns the layers that a document merges, or leaves out; `mixed` where its weights change otherwise from layer to
 *   layer, null where they do not.
 */
export function brushedIn(
  doc: MergeDoc,
  base: string,
  count: number,
): (LayerRange & { mode: BrushMode }) | 'mixed' | null {
  const merge = brushable(doc, base);
  if (!merge) return null;
  const scopes = [...merge.scopes].filter(([alias]) => alias !== merge.base).map(([, scope]) => scope);
  if (scopes.every(({ layers, outside }) => layers === outside)) return null;
  const merged = Array.from({ length: count }, (_, layer) =>
    scopes.some((scope) => weightIn(scope, layer, count) !== 0),
  );
  const mode: BrushMode = scopes.every(({ outside }) => outside === 0) ? 'only' : 'without';
  const chosen = merged.flatMap((on, layer) => (on === (mode === 'only') ? [layer] : []));
  const [from, to] = [chosen[0], chosen.at(-1)];
  return from === undefined || to === undefined || to - from + 1 !== chosen.length ? 'mixed' : { from, to, mode };
}
