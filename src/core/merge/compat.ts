import { isFloat } from '../tensor/dtype';
import type { TensorInfo } from '../tensor/types';
import type { CheckpointHead, CompatIssue, CompatReport, TensorRelation } from './types';

/** The two names under which the Llama family keeps one matrix when the head is tied to the embedding. */
export const HEAD = 'lm_head.weight';
export const EMBEDDING = 'model.embed_tokens.weight';

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
const sameShape = (a: TensorInfo, b: TensorInfo): boolean =>
  a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i]);
const describe = (t: TensorInfo): string => `${t.dtype} ${shapeText(t.shape)}`;

function tokenizerRelation(
  reference: CheckpointHead,
  other: CheckpointHead,
): CompatReport['models'][number]['tokenizer'] {
  if (!reference.vocabulary || !other.vocabulary) return 'absent';
  const [small, large] =
    reference.vocabulary.size <= other.vocabulary.size
      ? [reference.vocabulary, other.vocabulary]
      : [other.vocabulary, reference.vocabulary];
  for (const [token, id] of small) if (large.get(token) !== id) return 'differs';
  return small.size === large.size ? 'same' : 'extends';
}

/**
 * Compares every model with the reference by name, shape and kind of number, from headers alone.
 * A head that one model stores and another ties to its embedding is `tied`, not missing.
 */
export function compare(reference: CheckpointHead, others: readonly CheckpointHead[]): CompatReport {
  const issues: CompatIssue[] = [];
  const models = [reference, ...others].map((head) => {
    const counts: Record<TensorRelation, number> = { same: 0, missing: 0, extra: 0, mismatched: 0, tied: 0 };
    const note = (tensor: string, relation: CompatIssue['relation'], expected: string, found: string): void => {
      counts[relation]++;
      issues.push({ model: head.alias, tensor, relation, expected, found });
    };
    for (const [name, expected] of reference.index.tensors) {
      const found = head.index.tensors.get(name);
      if (found) {
        if (sameShape(expected, found) && isFloat(expected.dtype) === isFloat(found.dtype)) counts.same++;
        else note(name, 'mismatched', describe(expected), describe(found));
      } else if (name === HEAD && head.index.tensors.has(EMBEDDING)) note(name, 'tied', describe(expected), EMBEDDING);
      else note(name, 'missing', describe(expected), 'absent');
    }
    for (const [name, found] of head.index.tensors) {
      if (reference.index.tensors.has(name)) continue;
      if (name === HEAD && reference.index.tensors.has(EMBEDDING)) note(name, 'tied', EMBEDDING, describe(found));
      else note(name, 'extra', 'absent', describe(found));
    }
    return { alias: head.alias, counts, tokenizer: tokenizerRelation(reference, head) };
  });
  const mergeable = models.every((m) => m.counts.mismatched === 0 && m.counts.same > 0 && m.tokenizer !== 'differs');
  return { reference: reference.alias, models, issues, mergeable };
}

/** Reports of what is merged apart as one: counts added up, the worst that is said of a tokenizer. */
export function combined(reports: readonly CompatReport[], donor: CheckpointHead): CompatReport {
  const [first, ...others] = reports;
  if (!first) return compare(donor, []);
  if (others.length === 0) return first;
  const models = new Map<string, CompatReport['models'][number]>();
  for (const { alias, counts, tokenizer } of reports.flatMap((report) => report.models)) {
    const before = models.get(alias);
    const relations = Object.keys(counts) as TensorRelation[];
    const sums = relations.map((relation) => [relation, counts[relation] + (before?.counts[relation] ?? 0)]);
    models.set(alias, {
      alias,
      counts: Object.fromEntries(sums) as Record<TensorRelation, number>,
      tokenizer: before && before.tokenizer !== 'same' ? before.tokenizer : tokenizer,
    });
  }
  return {
    reference: donor.alias,
    models: [...models.values()],
    issues: reports.flatMap(({ issues }) => issues),
    mergeable: reports.every(({ mergeable }) => mergeable),
  };
}
