import { LabError } from '../errors';
import { namedArchitecture } from '../graph/config';
import { LAB_VARIANTS } from '../recipe/schema';
import type { MergeDoc } from '../recipe/types';
import { EMBEDDING, HEAD } from './compat';
import type { MergeMethod } from './method';
import type { CheckpointHead, CompatReport, PlanTensor } from './types';

/** @throws LabError `merge/unsupported-key`, `merge/unsupported-variant` for parts of mergekit's schema that this build does not run, by name. */
export function refuseUnsupported(doc: MergeDoc): void {
  const keys = (['slices', 'modules', 'tokenizer', 'tokenizer_source', 'chat_template', 'name'] as const).filter(
    (key) => doc[key] !== undefined,
  );
  if (keys.length > 0)
    throw new LabError(
      'merge/unsupported-key',
      `The recipe uses ${keys.join(', ')}, which this version of Merge Lab cannot run yet. Remove ${keys.length > 1 ? 'them' : 'it'}, or merge with mergekit.`,
      {
        keys: keys.join(', '),
      },
    );
  for (const [key, known] of Object.entries(LAB_VARIANTS) as [keyof typeof LAB_VARIANTS, readonly string[]][]) {
    const variant = doc.lab?.[key];
    if (variant !== undefined && variant !== known[0])
      throw new LabError(
        'merge/unsupported-variant',
        `The recipe asks for lab.${key}: ${variant}, which this version of Merge Lab cannot run yet. Remove it: ${known[0]}, as mergekit does it, is what runs.`,
        { key, variant, known: known[0]! },
      );
  }
}

/** @throws LabError for what no method may merge: other architecture, other shapes, other vocabulary, quantised weights. */
export function refuseIncompatible(report: CompatReport, heads: readonly CheckpointHead[]): void {
  const reference = heads[0]!;
  for (const head of heads.slice(1)) {
    const [a, b] = [namedArchitecture(reference.config), namedArchitecture(head.config)];
    if (a !== null && b !== null && a !== b)
      throw new LabError(
        'merge/architecture-differs',
        `${reference.alias} is a ${a}, ${head.alias} a ${b}. Only models of one architecture, fine-tuned from one base, can be merged.`,
        {
          reference: reference.alias,
          model: head.alias,
          expected: a,
          found: b,
        },
      );
  }
  const mismatches = report.issues.filter((issue) => issue.relation === 'mismatched');
  const bad = mismatches.find((issue) => issue.tensor === EMBEDDING || issue.tensor === HEAD) ?? mismatches[0];
  if (bad) {
    const vocabulary = bad.tensor === EMBEDDING || bad.tensor === HEAD;
    throw new LabError(
      vocabulary ? 'merge/vocabulary-size' : 'merge/shape-mismatch',
      `${bad.tensor} is ${bad.expected} in ${report.reference} but ${bad.found} in ${bad.model}${mismatches.length > 1 ? ` (and ${mismatches.length - 1} more tensors differ)` : ''}. ` +
        (vocabulary
          ? 'The models have vocabularies or widths of different sizes; use fine-tunes of the same base.'
          : 'The models do not come from the same base; use fine-tunes of one base.'),
      {
        reference: report.reference,
        model: bad.model,
        tensor: bad.tensor,
        expected: bad.expected,
        found: bad.found,
        more: mismatches.length - 1,
      },
    );
  }
  const stranger = report.models.find((m) => m.counts.same === 0);
  if (stranger)
    throw new LabError(
      'merge/nothing-in-common',
      `${stranger.alias} has no tensor in common with ${report.reference}. Use fine-tunes of the same base.`,
      {
        reference: report.reference,
        model: stranger.alias,
      },
    );
  const other = report.models.find((m) => m.tokenizer === 'differs');
  if (other)
    throw new LabError(
      'merge/tokenizer-differs',
      `${other.alias} numbers its tokens differently from ${report.reference}, so row n of its embedding is another word. Use fine-tunes that kept the tokenizer of their base.`,
      { reference: report.reference, model: other.alias },
    );
}

/** A normalized linear merge whose weights cancel divides by zero; said here, before anything is read. */
export function refuseZeroSum(method: MergeMethod, tensors: readonly PlanTensor[]): void {
  if (method.id !== 'linear') return;
  const zero = tensors.find(
    (t) =>
      t.action === 'merge' &&
      t.params['normalize'] &&
      t.inputs.reduce((sum, i) => Math.fround(sum + Math.fround(i.params['weight']!)), 0) === 0,
  );
  if (zero)
    throw new LabError(
      'merge/weights-sum-zero',
      `The weights of the normalized linear merge sum to 0 for ${zero.name}, so there is nothing to divide by. Change a weight, or set normalize: false.`,
      {
        tensor: zero.name,
      },
    );
}
