import { makeZip, predictLength } from 'client-zip';
import { fingerprintPlan, mergeTensor, type RunOptions } from '../core/merge/run';
import type { MergePlan } from '../core/merge/types';
import { layout } from '../core/tensor/writer';
import type { NewSha256 } from '../core/tensor/types';
import { COMPANIONS, type Checkpoint } from './checkpoint';

/** Name of the metadata entry that carries the weights fingerprint (C4) in an exported file. */
const FINGERPRINT_KEY = 'merge_lab.weights';

export interface FolderFile {
  readonly name: string;
  readonly size: number;
  readonly chunks: () => AsyncIterable<Uint8Array<ArrayBuffer>>;
}

export const textFile = (name: string, text: string): FolderFile => {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    size: bytes.byteLength,
    async *chunks() {
      yield bytes;
    },
  };
};

/** @returns the safetensors metadata of a merged file. */
export function fileMetadata(sha256: string): Map<string, string> {
  return new Map([
    ['format', 'pt'],
    [FINGERPRINT_KEY, sha256],
  ]);
}

/** The model card of a merge: what it is made of, how to check it. */
function modelCard(yaml: string, sha256: string): string {
  return `# Merged with Merge Lab\n\nTask-vector arithmetic; \`merge.yml\` is the whole recipe, in mergekit's schema:\n\n\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\`\n\nWeights fingerprint (sha256 over name, dtype, shape and bytes of every tensor): \`${sha256}\`\n\nThe licences of all the models named above apply to this one.\n`;
}

export const jsonFile = (name: string, value: unknown, indent = 2): FolderFile =>
  textFile(name, `${JSON.stringify(value, null, indent)}\n`);

/**
 * The text files of the output: its own where the recipe asks for a tokenizer or a chat template, and then none of the donor's,
 * which would say something else; otherwise the donor's as they are.
 */
function textFiles({ tokenizer: text }: MergePlan, donor: Checkpoint): FolderFile[] {
  if (text)
    return [
      ...(Object.keys(text.generationConfig).length > 0
        ? [jsonFile('generation_config.json', text.generationConfig)]
        : []),
      jsonFile('tokenizer.json', text.tokenizer, 0),
      jsonFile('tokenizer_config.json', text.tokenizerConfig),
    ];
  return COMPANIONS.flatMap((name) => {
    const source = donor.files.get(name);
    if (!source) return [];
    return {
      name,
      size: source.size,
      async *chunks() {
        yield await source.read(0, source.size);
      },
    };
  });
}

/** The small files of the merged folder. */
export function companionFiles(plan: MergePlan, donor: Checkpoint, yaml: string, sha256: string): FolderFile[] {
  return [
    ...(plan.config ? [jsonFile('config.json', plan.config)] : []),
    ...textFiles(plan, donor),
    textFile('merge.yml', yaml),
    textFile('README.md', modelCard(yaml, sha256)),
  ];
}

/** model.safetensors as a stream in canonical order: one tensor in memory at a time. */
function weightsFile(plan: MergePlan, sha256: string, newSha256: NewSha256, options: RunOptions): FolderFile {
  const { header, order, fileSize } = layout(plan.tensors, fileMetadata(sha256));
  const byName = new Map(plan.tensors.map((t) => [t.name, t]));
  return {
    name: 'model.safetensors',
    size: fileSize,
    async *chunks() {
      yield header;
      for (const name of order) yield (await mergeTensor(plan, byName.get(name)!, newSha256, options)).bytes;
    },
  };
}

/**
 * The merged folder as a zip stream (stored, ZIP64 where needed). The weights are computed twice: once for the
 * fingerprint in the file's header, once for the file, so that nothing larger than a tensor is ever held.
 */
export async function zipStream(
  plan: MergePlan,
  donor: Checkpoint,
  yaml: string,
  newSha256: NewSha256,
  options: RunOptions,
): Promise<{ stream: ReadableStream<Uint8Array>; size: number; sha256: string }> {
  const { sha256 } = await fingerprintPlan(plan, newSha256, options);
  const files = [...companionFiles(plan, donor, yaml, sha256), weightsFile(plan, sha256, newSha256, options)].map(
    (file) => ({ ...file, name: `merged/${file.name}` }),
  );
  const size = Number(predictLength(files.map(({ name, size }) => ({ name, size: BigInt(size) }))));
  // A fixed date: the same recipe makes the same zip.
  const lastModified = new Date('2020-01-01T00:00:00Z');
  return {
    stream: makeZip(files.map(({ name, size, chunks }) => ({ name, size, lastModified, input: chunks() }))),
    size,
    sha256,
  };
}
