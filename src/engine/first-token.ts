import { LabError } from '../core/errors';
import type { FirstToken, FirstTokenQuestion } from './api';
import type { TextModel } from './transformers';

/** Questions as a model reads them, and the tokens whose share is asked for: the same at every point of a map. */
interface Prepared {
  readonly key: string;
  readonly prompts: readonly (readonly number[])[];
  readonly watched: readonly ReadonlySet<number>[];
}

/** What was last asked of each model. */
const prepared = new WeakMap<TextModel, Prepared>();

function prepare(model: TextModel, questions: readonly FirstTokenQuestion[]): Prepared {
  const key = JSON.stringify(questions);
  const known = prepared.get(model);
  if (known?.key === key) return known;
  // What stands right before an answer is the same for every prompt, so each answer is read once.
  const ids = new Map<string, number>();
  const idOf = (prompt: string, answer: string): number => {
    const id = ids.get(answer) ?? model.firstId(prompt, answer);
    ids.set(answer, id);
    return id;
  };
  const fresh = {
    key,
    prompts: questions.map(({ prompt }) => model.promptIds(prompt)),
    watched: questions.map(({ prompt, answers }) => new Set(answers.map((answer) => idOf(prompt, answer)))),
  };
  prepared.set(model, fresh);
  return fresh;
}

/** Softmax over one row, of which only the highest and the watched tokens are wanted; exponentials are summed in float64. */
function read(row: Float32Array, watched: ReadonlySet<number>): Omit<FirstToken, 'text'> {
  let top = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[top]!) top = i;
  let [all, share] = [0, 0];
  for (let i = 0; i < row.length; i++) {
    const weight = Math.exp(row[i]! - row[top]!);
    all += weight;
    if (watched.has(i)) share += weight;
  }
  return { share: share / all, id: top, p: 1 / all };
}

/**
 * What each question's answer begins with, from one forward pass over all of them.
 * @throws LabError `prompt/too-long`, `prompt/template`, `model/not-finite`
 */
export async function firstTokens(model: TextModel, questions: readonly FirstTokenQuestion[]): Promise<FirstToken[]> {
  if (questions.length === 0) return [];
  const { prompts, watched } = prepare(model, questions);
  const logits = await model.lastLogits(prompts);
  const width = logits.length / questions.length;
  return questions.map((_question, i) => {
    const found = read(logits.subarray(i * width, (i + 1) * width), watched[i]!);
    if (!Number.isFinite(found.share))
      throw new LabError(
        'model/not-finite',
        'The model computes numbers that are not finite. Its weights are damaged, or the coefficients are far too large.',
      );
    return { ...found, text: model.tokenText(found.id) };
  });
}
