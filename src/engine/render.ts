import { LabError, messageOf, toPlainError } from '../core/errors';
import { plainPrompt, Vocabulary } from '../core/probe/vocabulary';
import type { TextFiles } from '../core/vocab/types';
import type { Rendered, TextMessage } from './api';
import { load, tokenizerOf } from './transformers';

type TextOf = Extract<TextMessage, { type: 'text' }>;

/** More pieces than these are counted, not listed. */
const PIECES = 400;

/** @throws LabError `model/tokenizer`, `prompt/template` */
async function rendered(files: TextFiles, typed: string): Promise<NonNullable<Rendered['prompt']>> {
  const tokenizer = tokenizerOf(await load(), files);
  // Word models read plain forms of what is typed.
  const prompt = Vocabulary.read(files.tokenizer) ? plainPrompt(typed) : typed;
  const templated = Boolean(tokenizer.chat_template);
  try {
    const text = templated
      ? (tokenizer.apply_chat_template([{ role: 'user', content: prompt }], {
          add_generation_prompt: true,
          tokenize: false,
        }) as string)
      : prompt;
    // A template writes the special tokens itself.
    const ids = tokenizer.encode(text, { add_special_tokens: !templated });
    const pieces = ids
      .slice(0, PIECES)
      .map((id) => ({ id, token: tokenizer.decode([id], { skip_special_tokens: false }) }));
    const { unk_token_id } = tokenizer as unknown as { unk_token_id?: number };
    const unknown = ids.filter((id) => id === unk_token_id).length;
    return { text, pieces, tokens: ids.length, unknown, templated };
  } catch (error) {
    const detail = messageOf(error);
    throw new LabError('prompt/template', `The model's chat template cannot be rendered (${detail}).`, { detail });
  }
}

/** A prompt as models read it, from their text files alone; one that fails does not keep the others from it. */
export async function renderAll(texts: readonly TextOf[], prompt: string): Promise<Rendered[]> {
  const all: Rendered[] = [];
  for (const { target, text } of texts)
    try {
      all.push({ target, prompt: text && (await rendered(text, prompt)), error: null });
    } catch (error) {
      all.push({ target, prompt: null, error: toPlainError(error) });
    }
  return all;
}

/** Collects the text files that the merge worker sends. @throws LabError whatever the merge worker failed with. */
export function receiveTexts(port: MessagePort): Promise<TextOf[]> {
  return new Promise((resolve, reject) => {
    const texts: TextOf[] = [];
    port.onmessage = ({ data }: MessageEvent<TextMessage>) => {
      if (data.type === 'text') return void texts.push(data);
      port.close();
      if (data.type === 'end') resolve(texts);
      else reject(new LabError(data.error.code, data.error.message, data.error.params));
    };
  });
}
