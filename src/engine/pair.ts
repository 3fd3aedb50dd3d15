import type * as Transformers from '@huggingface/transformers';
import { LabError, messageOf } from '../core/errors';

type Tokenizer = InstanceType<(typeof Transformers)['PreTrainedTokenizer']>;

/** A question, a reply, and what frames them, as a model reads them. */
export interface PairIds {
  /** Up to the reply. */
  readonly prompt: number[];
  readonly reply: number[];
  /** What ends the whole. */
  readonly end: number[];
}

/**
 * How a question with a reply is read: by the chat template where the model has one (the picture's tokens stand before the
 * question, as Llava 1.5 has it), else `<s>`, the picture, question and reply with a space between them, `</s>`.
 * @param image the tokens that a picture takes the place of; empty without one
 * @throws LabError `prompt/template`
 */
export function pairIds(tokenizer: Tokenizer, question: string, reply: string, image: readonly number[]): PairIds {
  const encode = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false });
  if (!tokenizer.chat_template) {
    const { bos_token_id: bos, eos_token_id: eos } = tokenizer as unknown as Record<string, number | null | undefined>;
    const asked = encode(question);
    const whole = encode(`${question} ${reply}`);
    // Where question and reply run into one token, the reply is read alone.
    const joined = asked.every((id, i) => whole[i] === id);
    return {
      prompt: [...given(bos), ...image, ...asked],
      reply: joined ? whole.slice(asked.length) : encode(reply),
      end: given(eos),
    };
  }
  const told = (messages: { role: string; content: string }[], options: Record<string, unknown>): number[] =>
    encode(tokenizer.apply_chat_template(messages, { tokenize: false, ...options }) as string);
  try {
    const user = { role: 'user', content: tokenizer.decode([...image], { skip_special_tokens: false }) + question };
    const prompt = told([user], { add_generation_prompt: true });
    const whole = told([user, { role: 'assistant', content: reply }], {});
    const joined = prompt.every((id, i) => whole[i] === id);
    const rest = joined ? whole.slice(prompt.length) : encode(reply);
    const plain = encode(reply).length;
    return joined
      ? { prompt, reply: rest.slice(0, plain), end: rest.slice(plain) }
      : { prompt, reply: rest, end: given((tokenizer as unknown as Record<string, number>)['eos_token_id']) };
  } catch (error) {
    throw new LabError('prompt/template', `The model's chat template cannot be rendered (${messageOf(error)}).`, {
      detail: messageOf(error),
    });
  }
}

const given = (id: number | null | undefined): number[] => (id === null || id === undefined ? [] : [id]);
