import { LabError } from '../errors';
import type { TokenRule } from '../recipe/types';
import type { TokenIds } from './types';

/** A model whose rows are put into the output's order. */
export interface RowOwner {
  readonly alias: string;
  /** Its own tokens, without those beyond its rows. */
  readonly vocabulary: TokenIds;
  readonly rows: number;
}
interface RowOf {
  readonly alias: string;
  readonly row: number;
}
/** What a model gets for a token whose own row it lacks (or may not use). */
export type DefaultRow =
  | { readonly kind: 'zero' }
  | ({ readonly kind: 'row' } & RowOf)
  | { readonly kind: 'mean'; readonly of: readonly RowOf[] };

/** In a model's row map: the token's default row. */
export const DEFAULT_ROW = -1;
/** In a model's row map: no token has this id; the row is the mean of the model's other rows. */
export const PADDING_ROW = -2;

export interface RowMaps {
  /** Per model: output row -> its own row, {@link DEFAULT_ROW} or {@link PADDING_ROW}. */
  readonly own: ReadonlyMap<string, Int32Array>;
  /** By output row; shared by all models, so that a row only one model has gives a task vector of zero. */
  readonly defaults: ReadonlyMap<number, DefaultRow>;
}

const quoted = (token: string): string => `"${token.slice(0, 80)}"`;

function configured(token: string, { source }: TokenRule, owners: ReadonlyMap<string, RowOwner>): DefaultRow | null {
  if (source === undefined) return null;
  if (typeof source === 'object' && source.kind === 'zero') return { kind: 'zero' };
  const alias = typeof source === 'string' ? source : source.model;
  const wanted = typeof source === 'string' ? token : source.token;
  const owner = owners.get(alias)!;
  const row = wanted === undefined ? (source as { token_id: number }).token_id : owner.vocabulary.get(wanted);
  if (row === undefined)
    throw new LabError(
      'vocabulary/token-missing',
      `The row of ${quoted(token)} is to come from ${quoted(wanted!)} of ${alias}, which has no such token. Choose another model or token.`,
      { token: token.slice(0, 80), wanted: wanted!.slice(0, 80), model: alias },
    );
  if (row >= owner.rows)
    throw new LabError(
      'vocabulary/token-beyond-rows',
      `The row of ${quoted(token)} is to come from row ${row} of ${alias}, which has ${owner.rows} rows (0 to ${owner.rows - 1}).`,
      { token: token.slice(0, 80), id: row, model: alias, rows: owner.rows },
    );
  return { kind: 'row', alias, row };
}

/** mergekit's order: the only model that has the token, else the base's row, else the mean of all that have it. */
function byPresence(token: string, owners: readonly RowOwner[], base: string | undefined): DefaultRow | null {
  const having: RowOf[] = [];
  for (const { alias, vocabulary } of owners) {
    const row = vocabulary.get(token);
    if (row !== undefined) having.push({ alias, row });
  }
  if (having.length === 0) return null;
  const chosen = having.length === 1 ? having[0] : having.find(({ alias }) => alias === base);
  return chosen ? { kind: 'row', ...chosen } : { kind: 'mean', of: having };
}

/**
 * Which row of which model each output row is, per model (references: mergekit, section 1.14).
 * @param output token -> output row
 * @param rows of the output, padding included
 * @param owners the models that are merged, in the document's order; a mean adds up in this order
 * @param donors models that the document names for tokens alone; their rows are taken where no merged model has the token
 * @throws LabError `vocabulary/token-missing`, `vocabulary/token-beyond-rows`
 */
export function rowMaps(
  output: TokenIds,
  rows: number,
  owners: readonly RowOwner[],
  donors: readonly RowOwner[],
  base: string | undefined,
  rules: readonly (readonly [string, TokenRule])[],
): RowMaps {
  const byAlias = new Map([...owners, ...donors].map((owner) => [owner.alias, owner]));
  const ruleOf = new Map(rules);
  const own = new Map(owners.map(({ alias }) => [alias, new Int32Array(rows).fill(PADDING_ROW)]));
  const defaults = new Map<number, DefaultRow>();
  for (const [token, id] of output) {
    const rule = ruleOf.get(token);
    let complete = true;
    for (const { alias, vocabulary } of owners) {
      const row = rule?.force ? undefined : vocabulary.get(token);
      own.get(alias)![id] = row ?? DEFAULT_ROW;
      complete &&= row !== undefined;
    }
    if (complete) continue;
    const row = rule && configured(token, rule, byAlias);
    const found = row ?? byPresence(token, owners, base) ?? byPresence(token, donors, base);
    defaults.set(id, found ?? { kind: 'zero' });
  }
  return { own, defaults };
}
