import { LabError } from '../errors';
import { didYouMean, suggest } from '../recipe/suggest';
import type { TextFiles } from './types';

/**
 * Chat templates by the names that mergekit knows them by, written from the formats as their makers publish them.
 * `alpaca`: Stanford Alpaca; `chatml`: OpenAI's ChatML; `exaone`: EXAONE 3; `llama3`: Llama 3; `mistral`: Mistral 7B Instruct.
 * mergekit 0.1.5 renders stray line breaks and spaces in all but chatml, which no model of that name has seen in training.
 */
export const TEMPLATES: Readonly<Record<string, string>> = {
  alpaca: `{%- if messages[0]['role'] == 'system' -%}
{{ messages[0]['content'] }}
{%- else -%}
Below is an instruction that describes a task. Write a response that appropriately completes the request.
{%- endif -%}
{%- for message in messages -%}
{%- if message['role'] == 'user' -%}{{ '\\n\\n### Instruction:\\n' + message['content'] }}
{%- elif message['role'] == 'assistant' -%}{{ '\\n\\n### Response:\\n' + message['content'] + eos_token }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '\\n\\n### Response:\\n' }}{%- endif -%}`,
  chatml: `{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}`,
  exaone: `{%- if messages[0]['role'] != 'system' -%}{{ '[|system|][|endofturn|]\\n' }}{%- endif -%}
{%- for message in messages -%}
{{ '[|' + message['role'] + '|]' + message['content'] }}
{%- if message['role'] == 'user' -%}{{ '\\n' }}{%- else -%}{{ '[|endofturn|]\\n' }}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '[|assistant|]' }}{%- endif -%}`,
  llama3: `{{- bos_token -}}
{%- for message in messages -%}
{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif -%}`,
  mistral: `{{- bos_token -}}
{%- set system = messages[0]['content'] + '\\n\\n' if messages[0]['role'] == 'system' else '' -%}
{%- for message in messages -%}
{%- if message['role'] == 'user' -%}
{{ '[INST] ' + (system if loop.index0 < 2 else '') + message['content'] | trim + ' [/INST]' }}
{%- elif message['role'] == 'assistant' -%}{{ ' ' + message['content'] | trim + eos_token }}
{%- endif -%}
{%- endfor -%}`,
};

/** A template shorter than this is a name mistyped, not Jinja. */
const MIN_LENGTH = 20;

/** Whether a text is taken for Jinja, as mergekit does. */
export const isTemplate = (text: string): boolean => text.length >= MIN_LENGTH && text.includes('{');

/** What `chat_template: auto` and `tokenizer_config.json` hold: text, or a list of named templates, whose `default` counts. */
export function templateOf(files: TextFiles | null): string | null {
  const template = files?.tokenizerConfig['chat_template'];
  if (typeof template === 'string') return template;
  if (!Array.isArray(template)) return null;
  const named = template as { name?: unknown; template?: unknown }[];
  const chosen = named.find(({ name }) => name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : null;
}

/**
 * @param choice the recipe's `chat_template`: `auto` (the most common of the inputs, the first of equally common ones), a
 *   name of {@link TEMPLATES}, or Jinja
 * @param inputs in the recipe's order
 * @throws LabError `vocabulary/no-template`, `vocabulary/template`
 */
export function chosenTemplate(choice: string, inputs: readonly (TextFiles | null)[]): string {
  if (choice === 'auto') {
    const counts = new Map<string, number>();
    for (const template of inputs.map(templateOf))
      if (template !== null) counts.set(template, (counts.get(template) ?? 0) + 1);
    const [best] = [...counts].sort((a, b) => b[1] - a[1]);
    if (best) return best[0];
    throw new LabError(
      'vocabulary/no-template',
      `chat_template is "auto", and none of the models has a chat template. Choose one of ${Object.keys(TEMPLATES).join(', ')}, or leave it out.`,
      { known: Object.keys(TEMPLATES).join(', ') },
    );
  }
  if (Object.hasOwn(TEMPLATES, choice)) return TEMPLATES[choice]!;
  if (isTemplate(choice)) return choice;
  const known = ['auto', ...Object.keys(TEMPLATES)];
  const suggestion = suggest(choice, known);
  throw new LabError(
    'vocabulary/template',
    `There is no chat template "${choice.slice(0, 80)}".${didYouMean(suggestion)} Known: ${known.join(', ')}; or write Jinja of at least ${MIN_LENGTH} characters.`,
    { template: choice.slice(0, 80), known: known.join(', '), suggestion, least: MIN_LENGTH },
  );
}
