import { LabError } from '../errors';
import type { ErrorParams } from '../errors';
import { byteLength, isDType } from './dtype';
import { JsonScanner } from './json';
import { MAX_METADATA_CHARS, MAX_RANK, MAX_TENSORS } from './limits';
import type { DType, TensorIndex, TensorInfo } from './types';

export interface Header {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly warnings: TensorIndex['warnings'];
}

type Warning = TensorIndex['warnings'][number];

/** Field names and metadata keys come from strangers: shown, but not at any length. */
function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

class HeaderReader {
  readonly tensors = new Map<string, TensorInfo>();
  readonly metadata = new Map<string, string>();
  readonly warnings: Warning[] = [];
  private readonly scanner: JsonScanner;
  private metadataSeen = false;
  private extraFields = 0;
  private firstExtra = '';

  constructor(
    text: string,
    private readonly dataStart: number,
    private readonly file: string,
  ) {
    this.scanner = new JsonScanner(text, file);
  }

  read(): void {
    if (this.scanner.next() !== '{') {
      throw this.error(
        'safetensors/header-not-object',
        'its header is valid text but not a JSON object, so it names no tensors',
      );
    }
    this.scanner.object((name) => {
      if (name === '__metadata__') this.readMetadata();
      else this.readTensor(name);
    });
    this.scanner.end();
    if (this.extraFields > 0) {
      const message = `${this.file}: ${this.extraFields} field(s) the format does not know were ignored, first ${this.firstExtra}.`;
      this.warnings.push({ code: 'safetensors/extra-field', message });
    }
  }

  private error(code: string, message: string, params: ErrorParams = {}): LabError {
    return new LabError(code, `${this.file}: ${message}. The file is damaged or forged; fetch it again.`, {
      file: this.file,
      ...params,
    });
  }

  private readMetadata(): void {
    if (this.metadataSeen)
      throw this.error('safetensors/duplicate-metadata', 'its header has two "__metadata__" entries');
    this.metadataSeen = true;
    if (this.scanner.takeNull()) return;
    if (this.scanner.next() !== '{') {
      throw this.error('safetensors/metadata-not-object', 'its "__metadata__" is not an object of texts');
    }
    let chars = 0;
    this.scanner.object((key) => {
      if (this.scanner.next() !== '"') {
        const message = `its "__metadata__" has a value that is not a text, under the key "${excerpt(key)}"`;
        throw this.error('safetensors/metadata-value', message, { key: excerpt(key) });
      }
      const value = this.scanner.string();
      chars += key.length + value.length;
      if (chars > MAX_METADATA_CHARS) {
        const message = `its "__metadata__" is longer than ${MAX_METADATA_CHARS} characters`;
        throw this.error('safetensors/metadata-too-large', message, { limit: MAX_METADATA_CHARS });
      }
      if (this.metadata.has(key)) {
        const message = `${this.file}: "__metadata__" has the key "${excerpt(key)}" twice; the last value counts.`;
        // One warning is enough: a forged header could ask for a million.
        if (!this.warnings.some(({ code }) => code === 'safetensors/duplicate-metadata-key')) {
          this.warnings.push({ code: 'safetensors/duplicate-metadata-key', message });
        }
      }
      this.metadata.set(key, value);
    });
  }

  private readTensor(name: string): void {
    const tensor = excerpt(name);
    if (this.tensors.has(name)) {
      const message = `its header has two tensors called "${tensor}", and readers would disagree which one counts`;
      throw this.error('safetensors/duplicate-tensor', message, { tensor });
    }
    if (this.tensors.size >= MAX_TENSORS) {
      const message = `its header lists more than ${MAX_TENSORS} tensors`;
      throw this.error('safetensors/too-many-tensors', message, { limit: MAX_TENSORS });
    }
    if (this.scanner.next() !== '{') {
      throw this.error('safetensors/entry-not-object', `tensor "${tensor}" is not described by a JSON object`, {
        tensor,
      });
    }
    let dtype: DType | null = null;
    let shape: number[] | null = null;
    let offsets: [number, number] | null = null;
    const once = (field: string, seen: unknown): void => {
      if (seen === null) return;
      const message = `tensor "${tensor}" has the field "${field}" twice`;
      throw this.error('safetensors/duplicate-field', message, { tensor, field });
    };
    this.scanner.object((field) => {
      if (field === 'dtype') {
        once(field, dtype);
        dtype = this.readDType(tensor);
      } else if (field === 'shape') {
        once(field, shape);
        shape = this.readShape(tensor);
      } else if (field === 'data_offsets') {
        once(field, offsets);
        offsets = this.readOffsets(tensor);
      } else {
        this.scanner.skip();
        if (this.extraFields++ === 0) this.firstExtra = `"${excerpt(field)}" of tensor "${tensor}"`;
      }
    });
    this.tensors.set(name, this.entry(name, dtype, shape, offsets));
  }

  private entry(
    name: string,
    dtype: DType | null,
    shape: number[] | null,
    offsets: [number, number] | null,
  ): TensorInfo {
    const tensor = excerpt(name);
    if (!dtype || !shape || !offsets) {
      const field = !dtype ? 'dtype' : !shape ? 'shape' : 'data_offsets';
      throw this.error('safetensors/missing-field', `tensor "${tensor}" lacks the field "${field}"`, { tensor, field });
    }
    const [begin, end] = offsets;
    if (end < begin) {
      const message = `tensor "${tensor}" ends at ${end}, before it begins at ${begin}`;
      throw this.error('safetensors/offsets-reversed', message, { tensor, begin, end });
    }
    const bytes = byteLength(dtype, shape, tensor);
    if (bytes !== end - begin) {
      const message = `tensor "${tensor}" of shape [${shape.join(',')}] and dtype ${dtype} needs ${bytes} bytes but has ${end - begin}`;
      throw this.error('safetensors/size-mismatch', message, {
        tensor,
        dtype,
        shape: shape.join(','),
        needed: bytes,
        found: end - begin,
      });
    }
    return { name, dtype, shape, begin: this.dataStart + begin, end: this.dataStart + end };
  }

  private readDType(tensor: string): DType {
    const found = this.scanner.next() === '"' ? this.scanner.string() : '';
    if (isDType(found)) return found;
    const dtype = excerpt(found);
    throw this.error(
      'safetensors/unknown-dtype',
      `tensor "${tensor}" has the dtype "${dtype}", which the format does not know`,
      { tensor, dtype },
    );
  }

  private readShape(tensor: string): number[] {
    if (this.scanner.next() !== '[') {
      throw this.error('safetensors/shape-not-list', `the shape of tensor "${tensor}" is not a list`, { tensor });
    }
    const shape: number[] = [];
    this.scanner.array(() => {
      if (shape.length === MAX_RANK) {
        const message = `tensor "${tensor}" has more than ${MAX_RANK} dimensions`;
        throw this.error('safetensors/rank', message, { tensor, limit: MAX_RANK });
      }
      shape.push(this.scanner.integer(`a dimension of tensor "${tensor}"`));
    });
    return shape;
  }

  private readOffsets(tensor: string): [number, number] {
    const wrong = (): LabError =>
      this.error('safetensors/offsets-length', `the data_offsets of tensor "${tensor}" are not a list of two numbers`, {
        tensor,
      });
    if (this.scanner.next() !== '[') throw wrong();
    const offsets: number[] = [];
    this.scanner.array((position) => {
      if (position > 1) throw wrong();
      offsets.push(this.scanner.integer(`a data offset of tensor "${tensor}"`));
    });
    const [begin, end] = offsets;
    if (begin === undefined || end === undefined) throw wrong();
    return [begin, end];
  }
}

/** The format's full-coverage rule: no hole, no overlap, no byte that belongs to nobody (Trail of Bits, 2023: polyglot files). */
function checkTiling(ordered: readonly TensorInfo[], dataStart: number, fileSize: number, file: string): void {
  let previous: TensorInfo | null = null;
  for (const info of ordered) {
    const expected: number = previous ? previous.end : dataStart;
    if (info.begin !== expected) throw misplaced(info, previous, expected, file);
    previous = info;
  }
  const end = previous ? previous.end : dataStart;
  const params = { file, expected: end, size: fileSize };
  if (end > fileSize) {
    const message = `${file} is cut off: it should have ${end} bytes and has ${fileSize}. The download or copy stopped early; fetch it again.`;
    throw new LabError('safetensors/truncated', message, params);
  }
  if (end < fileSize) {
    const message = `${file} has ${fileSize - end} bytes after its last tensor that belong to no tensor. Such a file may be two files in one and is refused; fetch it from its source again.`;
    throw new LabError('safetensors/trailing-bytes', message, params);
  }
}

function misplaced(info: TensorInfo, previous: TensorInfo | null, expected: number, file: string): LabError {
  const tensor = excerpt(info.name);
  const other = previous ? excerpt(previous.name) : '';
  const params = { file, tensor, other, begin: info.begin, expected };
  const refuse = (code: string, message: string): LabError =>
    new LabError(code, `${file}: ${message}. The file is damaged or forged; fetch it again.`, params);
  if (!previous) {
    return refuse(
      'safetensors/first-offset',
      `its first tensor "${tensor}" begins ${info.begin - expected} bytes after the header`,
    );
  }
  if (info.begin > expected) {
    return refuse(
      'safetensors/hole',
      `${info.begin - expected} bytes between tensors "${other}" and "${tensor}" belong to no tensor`,
    );
  }
  if (info.begin === previous.begin && info.end === previous.end) {
    return refuse('safetensors/shared-bytes', `tensors "${other}" and "${tensor}" claim the same bytes`);
  }
  return refuse('safetensors/overlap', `tensors "${other}" and "${tensor}" overlap`);
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    // ignoreBOM keeps the mark in the text, where it can be seen and refused.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const message = `${file}: its header is not UTF-8 text. The file is damaged or not a safetensors file; fetch it again.`;
    throw new LabError('safetensors/header-not-utf8', message, { file });
  }
}

/**
 * Reads and checks a header by the reference's rules (safetensors/src/tensor.rs, `validate`), and more strictly where readers
 * disagree: duplicate names, entries written as arrays, more than 16 dimensions and numbers beyond 2^53 are refused.
 * @param header the JSON bytes, without the 8 bytes of length before them
 * @param fileSize of the whole file
 * @param file named in the messages
 * @returns infos whose offsets count from the start of the file; their ranges tile it exactly
 * @throws LabError of the groups `safetensors/`, `json/` and `tensor/`
 */
export function parseHeader(header: Uint8Array, fileSize: number, file: string): Header {
  const text = decodeUtf8(header, file);
  if (text.startsWith('\ufeff')) {
    const message = `${file}: its header begins with a byte order mark, which the format forbids. Save the file again with the safetensors library.`;
    throw new LabError('safetensors/header-bom', message, { file });
  }
  const dataStart = 8 + header.length;
  const reader = new HeaderReader(text, dataStart, file);
  reader.read();
  const ordered = [...reader.tensors.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(ordered, dataStart, fileSize, file);
  return {
    tensors: new Map(ordered.map((info) => [info.name, info])),
    metadata: reader.metadata,
    warnings: reader.warnings,
  };
}
