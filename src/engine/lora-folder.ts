import { makeZip, predictLength } from 'client-zip';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from '../core/lora/adapter';
import { fidelityOf, type ExtractedAdapter } from '../core/lora/extract';
import { layout } from '../core/tensor/writer';
import { jsonFile, textFile, type FolderFile } from './export';

/** The card of an extracted adapter: what it stands for, and how much of it. */
function card({ settings, tensors }: ExtractedAdapter, model: string): string {
  const kept = (100 * fidelityOf(tensors)).toFixed(2);
  const left = tensors.filter(({ how }) => how === 'left').map(({ tensor }) => `- \`${tensor}\`\n`);
  const name = settings['base_model_name_or_path'];
  return [
    '---\nlibrary_name: peft\n---\n\n# A LoRA adapter, extracted with Merge Lab\n\n',
    `It stands for the difference of ${model} to its base${typeof name === 'string' ? ` ${name}` : ''}: ${kept} % of its squared norm is kept.\n\n`,
    'Load it with PEFT: `PeftModel.from_pretrained(base, folder)`.\n\n',
    left.length > 0 ? `These tensors changed too, and stay the base's:\n\n${left.join('')}\n` : '',
    'The licences of both models apply.\n',
  ].join('');
}

/** The folder of an adapter as PEFT writes it, weights last. @param model what the fine-tune is called */
export function adapterFiles(extracted: ExtractedAdapter, model: string): FolderFile[] {
  const { header, order, fileSize } = layout(extracted.weights, new Map([['format', 'pt']]));
  const byName = new Map(extracted.weights.map((tensor) => [tensor.name, tensor]));
  return [
    jsonFile(ADAPTER_CONFIG, extracted.settings),
    textFile('README.md', card(extracted, model)),
    {
      name: ADAPTER_WEIGHTS,
      size: fileSize,
      async *chunks() {
        yield header;
        for (const name of order) yield await byName.get(name)!.read();
      },
    },
  ];
}

/** That folder as a zip (stored). */
export function adapterZip(extracted: ExtractedAdapter, model: string): { stream: ReadableStream; size: number } {
  const files = adapterFiles(extracted, model).map((file) => ({ ...file, name: `lora/${file.name}` }));
  const size = Number(predictLength(files.map(({ name, size }) => ({ name, size: BigInt(size) }))));
  // A fixed date: the same models make the same zip.
  const lastModified = new Date('2020-01-01T00:00:00Z');
  return {
    stream: makeZip(files.map(({ name, size, chunks }) => ({ name, size, lastModified, input: chunks() }))),
    size,
  };
}
