import { LabError } from '../errors';

function startsWith(bytes: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Pickle protocols 2 to 5 begin with PROTO and their number. */
function isPickle(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[1] !== undefined && bytes[1] >= 2 && bytes[1] <= 5;
}

function asText(bytes: Uint8Array): string | null {
  const text = new TextDecoder('utf-8').decode(bytes).trim();
  // A replacement character may only stand at the end, where the excerpt cuts a character in two.
  // eslint-disable-next-line no-control-regex -- control characters are what tells bytes from text
  return text === '' || /[\0-\x08\x0e-\x1f]|\ufffd(?!$)/.test(text) ? null : text;
}

/**
 * Names the things most often found under the name of a checkpoint. Only for bytes that already failed as safetensors: the
 * first bytes of a valid file are a length and may look like anything.
 * @param head the first bytes of the file, some hundred at most
 * @returns the refusal to show instead of the technical one, null where nothing is recognised
 */
export function foreignFile(head: Uint8Array, file: string): LabError | null {
  const params = { file };
  if (startsWith(head, 0x50, 0x4b, 0x03, 0x04) || isPickle(head)) {
    const message = `${file} is a PyTorch pickle or zip file, not safetensors. Such files can run code and are not opened here; convert it to safetensors first.`;
    return new LabError('safetensors/pickle', message, params);
  }
  if (startsWith(head, 0x47, 0x47, 0x55, 0x46)) {
    const message = `${file} is a GGUF file, not safetensors. Use the original checkpoint it was made from.`;
    return new LabError('safetensors/gguf', message, params);
  }
  const text = asText(head);
  if (text === null) return null;
  const excerpt = text.replace(/\s+/g, ' ').slice(0, 120);
  if (/^version https?:\/\/\S*git-(lfs|media)/.test(text)) {
    const message = `${file} is a Git LFS pointer, a note of some lines in place of the weights. Run "git lfs pull" in that folder, or download the file itself.`;
    return new LabError('safetensors/lfs-pointer', message, params);
  }
  if (/^<(!doctype|html|head|body|\?xml|!--|error)/i.test(text)) {
    const message = `${file} is a web page, not a checkpoint: the server answered with a page, perhaps an error or a login. Open its address in a browser to see, then download it again.`;
    return new LabError('safetensors/html', message, params);
  }
  if (/^[{["]/.test(text)) {
    const message = `${file} is plain JSON, not a checkpoint; a server may have answered with an error. It begins: ${excerpt}`;
    return new LabError('safetensors/json-body', message, { ...params, excerpt });
  }
  const message = `${file} is plain text, not a checkpoint; a server may have answered with an error. It begins: ${excerpt}`;
  return new LabError('safetensors/text-body', message, { ...params, excerpt });
}
