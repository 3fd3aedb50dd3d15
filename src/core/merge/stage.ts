import type { NewSha256 } from '../tensor/types';
import { virtualTensor } from '../tensor/virtual';
import { textOfStage } from '../vocab';
import { mergeTensor, type RunOptions } from './run';
import type { CheckpointHead, MergePlan } from './types';

/**
 * The result of a stage as a checkpoint that later stages merge: each tensor is computed when it is read, rounded to the
 * stage's own output dtype as if it had been written to a file in between (as mergekit-multi does).
 * @param donor gives the vocabulary, where the stage has no tokenizer of its own
 */
export function stageHead(
  name: string,
  plan: MergePlan,
  donor: CheckpointHead,
  newSha256: NewSha256,
  options: Pick<RunOptions, 'allowNonFinite'>,
): CheckpointHead {
  const tensors = new Map(
    plan.tensors.map((tensor) => [
      tensor.name,
      virtualTensor(tensor.name, tensor.dtype, tensor.shape, async (signal) => {
        const { bytes } = await mergeTensor(plan, tensor, newSha256, { ...options, signal });
        return bytes;
      }),
    ]),
  );
  const index = { tensors, metadata: new Map<string, string>(), warnings: [] };
  return { ...donor, ...textOfStage(plan.tokenizer), alias: name, config: plan.config, index };
}
