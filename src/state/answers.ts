import { results, type ColumnResult, type Origin } from './results.svelte';

const LIMIT = 600;
const RANK: Readonly<Record<Origin, number>> = { claimed: 0, recorded: 1, live: 2 };

/**
 * What columns have answered on this page, by what each answer depends on (columnKey): an unchanged key is an unchanged
 * answer, so a bench that comes back shows it at once. The oldest are forgotten.
 */
class Answers {
  readonly #known = new Map<string, ColumnResult>();

  of(key: string): ColumnResult | undefined {
    return this.#known.get(key);
  }

  /** Keeps every finished answer; one that was computed here is never replaced by one that was not. */
  keep(columns: Iterable<ColumnResult>): void {
    for (const column of columns) {
      const { key, phase, finish, origin } = column;
      // Without a finish, or cut off, the text is not the answer; its key may be the old one's.
      if (phase !== 'done' || key === '' || finish === null || finish === 'cancelled') continue;
      const known = this.#known.get(key);
      const best = known && RANK[known.origin] > RANK[origin] ? known : column;
      this.#known.delete(key);
      this.#known.set(key, best);
    }
    for (const key of this.#known.keys()) {
      if (this.#known.size <= LIMIT) break;
      this.#known.delete(key);
    }
  }

  /** Shows what is known, in each column that shows something else. @param columns alias and key of each */
  show(columns: Iterable<readonly [alias: string, key: string]>): void {
    const found: Record<string, ColumnResult> = {};
    for (const [alias, key] of columns) {
      const shown = results.columns[alias];
      const known = this.#known.get(key);
      if (known && !(shown?.key === key && shown.phase === 'done' && RANK[shown.origin] >= RANK[known.origin]))
        found[alias] = known;
    }
    if (Object.keys(found).length > 0) results.columns = { ...results.columns, ...found };
  }
}

export const answers = new Answers();
