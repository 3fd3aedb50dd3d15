/** The reference's MAX_HEADER_SIZE (decimal), which it applies to reading and writing. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Ours: the largest published models have some 100,000 tensors; a 100 MB header could claim ten million. */
export const MAX_TENSORS = 200_000;
/** Ours: no framework writes more dimensions, the reference accepts 100,000. */
export const MAX_RANK = 16;
/** Ours, in UTF-16 units over all keys and values: trainers' notes reach 1 MB. */
export const MAX_METADATA_CHARS = 16_000_000;
/** Ours: fields we skip may nest, but not far enough to exhaust a stack. */
export const MAX_JSON_DEPTH = 64;
/** Ours, as in @huggingface/hub. */
export const MAX_SHARDS = 10_000;
/** Ours: an index of 200,000 tensors takes some 20 MB. */
export const MAX_INDEX_BYTES = 100_000_000;
