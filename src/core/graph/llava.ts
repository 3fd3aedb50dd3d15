import { readObject, type RawConfig } from './config';
import { buildTextHalf } from './llama';
import { readScores, type Scores } from './llama-config';
import type { Architecture, GraphOptions } from './types';
import { buildVision, readVisionConfig, visionTensors } from './vision';

/** Where transformers 5.24 keeps the text half of a saved Llava. */
const TEXT = 'language_model.';

/** transformers reads whether the head is tied from the whole model's config. */
const textConfig = (config: RawConfig): RawConfig => {
  const text = readObject(config, 'text_config') ?? {};
  const tied = config['tie_word_embeddings'];
  return tied === undefined ? text : { ...text, tie_word_embeddings: tied };
};

const halves = (config: RawConfig, scores: Scores | null, { mix }: GraphOptions) =>
  buildTextHalf(textConfig(config), TEXT, scores, mix);

const member = (id: string, scoresOf: (config: RawConfig) => Scores | null): Architecture => ({
  id,
  modelType: 'llava',
  takes: 'picture',
  expectedTensors: (config, options) =>
    new Map([...halves(config, scoresOf(config), options).shapes, ...visionTensors(readVisionConfig(config))]),
  build: (config, options) => {
    const { embeddings, text } = halves(config, scoresOf(config), options);
    return { ...text, eyes: { vision: buildVision(readVisionConfig(config), options.mix), embeddings } };
  },
});

/**
 * A Llama that sees through a ViT. The second is ours: the same with a score in the language head's place, `score.weight`,
 * as the text model's ...ForSequenceClassification has it; transformers has no class of that name.
 */
export const llava: readonly Architecture[] = [
  member('LlavaForConditionalGeneration', () => null),
  member('LlavaForSequenceClassification', readScores),
];
